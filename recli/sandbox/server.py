"""The sandbox: stand-ins of the five providers on one loopback port, and their profiles."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self, TextIO

from recli.sandbox.account import FakeAccount
from recli.sandbox.bandwidth import FakeBandwidth
from recli.sandbox.enswitch import FakeEnswitch
from recli.sandbox.fake_calls import generate_calls
from recli.sandbox.http_server import (
    FakeResponse,
    ReceivedRequest,
    RequestHandler,
    SandboxServer,
)
from recli.sandbox.imagicle import FakeImagicle
from recli.sandbox.plivo import MEDIA_PREFIX, FakePlivo
from recli.sandbox.provider import FakeProvider, Profile, html_response
from recli.sandbox.yeastar import FakeYeastar


def utc_now() -> datetime:
    """Return the present time."""
    return datetime.now(UTC)


class Sandbox:
    """Serve the stand-ins from a daemon thread while entered.

    `port` 0 takes a free one; `rows` is per provider; the accounts end at the clock's time when
    the sandbox is made. `providers` is empty before the sandbox is entered.
    """

    provider_types: tuple[type[FakeProvider], ...] = (
        FakePlivo,
        FakeBandwidth,
        FakeYeastar,
        FakeEnswitch,
        FakeImagicle,
    )
    handler: type[RequestHandler] = RequestHandler

    def __init__(
        self, *, port: int = 0, clock: Callable[[], datetime] = utc_now, rows: int = 300
    ) -> None:
        self.port = port
        self.clock = clock
        now = clock()
        self.accounts = {
            kind.name: FakeAccount(partial(generate_calls, kind.name, rows, now, kind.patches))
            for kind in self.provider_types
        }
        self.providers: dict[str, FakeProvider] = {}

    def __enter__(self) -> Self:
        self._server = SandboxServer(self.port, self.respond, self.handler)
        self.port = self._server.server_port
        for kind in self.provider_types:
            self.providers[kind.name] = kind(self.accounts[kind.name], self.clock, self.url)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """The root of all stand-ins, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def respond(self, request: ReceivedRequest) -> FakeResponse:
        """Return the response of the provider that a request is for."""
        name = "plivo" if request.provider == MEDIA_PREFIX else request.provider
        provider = self.providers.get(name)
        return provider.respond(request) if provider else html_response(404, "404 Not Found")

    def profiles(self) -> dict[str, Profile]:
        """Return profiles that connect to this sandbox, named like their providers."""
        return {name: provider.profile() for name, provider in self.providers.items()}

    def config_toml(self) -> str:
        """Return a configuration file with those profiles."""
        tables = []
        for name, profile in self.profiles().items():
            # JSON's strings, numbers and booleans are TOML's.
            lines = [f"{key} = {json.dumps(value)}" for key, value in profile.items()]
            tables.append("\n".join([f"[profiles.{name}]", *lines, ""]))
        return "\n".join(tables)


def run(port: int, out: TextIO) -> None:
    """Print a configuration that connects to the sandbox and serve until interrupted.

    KeyboardInterrupt passes through; OSError when the port is taken.
    """
    with Sandbox(port=port) as sandbox:
        out.write(f"# Serving made-up recordings at {sandbox.url} until interrupted.\n")
        out.write("# A configuration file that works with it (chmod 600):\n\n")
        out.write(sandbox.config_toml())
        out.flush()
        threading.Event().wait()
