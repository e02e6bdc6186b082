"""How fast the server itself can answer: it must not be what is measured elsewhere."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from tests.bench.answers import PLIVO_ID
from tests.bench.lines import Line
from tests.bench.measure import Bench, serving

_UNREAD = 1 << 20


def server(bench: Bench) -> Iterator[Line]:
    """Measure the server's CPU time per Plivo page against that of the floor's loop."""
    rows = 20_000
    requests = rows // 20
    with serving({"plivo": rows}) as running:
        _ask(running.url, requests)
        running.reset()
        started_s = time.monotonic()
        _ask(running.url, requests)
        wall_s = time.monotonic() - started_s
        server_s = running.reset()["cpu_s"]
        loop = bench.floor(running, "plivo")
    bench.tell(f"  {requests / wall_s:.0f} requests per second over one bare socket")
    yield Line(
        "CPU per request, this benchmark's server against the floor's loop",
        f"{server_s / requests * 1e6:.0f} µs",
        f"{loop.cpu_s / requests * 1e6:.0f} µs",
        server_s / loop.cpu_s,
        most=0.5,
    )


def _ask(url: str, requests: int) -> None:
    parts = urlsplit(url)
    now = datetime.now(UTC)
    window = [f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in (now - timedelta(28), now)]
    with socket.create_connection((parts.hostname, parts.port or 80)) as connection:
        for number in range(requests):
            path = (
                f"/v1/Account/{PLIVO_ID}/Recording/?limit=20&offset={number * 20}"
                f"&add_time__gte={quote(window[0])}&add_time__lt={quote(window[1])}"
            )
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
            came = b""
            while b"\r\n\r\n" not in came:
                came += connection.recv(_UNREAD)
            head, _, body = came.partition(b"\r\n\r\n")
            left = int(head.rpartition(b"Content-Length: ")[2].partition(b"\r")[0]) - len(body)
            while left > 0:
                left -= len(connection.recv(_UNREAD))
