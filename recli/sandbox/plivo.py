"""Stand in for Plivo's recording API and its audio host.

`GET /v1/Account/{auth_id}/Recording/`, HTTP Basic; `limit` up to 20 and `offset`; newest stored
first; `add_time` in UTC without offset. The audio host, `/plivo-media`, needs no login.
https://www.plivo.com/docs/voice/api/recording
"""

import math
import operator
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from urllib.parse import unquote

from recli.sandbox.account import MISSING, FakeAccount, FakeCall
from recli.sandbox.http_server import FakeResponse, ReceivedRequest
from recli.sandbox.provider import (
    FakeProvider,
    Profile,
    RateLimit,
    RefusedError,
    basic_credentials,
    json_response,
    ranged_audio_response,
)

AUTH_ID = "MASANDBOX0123456789A"
AUTH_TOKEN = "sandbox-plivo-token"  # noqa: S105 - valid for this stand-in only
ROOT = f"/v1/Account/{AUTH_ID}/Recording/"
MEDIA_PREFIX = "plivo-media"
REQUESTS, PER_S = 300, 5.0  # over all recording APIs of an account

LIMIT_MAX = 20
DEFAULT_SPAN = timedelta(days=7)  # without any time filter
SPAN_MAX = timedelta(days=30)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
TICK = timedelta.resolution

# `YYYY-MM-DD HH:MM[:ss[.uuuuuu]]`, UTC, no offset
TIME_FORMAT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d{1,6})?)?")

EXACT_FILTERS = (
    "from_number",
    "to_number",
    "call_uuid",
    "conference_name",
    "conference_uuid",
    "mpc_name",
    "mpc_uuid",
    "subaccount",
)
AGE_FILTER = "recording_storage_duration"
COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "__gt": operator.gt,
    "__gte": operator.ge,
    "__lt": operator.lt,
    "__lte": operator.le,
}

SUBACCOUNT = "SASANDBOX0123456789A"
CONFERENCES = ("noname", "Weekly sync, EMEA", "团队会议", "", None)
ZONES = (
    UTC,
    UTC,
    timezone(timedelta(hours=5, minutes=30)),
    UTC,
    timezone(timedelta(hours=-7)),
)


class FilterError(Exception):
    """Report an invalid parameter; the text is sent to the client."""


class FakePlivo(FakeProvider):
    """Serve one account."""

    name = "plivo"
    patches = (
        {"recording_url": MISSING},
        {"from_number": MISSING, "to_number": MISSING},
        {"conference_name": '=1+2,"x"'},
        {"recording_type": "mp3"},
        {"rounded_recording_duration": "60", "recording_storage_rate": "0.0004"},
        {"conference_name": MISSING, "call_uuid": MISSING},
        {"recording_start_ms": MISSING},
        {"from_number": None, "to_number": "sip:jörg@phone.plivo.com"},
    )

    def __init__(self, account: FakeAccount, clock: Callable[[], datetime], url: str) -> None:
        super().__init__(account, clock, url)
        self._limit = RateLimit(REQUESTS, PER_S)
        self._serial = count(1)

    def profile(self) -> Profile:
        """Return the configuration that connects to this stand-in."""
        return {
            "provider": "plivo",
            "auth_id": AUTH_ID,
            "auth_token": AUTH_TOKEN,
            "base_url": f"{self.url}/plivo",
            "media_url": f"{self.url}/{MEDIA_PREFIX}",
        }

    def handle(self, request: ReceivedRequest) -> FakeResponse:
        """Serve the API and, under its own prefix, the audio host."""
        if request.provider == MEDIA_PREFIX:
            return self._media(request)
        self._check(request)
        if request.path != ROOT:
            call = self.account.get(unquote(request.path.removeprefix(ROOT)).removesuffix("/"))
            if call is None:
                return self.error(404, "not found")
            return json_response({"api_id": self._api_id(), **self._row(call)})
        if "callback_url" in request.query:  # the rows are sent there instead
            return json_response({"api_id": self._api_id(), "message": "async api spawned"}, 202)
        try:
            return self._page(request.query)
        except FilterError as error:
            return self.error(400, str(error))

    def error(self, status: int, text: str) -> FakeResponse:
        """Return Plivo's error body."""
        return json_response({"api_id": self._api_id(), "error": text}, status)

    def _check(self, request: ReceivedRequest) -> None:
        credentials = basic_credentials(request)
        if credentials is None:
            text = "authentication credentials were not provided"
            raise RefusedError(json_response({"error": text}, 401))
        if credentials != (AUTH_ID, AUTH_TOKEN):
            body = b"Could not verify your access level for that URL.\n"
            raise RefusedError(FakeResponse(401, body, "text/plain; charset=utf-8"))
        if not request.path.startswith(ROOT):  # also without the slash at its end
            raise RefusedError(self.error(404, "not found"))
        if request.method != "GET":
            raise RefusedError(self.error(405, "method not allowed"))
        if self.wait_s(self._limit):
            raise RefusedError(self.error(429, "too many requests, please slow down"))

    def _page(self, query: Mapping[str, str]) -> FakeResponse:
        limit = _whole(query, "limit", LIMIT_MAX, least=1)
        offset = _whole(query, "offset", 0, least=0)
        if limit > LIMIT_MAX:
            raise FilterError(f"limit should be at most {LIMIT_MAX}")
        found = self._search(query)
        more = offset + limit < len(found)
        meta = {
            "limit": limit,
            "next": _link(limit, offset + limit) if more else None,
            "offset": offset,
            "previous": _link(limit, max(0, offset - limit)) if offset else None,
            "total_count": len(found),
        }
        objects = [self._row(call) for call in found[offset : offset + limit]]
        return json_response({"api_id": self._api_id(), "meta": meta, "objects": objects})

    def _search(self, query: Mapping[str, str]) -> list[FakeCall]:
        """List the matching recordings, newest stored first."""
        now = self.clock()
        low, high = _time_span(query, now)
        exact = tuple((key, query[key]) for key in EXACT_FILTERS if query.get(key))
        age = tuple(item for item in query.items() if item[0].startswith(AGE_FILTER))

        def matches(call: FakeCall) -> bool:
            return (
                low <= call.added < high
                and (not age or _age_matches(query, _age_days(call, now)))
                and (not exact or self._matches_exactly(call, exact))
            )

        stored = self.account.cached(
            "newest",
            lambda: sorted(
                self.account.calls(), key=lambda call: (call.added, call.number), reverse=True
            ),
        )
        return self.account.cached(
            (low, high, exact, age, age and now), lambda: [c for c in stored if matches(c)]
        )

    def _matches_exactly(self, call: FakeCall, exact: tuple[tuple[str, str], ...]) -> bool:
        row = self._row(call)
        name = row.get("conference_name")
        row["subaccount"] = SUBACCOUNT if call.number % 11 == 0 else ""
        row["conference_uuid"] = str(uuid.uuid5(uuid.NAMESPACE_OID, str(name))) if name else ""
        return all(row.get(key) == value for key, value in exact)

    def _media(self, request: ReceivedRequest) -> FakeResponse:
        recording_id, _, format_ = request.path.removeprefix(ROOT).rpartition(".")
        call = self.account.get(recording_id)
        if call is None or call.format != format_ or request.method != "GET":
            text = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
            return FakeResponse(404, text, "application/xml")
        return ranged_audio_response(call, request)

    def _row(self, call: FakeCall) -> dict[str, object]:
        conference = call.number % 5 == 0
        name = CONFERENCES[call.number // 5 % len(CONFERENCES)] if conference else "noname"
        row: dict[str, object] = {
            "add_time": _add_time(call),
            "call_uuid": call.call_id,
            "conference_name": name,
            "from_number": call.from_number,
            "monthly_recording_storage_amount": 0,
            "recording_duration_ms": f"{round(call.duration_s * 1000)}.00000",
            "recording_end_ms": f"{round(call.end.timestamp() * 1000)}.00000",
            "recording_format": call.format,
            "recording_id": call.id,
            "recording_start_ms": f"{round(call.start.timestamp() * 1000)}.00000",
            "recording_storage_duration": _age_days(call, self.clock()),
            "recording_storage_rate": 0.0004,
            "recording_type": "conference" if conference else ("normal", "call")[call.number % 2],
            "recording_url": f"{self.url}/{MEDIA_PREFIX}{ROOT}{call.id}.{call.format}",
            "resource_uri": f"{ROOT}{call.id}/",
            "rounded_recording_duration": 60 * math.ceil(call.duration_s / 60),
            "to_number": call.to_number,
        }
        if _is_old(call):
            for key in ("recording_start_ms", "recording_end_ms", "from_number", "to_number"):
                del row[key]
        return call.patched(row)

    def _api_id(self) -> str:
        return str(uuid.UUID(int=next(self._serial), version=1))


def _time_span(query: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Read the time filter as the first time that it includes and the first one after it.

    Without one, the last 7 days; one bound reaches 30 days from there; more than 30 days
    are an error; it can't be combined with the storage age.
    """
    times = {k: _time(k, v) for k, v in query.items() if k.partition("__")[0] == "add_time"}
    by_age = any(k.startswith(AGE_FILTER) for k in query)
    if times and by_age:
        raise FilterError(f"add_time and {AGE_FILTER} can not be used together")
    if by_age:
        return FIRST, LAST
    if not times:
        return now - DEFAULT_SPAN, LAST
    if "add_time" in times:
        return times["add_time"], times["add_time"] + TICK
    low = times.get("add_time__gte", times.get("add_time__gt"))
    high = times.get("add_time__lte", times.get("add_time__lt"))
    if low is None:
        if high is None:
            raise FilterError(f"unknown suffix in {', '.join(times)}")
        low = high - SPAN_MAX
    elif high is None:
        high = low + SPAN_MAX
    if high - low > SPAN_MAX:
        raise FilterError("the add_time range can not be more than 30 days")
    return low + ("add_time__gt" in times) * TICK, high + ("add_time__lt" not in times) * TICK


def _age_matches(query: Mapping[str, str], age_days: int) -> bool:
    return all(
        compare(age_days, _whole(query, AGE_FILTER + suffix, 0, least=0))
        for suffix, compare in COMPARISONS.items()
        if AGE_FILTER + suffix in query
    )


def _whole(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise FilterError(f"{name} should be a whole number, at least {least}")
    return int(text)


def _time(name: str, text: str) -> datetime:
    head, _, fraction = text.partition(".") if TIME_FORMAT.fullmatch(text) else ("", "", "")
    try:
        time = datetime.fromisoformat(head).replace(tzinfo=UTC)
    except ValueError:
        message = f"{name} should be of the form YYYY-MM-DD HH:MM[:ss[.uuuuuu]]"
        raise FilterError(message) from None
    return time.replace(microsecond=int(fraction.ljust(6, "0") or 0))


def _age_days(call: FakeCall, now: datetime) -> int:
    """Count the whole days that a recording has been stored."""
    return max(0, (now - call.added).days)


def _is_old(call: FakeCall) -> bool:
    """Return whether a row lacks start, end and numbers, as the oldest samples do."""
    return call.start.year == 2023 and call.number % 7 == 0


def _add_time(call: FakeCall) -> str:
    """Write the time of storing: a space or T, an offset or none, 6, 3 or no fraction digits."""
    if _is_old(call):
        return call.added.replace(tzinfo=None).isoformat(timespec="microseconds")
    precision = ("microseconds", "microseconds", "microseconds", "milliseconds")[call.number % 4]
    zone = ZONES[call.number % len(ZONES)]
    return call.added.astimezone(zone).isoformat(" ", timespec=precision)


def _link(limit: int, offset: int) -> str:
    """Write a link as the samples have it: without the host and the filters."""
    return f"{ROOT}?limit={limit}&offset={offset}"
