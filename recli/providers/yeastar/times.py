"""What is known of a PBX's clock: how it writes times, and how far it was ahead of UTC, when.

The PBX writes times in its own zone and display format. A recording's file name carries the epoch,
which settles both for its row, and tells the offset of that day; a search by Unix seconds tells
in which range a row lies. Else the profile's zone and format do, and the PBX's own account of its
clock.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

from recli.providers.items import EPOCH, Item
from recli.providers.yeastar.spellings import DisplayedTime, displayed_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EPOCH_IN_NAME = re.compile(r"(?:^|-)(\d{9,11})\.\d+-", re.ASCII)
_SAMPLE = datetime(2022, 11, 23, 17, 36, tzinfo=UTC)
_WITH_SECONDS = ("%S", "%T", "%X", "%c", "%r")
_QUARTER = timedelta(minutes=15)
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
_MINUTES = timedelta(minutes=5)
"""How far the two clocks that `system/information` tells of may be apart."""
_LAST_STAMP = 99_999_999_999
_STEADY = timedelta(days=28)
"""How far apart two equal offsets prove those between them: no summer time is as short."""
_HOUR = timedelta(hours=1)
_HALF_HOUR = timedelta(minutes=30)
_NIGHT = frozenset({22, 23, 0, 1, 2, 3})
"""The hours of the PBX's clock that may come twice when it is set back."""


class OffsetRun(NamedTuple):
    """A stretch of time at whose ends, in UTC, the PBX was ahead of UTC by `offset`."""

    first: datetime
    last: datetime
    offset: timedelta

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.first <= moment <= self.last


class Probe(NamedTuple):
    """A range of time, in UTC, and the ids of all rows that the server finds there."""

    since: datetime
    until: datetime
    found: frozenset[str]

    def __contains__(self, moment: object) -> bool:
        return isinstance(moment, datetime) and self.since <= moment <= self.until


@dataclass(frozen=True, slots=True)
class PbxClock:
    """What is known of a PBX's clock so far; `was_asked` says that it was asked for its time.

    `runs` are in order. `can_search` is False once a search does not tell where rows lie.
    """

    zone: tzinfo | None = None
    time_format: str | None = None
    day_first: bool | None = None
    runs: tuple[OffsetRun, ...] = ()
    probes: tuple[Probe, ...] = ()
    was_asked: bool = False
    can_search: bool = True

    def displayed(self, text: str) -> DisplayedTime | datetime | None:
        """Return what a displayed time may mean, None if nothing; aware if it has its offset."""
        if self.time_format:
            try:
                shown = datetime.strptime(text, self.time_format)  # noqa: DTZ007  # its zone is known
                if shown.tzinfo is not None:
                    return shown.astimezone(UTC)
                has_seconds = any(each in self.time_format for each in _WITH_SECONDS)
                return DisplayedTime(shown, shown, has_seconds)
            except (ValueError, OverflowError):
                pass  # the display was changed meanwhile
        return displayed_time(text)

    def with_runs(self, seen: Iterable[OffsetRun]) -> PbxClock:
        """Return the clock with more offsets that were seen."""
        merged: list[OffsetRun] = []
        for run in sorted((*self.runs, *seen)):
            last = merged[-1] if merged else None
            if last and last.offset == run.offset and run.first - last.last <= _STEADY:
                merged[-1] = last._replace(last=max(last.last, run.last))
            else:
                merged.append(run)
        return replace(self, runs=tuple(merged))

    def candidates(self, wall: datetime) -> list[datetime]:
        """Return when the PBX's clock may have shown `wall`, in UTC, the likeliest first."""
        if self.zone is not None:
            both = {wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            return sorted(both)
        offsets = self._offsets(wall)
        if wall.hour in _NIGHT:
            offsets += [offset + step for offset in offsets for step in (_HOUR, -_HOUR)]
        moments = {_at_offset(wall, offset): offset for offset in offsets}
        return [moment for moment, offset in moments.items() if self._is_possible(moment, offset)]

    def remoter_candidates(self, wall: datetime) -> list[datetime]:
        """Return when else the PBX's clock may have shown `wall`: across a change not yet seen."""
        if self.zone is not None:
            return []
        steps = (_HOUR, -_HOUR, _HALF_HOUR, -_HALF_HOUR)
        moments = {
            _at_offset(wall, offset + step): offset + step
            for step in steps
            for offset in self._offsets(wall)[:1]
        }
        return [moment for moment, offset in moments.items() if self._is_possible(moment, offset)]

    def is_certain(self, wall: datetime, moment: datetime) -> bool:
        """Return whether rows around a moment bear out that the clock showed `wall` then."""
        return any(moment in run and _at_offset(wall, run.offset) == moment for run in self.runs)

    def _offsets(self, wall: datetime) -> list[timedelta]:
        """Return the offsets that were seen, those of the nearest time first."""

        def distance(run: OffsetRun) -> timedelta:
            moment = _at_offset(wall, run.offset)
            return max(run.first - moment, moment - run.last, timedelta())

        return list(dict.fromkeys(run.offset for run in sorted(self.runs, key=distance)))

    def _is_possible(self, moment: datetime, offset: timedelta) -> bool:
        before = after = None
        for run in self.runs:
            if moment in run:
                return run.offset == offset
            if run.last < moment:
                before = run
            elif after is None:
                after = run
        if before is None or after is None or after.first - before.last > _STEADY:
            return True
        return offset in {before.offset, after.offset}


def _at_offset(wall: datetime, offset: timedelta) -> datetime:
    return (wall - offset).replace(tzinfo=UTC)


class NamedStart(NamedTuple):
    """A start out of a file name, in UTC, and what it tells of the PBX's clock."""

    moment: datetime
    offset: timedelta
    day_first: bool | None


def start_in_file_name(name: str, shown: DisplayedTime) -> NamedStart | None:
    """Return the epoch in a recording's file name, if its displayed time bears it out.

    It does when the two are whole quarters of an hour apart, from 12 hours behind to 14 ahead.
    """
    found = _EPOCH_IN_NAME.search(name)
    if found is None:
        return None
    moment = EPOCH + timedelta(seconds=int(found[1]))
    wall = moment.replace(tzinfo=None)
    if not shown.has_seconds:
        wall = wall.replace(second=0)
    for reading in shown.readings:
        offset = reading - wall
        if _WEST <= offset <= _EAST and offset % _QUARTER == timedelta(0):
            return NamedStart(moment, offset, shown.order_of(reading))
    return None


def complete(time_format: str) -> bool:
    """Say whether a strptime format holds date and time, so that what it writes can be read."""
    try:
        read = datetime.strptime(_SAMPLE.strftime(time_format), time_format)  # noqa: DTZ007  # compared bare
    except (ValueError, re.error):
        return False
    return read.replace(tzinfo=None) == _SAMPLE.replace(tzinfo=None)


def with_information(clock: PbxClock, said: Mapping[str, object]) -> PbxClock:
    """Return a clock with what `system/information` tells of it; its offset is today's."""
    item = Item(said)
    date_format = (item.text("system_date_format") or "").lower()
    day_first = clock.day_first
    if "d" in date_format and "m" in date_format and not date_format.startswith("y"):
        day_first = date_format.index("d") < date_format.index("m")
    clock = replace(clock, was_asked=True, day_first=day_first)
    stamp = item.integer("timestamp")
    shown = clock.displayed(item.text("system_time") or "")
    if not stamp or stamp > _LAST_STAMP or not isinstance(shown, DisplayedTime):
        return clock
    now = EPOCH + timedelta(seconds=stamp)
    for reading in shown.readings:
        ahead = reading - now.replace(tzinfo=None)
        offset = _QUARTER * round(ahead / _QUARTER)
        order = shown.order_of(reading)
        is_near = abs(ahead - offset) < _MINUTES and _WEST <= offset <= _EAST
        if is_near and (day_first is None or order in {None, day_first}):
            clock = replace(clock, day_first=order if day_first is None else day_first)
            return clock.with_runs([OffsetRun(now, now, offset)])
    return clock
