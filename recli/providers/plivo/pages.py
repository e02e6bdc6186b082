"""The pages of a Plivo listing: windows as filters, and the requests that follow a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from recli.paging import bisect_window, seek, seek_below, time_resolution
from recli.wire import Window

if TYPE_CHECKING:
    from recli.model import Recording
    from recli.wire import Request

PAGE = 20
"""The most that `limit` may be: https://www.plivo.com/docs/voice/api/recording"""
MAX_PAGES_AHEAD = 1000
"""How many pages are requested at once by a total, which may be wrong and huge."""
MAX_WINDOW_ROWS = 4_000
"""Recordings in a window above which it is halved, which bounds the ids in memory."""
_SECOND = timedelta(seconds=1)
_HAS_MORE = "has more"
"""The provider state of the last requested page where more follow."""


def bounds(window: Window) -> dict[str, str]:
    """Return a window as filters: in UTC, without an offset, as the API reads them."""
    ends = {"add_time__gte": window.since, "add_time__lt": window.until}
    return {name: f"{moment:%Y-%m-%d %H:%M:%S.%f}" for name, moment in ends.items() if moment}


def next_requests(
    request: Request, rows: list[Recording], received: int, total: int | None, *, more: bool | None
) -> tuple[Request, ...]:
    """Return the requests after a page of `received` objects; `more`: what its next link says.

    A first page's total gives the requests for all other pages, so that they can be fetched ahead;
    of very many, the last one is continued from there.
    """
    offset, limit = int(request.params["offset"]), int(request.params["limit"])
    after = offset + received
    has_more_by_total = total is not None and after < total
    if more is None:
        more = total is None
    if not received or not (has_more_by_total or more):
        return ()
    if request.stable_paging:
        return _seek_request(request, rows, after)
    if total is None or not has_more_by_total:
        return (_offset_request(request, after),)
    if offset and request.provider_state != _HAS_MORE:
        return ()
    if not offset and total > MAX_WINDOW_ROWS:
        halves = _halved(request, rows)
        if halves:
            return halves
    step = limit if offset else min(received, limit)
    starts = range(after, min(total, after + MAX_PAGES_AHEAD * step), step)
    pages = [_offset_request(request, start, step) for start in starts]
    if starts[-1] + step < total:
        pages[-1] = replace(pages[-1], provider_state=_HAS_MORE)
    return tuple(pages)


def _seek_request(request: Request, rows: list[Recording], after: int) -> tuple[Request, ...]:
    """Return the request for the rows below a page, by time rather than by offset."""
    keys = [row.added_at for row in rows]
    resolution = time_resolution(keys[-1]) if keys and keys[-1] else _SECOND
    return (seek(request, keys, resolution, _window_request, _offset_request(request, after)),)


def _halved(request: Request, rows: list[Recording]) -> tuple[Request, ...]:
    """Return the requests for the halves of the window below a first page; none if too small."""
    keys = [row.added_at for row in rows]
    below = seek_below(request.window or Window(), keys, _SECOND)
    halves = bisect_window(below, timedelta(minutes=1)) if below is not None else None
    return tuple(_window_request(request, window) for window in halves or ())


def _window_request(request: Request, window: Window) -> Request:
    params = {**request.params, "offset": "0", **bounds(window)}
    return replace(request, params=params, window=window)


def _offset_request(request: Request, offset: int, limit: int = PAGE) -> Request:
    params = {**request.params, "offset": str(offset), "limit": str(limit)}
    return replace(request, params=params, provider_state=None)
