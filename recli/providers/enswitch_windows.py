"""The chain of time windows that lists an Enswitch system, which knows no pages.

Each answered window tells the next older one: longer after few rows, shorter after many. A window
that was too slow or too large is halved, and the chain goes on from its older half.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

from recli.paging import halves
from recli.providers.fields import EPOCH
from recli.wire import Request, Window

FIRST = timedelta(days=7)
LEAST = timedelta(seconds=2)
FEW, MANY = 500, 5000
"""Rows in an answer below which the next window is doubled, and above which it is halved."""


def newest(since: datetime, until: datetime) -> Window:
    """Return the first window of a chain that ends at `since`."""
    return Window(max(since, until - FIRST), until)


def asking(request: Request, window: Window) -> Request:
    """Return the request for a window, a second wider on either side: the ends are not defined."""
    form = dict(request.form or {})
    for name, moment, margin in (("start", window.since, -1), ("end", window.until, 1)):
        if moment is not None:
            rounding = math.floor if margin < 0 else math.ceil
            form[name] = str(max(rounding((moment - EPOCH).total_seconds()) + margin, 0))
    return replace(request, form=form, window=window)


def older(request: Request, came: int) -> tuple[Request, ...]:
    """Return the window below an answered one, longer after few rows, shorter after many."""
    window, floor = request.window, request.rest
    if window is None or window.since is None or window.until is None or floor is None:
        return ()
    if window.since <= floor:
        return ()
    length = window.until - window.since
    length = length * 2 if came < FEW else length / 2 if came > MANY else length
    since = window.since - max(length, LEAST) if length < window.since - floor else floor
    return (asking(request, Window(max(since, floor), window.since)),)


def halved(request: Request) -> tuple[Request, Request] | None:
    """Return the requests for the halves of a window, newer first; None if it is too small."""
    two = halves(request.window or Window(), LEAST)
    if two is None or request.rest is None:
        return None
    newer, rest = two
    return replace(asking(request, newer), rest=newer.since), asking(request, rest)
