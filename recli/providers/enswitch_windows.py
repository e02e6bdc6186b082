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
"""The shortest window to halve to: what fails on less has another reason than its size."""
FEW, MANY = 500, 5000
"""Rows in an answer below which the next window is doubled, and above which it is halved."""

_PATIENCE = 64
"""The most good answers that windows wait for before they grow again after trouble."""


def newest(since: datetime, until: datetime) -> Window:
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
    """How many good answers must come before windows grow again, and how many of them still."""

    patience: int = 1
    left: int = 0
    grown: bool = True

    def after_trouble(self) -> WindowBackoff:
        """Wait longer each time that growing led to trouble; other trouble is of the moment."""
        patience = min(self.patience * 2, _PATIENCE) if self.grown else 1
        return WindowBackoff(patience, patience, grown=False)


def older(request: Request, came: int) -> tuple[Request, ...]:
    """Return the window below an answered one, longer after few rows, shorter after many."""
    window, floor = request.window, request.oldest
    if window is None or window.since is None or window.until is None or floor is None:
        return ()
    if window.since <= floor:
        return ()
    caution = _backoff(request)
    length = window.until - window.since
    if caution.left:
        caution = replace(caution, left=caution.left - 1)
    else:
        caution = replace(caution, grown=came < FEW)
        length *= 2 if caution.grown else 1
    if came > MANY:
        length = max(length / 2, LEAST)
    since = window.since - length if length < window.since - floor else floor
    onward = window_request(request, Window(max(since, floor), window.since))
    return (replace(onward, provider_state=caution),)


def halved(request: Request) -> Request | None:
    """Return the request for the newer half of a window, None if it is too small to be halved.

    Its answer tells what is below it, as every answer does: the chain loses nothing, and windows
    grow again when the trouble has passed.
    """
    two = bisect_window(request.window or Window(), LEAST)
    if two is None or request.oldest is None:
        return None
    return replace(
        window_request(request, two[0]), provider_state=_backoff(request).after_trouble()
    )


def _backoff(request: Request) -> WindowBackoff:
    return (
        request.provider_state
        if isinstance(request.provider_state, WindowBackoff)
        else WindowBackoff()
    )
