"""A loopback place for audio that does as each test says; it knows no provider."""

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(slots=True)
class Reply:
    """One answer: `sent` bytes of the body before the connection is cut, None for all."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None
    length: bool = True
    ranges: bool = False
    """Whether a range that is asked for is given, if its validator holds."""


class Media:
    """Serve `replies` by path: lists are used up one by one, the last one stays."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        media = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                media.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def put(self, name: str, *replies: Reply) -> str:
        """Put replies at a name and return its URL."""
        self.replies[f"/{name}"] = list(replies)
        return f"{self.url}/{name}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.seen.append((handler.path, headers))
        waiting = self.replies.get(handler.path, [Reply(b"no such thing", 404)])
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        status, body, given = reply.status, reply.body, dict(reply.headers)
        asked = headers.get("range", "")
        validators = {reply.headers.get("ETag"), reply.headers.get("Last-Modified")}
        if reply.ranges and asked and headers.get("if-range") in validators:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            given["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
            status, body = 206, body[first:]
        handler.send_response(status)
        for name, value in given.items():
            handler.send_header(name, value)
        if reply.length:
            handler.send_header("Content-Length", str(len(body)))
        else:
            handler.send_header("Connection", "close")
        handler.end_headers()
        sent = body if reply.sent is None else body[: reply.sent]
        with contextlib.suppress(OSError):
            handler.wfile.write(sent)
        handler.close_connection = reply.sent is not None or not reply.length
