"""A server of canned pages, in a process of its own: `python -m tests.bench.server --help`.

It answers each request a fixed time after it came, can enforce Plivo's documented limit, and
counts what it was asked. It reads just enough HTTP/1.1 for the clients measured here, so that it
can answer several times as fast as they ask.
"""

import argparse
import asyncio
import contextlib
import json
import resource
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.bench.accounts import accounts
from tests.bench.answers import Answering, Asked, Told

# https://www.plivo.com/docs/voice/concepts/account-limits
LIMIT_REQUESTS, LIMIT_S = 300, 5.0
SOUND_BYTES = 1 << 20
_ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x00"
SOUND = Told(
    _ID3 + b"\xff\xfb\x90\x64" * ((SOUND_BYTES - len(_ID3)) // 4) + b"\x00" * 2, b"", b"audio/mpeg"
)
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n%bContent-Length: %d\r\n\r\n%b"
_TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Counts:
    """What was asked since the last reset; `first_s` is on the machine's monotonic clock."""

    requests: int = 0
    refused: int = 0
    first_s: float | None = None
    started_s: float = field(default_factory=time.monotonic)
    cpu_before_s: float = field(default_factory=time.process_time)

    def told(self) -> dict[str, float | None]:
        return {
            "requests": self.requests,
            "refused": self.refused,
            "first_s": self.first_s,
            "cpu_s": time.process_time() - self.cpu_before_s,
            "elapsed_s": time.monotonic() - self.started_s,
        }


class Desk:
    """Answer requests: counts, the limit, and whichever account knows the path."""

    def __init__(self, answering: Mapping[str, Answering], *, limited: bool) -> None:
        self.counts = Counts()
        self.base_url = ""
        self._answering = list(answering.values())
        self._limited = limited
        self._answered: deque[float] = deque()

    def answer(self, method: str, target: str, body: bytes) -> tuple[bytes, bool]:
        """Return a whole answer, and whether it waits for the latency."""
        if target.startswith("/bench/"):
            return self._bench(target), False
        now_s = time.monotonic()
        counts = self.counts
        counts.requests += 1
        if counts.first_s is None:
            counts.first_s = now_s
        if target.startswith("/media/"):
            return _whole(SOUND), True
        if self._limited and self._too_many(now_s):
            counts.refused += 1
            return _TOO_MANY, True
        path, _, query = target.partition("?")
        asked = Asked(path, _query(query), body, self.base_url)
        for answering in self._answering:
            told = answering(asked)
            if told is not None:
                return _whole(told), True
        return _NOT_FOUND, True

    def _bench(self, target: str) -> bytes:
        told = json.dumps(self.counts.told()).encode()
        if target == "/bench/reset":
            self.counts = Counts()
            self._answered.clear()
        return _whole(Told(told))

    def _too_many(self, now_s: float) -> bool:
        while self._answered and self._answered[0] <= now_s - LIMIT_S:
            self._answered.popleft()
        if len(self._answered) >= LIMIT_REQUESTS:
            return True
        self._answered.append(now_s)
        return False


class Connection(asyncio.Protocol):
    """One client's connection, kept alive until the client closes it."""

    def __init__(self, desk: Desk, latency_s: float) -> None:
        self._desk = desk
        self._latency_s = latency_s
        self._loop = asyncio.get_running_loop()
        self._came = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            head = self._came[:end]
            start = end + 4
            length = 0
            if head.startswith(b"POST"):
                marks = head.lower().partition(b"content-length:")
                length = int(marks[2].partition(b"\r\n")[0]) if marks[1] else 0
                if len(self._came) < start + length:
                    return
            body = self._came[start : start + length]
            self._came = self._came[start + length :]
            method, target, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ", 2)
            answer, late = self._desk.answer(method, target, body)
            if late and self._latency_s:
                self._loop.call_later(self._latency_s, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(answer)


def _whole(told: Told) -> bytes:
    return _OK % (told.content_type, told.headers, len(told.body), told.body)


def _query(text: str) -> dict[str, str]:
    if not text:
        return {}
    pairs = (pair.partition("=") for pair in text.split("&"))
    return {name: unquote(value) if "%" in value else value for name, _, value in pairs}


async def serve(desk: Desk, latency_s: float) -> None:
    """Serve on a free port of the loopback, which is printed, until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(desk, latency_s), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    desk.base_url = f"http://127.0.0.1:{port}"
    print(desk.base_url, flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.server", description=__doc__)
    parser.add_argument("rows", nargs="+", help="an account: provider=rows")
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--days", type=float, default=20, help="how far the rows reach back")
    parser.add_argument("--limited", action="store_true", help="enforce Plivo's limit")
    given = parser.parse_args()
    rows = {name: int(count) for name, _, count in (each.partition("=") for each in given.rows)}
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    desk = Desk(accounts(rows, given.days), limited=given.limited)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(desk, given.latency_ms / 1000))


if __name__ == "__main__":
    main()
