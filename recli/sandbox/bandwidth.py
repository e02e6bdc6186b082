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
from recli.sandbox.audio import sound_type
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.http_server import (
    FakeResponse,
    ReceivedRequest,
    RequestLimit,
    basic_login,
    json_answer,
    sound_answer,
)

USER_ID = "u-sandboxuser0123456789ab"
OTHER_USER_ID = "u-somebodyelse0123456789"  # exists, and is not this token's
API_TOKEN = "t-sandboxtoken0123456789a"  # noqa: S105 - opens nothing but this stand-in
API_SECRET = "sandbox-bandwidth-secret"  # noqa: S105 - as above

SIZE_DEFAULT = 25
SIZE_MAX = 1000
REQUESTS, PER_S = 1, 1.0  # each for recordings and for media

PATCHES: tuple[Mapping[str, object], ...] = (
    {"startTime": "13:15:65.887Z"},  # as a sample in the documents has it
)

CATEGORIES = {
    400: ("bad-request", "invalid-parameter"),
    401: ("authentication", "invalid-credentials"),
    404: ("not-found", "resource-not-found"),
    429: ("forbidden", "too-many-requests"),
    503: ("unavailable", "service-unavailable"),
}


class FakeBandwidth:
    """Answer in the place of Bandwidth, for one user."""

    def __init__(
        self, account: FakeAccount, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        del now  # nothing here depends on the present
        self._account = account
        self._behaviour = behaviour
        self._root = f"{url}/bandwidth/v1/users/{USER_ID}"
        self._limits = {name: RequestLimit(REQUESTS, PER_S) for name in ("recordings", "media")}

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "bandwidth",
            "user_id": USER_ID,
            "api_token": API_TOKEN,
            "api_secret": API_SECRET,
            "base_url": self._root.partition("/v1/")[0],
        }

    def refuse(self, status: int) -> FakeResponse:
        """Give Bandwidth's error body; a 429 with the time to come again, without a message."""
        if status == 429:
            return self._too_many(PER_S)
        category, code = CATEGORIES.get(status, ("internal", "internal-server-error"))
        return _error(status, category, code, "Something went wrong")

    def errcode(self, code: int, seen: ReceivedRequest) -> FakeResponse:  # noqa: ARG002 - the same for every request
        """Give that status: Bandwidth's codes come with one."""
        return self.refuse(code if 400 <= code < 600 else 500)

    def answer(self, seen: ReceivedRequest) -> FakeResponse:
        """Answer for the two resources that recordings need."""
        version, users, user_id, resource, *rest = [*seen.path.split("/")[1:], "", "", "", ""]
        if (version, users) != ("v1", "users") or resource not in self._limits:
            return _error(404, *CATEGORIES[404], "The resource was not found")
        refused = self._refused(seen, user_id) or self._slowed(resource)
        if refused is not None:
            return refused
        name = unquote(rest[0])
        if resource == "media":
            return self._media(seen, name)
        return self._one(name) if name else self._list(seen)

    def _refused(self, seen: ReceivedRequest, user_id: str) -> FakeResponse | None:
        if basic_login(seen) != (API_TOKEN, API_SECRET):
            return _error(401, *CATEGORIES[401], "The credentials are invalid")
        if user_id == OTHER_USER_ID:
            text = f"User {user_id} may not be used with these credentials"
            return _error(401, "authorization", "user-access-denied", text)
        if user_id != USER_ID:
            return _error(404, "not-found", "user-not-found", f"The user {user_id} was not found")
        if seen.method != "GET":
            return _error(405, "bad-request", "method-not-allowed", "Method not allowed")
        return None

    def _slowed(self, resource: str) -> FakeResponse | None:
        wait_s = self._limits[resource].wait_s(self._behaviour.wall_clock())
        if wait_s and self._behaviour.limits:
            return self._too_many(wait_s)
        return None

    def _list(self, seen: ReceivedRequest) -> FakeResponse:
        size, page = (seen.query.get("size", str(SIZE_DEFAULT)), seen.query.get("page", "0"))
        if not (size.isdecimal() and page.isdecimal() and 1 <= int(size) <= SIZE_MAX):
            text = f"size must be 1 to {SIZE_MAX}, page a whole number"
            return _error(400, *CATEGORIES[400], text)
        keyed = self._keyed()
        first = int(page) * int(size)
        if "sortKeyLT" in seen.query:
            cursor = _decoded(seen.query["sortKeyLT"])
            first = len(keyed) - bisect_left(keyed, cursor, key=lambda pair: pair[0])
        end = len(keyed) - first
        shown = keyed[max(0, end - int(size)) : max(0, end)][::-1]
        rows = [self._row(call) for _, call in shown]
        links = {"first": {"page": "0"}}
        if first:
            links["previous"] = {"page": str(max(0, first // int(size) - 1))}
        if end > int(size):
            after = {"sortKeyLT": _coded(shown[-1][0])}
            by_cursor = self._behaviour.bandwidth_links == "cursor"
            links["next"] = after if by_cursor else {"page": str(int(page) + 1)}
        return json_answer(
            rows, 200, self._link_header(links, size, odd=first // int(size) % 2 == 1)
        )

    def _keyed(self) -> list[tuple[str, FakeCall]]:
        """List the calls with their sort keys; the server goes from the last to the first."""
        if self._behaviour.bandwidth_newest_first:
            return self._account.memo(
                "by start",
                lambda: sorted((f"{c.start:%Y%m%d%H%M%S%f}{c.id}", c) for c in self._calls()),
            )
        return self._account.memo(
            "shuffled",
            lambda: sorted((hashlib.sha256(c.id.encode()).hexdigest(), c) for c in self._calls()),
        )

    def _link_header(
        self, links: Mapping[str, Mapping[str, str]], size: str, *, odd: bool
    ) -> tuple[tuple[str, str], ...]:
        style = self._behaviour.bandwidth_links
        if style == "none":
            return ()
        root = f"{self._root}/recordings"
        if style == "relative" or (style == "cursor" and odd):
            root = "/" + root.split("/", 3)[3]
        parts = [
            f'<{root}?{urlencode({**query, "size": size})}>; rel="{rel}"'
            for rel, query in links.items()
        ]
        return (("Link", ", ".join(parts)),)

    def _one(self, recording_id: str) -> FakeResponse:
        call = self._account.get(recording_id)
        if call is None:
            text = f"The recording {recording_id} was not found"
            return _error(404, "not-found", "recording-not-found", text)
        return json_answer(self._row(call))

    def _media(self, seen: ReceivedRequest, name: str) -> FakeResponse:
        named = self._account.memo("media", lambda: {_media_name(c): c for c in self._calls()})
        call = named.get(name)
        if call is None or call.state in {CallState.RECORDING, CallState.ERROR}:
            return _error(404, "not-found", "media-not-found", f"The media {name} was not found")
        if call.state is CallState.SAVING:
            return _error(503, "unavailable", "media-unavailable", "Try again later")
        return sound_answer(call.sound(), sound_type(call.form), seen)

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

    def _too_many(self, wait_s: float) -> FakeResponse:
        category, code = CATEGORIES[429]
        reset_ms = math.ceil((self._behaviour.wall_clock() + wait_s) * 1000)
        reset = (("X-RateLimit-Reset", str(reset_ms)),)
        headers = reset if self._behaviour.bandwidth_reset_header else ()
        details = [{"name": "remoteAddress", "value": "127.0.0.1"}]
        return json_answer({"category": category, "code": code, "details": details}, 429, headers)

    def _calls(self) -> list[FakeCall]:
        return self._account.calls()


def _error(status: int, category: str, code: str, message: str) -> FakeResponse:
    details = [
        {"name": "requestMethod", "value": "GET"},
        {"name": "remoteAddress", "value": "127.0.0.1"},
    ]
    body = {"category": category, "code": code, "message": message, "details": details}
    return json_answer(body, status)


def _media_name(call: FakeCall) -> str:
    """Name the file of a recording: after its call, now and then with a space in it."""
    gap = " part " if call.number % 50 == 7 else "-"
    return f"{call.call_id}{gap}{call.number}.{call.form}"


def _time(time: datetime) -> str:
    """Write a time with milliseconds, or without where they are none."""
    text = time.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text.removesuffix(".000") + "Z"


def _coded(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> str:
    """Read a cursor; a broken one is one that nothing is before."""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return ""
