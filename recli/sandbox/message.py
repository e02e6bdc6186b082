"""What passes between the HTTP server and a stand-in: a request as seen, and the answer to it.

Plain values and the few shapes that all stand-ins share (JSON, HTML, Basic auth, sound with
byte ranges). It must not know any provider.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Seen:
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
class Answer:
    """Hold what goes back; `done` is called once it has been sent or has failed."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    done: Callable[[], None] | None = None


class StandIn(Protocol):
    """Answer in the place of one provider; called from many threads at once."""

    def answer(self, seen: Seen) -> Answer:
        """Answer as the provider would."""
        ...

    def refuse(self, status: int) -> Answer:
        """Give the provider's own body for an HTTP status of trouble (429, 500, 503, …)."""
        ...

    def errcode(self, code: int, seen: Seen) -> Answer:
        """Give HTTP 200 with an error code in the body, where the provider does so."""
        ...

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        ...


def json_answer(
    value: object, status: int = HTTPStatus.OK, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Answer with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, "application/json; charset=utf-8", headers)


def html_answer(status: int, title: str) -> Answer:
    """Answer with the page that a proxy in front of the provider would give."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Answer(status, text.encode(), "text/html; charset=utf-8")


def basic_login(seen: Seen) -> tuple[str, str] | None:
    """Read the name and password of HTTP Basic; None without or with a broken header."""
    scheme, _, coded = seen.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None


def sound_answer(sound: bytes, content_type: str, seen: Seen | None = None) -> Answer:
    """Answer with audio; with `seen`, as a store that knows ETag, Range and If-Range."""
    if seen is None:
        return Answer(HTTPStatus.OK, sound, content_type)
    etag = f'"{hashlib.sha256(sound).hexdigest()[:32]}"'
    headers: tuple[tuple[str, str], ...] = (("ETag", etag), ("Accept-Ranges", "bytes"))
    wanted = seen.headers.get("range", "")
    if not wanted or seen.headers.get("if-range", etag) != etag:
        return Answer(HTTPStatus.OK, sound, content_type, headers)
    span = _span(wanted, len(sound))
    if span is None:  # several ranges or another unit: a server may ignore them
        return Answer(HTTPStatus.OK, sound, content_type, headers)
    first, last = span
    if first >= len(sound) or last < first:
        headers = (("Content-Range", f"bytes */{len(sound)}"),)
        return Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", content_type, headers)
    headers = (*headers, ("Content-Range", f"bytes {first}-{last}/{len(sound)}"))
    return Answer(HTTPStatus.PARTIAL_CONTENT, sound[first : last + 1], content_type, headers)


def _span(header: str, size_bytes: int) -> tuple[int, int] | None:
    """Read `bytes=a-b`, `bytes=a-` or `bytes=-n` as the first and last byte, both included."""
    unit, _, text = header.partition("=")
    first, dash, last = text.strip().partition("-")
    if unit.strip() != "bytes" or not dash or not (first + last).isdigit():
        return None
    if not first:
        return max(0, size_bytes - int(last)), size_bytes - 1
    return int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1
