"""Paging by next link, page number, time window and seek: pure functions."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from recli.wire import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from recli.model import Query
    from recli.wire import Request

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARGIN = timedelta(seconds=2)
"""How far above a window's end a row may be: requests ask for a little more than the window."""

_LINK = re.compile(r'<([^<>]*)>((?:\s*;[^;,"]*(?:"[^"]*"[^;,"]*)*)*)')
_PARAMETER = re.compile(r';\s*([^;,"=\s]+)\s*(?:=\s*(?:"([^"]*)"|([^;,"\s]*)))?')


def next_link(header: str) -> str | None:
    """Return the target of `rel="next"` in a Link header, or None (RFC 8288)."""
    for target, parameters in _LINK.findall(header):
        for name, quoted, bare in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and "next" in (quoted or bare).lower().split():
                return str(target).strip()
    return None


def split_windows(since: datetime, until: datetime, length: timedelta) -> Iterator[Window]:
    """Yield adjoining windows of at most `length` from `until` back to `since`."""
    while since < until:
        start = max(since, until - length)
        yield Window(start, until)
        until = start


def bisect_window(window: Window, least: timedelta) -> tuple[Window, Window] | None:
    """Return the newer and older half, cut at a whole second; None if shorter than `least`."""
    if window.since is None or window.until is None:
        return None
    length = window.until - window.since
    if length < 2 * least:
        return None
    middle = (window.since + length / 2).replace(microsecond=0)
    if not window.since < middle < window.until:
        return None
    return Window(middle, window.until), Window(window.since, middle)


def seek_below(
    window: Window, keys: Sequence[datetime | None], resolution: timedelta
) -> Window | None:
    """Return the part of `window` below a page's rows, given their sort keys, newest first.

    `resolution` is how finely times are written or filtered: the new window includes all of the
    last row's unit of time again, so that no row between two pages is missed. None if the keys
    don't tell where to go on: one is missing, they are out of order or above the window (the server
    ignored its end), or all are the same.
    """
    if not keys or window.until is None:
        return None
    times = [key for key in keys if key is not None]
    if len(times) < len(keys) or times[0] >= window.until + _MARGIN:
        return None
    if any(earlier < later for earlier, later in pairwise(times)):
        return None
    try:
        until = times[-1] + resolution - (times[-1] - _EPOCH) % resolution
    except OverflowError:
        return None
    if until >= window.until or (window.since is not None and until <= window.since):
        return None
    return Window(window.since, until)


def next_page(
    request: Request, received: int, total: int | None, *, first: int, size_name: str
) -> Request | None:
    """Return the request for the next page number after one of `received` rows, None at the end.

    `first` is the number of the first page. Where that one is short, the server's maximum is
    smaller than the page size of the request, and becomes the page size.
    """
    page, size = int(request.params["page"]), int(request.params[size_name])
    if not received or (total is not None and (page - first) * size + received >= total):
        return None
    if page == first:
        size = min(size, received)
    params = {**request.params, "page": str(page + 1), size_name: str(size)}
    return replace(request, params=params)


def seek(
    request: Request,
    keys: Sequence[datetime | None],
    resolution: timedelta,
    window_request: Callable[[Request, Window], Request],
    next_request: Request,
) -> Request:
    """Return the request for the window below a page, so that new and removed rows shift nothing.

    Where the rows' keys don't tell that window, return `next_request`: the next page by number.
    """
    window = seek_below(request.window or Window(), keys, resolution)
    return next_request if window is None else window_request(request, window)


def time_resolution(moment: datetime) -> timedelta:
    """Return how finely a time seems to be written: to the second, milli- or microsecond."""
    if moment.microsecond == 0:
        return timedelta(seconds=1)
    return timedelta(microseconds=1 if moment.microsecond % 1000 else 1000)


def query_window(query: Query) -> Window | None:
    """Return the start times that a query selects, at most until the run began.

    None where nothing can match: the range is empty, or begins later than the run did.
    """
    until = query.now if query.until is None else min(query.until, query.now)
    if query.since is not None and query.since >= until:
        return None
    return Window(query.since, until)
