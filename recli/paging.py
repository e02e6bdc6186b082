"""The ways of cutting a listing into requests: next link, offsets, time windows: pure functions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from recli.wire import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from recli.model import Query

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BESIDE = timedelta(seconds=2)
"""How far above a window's end a row may stand: requests ask for a little more than the window."""

_LINK = re.compile(r'<([^<>]*)>((?:\s*;[^;,"]*(?:"[^"]*"[^;,"]*)*)*)')
_PARAMETER = re.compile(r';\s*([^;,"=\s]+)\s*(?:=\s*(?:"([^"]*)"|([^;,"\s]*)))?')


def next_link(header: str) -> str | None:
    """Return the target of `rel="next"` in a Link header, or None (RFC 8288)."""
    for target, parameters in _LINK.findall(header):
        for name, quoted, bare in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and "next" in (quoted or bare).lower().split():
                return str(target).strip()
    return None


def slices(since: datetime, until: datetime, length: timedelta) -> Iterator[Window]:
    """Yield adjoining windows of at most `length` from `until` back to `since`."""
    while since < until:
        start = max(since, until - length)
        yield Window(start, until)
        until = start


def halves(window: Window, least: timedelta) -> tuple[Window, Window] | None:
    """Return the newer and the older half of a window, cut at a whole second; None if too small."""
    if window.since is None or window.until is None:
        return None
    length = window.until - window.since
    if length < 2 * least:
        return None
    middle = (window.since + length / 2).replace(microsecond=0)
    if not window.since < middle < window.until:
        return None
    return Window(middle, window.until), Window(window.since, middle)


def below(window: Window, keys: Sequence[datetime | None], grain: timedelta) -> Window | None:
    """Return what of `window` is left below a page's rows, given their sort keys, newest first.

    `grain` is the fineness to which times are told or filtered: the new window takes in the whole
    grain of the last row once more, so that nothing between two pages is missed. None where the
    rows don't show where to go on: a key is missing, they are out of order, they stand above the
    window (its end was not heeded), or all share one moment.
    """
    if not keys or window.until is None:
        return None
    known = [each for each in keys if each is not None]
    if len(known) < len(keys) or known[0] >= window.until + _BESIDE:
        return None
    if any(earlier < later for earlier, later in pairwise(known)):
        return None
    try:
        until = known[-1] + grain - (known[-1] - _EPOCH) % grain
    except OverflowError:
        return None
    floor = window.since
    if until >= window.until or (floor is not None and until <= floor):
        return None
    return Window(floor, until)


def grain_of(moment: datetime) -> timedelta:
    """Return the fineness to which a time seems to be told: a second, milli- or microsecond."""
    if moment.microsecond == 0:
        return timedelta(seconds=1)
    return timedelta(microseconds=1 if moment.microsecond % 1000 else 1000)


def wanted(query: Query) -> Window | None:
    """Return the starts that a query asks for, its end frozen at when the run began.

    None where nothing can match: the range is empty, or begins later than the run did.
    """
    until = query.now if query.until is None else min(query.until, query.now)
    if query.since is not None and query.since >= until:
        return None
    return Window(query.since, until)
