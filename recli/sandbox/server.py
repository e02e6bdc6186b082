"""The sandbox: five stand-ins on one loopback port, with their accounts and their profiles.

It puts the parts together; how each provider behaves is in its own module.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self, TextIO

from recli.sandbox import bandwidth, enswitch, imagicle, plivo, yeastar
from recli.sandbox.account import FakeAccount, FakeCall
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.fake_calls import PROVIDERS, generate_calls, make_call
from recli.sandbox.http_server import FakeProvider, ReceivedRequest, SandboxServer

PATCHES: Mapping[str, Sequence[Mapping[str, object]]] = {
    "plivo": plivo.PATCHES,
    "bandwidth": bandwidth.PATCHES,
    "yeastar": yeastar.PATCHES,
    "imagicle": imagicle.PATCHES,
}


class Sandbox:
    """Serve stand-ins of the five providers from a daemon thread while entered.

    `port` 0 takes a free one. `now` is the moment that the made-up accounts end at, and what the
    stand-ins take for the present; without it, the real one. `rows` is per provider. `accounts`
    is keyed by provider and may be changed before and while serving.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: datetime | None = None,
        rows: int = 300,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.port = port
        self.behaviour = behaviour or Behaviour()
        begun = now or datetime.now(UTC)
        self.now: Callable[[], datetime] = (lambda: now) if now else (lambda: datetime.now(UTC))
        self.accounts: dict[str, FakeAccount] = {
            provider: FakeAccount(
                first=partial(_first, provider, rows, begun),
                make=partial(make_call, provider),
                now=self.now,
            )
            for provider in PROVIDERS
        }
        self.requests: list[ReceivedRequest] = []
        """What was asked so far, in the order of answering, while `Behaviour.log` is on."""
        self._listener: SandboxServer | None = None
        self._standins: dict[str, FakeProvider] = {}

    def __enter__(self) -> Self:
        listener = SandboxServer(self.port, self.behaviour, self._before, self.requests)
        self.port = listener.server_port
        self._standins = self._make_standins()
        listener.standins = {**self._standins, "plivo-media": self._standins["plivo"]}
        listener.start()
        self._listener = listener
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    @property
    def url(self) -> str:
        """The root of all stand-ins, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def standin(self, provider: str) -> FakeProvider:
        """Find who answers for a provider; KeyError before the sandbox is entered."""
        return self._standins[provider]

    def profiles(self) -> dict[str, dict[str, str | int | bool]]:
        """Give profile tables that work with this sandbox, named like their providers.

        RuntimeError before the sandbox is entered: it has no port yet.
        """
        if not self._standins:
            raise RuntimeError("enter the sandbox first: it has no port yet")
        return {name: standin.profile() for name, standin in self._standins.items()}

    def config_toml(self) -> str:
        """Give the text of a configuration file with those profiles."""
        tables = []
        for name, profile in self.profiles().items():
            lines = [f"{key} = {_toml(value)}" for key, value in profile.items()]
            tables.append("\n".join([f"[profiles.{name}]", *lines, ""]))
        return "\n".join(tables)

    def _make_standins(self) -> dict[str, FakeProvider]:
        made = {}
        for name, kind in STANDINS.items():
            made[name] = kind(self.accounts[name], self.behaviour, self.now, self.url)
        return made

    def _before(self, seen: ReceivedRequest) -> None:
        with self.behaviour.lock:
            if self.behaviour.on_request:
                self.behaviour.on_request(self, seen)


STANDINS: Mapping[
    str, Callable[[FakeAccount, Behaviour, Callable[[], datetime], str], FakeProvider]
] = {
    "plivo": plivo.FakePlivo,
    "bandwidth": bandwidth.FakeBandwidth,
    "yeastar": yeastar.FakeYeastar,
    "enswitch": enswitch.FakeEnswitch,
    "imagicle": imagicle.FakeImagicle,
}


def run(port: int, out: TextIO) -> None:
    """Serve on `port` until interrupted, after printing the configuration that works with it.

    KeyboardInterrupt passes through; OSError when the port is taken.
    """
    with Sandbox(port=port) as sandbox:
        out.write(f"# Serving made-up recordings at {sandbox.url} until interrupted.\n")
        out.write("# A configuration file that works with it (chmod 600):\n\n")
        out.write(sandbox.config_toml())
        out.flush()
        threading.Event().wait()


def _first(provider: str, rows: int, now: datetime) -> list[FakeCall]:
    return generate_calls(provider, rows, now, PATCHES.get(provider, ()))


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return json.dumps(str(value))  # TOML's basic strings are as JSON has them
