"""Stand in for Imagicle Call Recording.

`GET /fw/Apps/Recorder/WebAPI/Recordings`, HTTP Basic, `page` from 0 and `pageSize`, both left out
for all; colon filters; times with seven fraction digits and mixed offsets, ISO 8601 durations.
https://kbp.imagicle.com/kb/get-recordings-list-628.html
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

from recli.sandbox.account import CallDirection, FakeCall
from recli.sandbox.http_server import FakeResponse, ReceivedRequest
from recli.sandbox.provider import (
    FakeProvider,
    Profile,
    RefusedError,
    audio_response,
    basic_credentials,
    html_response,
    json_response,
)

USERNAME = "sandbox"
PASSWORD = "sandbox-imagicle-password"  # noqa: S105 - valid for this stand-in only
ROOT = "/fw/Apps/Recorder/WebAPI/Recordings"

BAD_FILTER, BAD_PAGING = 0, 1  # the documented reasons of an error

TIME_FILTERS = ("startTime", "endTime")
TEXT_FILTERS = ("localPartyNumber", "ownerUsername", "direction")
OPERATORS = ("before", "after", "between", "contains")
DIRECTIONS = ("0", "1", "2")

TIME_FORMAT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?)?"
)

DIRECTION_CODES = {
    CallDirection.UNKNOWN: 0,
    CallDirection.INBOUND: 1,
    CallDirection.OUTBOUND: 2,
    CallDirection.INTERNAL: 0,
}
ZONES = (timezone(timedelta(hours=2)), timezone(timedelta(hours=1)), UTC)

# An operator with its times or its text.
TimeFilter = tuple[str, tuple[datetime, ...]]
TextFilter = tuple[str, str]


class FakeImagicle(FakeProvider):
    """Serve one server with one user."""

    name = "imagicle"
    patches = (
        {"ownerUsername": 'müller, "hans"'},
        {"remotePartyNumber": ""},
        {"remotePartyNumber": "sip:guest@conference.example.invalid"},
        {"ownerUsername": "=cmd|' /C calc'!A0"},
        {"localPartyNumber": None, "referenceNumber": None},
    )
    remote_name = "remotePartyNumber"
    """The name of the remote party; `remoteParty` in the schema of 2025."""

    def profile(self) -> Profile:
        """Return the configuration that connects to this stand-in."""
        return {
            "provider": "imagicle",
            "base_url": f"{self.url}/imagicle",
            "username": USERNAME,
            "password": PASSWORD,
        }

    def handle(self, request: ReceivedRequest) -> FakeResponse:
        """Serve the list, one recording, and its audio."""
        if basic_credentials(request) != (USERNAME, PASSWORD):
            challenge = (("WWW-Authenticate", 'Basic realm="Imagicle"'),)
            return html_response(401, "401 - Unauthorized", challenge)
        if not request.path.lower().startswith(ROOT.lower()) or request.method != "GET":
            return html_response(404, "404 - File or directory not found.")
        rest = unquote(request.path[len(ROOT) :]).strip("/")
        if not rest:
            return self._list({key.lower(): value for key, value in request.query.items()})
        recording_id, _, media = rest.partition("/")
        by_id = self.account.cached(
            "by lower id", lambda: {call.id.lower(): call for call in self.account.calls()}
        )
        call = by_id.get(recording_id.lower())
        if call is None or media.lower() not in {"", "media"}:
            return json_response({"message": "The recording was not found"}, 404)
        return audio_response(call) if media else json_response(self._row(call))

    def _list(self, query: Mapping[str, str]) -> FakeResponse:
        """Return a page, newest first, or everything; `query` has its names in lower case."""
        size = page = 0
        if "page" in query or "pagesize" in query:
            size = _whole(query.get("pagesize", ""), "pagesize", least=1)
            page = _whole(query.get("page", "0"), "page", least=0)
        found = self._search(query)
        shown = found[page * size : (page + 1) * size] if size else found
        rows = [self._row(call) for call in shown]
        return json_response({"totalCount": len(found), "recordings": rows})

    def _search(self, query: Mapping[str, str]) -> list[FakeCall]:
        filters = self._filters(query)

        def matches() -> list[FakeCall]:
            return [call for call in reversed(self.account.calls()) if self._passes(call, filters)]

        return self.account.cached(tuple(filters.items()), matches)

    def _filters(self, query: Mapping[str, str]) -> dict[str, TimeFilter | TextFilter]:
        found: dict[str, TimeFilter | TextFilter] = {}
        for name in (*TIME_FILTERS, *TEXT_FILTERS, self.remote_name):
            value = query.get(name.lower())
            if value is None:
                continue
            operator, colon, operand = value.partition(":")
            if not colon or operator not in OPERATORS:
                operator, operand = "equals", value
            if name in TIME_FILTERS:
                found[name] = _time_filter(name, operator, operand)
                continue
            allowed = {"equals", "contains"} if name == self.remote_name else {"equals"}
            if operator not in allowed or (name == "direction" and operand not in DIRECTIONS):
                raise _refused(BAD_FILTER, f"{name} is not valid: {operand}")
            found[name] = (operator, operand)
        return found

    def _passes(self, call: FakeCall, filters: Mapping[str, TimeFilter | TextFilter]) -> bool:
        for name, (operator, operand) in filters.items():
            if isinstance(operand, tuple):
                time = call.start if name == "startTime" else call.end
                if not _time_passes(time, operator, operand):
                    return False
                continue
            text = str(self._row(call).get(name, ""))
            if text != operand and not (operator == "contains" and operand in text):
                return False
        return True

    def _row(self, call: FakeCall) -> dict[str, object]:
        local, remote = call.to_number, call.from_number
        if call.direction is CallDirection.OUTBOUND:
            local, remote = remote, local
        row = call.patched(
            {
                "id": call.id,
                "referenceNumber": f"{call.start:%Y}{call.number:09d}",
                "startTime": _row_time(call.start, call.number),
                "duration": _duration(call.duration_s),
                "direction": DIRECTION_CODES[call.direction],
                "localPartyNumber": local,
                "remotePartyNumber": remote,
                "ownerUsername": call.owner,
            }
        )
        return {self.remote_name if k == "remotePartyNumber" else k: v for k, v in row.items()}


def _refused(reason: int, message: str) -> RefusedError:
    return RefusedError(json_response({"reason": reason, "message": message}, 400))


def _whole(text: str, name: str, *, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise _refused(BAD_PAGING, f"{name} is not valid: {text}")
    return int(text)


def _time_filter(name: str, operator: str, operand: str) -> TimeFilter:
    texts = operand.split(";") if operator == "between" else [operand]
    times = tuple(_time(name, text) for text in texts)
    if operator == "contains" or len(times) != (2 if operator == "between" else 1):
        raise _refused(BAD_FILTER, f"{name} is not valid: {operand}")
    return operator, times


def _time(name: str, text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is UTC."""
    parts = TIME_FORMAT.fullmatch(text)
    day, clock, fraction, offset = parts.groups() if parts else ("", "", "", "")
    try:
        time = datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset or 'Z'}").astimezone(UTC)
    except ValueError:
        raise _refused(BAD_FILTER, f"{name} is not a valid time: {text}") from None
    return time.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")))


def _time_passes(time: datetime, operator: str, times: tuple[datetime, ...]) -> bool:
    match operator:
        case "before":
            return time < times[0]
        case "after":
            return time > times[0]
        case "between":
            return times[0] <= time < times[1]
        case _:
            return time == times[0]


def _row_time(time: datetime, number: int) -> str:
    """Write a time with seven fraction digits, at one of three offsets or with `Z`."""
    if number % 4 == len(ZONES):
        return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}0Z"
    local = time.astimezone(ZONES[number % 4])
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}0{local.isoformat()[-6:]}"


def _duration(duration_s: float) -> str:
    """Write a duration without the parts that are zero, as .NET does: `PT1H`, `PT1M31.87S`."""
    hundredths = round(duration_s * 100)
    hours, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    seconds = f"{rest / 100:.2f}".rstrip("0").rstrip(".")
    text = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{seconds}S" * bool(rest)
    return "PT" + (text or "0S")
