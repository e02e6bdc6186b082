"""The HTTP server under the sandbox: connections, orders of faults, and the log.

It finds the stand-in by the first part of the path and sends what it answers. It must not know
how any provider behaves.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import parse_qsl

from recli.sandbox.behaviour import Behaviour, Fault, FaultKind
from recli.sandbox.message import Answer, Seen, StandIn, html_answer

LOG_MAX = 100_000
POLL_S = 0.05  # bounds how long stopping takes


class CutError(Exception):
    """End a connection without an answer; never leaves this module."""


class Listener(ThreadingHTTPServer):
    """Serve the stand-ins on a loopback port, one thread a connection, all of them ended by `stop`.

    `standins` maps the first part of the path to who answers there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, port: int, behaviour: Behaviour, before: Callable[[Seen], None], log: list[Seen]
    ) -> None:
        self.behaviour = behaviour
        self.before = before
        self.log = log
        self.standins: Mapping[str, StandIn] = {}
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)
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

    def note(self, seen: Seen, status: int) -> None:
        """Log a request, when asked to."""
        if self.behaviour.log and len(self.log) < LOG_MAX:
            self.log.append(replace(seen, status=status))


class Handler(BaseHTTPRequestHandler):
    """Read requests from one connection and send the answers."""

    server: Listener
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

    def _decided(self, seen: Seen) -> tuple[Answer, bool]:
        """Find the answer, and whether to cut it short."""
        try:
            self.server.before(seen)
            fault = self._ordered(seen)
            answer = self._answered(self.server.standins.get(seen.provider), seen, fault)
        except CutError:
            raise
        except Exception as error:  # noqa: BLE001 - a stand-in's or a test's own fault must show
            text = f"sandbox fault: {error!r}"
            return Answer(500, text.encode(), "text/plain; charset=utf-8"), False
        return answer, fault is not None and fault.kind is FaultKind.TRUNCATED

    def _seen(self) -> Seen:
        target, _, raw_query = self.path.partition("?")
        prefix, _, rest = target.lstrip("/").partition("/")
        length = self.headers.get("Content-Length", "0")
        return Seen(
            at=self.server.behaviour.wall_clock(),
            provider=prefix,
            method=self.command,
            path="/" + rest,
            query=dict(parse_qsl(raw_query, keep_blank_values=True)),
            raw_query=raw_query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)) if length.isdigit() else b"",
        )

    def _ordered(self, seen: Seen) -> Fault | None:
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

    def _answered(self, standin: StandIn | None, seen: Seen, fault: Fault | None) -> Answer:
        if standin is None:
            return html_answer(404, "404 Not Found")
        if fault is not None and (ordered := faulty(standin, seen, fault)) is not None:
            return ordered
        answer = standin.answer(seen)
        if fault is not None and fault.kind is FaultKind.BAD_JSON:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        return answer

    def _send(self, seen: Seen, answer: Answer, *, truncated: bool) -> None:
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


def faulty(standin: StandIn, seen: Seen, fault: Fault) -> Answer | None:
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
            return Answer(200, b"")
        case FaultKind.ERROR_AS_AUDIO:
            return Answer(200, standin.errcode(-2, seen).body, fault.content_type)
        case _:
            return None
