"""The chain of time windows that lists an Enswitch system, which knows no pages.

Each answered window tells the next older one: longer after few rows, shorter after many. A window
that was too slow or too large is halved, and the chain goes on from its newer half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recli.paging import bisect_window
from recli.providers.items import EPOCH
from recli.wire import Request, Window

FIRST = timedelta(days=7)
LEAST = timedelta(seconds=10)
"""The shortest window to halve to: a shorter one fails for another reason than its size."""
FEW, MANY = 500, 5000
"""Rows in an answer below which the next window is doubled, and above which it is halved."""

_MAX_COOLDOWN = 64
"""The most good answers before windows grow again after a failure."""


def newest_window(since: datetime, until: datetime) -> Window:
    """Return the first window of a chain that ends at `since`."""
    return Window(max(since, until - FIRST), until)


def window_request(request: Request, window: Window) -> Request:
    """Return the request for a window, a second wider on either side: the ends are not defined."""
    form = dict(request.form or {})
    for name, moment, margin in (("start", window.since, -1), ("end", window.until, 1)):
        if moment is not None:
            rounding = math.floor if margin < 0 else math.ceil
            form[name] = str(max(rounding((moment - EPOCH).total_seconds()) + margin, 0))
    return replace(request, form=form, window=window)


@dataclass(frozen=True, slots=True)
class WindowBackoff:
    """How many good answers windows must wait for to grow (`cooldown`), and how many are `left`."""

    cooldown: int = 1
    left: int = 0
    grown: bool = True

    def after_failure(self) -> WindowBackoff:
        """Double the cooldown if the window had grown before it failed, else reset it."""
        cooldown = min(self.cooldown * 2, _MAX_COOLDOWN) if self.grown else 1
        return WindowBackoff(cooldown, cooldown, grown=False)


def next_older(request: Request, received: int) -> tuple[Request, ...]:
    """Return the window below an answered one, longer after few rows, shorter after many."""
    window, floor = request.window, request.oldest
    if window is None or window.since is None or window.until is None or floor is None:
        return ()
    if window.since <= floor:
        return ()
    backoff = _backoff(request)
    length = window.until - window.since
    if backoff.left:
        backoff = replace(backoff, left=backoff.left - 1)
    else:
        backoff = replace(backoff, grown=received < FEW)
        length *= 2 if backoff.grown else 1
    if received > MANY:
        length = max(length / 2, LEAST)
    since = window.since - length if length < window.since - floor else floor
    onward = window_request(request, Window(max(since, floor), window.since))
    return (replace(onward, provider_state=backoff),)


def newer_half(request: Request) -> Request | None:
    """Return the request for the newer half of a window, None if it is too small to be halved.

    Its answer leads to the window below it, as every answer does: no row is missed, and windows
    grow again later.
    """
    two = bisect_window(request.window or Window(), LEAST)
    if two is None or request.oldest is None:
        return None
    return replace(
        window_request(request, two[0]), provider_state=_backoff(request).after_failure()
    )


def _backoff(request: Request) -> WindowBackoff:
    return (
        request.provider_state
        if isinstance(request.provider_state, WindowBackoff)
        else WindowBackoff()
    )
