"""Stand in for Imagicle Call Recording.

`GET /fw/Apps/Recorder/WebAPI/Recordings`, HTTP Basic, `page` from 0 and `pageSize`, both left out
for all; colon filters; times with seven fraction digits and mixed offsets, ISO 8601 durations.
https://kbp.imagicle.com/kb/get-recordings-list-628.html
"""

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

from recli.sandbox.account import CallDirection, FakeAccount, FakeCall
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.http_server import (
    FakeResponse,
    ReceivedRequest,
    basic_login,
    html_answer,
    json_answer,
    sound_answer,
)

BAD_FILTER, BAD_PAGING = 0, 1

TIMES = ("startTime", "endTime")
TEXTS = ("localPartyNumber", "ownerUsername", "direction")
OPERATORS = ("before", "after", "between", "contains")
DIRECTIONS = ("0", "1", "2")

TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?)?"
)


class FilterRefusedError(Exception):
    """Refuse a parameter, with the documented reason: 0 for filters, 1 for paging."""

    def __init__(self, reason: int, message: str) -> None:
        super().__init__(message)
        self.reason = reason


Bounds = tuple[str, tuple[datetime, ...]]
Text = tuple[str, str]


def tests(query: Mapping[str, str], remote_name: str) -> dict[str, Bounds | Text]:
    """Read the filters from a query with names in lower case; RefusalError for bad ones."""
    found: dict[str, Bounds | Text] = {}
    for name in (*TIMES, *TEXTS, remote_name):
        value = query.get(name.lower())
        if value is None:
            continue
        operator, colon, rest = value.partition(":")
        if not colon or operator not in OPERATORS:
            operator, rest = "equals", value
        if name in TIMES:
            found[name] = _bounds(name, operator, rest)
        else:
            found[name] = _text(name, operator, rest, remote_name)
    return found


def passes(
    wanted: Mapping[str, Bounds | Text],
    call: FakeCall,
    row: Callable[[FakeCall], dict[str, object]],
) -> bool:
    """Tell whether a recording passes; its row is only made where a text filter needs it."""
    for name, (operator, value) in wanted.items():
        if isinstance(value, tuple):
            time = call.start if name == "startTime" else call.end
            if not _within(time, operator, value):
                return False
            continue
        shown = str(row(call).get(name, ""))
        if shown != value and not (operator == "contains" and value in shown):
            return False
    return True


def _text(name: str, operator: str, value: str, remote_name: str) -> Text:
    allowed = {"equals", "contains"} if name == remote_name else {"equals"}
    if operator not in allowed or (name == "direction" and value not in DIRECTIONS):
        raise FilterRefusedError(BAD_FILTER, f"{name} is not valid: {value}")
    return operator, value


def _bounds(name: str, operator: str, text: str) -> Bounds:
    texts = text.split(";") if operator == "between" else [text]
    times = tuple(_filter_time(name, part) for part in texts)
    if operator == "contains" or len(times) != (2 if operator == "between" else 1):
        raise FilterRefusedError(BAD_FILTER, f"{name} is not valid: {text}")
    return operator, times


def _within(time: datetime, operator: str, times: tuple[datetime, ...]) -> bool:
    match operator:
        case "before":
            return time < times[0]
        case "after":
            return time > times[0]
        case "between":
            return times[0] <= time < times[1]
        case _:
            return time == times[0]


def _filter_time(name: str, text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is taken for UTC."""
    parts = TIME.fullmatch(text)
    day, clock, fraction, offset = parts.groups() if parts else ("", "", "", "")
    try:
        time = datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset or 'Z'}").astimezone(UTC)
    except ValueError:
        raise FilterRefusedError(BAD_FILTER, f"{name} is not a valid time: {text}") from None
    return time.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")))


CODES = {
    CallDirection.UNKNOWN: 0,
    CallDirection.INBOUND: 1,
    CallDirection.OUTBOUND: 2,
    CallDirection.INTERNAL: 0,
}
ZONES = (timezone(timedelta(hours=2)), timezone(timedelta(hours=1)), UTC)

PATCHES: tuple[Mapping[str, object], ...] = (
    {"ownerUsername": 'müller, "hans"'},
    {"remotePartyNumber": ""},
    {"remotePartyNumber": "sip:guest@conference.example.invalid"},
    {"ownerUsername": "=cmd|' /C calc'!A0"},
    {"localPartyNumber": None, "referenceNumber": None},
)


def row(call: FakeCall, remote_name: str) -> dict[str, object]:
    """Make the object of one recording; the remote party's name depends on the version."""
    local, remote = call.to_number, call.from_number
    if call.direction is CallDirection.OUTBOUND:
        local, remote = remote, local
    made = call.patched(
        {
            "id": call.id,
            "referenceNumber": f"{call.start:%Y}{call.number:09d}",
            "startTime": _row_time(call.start, call.number),
            "duration": _duration(call.duration_s),
            "direction": CODES[call.direction],
            "localPartyNumber": local,
            "remotePartyNumber": remote,
            "ownerUsername": call.owner,
        }
    )
    return {remote_name if key == "remotePartyNumber" else key: v for key, v in made.items()}


def _row_time(time: datetime, number: int) -> str:
    """Write a time with seven fraction digits, at one of three offsets or with `Z`."""
    zone = ZONES[number % 4 % len(ZONES)]
    local = time.astimezone(zone)
    offset = "Z" if number % 4 == len(ZONES) else local.isoformat()[-6:]
    if offset == "Z":
        local = time.astimezone(UTC)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}0{offset}"


def _duration(duration_s: float) -> str:
    """Write a duration without the parts that are zero, as .NET does: `PT1H`, `PT1M31.87S`."""
    hundredths = round(duration_s * 100)
    hours, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    seconds = f"{rest / 100:.2f}".rstrip("0").rstrip(".")
    text = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{seconds}S" * bool(rest)
    return "PT" + (text or "0S")


USERNAME = "sandbox"
PASSWORD = "sandbox-imagicle-password"  # noqa: S105 - opens nothing but this stand-in
ROOT = "/fw/Apps/Recorder/WebAPI/Recordings"


class FakeImagicle:
    """Answer in the place of one server with one user."""

    def __init__(
        self, account: FakeAccount, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        del now  # nothing here depends on the present
        self._account = account
        self._behaviour = behaviour
        self._url = url
        self._lock = threading.Lock()
        self.audits: list[str] = []
        """The ids of the downloads so far: each is an event in the server's audit log."""

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "imagicle",
            "base_url": f"{self._url}/imagicle",
            "username": USERNAME,
            "password": PASSWORD,
        }

    def refuse(self, status: int) -> FakeResponse:
        """Give the page of the web server."""
        return html_answer(status, f"{status} Error")

    def errcode(self, code: int, seen: ReceivedRequest) -> FakeResponse:  # noqa: ARG002 - the same for every request
        """Give that status: there are no codes of its own."""
        status = code if 400 <= code < 600 else 500
        return json_answer({"message": "An unexpected error occurred"}, status)

    def answer(self, seen: ReceivedRequest) -> FakeResponse:
        """Answer for the list, one recording, and its audio."""
        if basic_login(seen) != (USERNAME, PASSWORD):
            page = html_answer(401, "401 - Unauthorized")
            challenge = (("WWW-Authenticate", 'Basic realm="Imagicle"'),)
            return FakeResponse(401, page.body, page.content_type, challenge)
        if not seen.path.lower().startswith(ROOT.lower()) or seen.method != "GET":
            return html_answer(404, "404 - File or directory not found.")
        rest = unquote(seen.path[len(ROOT) :]).strip("/")
        if not rest:
            return self._list({key.lower(): value for key, value in seen.query.items()})
        own_id, _, media = rest.partition("/")
        call = self._by_id().get(own_id.lower())
        if call is None or media.lower() not in {"", "media"}:
            return json_answer({"message": "The recording was not found"}, 404)
        if not media:
            return json_answer(self._row(call))
        with self._lock:
            self.audits.append(call.id)
        return sound_answer(call.sound(), "audio/mpeg")

    def _list(self, query: Mapping[str, str]) -> FakeResponse:
        """Give a page, newest first, or everything; `query` has its names in lower case."""
        try:
            size = _whole(query, "pagesize", 1, needed="page" in query)
            page = _whole(query, "page", 0)
            found = self._found(query)
        except FilterRefusedError as error:
            return json_answer({"reason": error.reason, "message": str(error)}, 400)
        shown = found
        if size is not None:
            size = min(size, self._behaviour.imagicle_page_size_max or size)
            first = (page or 0) * size
            shown = found[first : first + size]
        rows = [self._row(call) for call in shown]
        return json_answer({"totalCount": len(found), "recordings": rows})

    def _found(self, query: Mapping[str, str]) -> list[FakeCall]:
        remote_name = self._behaviour.imagicle_remote_name
        wanted = tests(query, remote_name)
        return self._account.memo(
            (remote_name, tuple(sorted(wanted.items()))),
            lambda: [
                call for call in reversed(self._account.calls()) if passes(wanted, call, self._row)
            ],
        )

    def _by_id(self) -> dict[str, FakeCall]:
        return self._account.memo(
            "by id", lambda: {call.id.lower(): call for call in self._account.calls()}
        )

    def _row(self, call: FakeCall) -> dict[str, object]:
        return row(call, self._behaviour.imagicle_remote_name)


def _whole(query: Mapping[str, str], name: str, least: int, *, needed: bool = False) -> int | None:
    text = query.get(name)
    if text is None and not needed:
        return None
    text = text or ""
    if not text.isdecimal() or int(text) < least:
        raise FilterRefusedError(BAD_PAGING, f"{name} is not valid: {text}")
    return int(text)
