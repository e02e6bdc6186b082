"""Enswitch (015pbx): `POST /api/json/recording/recordings/list/`, credentials in the form.

No paging: one array per call, so a listing is a chain of time windows, newest first, that grow
while answers are small and are halved when one is too slow (504, time-out) or too large. `start`
and `end` are Unix seconds; whether the ends are included is not said. Nearly every value is a
string; times are Unix seconds, durations seconds, sizes bytes. The code inside the answer counts,
whatever the HTTP status says.

https://integrics.com/enswitch/guides/ (JSON API, recording/recordings/list)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from recli.errors import Denied, Gone, NotReady, ProviderError, Refused, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.paging import halves
from recli.providers.base import Provider, items_of, key, shorten
from recli.providers.fields import EPOCH, Item, between_s
from recli.wire import (
    Auth,
    FormFields,
    Page,
    Rate,
    Request,
    Response,
    Secret,
    Sound,
    Window,
)

FIRST = timedelta(days=7)
LEAST = timedelta(seconds=2)
FEW, MANY = 500, 5000
"""Rows in an answer below which the next window is doubled, and above which it is halved."""
_GOOD = {200, 201, 204}
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
    media_rate: ClassVar[Rate | None] = Rate(parallel=2)
    filters: ClassVar[frozenset[Filter]] = frozenset(
        {Filter.SINCE, Filter.UNTIL, Filter.MIN_DURATION, Filter.MAX_DURATION, Filter.STATE}
    )
    silent: ClassVar[frozenset[Filter]] = frozenset({Filter.OWNER})
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
        """Say what is wrong with the keys taken together, or None."""
        if bool(self.customer) == bool(self.recordgroup):
            return "give customer or recordgroup, and not both"
        name = "customer" if self.customer else "recordgroup"
        value = getattr(self, name)
        return None if value.isdecimal() else f"{name} must be a whole number"

    @property
    def auth(self) -> Auth:
        """User name and password in the form of every call."""
        return FormFields({"auth_username": self.username, "auth_password": self.password})

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the newest window; each answer tells the next older one."""
        until = min(query.until or query.now, query.now)
        since = max(query.since or EPOCH, EPOCH)
        if since >= until:
            return
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
        path = "/api/json/recording/recordings/list/"
        root = Request(path, method="POST", form=form, rest=since)
        yield _asking(root, Window(max(since, until - FIRST), until))

    def parse(self, request: Request, response: Response) -> Page:
        """Turn an answer into rows and the next older window."""
        if response.status == 504:
            page = self.split(request)
            if page is not None:
                return page
        said = self._checked(request, response)
        items = items_of(said, "data")
        if items is None:
            if said is not None and said.get("data"):
                raise self.shape("data is no list")
            items = []
        rows, warnings, defects = self.rows(items, self._recording)
        return Page(rows, _older(request, len(items)), None, warnings, defects)

    def split(self, request: Request) -> Page | None:
        """Return the halves of a window that was too slow or too large."""
        two = halves(request.window or Window(), LEAST)
        if two is None or request.rest is None:
            return None
        newer, older = two
        first = replace(_asking(request, newer), rest=newer.since)
        return Page(follow=(first, _asking(request, older)))

    def complaint(self, decoded: object) -> str | None:
        """Return the code, key and message of the first response inside an answer."""
        first = _first_response(decoded)
        if first is None:
            return super().complaint(decoded)
        parts = [str(first[name]) for name in ("code", "key", "message") if first.get(name)]
        return shorten(" ".join(parts))

    def _checked(self, request: Request, response: Response) -> Mapping[str, object] | None:
        """Return a decoded answer whose code is good, None if it has no data, else raise."""
        if response.status == 204:
            return None
        decoded: object = None
        if response.status < 500:
            try:
                decoded = self.decode(response)
            except Transient:
                self.refuse(request, response)
                raise
        first = _first_response(decoded)
        code = Item(first).integer("code") if first is not None else None
        if code is None or not isinstance(decoded, Mapping):
            self.refuse(request, response)
            raise self.shape("no responses with a code")
        if code in _GOOD:
            self.refuse(request, response)
            return decoded
        said = self.complaint(decoded)
        match code:
            case 401:
                raise Refused(self.name, f"refused the credentials ({said})")
            case 402 | 403:
                raise Denied(
                    self.name,
                    f"does not allow this ({said})",
                    hint='the user\'s role needs the privilege "record"',
                )
            case 404:
                raise Gone(self.name, f"has nothing there ({said})")
            case 408 | 429:
                raise Transient(self.name, f"asked to slow down ({said})", busy=True)
            case _ if code >= 500:
                raise Transient(self.name, f"failed ({said})")
            case _:
                raise ProviderError(self.name, f"did not accept the request ({said})")

    def media(self, recording: Recording) -> Request:
        """Return the request for a row with its sound."""
        if recording.state is State.RECORDING:
            raise NotReady(self.name, "is still recording it")
        group, _, rest = recording.id.partition("/")
        uniqueid, _, recordid = rest.rpartition("/")
        form = {"recordgroup": group, "uniqueid": uniqueid, "recordid": recordid}
        form = {name: value for name, value in form.items() if value} | {"encoding": "base64"}
        path = "/api/json/recording/recordings/get/"
        return Request(path, method="POST", form=form, resource="media", spooled=True)

    def sound(self, request: Request, response: Response) -> Sound | Request:
        """Tell the sound, which is base64 text inside the row."""
        said = self._checked(request, response)
        row = said.get("data") if said is not None else None
        if isinstance(row, list) and row:
            row = row[0]
        if not isinstance(row, Mapping) or not row.get("data"):
            raise NotReady(self.name, "has no sound for it yet")
        item = Item(row)
        return Sound(_format(item), item.integer("size"), ("data", "data"))

    def _recording(self, item: Item) -> Recording | None:
        unique = item.text("uniqueid")
        if unique is None:
            return None
        group = item.text("recordgroup") or self.recordgroup
        started_at, ended_at, expires_at = (_moment(item, n) for n in ("start", "end", "expires"))
        duration_s = item.number("totaltime")
        if duration_s is None and started_at and ended_at and ended_at >= started_at:
            duration_s = between_s(started_at, ended_at)
        caller = item.text("snumber") or item.text("snumber_display")
        called = item.text("cnumber") or item.text("dnumber") or item.text("dnumber_display")
        sides = ((item.text("stype") or "").lower(), (item.text("dtype") or "").lower())
        direction = _SIDES.get(sides)
        reached = item.text("dnumber") or called
        local = remote = None
        if direction is Direction.INBOUND:
            local, remote = reached, caller
        elif direction is Direction.OUTBOUND:
            local, remote = caller, called
        path = item.text("path")
        complete = item.number("complete", least=-1)
        return Recording(
            provider="enswitch",
            profile=self.profile,
            id=f"{group}/{unique}/{item.text('recordid') or ''}",
            started_at=started_at,
            ended_at=ended_at,
            duration_s=duration_s,
            direction=direction,
            from_number=caller,
            from_name=_name(item.text("snumber_display"), caller),
            to_number=called,
            to_name=_name(item.text("dnumber_display"), called),
            local_number=local,
            remote_number=remote,
            call_id=item.text("callid"),
            state=State.RECORDING if complete == 0 else State.COMPLETE,
            format=_format(item),
            size_bytes=item.integer("size"),
            file_name=path.rstrip("/").rpartition("/")[2] or None if path else None,
            expires_at=expires_at,
            raw=item.raw,
        )


def _asking(request: Request, window: Window) -> Request:
    """Return the request for a window, a second wider on either side: the ends are not defined."""
    form = dict(request.form or {})
    for name, moment, margin in (("start", window.since, -1), ("end", window.until, 1)):
        if moment is not None:
            rounding = math.floor if margin < 0 else math.ceil
            form[name] = str(max(rounding((moment - EPOCH).total_seconds()) + margin, 0))
    return replace(request, form=form, window=window)


def _older(request: Request, came: int) -> tuple[Request, ...]:
    """Return the window below an answered one, longer after few rows, shorter after many."""
    window, floor = request.window, request.rest
    if window is None or window.since is None or window.until is None or floor is None:
        return ()
    if window.since <= floor:
        return ()
    length = window.until - window.since
    length = length * 2 if came < FEW else length / 2 if came > MANY else length
    since = window.since - max(length, LEAST) if length < window.since - floor else floor
    return (_asking(request, Window(max(since, floor), window.since)),)


def _first_response(decoded: object) -> Mapping[str, object] | None:
    found = decoded.get("responses") if isinstance(decoded, Mapping) else None
    if isinstance(found, list):
        found = found[0] if found else None
    return found if isinstance(found, Mapping) else None


def _moment(item: Item, name: str) -> datetime | None:
    seconds = item.number(name)
    return item.epoch(name, round(seconds * 1000)) if seconds else None


def _name(shown: str | None, number: str | None) -> str | None:
    """Return what is displayed for a number if it is a name, not the number once more."""
    return shown if shown and shown != number and any(map(str.isalpha, shown)) else None


def _format(item: Item) -> str | None:
    kind = (item.text("mimetype") or "").partition(";")[0].rpartition("/")[2].lower()
    if kind:
        return _FORMATS.get(kind.removeprefix("x-"), "wav" if "wav" in kind else None)
    path = item.text("path") or ""
    stem, _, extension = path.rpartition("/")[2].rpartition(".")
    return extension.lower() if stem and extension else None
