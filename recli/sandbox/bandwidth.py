"""Stand in for Bandwidth's Catapult v1 recordings and media.

`GET /v1/users/{user_id}/recordings`, HTTP Basic with token and secret; a bare array in no order,
`page` from 0 and `size` up to 1000, continued by an opaque `Link`; one request a second each.
https://github.com/Bandwidth/ap-docs
"""

import base64
import hashlib
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote, unquote, urlencode

from recli.sandbox.account import CallState, FakeAccount, FakeCall
from recli.sandbox.http_server import FakeResponse, ReceivedRequest
from recli.sandbox.provider import (
    FakeProvider,
    Headers,
    Profile,
    RateLimit,
    RefusedError,
    basic_credentials,
    json_response,
    ranged_audio_response,
)

USER_ID = "u-sandboxuser0123456789ab"
OTHER_USER_ID = "u-somebodyelse0123456789"  # exists, and is not this token's
API_TOKEN = "t-sandboxtoken0123456789a"  # noqa: S105 - valid for this stand-in only
API_SECRET = "sandbox-bandwidth-secret"  # noqa: S105 - as above

SIZE_DEFAULT = 25
SIZE_MAX = 1000
REQUESTS, PER_S = 1, 1.0  # each for recordings and for media

CATEGORIES = {
    400: ("bad-request", "invalid-parameter"),
    401: ("authentication", "invalid-credentials"),
    404: ("not-found", "resource-not-found"),
    405: ("bad-request", "method-not-allowed"),
    429: ("forbidden", "too-many-requests"),
    503: ("unavailable", "service-unavailable"),
}


class FakeBandwidth(FakeProvider):
    """Serve one user."""

    name = "bandwidth"
    patches = ({"startTime": "13:15:65.887Z"},)  # as in a sample of the documents

    def __init__(self, account: FakeAccount, clock: Callable[[], datetime], url: str) -> None:
        super().__init__(account, clock, url)
        self._root = f"{url}/bandwidth/v1/users/{USER_ID}"
        self._limits = {name: RateLimit(REQUESTS, PER_S) for name in ("recordings", "media")}

    def profile(self) -> Profile:
        """Return the configuration that connects to this stand-in."""
        return {
            "provider": "bandwidth",
            "user_id": USER_ID,
            "api_token": API_TOKEN,
            "api_secret": API_SECRET,
            "base_url": f"{self.url}/bandwidth",
        }

    def handle(self, request: ReceivedRequest) -> FakeResponse:
        """Serve the two resources of recordings."""
        version, users, user_id, resource, *rest = [*request.path.split("/")[1:], "", "", "", ""]
        if (version, users) != ("v1", "users") or resource not in self._limits:
            return error_response(404, "The resource was not found")
        _check(request, user_id)
        if wait_s := self.wait_s(self._limits[resource]):
            return self.too_many_requests(wait_s)
        name = unquote(rest[0])
        if resource == "media":
            return self._media(request, name)
        return self._one(name) if name else self._list(request)

    def too_many_requests(self, wait_s: float) -> FakeResponse:
        """Return a 429, which has no message and tells when to try again."""
        category, code = CATEGORIES[429]
        reset_ms = math.ceil((self.clock().timestamp() + wait_s) * 1000)
        details = [{"name": "remoteAddress", "value": "127.0.0.1"}]
        body = {"category": category, "code": code, "details": details}
        return json_response(body, 429, (("X-RateLimit-Reset", str(reset_ms)),))

    def _list(self, request: ReceivedRequest) -> FakeResponse:
        size, page = request.query.get("size", str(SIZE_DEFAULT)), request.query.get("page", "0")
        if not (size.isdecimal() and page.isdecimal() and 1 <= int(size) <= SIZE_MAX):
            return error_response(400, f"size must be 1 to {SIZE_MAX}, page a whole number")
        keyed = self._keyed_calls()
        first = int(page) * int(size)
        if "sortKeyLT" in request.query:
            cursor = _decode_cursor(request.query["sortKeyLT"])
            first = len(keyed) - bisect_left(keyed, cursor, key=lambda pair: pair[0])
        end = len(keyed) - first
        shown = keyed[max(0, end - int(size)) : max(0, end)][::-1]
        links = {"first": {"page": "0"}}
        if first:
            links["previous"] = {"page": str(max(0, first // int(size) - 1))}
        if end > int(size):
            links["next"] = {"sortKeyLT": _encode_cursor(shown[-1][0])}
        rows = [self._row(call) for _, call in shown]
        relative = first // int(size) % 2 == 1  # both forms are allowed: RFC 8288, section 3.1
        return json_response(rows, 200, self._link_header(links, size, relative=relative))

    def _keyed_calls(self) -> list[tuple[str, FakeCall]]:
        """List the calls with their sort keys; pages go from the last to the first."""
        return self.account.cached(
            "shuffled",
            lambda: sorted(
                (hashlib.sha256(call.id.encode()).hexdigest(), call)
                for call in self.account.calls()
            ),
        )

    def _link_header(
        self, links: Mapping[str, Mapping[str, str]], size: str, *, relative: bool
    ) -> Headers:
        root = f"{self._root.removeprefix(self.url) if relative else self._root}/recordings"
        parts = [
            f'<{root}?{urlencode({**query, "size": size})}>; rel="{rel}"'
            for rel, query in links.items()
        ]
        return (("Link", ", ".join(parts)),)

    def _one(self, recording_id: str) -> FakeResponse:
        call = self.account.get(recording_id)
        if call is None:
            text = f"The recording {recording_id} was not found"
            return error_response(404, text, code="recording-not-found")
        return json_response(self._row(call))

    def _media(self, request: ReceivedRequest, name: str) -> FakeResponse:
        named = self.account.cached(
            "media", lambda: {_media_name(call): call for call in self.account.calls()}
        )
        call = named.get(name)
        if call is None or call.state in {CallState.RECORDING, CallState.ERROR}:
            return error_response(404, f"The media {name} was not found", code="media-not-found")
        if call.state is CallState.SAVING:
            return error_response(503, "Try again later", code="media-unavailable")
        return ranged_audio_response(call, request)

    def _row(self, call: FakeCall) -> dict[str, object]:
        row: dict[str, object] = {
            "endTime": _time(call.end),
            "id": call.id,
            "media": f"{self._root}/media/{quote(_media_name(call))}",
            "call": f"{self._root}/calls/{call.call_id}",
            "startTime": _time(call.start),
            "state": str(call.state),
        }
        if call.state is not CallState.COMPLETE:
            del row["endTime"], row["media"]
        return call.patched(row)


def error_response(
    status: int, message: str, *, category: str = "", code: str = ""
) -> FakeResponse:
    """Return Bandwidth's error body, with the status's usual category and code by default."""
    usual = CATEGORIES.get(status, ("internal", "internal-server-error"))
    details = [
        {"name": "requestMethod", "value": "GET"},
        {"name": "remoteAddress", "value": "127.0.0.1"},
    ]
    body = {
        "category": category or usual[0],
        "code": code or usual[1],
        "message": message,
        "details": details,
    }
    return json_response(body, status)


def _check(request: ReceivedRequest, user_id: str) -> None:
    if basic_credentials(request) != (API_TOKEN, API_SECRET):
        raise RefusedError(error_response(401, "The credentials are invalid"))
    if user_id == OTHER_USER_ID:
        text = f"User {user_id} may not be used with these credentials"
        raise RefusedError(
            error_response(401, text, category="authorization", code="user-access-denied")
        )
    if user_id != USER_ID:
        text = f"The user {user_id} was not found"
        raise RefusedError(error_response(404, text, code="user-not-found"))
    if request.method != "GET":
        raise RefusedError(error_response(405, "Method not allowed"))


def _media_name(call: FakeCall) -> str:
    """Name a recording's file after its call, sometimes with a space in it."""
    gap = " part " if call.number % 50 == 7 else "-"
    return f"{call.call_id}{gap}{call.number}.{call.format}"


def _time(time: datetime) -> str:
    """Write a time with milliseconds unless they are zero."""
    text = time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text.removesuffix(".000") + "Z"


def _encode_cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decode_cursor(cursor: str) -> str:
    """Read a cursor; a broken one has nothing before it."""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return ""
