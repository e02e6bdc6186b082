"""Imagicle Call Recording: `GET /fw/Apps/Recorder/WebAPI/Recordings`, HTTP Basic.

Paging: `page` from 0 and `pageSize`; without them every match comes at once, so both are always
sent. `totalCount`; newest first. A listing seeks below the last row's time instead of by page
number, so that new and removed rows shift nothing. Filters are `name=operator:value`.
Times are ISO 8601 with seven fraction digits and any offset, durations ISO 8601 (`PT1M31.87S`).

https://kbp.imagicle.com (Get Recordings List)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

import isodate

from recli.model import Direction, Filter, Query, Recording, State
from recli.paging import next_page, query_window, seek
from recli.providers.base import Provider, key
from recli.providers.items import EPOCH, Item, count_of, items_of, shifted
from recli.providers.params import Param
from recli.wire import AudioInfo, Auth, Basic, Page, Rate, Request, Response, Secret, Window

PAGE = 1000
"""Rows to ask for; no maximum is documented, so fewer may come."""
_PATH = "/fw/Apps/Recorder/WebAPI/Recordings"
# Direction: https://kbp.imagicle.com (Get Recordings List)
_DIRECTIONS = {1: Direction.INBOUND, 2: Direction.OUTBOUND}
_UNKNOWN = 0
_REASONS = {"0": "a filter is invalid", "1": "the paging is invalid"}
_SECOND = timedelta(seconds=1)
_SIMPLE = re.compile(
    r"PT(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:[.,]\d{1,20})?)S)?\Z", re.ASCII
)
_LONGEST_DURATION = 60
"""Characters."""


@dataclass(frozen=True, kw_only=True)
class Imagicle(Provider):
    """Recordings that a user of an Imagicle server may see."""

    name: ClassVar[str] = "imagicle"
    title: ClassVar[str] = "Imagicle Call Recording"
    docs_url: ClassVar[str] = "https://kbp.imagicle.com"
    # No limit is documented.
    rate: ClassVar[Rate] = Rate(parallel=4)
    raw_fields: ClassVar[tuple[str, ...]] = (
        "direction",
        "duration",
        "id",
        "localPartyNumber",
        "ownerUsername",
        "referenceNumber",
        "remoteParty",
        "remotePartyNumber",
        "startTime",
    )
    filters: ClassVar[frozenset[Filter]] = frozenset(
        {Filter.SINCE, Filter.UNTIL, Filter.DIRECTION, Filter.OWNER}
    )
    params: ClassVar[tuple[Param, ...]] = (
        Param("endTime", "Its end: before:TIME, after:TIME or between:TIME;TIME, in ISO 8601."),
        Param("localPartyNumber", "The number of the party on the server's side."),
        Param("remotePartyNumber", "The other party's number, or contains:DIGITS."),
        Param("remoteParty", "The same on servers of 2025."),
        Param("ownerUsername", "The user that the recording belongs to."),
        Param("direction", "0 unknown, 1 incoming, 2 outgoing."),
    )
    reserved_params: ClassVar[frozenset[str]] = frozenset({"page", "pageSize", "startTime"})
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset({Filter.CALL_ID})
    directions: ClassVar[frozenset[Direction]] = frozenset(_DIRECTIONS.values())
    reports_totals: ClassVar[bool] = True
    notes: ClassVar[tuple[str, ...]] = (
        "What a user sees depends on the permission level: a short list may be just that.",
        "Each download of audio writes an audit event on the server.",
    )

    base_url: str = key("Where the server is.", example="https://imagicle.example.com")
    username: str = key("User name.", example="auditor")
    password: Secret = key("Password.")

    @property
    def auth(self) -> Auth:
        """Return HTTP Basic credentials."""
        return Basic(self.username, self.password)

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the request for the first page of the recordings from before the run."""
        window = query_window(query)
        if window is None:
            return
        params = {"page": "0", "pageSize": str(PAGE)}
        for number, direction in _DIRECTIONS.items():
            if direction is query.direction:
                params["direction"] = str(number)
        if query.owner is not None and ":" not in query.owner:
            params["ownerUsername"] = query.owner  # with a colon it would read as an operator
        if window.since is not None and window.since <= EPOCH:
            window = Window(None, window.until)
        params |= query.params
        yield _window_request(Request(_PATH, params), window)

    def parse(self, request: Request, response: Response) -> Page:
        """Parse a page of rows and the request for the rows below it."""
        self.raise_for_status(request, response)
        decoded = self.decode(response)
        items = items_of(decoded, "recordings")
        if items is None:
            raise self.unexpected_response("no list of recordings")
        rows, warnings, defects = self.rows(items, self._recording)
        total = count_of(decoded, "totalCount")
        following = next_page(request, len(items), total, first=0, size_name="pageSize")
        if following is None:
            return Page(rows, (), total, warnings, defects)
        keys = [row.started_at for row in rows]
        following = seek(request, keys, _SECOND, _window_request, following)
        return Page(rows, (following,), total, warnings, defects)

    def error_message(self, decoded: object) -> str | None:
        """Return an error body's message, and which kind of parameters it is about."""
        message = super().error_message(decoded)
        code = decoded.get("reason") if isinstance(decoded, Mapping) else None
        reason = _REASONS.get(str(code)[:40])
        return ": ".join(text for text in (reason, message) if text) or message

    def identity(self, recording_id: str) -> str:
        """Return a GUID in lower case: its case has no meaning."""
        return recording_id.lower()

    def audio_request(self, recording: Recording) -> Request:
        """Return the request for the audio."""
        path = f"{_PATH}/{self.quote_path_segment(recording.id)}/Media"
        return Request(path, resource="media", accept="audio/mpeg, audio/*")

    def parse_audio(self, request: Request, response: Response) -> AudioInfo | Request:
        """Return the audio, which is the body: documented as audio/mpeg."""
        self.check_audio_response(request, response)
        return AudioInfo("mp3")

    def _recording(self, item: Item) -> Recording | None:
        number = item.text("id")
        if number is None:
            return None
        started_at = item.time("startTime")
        duration_s = _seconds(item)
        local, remote = item.text("localPartyNumber"), item.text("remotePartyNumber")
        remote = remote or item.text("remoteParty")  # its name in the schema of 2025
        code = item.integer("direction")
        direction = _DIRECTIONS.get(code) if code is not None else None
        if code is not None and direction is None and code != _UNKNOWN:
            item.unreadable.append("direction")
        caller = called = None
        if direction is Direction.INBOUND:
            caller, called = remote, local
        elif direction is Direction.OUTBOUND:
            caller, called = local, remote
        return Recording(
            provider="imagicle",
            profile=self.profile,
            id=number,
            started_at=started_at,
            ended_at=shifted(started_at, duration_s),
            duration_s=duration_s,
            direction=direction,
            from_number=caller,
            to_number=called,
            local_number=local,
            remote_number=remote,
            owner=item.text("ownerUsername"),
            state=State.COMPLETE,
            reference=item.text("referenceNumber"),
            raw=item.raw,
        )


def _seconds(item: Item) -> float | None:
    """Return an ISO 8601 duration in seconds, to the millisecond; years and months have none."""
    text = item.text("duration")
    if text is None:
        return None
    if text[-1] == "T" or len(text) > _LONGEST_DURATION:
        item.unreadable.append("duration")
        return None
    simple = _SIMPLE.match(text)
    if simple:
        hours, minutes, seconds = simple.groups("0")
        seconds_s = float(seconds.replace(",", "."))
        return round(int(hours) * 3600 + int(minutes) * 60 + seconds_s, 3)
    try:
        length = isodate.parse_duration(text)
        if isinstance(length, timedelta) and length >= timedelta(0):
            return round(length.total_seconds(), 3)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        pass
    item.unreadable.append("duration")
    return None


def _window_request(request: Request, window: Window) -> Request:
    """Return the request for the first page of a window, rounded outwards to whole seconds."""
    until = _stamp(window.until or EPOCH, math.ceil)
    if window.since is None:
        bound = f"before:{until}"
    else:
        # A second wider: whether the ends are included is not documented.
        bound = f"between:{_stamp(window.since - _SECOND, math.floor)};{until}"
    params = {**request.params, "page": "0", "pageSize": str(PAGE), "startTime": bound}
    return replace(request, params=params, window=window)


def _stamp(moment: datetime, rounding: Callable[[float], int]) -> str:
    whole = EPOCH + timedelta(seconds=rounding((moment - EPOCH).total_seconds()))
    return f"{whole.replace(tzinfo=None).isoformat()}Z"
