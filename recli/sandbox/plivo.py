"""Stand in for Plivo's recording API and its audio host.

`GET /v1/Account/{auth_id}/Recording/`, HTTP Basic; `limit` up to 20 and `offset`; newest stored
first; `add_time` in UTC without offset. The audio host is open, or asks for the same login.
https://www.plivo.com/docs/voice/api/recording
"""

import math
import operator
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from urllib.parse import unquote

from recli.sandbox.account import ABSENT, FakeAccount, FakeCall
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

LIMIT_MAX = 20
DEFAULT_SPAN = timedelta(days=7)  # without any time filter
SPAN_MAX = timedelta(days=30)
FOREVER = datetime.max.replace(tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# `YYYY-MM-DD HH:MM[:ss[.uuuuuu]]`, UTC, no offset
TIME_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d{1,6})?)?")

EQUAL = (
    "from_number",
    "to_number",
    "call_uuid",
    "conference_name",
    "conference_uuid",
    "mpc_name",
    "mpc_uuid",
    "subaccount",
)

SUFFIXES: Mapping[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "__gt": operator.gt,
    "__gte": operator.ge,
    "__lt": operator.lt,
    "__lte": operator.le,
}


class FilterError(Exception):
    """Refuse a parameter; the text goes to the client."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Hold the bounds of `add_time`, each with whether it is itself included."""

    low: datetime = LONG_AGO
    low_in: bool = True
    high: datetime = FOREVER
    high_in: bool = True

    def holds(self, time: datetime) -> bool:
        """Tell whether a time is within."""
        above = time >= self.low if self.low_in else time > self.low
        return above and (time <= self.high if self.high_in else time < self.high)


def span(query: Mapping[str, str], now: datetime) -> TimeSpan:
    """Read the time filter; RefusalError for what Plivo refuses.

    None at all means the last 7 days; one bound reaches 30 days from there; more than 30 days
    between two are refused; storage age can't be combined with it.
    """
    times = {k: _filter_time(k, v) for k, v in query.items() if k.partition("__")[0] == "add_time"}
    by_age = any(k.startswith("recording_storage_duration") for k in query)
    if times and by_age:
        raise FilterError("add_time and recording_storage_duration can not be used together")
    if by_age:
        return TimeSpan()
    if not times:
        return TimeSpan(low=now - DEFAULT_SPAN)
    if "add_time" in times:
        return TimeSpan(low=times["add_time"], high=times["add_time"])
    low = times.get("add_time__gte", times.get("add_time__gt"))
    high = times.get("add_time__lte", times.get("add_time__lt"))
    if low is None and high is None:
        raise FilterError(f"unknown suffix in {', '.join(times)}")
    if low is None and high is not None:
        low = high - SPAN_MAX
    if high is None and low is not None:
        high = low + SPAN_MAX
    if low is None or high is None or high - low > SPAN_MAX:
        raise FilterError("the add_time range can not be more than 30 days")
    return TimeSpan(low, "add_time__gt" not in times, high, "add_time__lt" not in times)


def age_holds(query: Mapping[str, str], age_days: int) -> bool:
    """Tell whether a recording stored so many days ago passes `recording_storage_duration`."""
    name = "recording_storage_duration"
    return all(
        compare(age_days, whole(query, name + suffix, 0, least=0))
        for suffix, compare in SUFFIXES.items()
        if name + suffix in query
    )


def whole(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    """Read a whole number; RefusalError for another text or a smaller one."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < least:
        raise FilterError(f"{name} should be a whole number, at least {least}")
    return int(text)


def _filter_time(name: str, text: str) -> datetime:
    head, _, fraction = text.partition(".") if TIME_FORM.fullmatch(text) else ("", "", "")
    try:
        form = "%Y-%m-%d %H:%M:%S" if head.count(":") == 2 else "%Y-%m-%d %H:%M"
        time = datetime.strptime(head, form).replace(tzinfo=UTC)
    except ValueError:
        message = f"{name} should be of the form YYYY-MM-DD HH:MM[:ss[.uuuuuu]]"
        raise FilterError(message) from None
    return time.replace(microsecond=int(fraction.ljust(6, "0") or 0))


SUBACCOUNT = "SASANDBOX0123456789A"

CONFERENCES = ("noname", "Weekly sync, EMEA", "团队会议", "", None)
ZONES = (
    UTC,
    UTC,
    timezone(timedelta(hours=5, minutes=30)),
    UTC,
    timezone(timedelta(hours=-7)),
)

PATCHES: tuple[Mapping[str, object], ...] = (
    {"recording_url": ABSENT},
    {"from_number": ABSENT, "to_number": ABSENT},
    {"conference_name": '=1+2,"x"'},
    {"recording_type": "mp3"},
    {"rounded_recording_duration": "60", "recording_storage_rate": "0.0004"},
    {"conference_name": ABSENT, "call_uuid": ABSENT},
    {"recording_start_ms": ABSENT},
    {"from_number": None, "to_number": "sip:jörg@phone.plivo.com"},
)


def row(call: FakeCall, resource: str, media_url: str, now: datetime) -> dict[str, object]:
    """Make the object of one recording. `resource` is its path, `media_url` its audio."""
    conference = call.number % 5 == 0
    name = CONFERENCES[call.number // 5 % len(CONFERENCES)] if conference else "noname"
    made: dict[str, object] = {
        "add_time": _add_time(call),
        "call_uuid": call.call_id,
        "conference_name": name,
        "from_number": call.from_number,
        "monthly_recording_storage_amount": 0,
        "recording_duration_ms": f"{round(call.duration_s * 1000)}.00000",
        "recording_end_ms": f"{_epoch_ms(call.end)}.00000",
        "recording_format": call.form,
        "recording_id": call.id,
        "recording_start_ms": f"{_epoch_ms(call.start)}.00000",
        "recording_storage_duration": age_days(call, now),
        "recording_storage_rate": 0.0004,
        "recording_type": "conference" if conference else ("normal", "call")[call.number % 2],
        "recording_url": media_url,
        "resource_uri": resource,
        "rounded_recording_duration": 60 * math.ceil(call.duration_s / 60),
        "to_number": call.to_number,
    }
    if is_older(call):
        for key in ("recording_start_ms", "recording_end_ms", "from_number", "to_number"):
            del made[key]
    return call.patched(made)


def hidden(call: FakeCall, shown: Mapping[str, object]) -> dict[str, str]:
    """Tell what can be filtered by without being shown."""
    name = shown.get("conference_name")
    return {
        "subaccount": SUBACCOUNT if call.number % 11 == 0 else "",
        "conference_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(name))) if name else "",
    }


def age_days(call: FakeCall, now: datetime) -> int:
    """Count the whole days that a recording has been stored."""
    return max(0, (now - call.added).days)


def is_older(call: FakeCall) -> bool:
    """Tell the recordings that show no start, no end and no numbers, as the oldest samples do."""
    return call.start.year == 2023 and call.number % 7 == 0


def _epoch_ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _add_time(call: FakeCall) -> str:
    """Write the time of storing: a space or T, an offset or none, 6, 3 or no fraction digits."""
    if is_older(call):
        return call.added.replace(tzinfo=None).isoformat(timespec="microseconds")
    precision = ("microseconds", "microseconds", "microseconds", "milliseconds")[call.number % 4]
    zone = ZONES[call.number % len(ZONES)]
    return call.added.astimezone(zone).isoformat(" ", timespec=precision)


AUTH_ID = "MASANDBOX0123456789A"
AUTH_TOKEN = "sandbox-plivo-token"  # noqa: S105 - opens nothing but this stand-in
ROOT = f"/v1/Account/{AUTH_ID}/Recording/"
REQUESTS, PER_S = 300, 5.0  # over all recording APIs of an account


class FakePlivo:
    """Answer in the place of Plivo, for one account."""

    def __init__(
        self, account: FakeAccount, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        self._account = account
        self._behaviour = behaviour
        self._now = now
        self._url = url
        self._limit = RequestLimit(REQUESTS, PER_S)
        self._serial = count(1)

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "plivo",
            "auth_id": AUTH_ID,
            "auth_token": AUTH_TOKEN,
            "base_url": f"{self._url}/plivo",
            "media_url": f"{self._url}/plivo-media",
        }

    def refuse(self, status: int) -> FakeResponse:
        """Give Plivo's error body."""
        return self._error(status, "an error has occurred, please try again")

    def errcode(self, code: int, seen: ReceivedRequest) -> FakeResponse:  # noqa: ARG002 - the same for every request
        """Give that status: Plivo has no codes of its own."""
        return self.refuse(code if 400 <= code < 600 else 500)

    def answer(self, seen: ReceivedRequest) -> FakeResponse:
        """Answer for the API or, under its own prefix, for the audio host."""
        if seen.provider == "plivo-media":
            return self._media(seen)
        return self._refused(seen) or self._get(seen)

    def _refused(self, seen: ReceivedRequest) -> FakeResponse | None:
        login = basic_login(seen)
        if login is None:
            return json_answer({"error": "authentication credentials were not provided"}, 401)
        if login != (AUTH_ID, AUTH_TOKEN):
            text = b"Could not verify your access level for that URL.\n"
            return FakeResponse(401, text, "text/plain; charset=utf-8")
        if not seen.path.startswith(ROOT):  # also without the slash at its end
            return self._error(404, "not found")
        if seen.method != "GET":
            return self._error(405, "method not allowed")
        if self._behaviour.limits and self._limit.wait_s(self._behaviour.wall_clock()):
            return self._error(429, "too many requests, please slow down")
        return None

    def _get(self, seen: ReceivedRequest) -> FakeResponse:
        if seen.path != ROOT:
            call = self._account.get(unquote(seen.path.removeprefix(ROOT)).removesuffix("/"))
            if call is None:
                return self._error(404, "not found")
            return json_answer({"api_id": self._api_id(), **self._row(call)})
        if "callback_url" in seen.query:  # the rows go there, not here
            return json_answer({"api_id": self._api_id(), "message": "async api spawned"}, 202)
        try:
            return self._page(seen.query)
        except FilterError as error:
            return self._error(400, str(error))

    def _page(self, query: Mapping[str, str]) -> FakeResponse:
        limit = whole(query, "limit", LIMIT_MAX, least=1)
        offset = whole(query, "offset", 0, least=0)
        if limit > LIMIT_MAX:
            raise FilterError(f"limit should be at most {LIMIT_MAX}")
        found = self._found(query)
        more = offset + limit < len(found)
        meta = {
            "limit": limit,
            "next": _link(limit, offset + limit) if more else None,
            "offset": offset,
            "previous": _link(limit, max(0, offset - limit)) if offset else None,
            "total_count": len(found),
        }
        objects = [self._row(call) for call in found[offset : offset + limit]]
        return json_answer({"api_id": self._api_id(), "meta": meta, "objects": objects})

    def _found(self, query: Mapping[str, str]) -> list[FakeCall]:
        """List what matches, newest stored first."""
        now = self._now()
        within = span(query, now)
        wanted = tuple((key, query[key]) for key in EQUAL if query.get(key))
        age = tuple(item for item in query.items() if item[0].startswith("recording_storage"))

        def matches(call: FakeCall) -> bool:
            return (
                within.holds(call.added)
                and (not age or age_holds(query, age_days(call, now)))
                and (not wanted or self._equals(call, wanted))
            )

        stored = self._account.memo("newest", lambda: _newest(self._account.calls()))
        return self._account.memo(
            (within, wanted, age, age and now), lambda: [c for c in stored if matches(c)]
        )

    def _equals(self, call: FakeCall, wanted: tuple[tuple[str, str], ...]) -> bool:
        shown = self._row(call)
        known = {**shown, **hidden(call, shown)}
        return all(known.get(key) == value for key, value in wanted)

    def _media(self, seen: ReceivedRequest) -> FakeResponse:
        if self._behaviour.plivo_media_auth and basic_login(seen) != (AUTH_ID, AUTH_TOKEN):
            return FakeResponse(401, b"Unauthorized\n", "text/plain")
        own_id, _, form = seen.path.removeprefix(ROOT).rpartition(".")
        call = self._account.get(own_id)
        if call is None or call.form != form or seen.method != "GET":
            text = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
            return FakeResponse(404, text, "application/xml")
        return sound_answer(call.sound(), sound_type(form), seen)

    def _row(self, call: FakeCall) -> dict[str, object]:
        media_url = f"{self._url}/plivo-media{ROOT}{call.id}.{call.form}"
        return row(call, f"{ROOT}{call.id}/", media_url, self._now())

    def _error(self, status: int, text: str) -> FakeResponse:
        return json_answer({"api_id": self._api_id(), "error": text}, status)

    def _api_id(self) -> str:
        return str(uuid.UUID(int=next(self._serial), version=1))


def _newest(calls: list[FakeCall]) -> list[FakeCall]:
    return sorted(calls, key=lambda call: (call.added, call.number), reverse=True)


def _link(limit: int, offset: int) -> str:
    """Write a link as the samples have it: without the host, without the filters."""
    return f"{ROOT}?limit={limit}&offset={offset}"
