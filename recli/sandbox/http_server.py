"""The HTTP server under the sandbox: connections, orders of faults, and the log.

It finds the stand-in by the first part of the path and sends what it answers. It must not know
how any provider behaves.
"""

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Protocol
from urllib.parse import parse_qsl

from recli.sandbox.behaviour import Behaviour, Fault, FaultKind


class RequestLimit:
    """Allow `requests` within any `per_s` seconds; refused ones don't count."""

    def __init__(self, requests: int, per_s: float) -> None:
        self.requests = requests
        self.per_s = per_s
        self._taken: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, now_s: float) -> float:
        """Take a place at `now_s` and return 0, or return the seconds until one is free."""
        with self._lock:
            while self._taken and now_s - self._taken[0] >= self.per_s:
                self._taken.popleft()
            if len(self._taken) < self.requests:
                self._taken.append(now_s)
                return 0.0
            return self._taken[0] + self.per_s - now_s


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """Hold one request as it reached the server.

    `at` is seconds since the epoch, `path` begins after the provider's prefix and is still
    percent-encoded, header names are in lower case, `status` is 0 until the answer is known and
    -1 where the connection was cut instead of answered.
    """

    at: float
    provider: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    raw_query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 0

    @property
    def form(self) -> dict[str, str]:
        """The body as an HTML form; empty when it is none."""
        if "x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def json(self) -> object:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class FakeResponse:
    """Hold what goes back; `done` is called once it has been sent or has failed."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    done: Callable[[], None] | None = None


class FakeProvider(Protocol):
    """Answer in the place of one provider; called from many threads at once."""

    def answer(self, seen: ReceivedRequest) -> FakeResponse:
        """Answer as the provider would."""
        ...

    def refuse(self, status: int) -> FakeResponse:
        """Give the provider's own body for an HTTP status of trouble (429, 500, 503, …)."""
        ...

    def errcode(self, code: int, seen: ReceivedRequest) -> FakeResponse:
        """Give HTTP 200 with an error code in the body, where the provider does so."""
        ...

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        ...


def json_answer(
    value: object, status: int = HTTPStatus.OK, headers: tuple[tuple[str, str], ...] = ()
) -> FakeResponse:
    """Answer with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return FakeResponse(status, body, "application/json; charset=utf-8", headers)


def html_answer(status: int, title: str) -> FakeResponse:
    """Answer with the page that a proxy in front of the provider would give."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return FakeResponse(status, text.encode(), "text/html; charset=utf-8")


def basic_login(seen: ReceivedRequest) -> tuple[str, str] | None:
    """Read the name and password of HTTP Basic; None without or with a broken header."""
    scheme, _, coded = seen.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None


def sound_answer(
    sound: bytes, content_type: str, seen: ReceivedRequest | None = None
) -> FakeResponse:
    """Answer with audio; with `seen`, as a store that knows ETag, Range and If-Range."""
    if seen is None:
        return FakeResponse(HTTPStatus.OK, sound, content_type)
    etag = f'"{hashlib.sha256(sound).hexdigest()[:32]}"'
    headers: tuple[tuple[str, str], ...] = (("ETag", etag), ("Accept-Ranges", "bytes"))
    wanted = seen.headers.get("range", "")
    if not wanted or seen.headers.get("if-range", etag) != etag:
        return FakeResponse(HTTPStatus.OK, sound, content_type, headers)
    span = _span(wanted, len(sound))
    if span is None:  # several ranges or another unit: a server may ignore them
        return FakeResponse(HTTPStatus.OK, sound, content_type, headers)
    first, last = span
    if first >= len(sound) or last < first:
        headers = (("Content-Range", f"bytes */{len(sound)}"),)
        return FakeResponse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", content_type, headers)
    headers = (*headers, ("Content-Range", f"bytes {first}-{last}/{len(sound)}"))
    return FakeResponse(HTTPStatus.PARTIAL_CONTENT, sound[first : last + 1], content_type, headers)


def _span(header: str, size_bytes: int) -> tuple[int, int] | None:
    """Read `bytes=a-b`, `bytes=a-` or `bytes=-n` as the first and last byte, both included."""
    unit, _, text = header.partition("=")
    first, dash, last = text.strip().partition("-")
    if unit.strip() != "bytes" or not dash or not (first + last).isdigit():
        return None
    if not first:
        return max(0, size_bytes - int(last)), size_bytes - 1
    return int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1


LOG_MAX = 100_000
POLL_S = 0.05  # bounds how long stopping takes


class CutError(Exception):
    """End a connection without an answer; never leaves this module."""


class SandboxServer(ThreadingHTTPServer):
    """Serve the stand-ins on a loopback port, one thread a connection, all of them ended by `stop`.

    `standins` maps the first part of the path to who answers there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        behaviour: Behaviour,
        before: Callable[[ReceivedRequest], None],
        log: list[ReceivedRequest],
    ) -> None:
        self.behaviour = behaviour
        self.before = before
        self.log = log
        self.standins: Mapping[str, FakeProvider] = {}
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), RequestHandler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(POLL_S,), name="recli-sandbox", daemon=True
        )

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and cut every open connection."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def server_bind(self) -> None:
        """Bind without asking for the host's name, which may take seconds."""
        TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), port

    def process_request(self, request: object, client_address: object) -> None:
        """Remember the connection, so that it can be cut."""
        if isinstance(request, socket.socket):
            self._open.add(request)
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        """Forget the connection."""
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients may hang up when they like."""

    def note(self, seen: ReceivedRequest, status: int) -> None:
        """Log a request, when asked to."""
        if self.behaviour.log and len(self.log) < LOG_MAX:
            self.log.append(replace(seen, status=status))


class RequestHandler(BaseHTTPRequestHandler):
    """Read requests from one connection and send the answers."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve()

    def version_string(self) -> str:
        """Name the server."""
        return "recli-sandbox"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name above
        """Print nothing."""

    def _serve(self) -> None:
        seen = self._seen()
        try:
            answer, truncated = self._decided(seen)
            if self.server.behaviour.latency_s > 0:
                self.server.stopping.wait(self.server.behaviour.latency_s)
            self._send(seen, answer, truncated=truncated)
        except (CutError, ConnectionError, TimeoutError):
            self.close_connection = True

    def _decided(self, seen: ReceivedRequest) -> tuple[FakeResponse, bool]:
        """Find the answer, and whether to cut it short."""
        try:
            self.server.before(seen)
            fault = self._ordered(seen)
            answer = self._answered(self.server.standins.get(seen.provider), seen, fault)
        except CutError:
            raise
        except Exception as error:  # noqa: BLE001 - a stand-in's or a test's own fault must show
            text = f"sandbox fault: {error!r}"
            return FakeResponse(500, text.encode(), "text/plain; charset=utf-8"), False
        return answer, fault is not None and fault.kind is FaultKind.TRUNCATED

    def _seen(self) -> ReceivedRequest:
        target, _, raw_query = self.path.partition("?")
        prefix, _, rest = target.lstrip("/").partition("/")
        length = self.headers.get("Content-Length", "0")
        return ReceivedRequest(
            at=self.server.behaviour.wall_clock(),
            provider=prefix,
            method=self.command,
            path="/" + rest,
            query=dict(parse_qsl(raw_query, keep_blank_values=True)),
            raw_query=raw_query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)) if length.isdigit() else b"",
        )

    def _ordered(self, seen: ReceivedRequest) -> Fault | None:
        behaviour = self.server.behaviour
        with behaviour.lock:
            fault = behaviour.fault(seen) if behaviour.fault else None
        if fault and fault.kind is FaultKind.HANG:
            self.server.stopping.wait(fault.seconds)
        if fault and fault.kind is FaultKind.RESET:
            self.server.note(seen, -1)
            # Lingering for no time makes closing a reset.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            raise CutError
        return fault

    def _answered(
        self, standin: FakeProvider | None, seen: ReceivedRequest, fault: Fault | None
    ) -> FakeResponse:
        if standin is None:
            return html_answer(404, "404 Not Found")
        if fault is not None and (ordered := faulty(standin, seen, fault)) is not None:
            return ordered
        answer = standin.answer(seen)
        if fault is not None and fault.kind is FaultKind.BAD_JSON:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        return answer

    def _send(self, seen: ReceivedRequest, answer: FakeResponse, *, truncated: bool) -> None:
        try:
            self.server.note(seen, answer.status)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) // 2] if truncated else answer.body)
            self.wfile.flush()
        finally:
            if answer.done:
                answer.done()
        if truncated:
            raise CutError


def faulty(standin: FakeProvider, seen: ReceivedRequest, fault: Fault) -> FakeResponse | None:
    """Make the answer that a fault orders; None where the true answer is needed first."""
    match fault.kind:
        case FaultKind.HTTP:
            answer = standin.refuse(fault.code)
            after = (("Retry-After", fault.retry_after),) if fault.retry_after else ()
            return replace(answer, headers=(*answer.headers, *after))
        case FaultKind.ERRCODE:
            return standin.errcode(fault.code, seen)
        case FaultKind.HTML:
            return html_answer(200, "Please log in")
        case FaultKind.EMPTY:
            return FakeResponse(200, b"")
        case FaultKind.ERROR_AS_AUDIO:
            return FakeResponse(200, standin.errcode(-2, seen).body, fault.content_type)
        case _:
            return None
