"""Enswitch (015pbx): `POST /api/json/recording/recordings/list/`, credentials in the form.

No paging: one array per call, so a listing is a chain of time windows, newest first, that grow
while answers are small and are halved when one is too slow (504, time-out) or too large. `start`
and `end` are Unix seconds; whether the ends are included is not answer. Nearly every value is a
string; times are Unix seconds, durations seconds, sizes bytes. The code inside the answer counts,
whatever the HTTP status says.

https://integrics.com/enswitch/guides/ (JSON API, recording/recordings/list)
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from recli.errors import NotReady
from recli.model import Direction, Filter, Query, Recording, State
from recli.paging import query_window
from recli.providers.base import Provider, key
from recli.providers.enswitch.errors import check_answer, error_text
from recli.providers.enswitch.windows import newer_half, newest_window, next_older, window_request
from recli.providers.items import EPOCH, Item, between_s, extension, items_of, kind_of, shifted
from recli.providers.params import Param
from recli.wire import AudioInfo, Auth, FormFields, Page, Rate, Request, Response, Secret

if TYPE_CHECKING:
    from datetime import datetime

_FORMATS = {"mpeg": "mp3", "mp3": "mp3", "ogg": "ogg", "flac": "flac", "gsm": "gsm"}
_SIDES = {
    ("external", "phone"): Direction.INBOUND,
    ("phone", "external"): Direction.OUTBOUND,
    ("phone", "phone"): Direction.INTERNAL,
}


@dataclass(frozen=True, kw_only=True)
class Enswitch(Provider):
    """Recordings of a customer or record group of an Enswitch system."""

    name: ClassVar[str] = "enswitch"
    title: ClassVar[str] = "Enswitch (015pbx)"
    docs_url: ClassVar[str] = "https://integrics.com/enswitch/guides/"
    aliases: ClassVar[tuple[str, ...]] = ("015pbx",)
    # No limit is documented; a listing may put a heavy load on the database: one at a time.
    rate: ClassVar[Rate] = Rate(parallel=1)
    audio_rate: ClassVar[Rate | None] = Rate(parallel=2)
    raw_fields: ClassVar[tuple[str, ...]] = (
        "callid",
        "cnumber",
        "complete",
        "dcustomer",
        "dnumber",
        "dnumber_display",
        "dtype",
        "end",
        "expires",
        "machine",
        "mimetype",
        "name",
        "path",
        "recordgroup",
        "recordid",
        "scustomer",
        "size",
        "snumber",
        "snumber_display",
        "spresent",
        "start",
        "status",
        "stype",
        "talktime",
        "totaltime",
        "uniqueid",
    )
    filters: ClassVar[frozenset[Filter]] = frozenset(
        {Filter.SINCE, Filter.UNTIL, Filter.MIN_DURATION, Filter.MAX_DURATION, Filter.STATE}
    )
    params: ClassVar[tuple[Param, ...]] = (
        Param("caller", "Part of the caller's number."),
        Param("called", "Part of the called number."),
        Param("complete", "1 completed, 0 in progress, -1 all."),
        Param("totaltime_minimum", "Shortest duration, in seconds."),
        Param("totaltime_maximum", "Longest duration, in seconds; -1 is no limit."),
        Param("recordgroup", "Number of a record group, in place of the profile's customer."),
    )
    reserved_params: ClassVar[frozenset[str]] = frozenset(
        {"auth_password", "auth_username", "customer", "descending", "end", "sort", "start"}
    )
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset({Filter.OWNER})
    states: ClassVar[frozenset[State]] = frozenset({State.RECORDING, State.COMPLETE})
    notes: ClassVar[tuple[str, ...]] = (
        'The user\'s role needs the privilege "record".',
        "It tells no totals and answers each time window at once: a listing can't be proven"
        " complete, only that it ended as documented.",
        "Rows vanish when they expire, by default after 365 days.",
    )

    username: str = key("Login name.", example="user")
    password: Secret = key("Password.")
    customer: str = key("Number of the customer; or give recordgroup.", default="", example="123")
    recordgroup: str = key("Number of the record group; or give customer.", default="")
    base_url: str = key(
        "Where the API is; stock installations have no /local.",
        default="https://www.015pbx.net/local",
    )

    def problem(self) -> str | None:
        """Check that there is exactly one of customer and recordgroup."""
        if bool(self.customer) == bool(self.recordgroup):
            return "give customer or recordgroup, and not both"
        name = "customer" if self.customer else "recordgroup"
        value = getattr(self, name)
        return None if value.isascii() and value.isdecimal() else f"{name} must be a whole number"

    @property
    def auth(self) -> Auth:
        """User name and password in the form of every call."""
        return FormFields({"auth_username": self.username, "auth_password": self.password})

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the request for the newest window; each response leads to the next older one."""
        asked = query_window(query)
        if asked is None or asked.until is None or asked.until <= EPOCH:
            return
        since, until = max(asked.since or EPOCH, EPOCH), asked.until
        form = {"sort": "start", "descending": "1", "complete": "-1"}
        if query.state is not None:
            form["complete"] = "1" if query.state is State.COMPLETE else "0"
        if query.min_duration_s is not None:
            form["totaltime_minimum"] = str(math.floor(query.min_duration_s))
        if query.max_duration_s is not None:
            form["totaltime_maximum"] = str(math.ceil(query.max_duration_s))
        if self.customer:
            form["customer"] = self.customer
        else:
            form["recordgroup"] = self.recordgroup
        form |= query.params
        if "recordgroup" in form:
            form.pop("customer", None)
        path = "/api/json/recording/recordings/list/"
        root = Request(path, method="POST", form=form, oldest=since)
        yield window_request(root, newest_window(since, until))

    def parse(self, request: Request, response: Response) -> Page:
        """Parse the rows of a window and the request for the next older one."""
        answer = check_answer(self, request, response)
        items = items_of(answer, "data")
        if items is None:
            if answer is not None and answer.get("data", "") not in (None, {}):
                raise self.unexpected_response(_no_list(answer))
            items = []
        group = (request.form or {}).get("recordgroup", "")
        rows, warnings, defects = self.rows(items, partial(self._recording, group))
        return Page(rows, next_older(request, len(items)), None, warnings, defects)

    def split(self, request: Request) -> Page | None:
        """Return the newer half of a window; the response leads to the older half."""
        newer = newer_half(request)
        return Page(next_requests=(newer,)) if newer is not None else None

    def error_message(self, decoded: object) -> str | None:
        """Return the code, key and message inside an answer."""
        return error_text(decoded) or super().error_message(decoded)

    def audio_request(self, recording: Recording) -> Request:
        """Return the request for a row with its audio."""
        if recording.state is State.RECORDING:
            raise NotReady(self.name, "is still recording it")
        group, _, rest = recording.id.partition("/")
        uniqueid, _, recordid = rest.rpartition("/")
        form = {"recordgroup": group, "uniqueid": uniqueid, "recordid": recordid}
        form = {name: value for name, value in form.items() if value} | {"encoding": "base64"}
        path = "/api/json/recording/recordings/get/"
        return Request(path, method="POST", form=form, resource="media", audio_in_json=True)

    def parse_audio(self, request: Request, response: Response) -> AudioInfo | Request:
        """Return the audio, which is base64 text inside the row."""
        answer = check_answer(self, request, response)
        row = answer.get("data") if answer is not None else None
        if isinstance(row, list) and row:
            row = row[0]
        if not isinstance(row, Mapping) or not isinstance(row.get("data"), str) or not row["data"]:
            raise NotReady(self.name, "has no audio for it yet")
        item = Item(row)
        return AudioInfo(_format(item), item.integer("size"), ("data", "data"))

    def _recording(self, group: str, item: Item) -> Recording | None:
        text = item.text
        unique = text("uniqueid")
        if unique is None:
            return None
        complete = item.number("complete", least=-1)
        started_at, ended_at, duration_s = _times(item, complete)
        caller = text("snumber") or text("snumber_display")
        reached = text("dnumber") or text("dnumber_display")
        called = text("cnumber") or reached
        sides = ((text("stype") or "").lower(), (text("dtype") or "").lower())
        direction = _SIDES.get(sides)
        local = remote = None
        if direction is Direction.INBOUND:
            local, remote = reached or called, caller
        elif direction is Direction.OUTBOUND:
            local, remote = caller, called
        return Recording(
            provider="enswitch",
            profile=self.profile,
            id=f"{text('recordgroup') or group}/{unique}/{text('recordid') or ''}",
            started_at=started_at,
            ended_at=ended_at,
            duration_s=duration_s,
            direction=direction,
            from_number=caller,
            from_name=_name(text("snumber_display"), caller),
            to_number=called,
            to_name=_name(text("dnumber_display"), called),
            local_number=local,
            remote_number=remote,
            call_id=text("callid"),
            state=_state(item, complete),
            format=_format(item),
            size_bytes=item.integer("size"),
            file_name=_file_name(item),
            expires_at=item.epoch("expires", 1),
            raw=item.raw,
        )


def _no_list(answer: Mapping[str, object]) -> str:
    """Return what is wrong with an answer that is good by its code but holds no list."""
    if "data" not in answer:
        return "it has no data"
    value = answer["data"]
    shown = json.dumps(value) if value in (False, "", 0) else kind_of(value)
    return f"its data is {shown}, which is no list of recordings, not even an empty one"


def _times(
    item: Item, complete: float | None
) -> tuple[datetime | None, datetime | None, float | None]:
    """Return start, end and duration, each out of the others where a finished row lacks it."""
    started_at, ended_at = item.epoch("start", 1), item.epoch("end", 1)
    duration_s = item.seconds("totaltime")
    if duration_s is None and started_at and ended_at and ended_at >= started_at:
        duration_s = between_s(started_at, ended_at)
    if ended_at is None and complete != 0:
        ended_at = shifted(started_at, duration_s)
    return started_at, ended_at, duration_s


def _state(item: Item, complete: float | None) -> State | None:
    if complete is None:
        return None if "complete" in item.unreadable else State.COMPLETE
    return State.RECORDING if complete == 0 else State.COMPLETE


def _name(shown: str | None, number: str | None) -> str | None:
    """Return what is displayed for a number if it is a name, not the number once more."""
    return shown if shown and shown != number and any(map(str.isalpha, shown)) else None


def _file_name(item: Item) -> str | None:
    return (item.text("path") or "").rstrip("/").rpartition("/")[2] or None


def _format(item: Item) -> str | None:
    kind = (item.text("mimetype") or "").partition(";")[0].rpartition("/")[2].strip().lower()
    known = _FORMATS.get(kind.removeprefix("x-"))
    return known or ("wav" if "wav" in kind else extension(_file_name(item)))
