"""A clock that nobody waits for, profiles, and a stage where a test plays the server."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

import pytest

from recli.engine.prefetch import prefetch
from recli.model import Query
from recli.providers import provider_class
from recli.transport.client import Client
from recli.transport.settings import Settings
from recli.wire import Secret
from tests.sandbox_faults import Behaviour, FaultySandbox

NOW = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
SECRET = "s3cret/+Ä word"
PROFILES = {
    "plivo": {"auth_id": "MA0123456789ABCDEFGH", "auth_token": SECRET},
    "bandwidth": {"user_id": "u-abc", "api_token": "t-token", "api_secret": SECRET},
    "yeastar": {"client_id": "client", "client_secret": SECRET},
    "enswitch": {"username": "user", "password": SECRET, "customer": "7"},
    "imagicle": {"username": "auditor", "password": SECRET},
}


class FakeClock:
    """Time that passes when somebody waits for it, and at once."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        self.now = now_s
        self.monotonic = 1_000.0
        self.slept: list[float] = []
        self.stopped = False
        self._lock = threading.Lock()

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.monotonic += seconds

    def now_s(self) -> float:
        return self.now

    def monotonic_s(self) -> float:
        return self.monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.stopped:
            self.advance(seconds)

    def wait(self, condition: threading.Condition, timeout_s: float | None) -> None:
        if timeout_s is None:
            condition.wait(20)
        else:
            self.advance(timeout_s)

    def stop(self) -> None:
        self.stopped = True


@dataclass
class Noted:
    """A watch that writes down what it is told."""

    requests: list[tuple[str, str, str]] = field(default_factory=list)
    waits: list[tuple[str, float]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def requested(self, method, url, outcome, seconds):
        self.requests.append((method, url, outcome))

    def waiting(self, why, seconds):
        self.waits.append((why, seconds))

    def warned(self, text):
        self.warnings.append(text)

    def text(self) -> str:
        return f"{self.requests} {self.waits} {self.warnings}"


Turn = bytes | Callable[[socket.socket], None]


class Stage:
    """Serve on loopback what a test wrote: one turn for each request, the last one for ever."""

    def __init__(self, *turns: Turn) -> None:
        self.turns = list(turns)
        self.asked: list[bytes] = []
        self.connections = 0
        self.left = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        self.left.set()
        self._socket.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                while (asked := _asked(connection)) is not None:
                    with self._lock:
                        self.asked.append(asked)
                        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
                    if isinstance(turn, bytes):
                        connection.sendall(turn)
                    else:
                        turn(connection)
                        return
        except OSError:
            return


def _asked(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.partition(b":")[2]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """Write an HTTP answer with its length."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Content-Type": "application/json", "Content-Length": str(len(body)), **given}
    lines = [f"{name}: {value}" for name, value in named.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def make(name: str, base_url: str, **keys: object):
    """Make a provider of that name whose profile points to `base_url`."""
    kind = provider_class(name)
    given = {**PROFILES[name], "base_url": base_url, **keys}
    return kind(
        profile=name,
        **{
            each.name: Secret(str(given[each.name]))
            if "Secret" in str(each.type)
            else given[each.name]
            for each in fields(kind)
            if each.name in given
        },
    )


def secrets_in(text: str, *secrets: str) -> list[str]:
    return [secret for secret in secrets if secret in text]


def walked(transport: Client, query: Query) -> list[str]:
    """Return the ids of a listing, each once, in the order of their coming."""
    provider = transport.provider
    ids = {}
    for _, page in prefetch(provider.plan(query), transport.fetch, provider=provider.name):
        ids.update(dict.fromkeys(provider.identity(row.id) for row in page.rows))
    return list(ids)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def staged() -> Iterator[Callable[..., Stage]]:
    stages = []

    def make_stage(*turns: Turn) -> Stage:
        stages.append(Stage(*turns))
        return stages[-1]

    yield make_stage
    for stage in stages:
        stage.close()


@pytest.fixture
def opened(clock) -> Iterator[Callable[..., Client]]:
    """Make transports that are closed after the test."""
    transports = []

    def make_transport(
        provider, *, folder=None, observer=None, redactor=None, with_clock=None, **more
    ):
        transport = Client(
            provider,
            Settings(**{"timeout_s": 5, **more}),
            clock=with_clock or clock,
            jitter=lambda: 0.5,
            observer=observer,
            token_folder=folder,
            redactor=redactor,
        )
        transports.append(transport)
        return transport

    yield make_transport
    for transport in transports:
        transport.close()


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def sandbox(behaviour) -> Iterator[FaultySandbox]:
    with FaultySandbox(clock=lambda: NOW, rows=60, behaviour=behaviour) as running:
        yield running
