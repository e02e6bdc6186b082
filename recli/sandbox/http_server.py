"""The sandbox's HTTP server: reads a request, calls `respond`, sends the response.

It knows nothing of any provider.
"""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import parse_qsl

POLL_S = 0.05  # limits how long stopping takes


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """Hold one request.

    `provider` is the first part of the path; `path` is the rest, still percent-encoded. Header
    names are in lower case.
    """

    provider: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    raw_query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        """The fields of an HTML form; empty for another content type."""
        if "x-www-form-urlencoded" not in self.headers.get("content-type", ""):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def json(self) -> object:
        """The body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class FakeResponse:
    """Hold a response; `on_sent` is called once it has been sent or sending has failed."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    on_sent: Callable[[], None] | None = None


class RequestHandler(BaseHTTPRequestHandler):
    """Serve the requests of one connection."""

    server: "SandboxServer"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body are sent in one piece

    def do_GET(self) -> None:
        """Serve a GET or POST request."""
        target, _, raw_query = self.path.partition("?")
        provider, _, path = target.lstrip("/").partition("/")
        length = self.headers.get("Content-Length", "0")
        request = ReceivedRequest(
            provider=provider,
            method=self.command,
            path="/" + path,
            query=dict(parse_qsl(raw_query, keep_blank_values=True)),
            raw_query=raw_query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)) if length.isdigit() else b"",
        )
        self.send(self.server.respond(request))

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def send(self, response: FakeResponse) -> None:
        """Send a whole response."""
        try:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)
            self.wfile.flush()
        finally:
            if response.on_sent:
                response.on_sent()

    def version_string(self) -> str:
        """Return the value of the Server header."""
        return "recli-sandbox"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name above
        """Print nothing."""


class SandboxServer(ThreadingHTTPServer):
    """Serve on a loopback port, with one daemon thread per connection; port 0 takes a free one."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        respond: Callable[[ReceivedRequest], FakeResponse],
        handler: type[RequestHandler] = RequestHandler,
    ) -> None:
        self.respond = respond
        super().__init__(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(POLL_S,), name="recli-sandbox", daemon=True
        )

    def start(self) -> None:
        """Start serving in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting connections and free the port."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def server_bind(self) -> None:
        """Bind without looking up the host's name, which may take seconds."""
        TCPServer.server_bind(self)
        host, port = self.server_address[:2]
        self.server_name, self.server_port = str(host), port

    def handle_error(self, request: object, client_address: object) -> None:
        """Print an exception unless the client has closed the connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]
