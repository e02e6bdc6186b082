"""How a Plivo listing goes on after a page: by offset, or, carefully, below the last row's time.

https://www.plivo.com/docs/voice/api/recording#list-all-recordings
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from recli.model import Recording
from recli.paging import below, grain_of, halves
from recli.wire import Request, Window

PAGE = 20
"""The most that `limit` may be: https://www.plivo.com/docs/voice/api/recording"""
AHEAD = 1000
"""How many pages a total foretells at once; a wrong one may be without end."""
CROWDED = 4_000
"""Recordings in a window above which it is halved, so that what must be remembered is bounded."""
_SECOND = timedelta(seconds=1)
_LAST = "goes on"
"""The memo of the last page foretold when more follow."""


def bounds(window: Window) -> dict[str, str]:
    """Return a window as filters: in UTC, without an offset, as the API reads them."""
    ends = {"add_time__gte": window.since, "add_time__lt": window.until}
    return {name: f"{moment:%Y-%m-%d %H:%M:%S.%f}" for name, moment in ends.items() if moment}


def follow(
    request: Request, rows: list[Recording], came: int, total: int | None, *, more: bool | None
) -> tuple[Request, ...]:
    """Return the requests after a page of `came` objects; `more`: what its next link says.

    All pages that a total foretells follow the first one, so that they can be fetched ahead; of
    very many, the last one foretold goes on from there.
    """
    offset, limit = int(request.params["offset"]), int(request.params["limit"])
    after = offset + came
    foretold = total is not None and after < total
    if not came or (not foretold and (more is False or (more is None and total is not None))):
        return ()
    if request.careful:
        return _carefully(request, rows, after)
    if total is None or not foretold:
        return (_at(request, after),)
    if offset and request.memo != _LAST:
        return ()
    if not offset and total > CROWDED:
        two = _halved(request, rows)
        if two:
            return two
    step = limit if offset else min(came, limit)
    starts = range(after, min(total, after + AHEAD * step), step)
    pages = [_at(request, start, step) for start in starts]
    if starts[-1] + step < total:
        pages[-1] = replace(pages[-1], memo=_LAST)
    return tuple(pages)


def _carefully(request: Request, rows: list[Recording], after: int) -> tuple[Request, ...]:
    """Return the request for what is below a page's rows by time, else by number."""
    keys = [row.added_at for row in rows]
    grain = grain_of(keys[-1]) if keys and keys[-1] else _SECOND
    rest = below(request.window or Window(), keys, grain)
    if rest is None:
        return (_at(request, after),)
    return (_within(request, rest),)


def _halved(request: Request, rows: list[Recording]) -> tuple[Request, ...]:
    """Return the requests for the halves of what is below a first page; none if it can't be cut."""
    rest = below(request.window or Window(), [row.added_at for row in rows], _SECOND)
    two = halves(rest, timedelta(minutes=1)) if rest is not None else None
    return tuple(_within(request, window) for window in two or ())


def _within(request: Request, window: Window) -> Request:
    params = {**request.params, "offset": "0", **bounds(window)}
    return replace(request, params=params, window=window)


def _at(request: Request, offset: int, limit: int = PAGE) -> Request:
    params = {**request.params, "offset": str(offset), "limit": str(limit)}
    return replace(request, params=params, memo=None)
