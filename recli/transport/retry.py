"""How long to wait before asking again: pure functions of what came back."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from recli.errors import Transient

FIRST_S, LONGEST_S = 0.25, 60.0
"""The first wait after a failure, which doubles with each, and the longest without being asked."""
ASKED_S = 300.0
"""The longest wait that a provider can ask for."""


def delay_s(
    attempt: int, error: Transient, headers: Mapping[str, str], *, now_s: float, spread: float
) -> float:
    """Return the seconds to wait after failed try number `attempt`, counted from 1.

    `spread` in 0..1 is the jitter. What the provider asks for, in seconds, as a date or as a
    moment, is a least and is capped; its own clock counts where it tells it.
    """
    grown = min(FIRST_S * 2.0 ** min(attempt - 1, 16), LONGEST_S)
    own = grown * (0.5 + spread / 2)
    asked = _asked_s(error, headers, now_s)
    if asked is None:
        return own
    return max(min(max(asked, 0.0), ASKED_S), own if asked <= 0 else 0.0)


def _asked_s(error: Transient, headers: Mapping[str, str], now_s: float) -> float | None:
    if error.wait_s is not None:
        return error.wait_s
    server_s = epoch_of(headers.get("date"))
    if error.reset_at_s is not None:
        return error.reset_at_s - (server_s if server_s is not None else now_s)
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text[:9])
    at_s = epoch_of(text) if text else None
    if at_s is not None:
        return at_s - (server_s if server_s is not None else now_s)
    return None


def epoch_of(date: str | None) -> float | None:
    """Return an HTTP date in seconds after 1970, or None if it is none."""
    if not date:
        return None
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
