"""When the rows of one page started, as far as page, profile and PBX tell; else what to ask.

A row's own epoch counts first. The rows around it tell the offset of the day for one without; the
profile's zone does where it leaves one reading only. What is open is settled by the server: of a
search by Unix seconds over half an hour, the answer holds the row or not. Nothing is guessed
without a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from recli.providers.items import Item
from recli.providers.yeastar.spellings import DisplayedTime, written_moment
from recli.providers.yeastar.times import OffsetRun, start_in_file_name
from recli.wire import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from recli.providers.yeastar.times import PbxClock

_REACH = timedelta(minutes=14)
"""How far a probe goes to either side: less than any two candidates of a row are apart."""
_BEFORE, _AFTER = timedelta(seconds=62), timedelta(seconds=2)
"""How far outside a window its rows may be: a displayed time may lack its seconds."""
_PAST_ROWS = timedelta(days=2)
_MAX_EXHAUSTED = 3
"""How many rows that the server finds nowhere show that its search is of no use."""
_YEARS = range(1900, 9990)


class ShownStart(NamedTuple):
    """What a row tells of its start: the moment itself, or what the PBX's clock showed.

    `is_key` says that the server sorts by that very moment; `text` is None where no time is told.
    """

    id: str
    text: str | None
    moment: datetime | None = None
    shown: DisplayedTime | None = None
    is_key: bool = False
    run: OffsetRun | None = None
    day_first: bool | None = None


class OpenStart(NamedTuple):
    """A row whose start is not known yet: `wall` is what the PBX's clock showed."""

    position: int
    id: str
    wall: datetime


@dataclass(frozen=True, slots=True)
class PageStarts:
    """The starts of a page's rows, in UTC, and what is known of the PBX's clock by now.

    `asks_clock` and `probe` say what to ask the PBX before the starts are known: its clock, or
    which rows lie in a range of time; `unclear` is a displayed time that can't be read yet.
    `doubtful` are the ids of rows whose start may be another one.
    """

    clock: PbxClock
    starts: Sequence[datetime | None] = ()
    doubtful: frozenset[str] = frozenset()
    asks_clock: bool = False
    probe: tuple[datetime, datetime] | None = None
    unclear: str | None = None


def shown_start(raw: Mapping[str, object], clock: PbxClock) -> ShownStart:
    """Return what a row tells of its start."""
    item = Item(raw)
    row_id, text, name = item.text("id") or "", item.text("time"), item.text("file")
    if text is None:
        return ShownStart(row_id, None)
    written = written_moment(text)
    if written is not None:
        return ShownStart(row_id, text, written, is_key=True)
    shown = clock.displayed(text)
    if isinstance(shown, datetime):
        return ShownStart(row_id, text, shown)
    if shown is None or shown.readings[0].year not in _YEARS:
        return ShownStart(row_id, text)
    named = start_in_file_name(name, shown) if name else None
    if named is None:
        return ShownStart(row_id, text, shown=shown)
    run = OffsetRun(named.moment, named.moment, named.offset)
    return ShownStart(row_id, text, named.moment, shown, True, run, named.day_first)


def settle(
    rows: Sequence[ShownStart], clock: PbxClock, window: Window, *, is_search: bool
) -> PageStarts:
    """Return the starts of a page's rows, or what to ask the PBX first.

    `window` is what is wanted, and, where `is_search`, what the server has limited the rows to.
    """
    searched = window if is_search else Window()
    clock = _learned(rows, clock)
    walls = []
    for index, row in enumerate(rows):
        if row.moment is not None or row.shown is None:
            continue
        wall = row.shown.reading(day_first=clock.day_first)
        if wall is None or (clock.zone is None and not clock.runs):
            return PageStarts(clock, asks_clock=not clock.was_asked, unclear=row.text)
        walls.append(OpenStart(index, row.id, wall))
    clock = _with_confirmed(walls, clock)
    settled = {each.position: _settled(each, clock, searched) for each in walls}
    still_open = [each for each in walls if settled[each.position] is None]
    if still_open and clock.can_search and is_search:
        moment = _next_to_probe(still_open, clock, searched)
        if moment is not None:
            return PageStarts(clock, probe=(moment - _REACH, moment + _REACH))
    elif still_open and clock.zone is None and not clock.was_asked:
        return PageStarts(clock, asks_clock=True)
    settled |= {each.position: _likeliest(each, clock, window) for each in still_open}
    starts = [settled.get(index, row.moment) for index, row in enumerate(rows)]
    return PageStarts(_for_older(clock, walls), starts, frozenset(each.id for each in still_open))


def _learned(rows: Iterable[ShownStart], clock: PbxClock) -> PbxClock:
    """Return the clock with what rows tell of it that have their own epoch."""
    orders = {row.day_first for row in rows if row.day_first is not None}
    if clock.day_first is None and len(orders) == 1:
        clock = replace(clock, day_first=orders.pop())
    if clock.zone is not None:
        return clock
    return clock.with_runs(row.run for row in rows if row.run is not None)


def _with_confirmed(rows: Iterable[OpenStart], clock: PbxClock) -> PbxClock:
    """Return the clock with the offsets of the rows that probes have found."""
    if clock.zone is not None or not clock.probes:
        return clock
    found = []
    for row in rows:
        moment = _confirmed(row, clock)
        if moment is not None:
            found.append(OffsetRun(moment, moment, row.wall - moment.replace(tzinfo=None)))
    return clock.with_runs(found) if found else clock


def _confirmed(row: OpenStart, clock: PbxClock) -> datetime | None:
    """Return when a row started, if a probe has found it there."""
    probes = [probe for probe in clock.probes if row.id in probe.found]
    if not probes:
        return None
    for moment in (*clock.candidates(row.wall), *clock.remoter_candidates(row.wall)):
        if any(moment in probe for probe in probes):
            return moment
    return None


def _settled(row: OpenStart, clock: PbxClock, window: Window) -> datetime | None:
    """Return when a row started, None if more than one moment is left."""
    confirmed = _confirmed(row, clock)
    if confirmed is not None:
        return confirmed
    candidates = clock.candidates(row.wall)
    inside = [moment for moment in candidates if _is_inside(moment, window)]
    if clock.zone is not None:
        left = inside or candidates
        return left[0] if len(left) == 1 else None
    left = [moment for moment in inside if not _is_probed(moment, clock)]
    return left[0] if len(left) == 1 and clock.is_certain(row.wall, left[0]) else None


def _next_to_probe(rows: Sequence[OpenStart], clock: PbxClock, window: Window) -> datetime | None:
    """Return the moment at which a search tells most, None if no search can tell more.

    A row that was not found yet comes first, then rows outside all that is known, the oldest before
    the newest, then the middle of the most rows between two known offsets: once the offsets around
    rows are known, most are certain.
    """
    left, begun = [], []
    for row in sorted(rows, key=lambda row: row.wall):
        moments = [*clock.candidates(row.wall), *clock.remoter_candidates(row.wall)]
        inside = [moment for moment in moments if _is_inside(moment, window)] or moments
        unasked = [moment for moment in inside if not _is_probed(moment, clock)]
        if unasked:
            left.append(unasked[0])
            if len(unasked) < len(inside):
                begun.append(unasked[0])
    if not left or len(rows) - len(left) >= _MAX_EXHAUSTED:
        return None
    if begun:
        return begun[0]
    if not clock.runs or left[0] < clock.runs[0].first:
        return left[0]
    if left[-1] > clock.runs[-1].last:
        return left[-1]
    gaps = [list(group) for _, group in groupby(left, partial(_runs_before, clock.runs))]
    largest = max(gaps, key=len)
    return largest[len(largest) // 2]


def _runs_before(runs: Sequence[OffsetRun], moment: datetime) -> int:
    return sum(run.last < moment for run in runs)


def _likeliest(row: OpenStart, clock: PbxClock, window: Window) -> datetime | None:
    """Return when a row may have started: inside the window if possible, so that it is kept."""
    moments = [*clock.candidates(row.wall), *clock.remoter_candidates(row.wall)]
    inside = [moment for moment in moments if _is_inside(moment, window, timedelta(), timedelta())]
    return next(iter(inside or moments), None)


def _is_probed(moment: datetime, clock: PbxClock) -> bool:
    return any(moment in probe for probe in clock.probes)


def _is_inside(
    moment: datetime, window: Window, before: timedelta = _BEFORE, after: timedelta = _AFTER
) -> bool:
    if window.since is not None and moment < window.since - before:
        return False
    return window.until is None or moment < window.until + after


def _for_older(clock: PbxClock, rows: Sequence[OpenStart]) -> PbxClock:
    """Return the clock without the probes that no older row can need."""
    if not clock.probes or not rows:
        return clock
    newest = min(row.wall for row in rows) + _PAST_ROWS
    kept = (probe for probe in clock.probes if probe.since.replace(tzinfo=None) < newest)
    return replace(clock, probes=tuple(kept))
