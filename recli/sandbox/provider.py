"""What the stand-ins of all providers have in common: logins, rate limits, responses, audio."""

import base64
import hashlib
import json
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar

from recli.sandbox.account import FakeAccount, FakeCall
from recli.sandbox.audio import media_type
from recli.sandbox.http_server import FakeResponse, ReceivedRequest

Profile = dict[str, str | int | bool]
Headers = tuple[tuple[str, str], ...]


class RefusedError(Exception):
    """End a request with this response."""

    def __init__(self, response: FakeResponse) -> None:
        super().__init__(response)
        self.response = response


class RateLimit:
    """Allow `requests` within any `per_s` seconds; refused requests don't count."""

    def __init__(self, requests: int, per_s: float) -> None:
        self.requests = requests
        self.per_s = per_s
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, now_s: float) -> float:
        """Count a request and return 0, or return the seconds until one is allowed."""
        with self._lock:
            while self._times and now_s - self._times[0] >= self.per_s:
                self._times.popleft()
            if len(self._times) < self.requests:
                self._times.append(now_s)
                return 0.0
            return self._times[0] + self.per_s - now_s


class FakeProvider(ABC):
    """Serve one account in the place of a provider; called from many threads at once.

    `patches` are laid over some of the account's rows; `url` is the root of the sandbox.
    """

    name: ClassVar[str]
    patches: ClassVar[tuple[Mapping[str, object], ...]] = ()

    def __init__(self, account: FakeAccount, clock: Callable[[], datetime], url: str) -> None:
        self.account = account
        self.clock = clock
        self.url = url

    @abstractmethod
    def profile(self) -> Profile:
        """Return the configuration that connects to this stand-in."""

    @abstractmethod
    def handle(self, request: ReceivedRequest) -> FakeResponse:
        """Return the response to a request; RefusedError holds one too."""

    def respond(self, request: ReceivedRequest) -> FakeResponse:
        """Return the response to a request."""
        try:
            return self.handle(request)
        except RefusedError as error:
            return error.response

    def wait_s(self, limit: RateLimit) -> float:
        """Return the seconds until the limit allows this request; 0 if it does."""
        return limit.wait_s(self.clock().timestamp())


def json_response(
    value: object, status: int = HTTPStatus.OK, headers: Headers = ()
) -> FakeResponse:
    """Return a response with a JSON body."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return FakeResponse(status, body, "application/json; charset=utf-8", headers)


def html_response(status: int, title: str, headers: Headers = ()) -> FakeResponse:
    """Return the error page of a web server."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return FakeResponse(status, text.encode(), "text/html; charset=utf-8", headers)


def audio_response(call: FakeCall) -> FakeResponse:
    """Return a recording's audio file, whatever part was requested."""
    return FakeResponse(HTTPStatus.OK, call.audio(), media_type(call.format))


def ranged_audio_response(call: FakeCall, request: ReceivedRequest) -> FakeResponse:
    """Return a recording's audio file, or a part of it, as a store with ETag and Range does."""
    audio, kind = call.audio(), media_type(call.format)
    etag = f'"{hashlib.sha256(audio).hexdigest()[:32]}"'
    headers: Headers = (("ETag", etag), ("Accept-Ranges", "bytes"))
    span = _byte_range(request.headers.get("range", ""), len(audio))
    if span is None or request.headers.get("if-range", etag) != etag:
        return FakeResponse(HTTPStatus.OK, audio, kind, headers)
    first, last = span
    if first >= len(audio) or last < first:
        headers = (("Content-Range", f"bytes */{len(audio)}"),)
        return FakeResponse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"", kind, headers)
    headers = (*headers, ("Content-Range", f"bytes {first}-{last}/{len(audio)}"))
    return FakeResponse(HTTPStatus.PARTIAL_CONTENT, audio[first : last + 1], kind, headers)


def _byte_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """Read `bytes=a-b`, `bytes=a-` or `bytes=-n` as the first and last byte, both included.

    None for anything else: a server may ignore several ranges and other units.
    """
    unit, _, text = header.partition("=")
    first, dash, last = text.strip().partition("-")
    if unit.strip() != "bytes" or not dash or not (first + last).isdigit():
        return None
    if not first:
        return max(0, size_bytes - int(last)), size_bytes - 1
    return int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1


def basic_credentials(request: ReceivedRequest) -> tuple[str, str] | None:
    """Return the user and password of HTTP Basic; None without a valid header."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None
