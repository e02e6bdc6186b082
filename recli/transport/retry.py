"""How long to wait before asking again: pure functions of what came back."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recli.errors import Transient

FIRST_S, LONGEST_S = 0.25, 60.0
"""The first wait after a failure, which doubles with each, and the longest without being asked."""
ASKED_S = 300.0
"""The longest wait that a provider can ask for."""

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def delay_s(
    attempt: int, error: Transient, headers: Mapping[str, str], *, now_s: float, spread: float
) -> float:
    """Return the seconds to wait after failed try number `attempt`, counted from 1.

    `spread` in 0..1 is the jitter. What the provider asks for, in seconds, as a date or as a
    moment, is a least and is capped; its own clock counts where it tells it.
    """
    grown = min(FIRST_S * 2.0 ** min(attempt - 1, 16), LONGEST_S)
    own = grown * (0.5 + spread / 2)
    asked = asked_s(error, headers, now_s=now_s)
    if asked is None or asked <= 0:
        return own
    return min(asked, ASKED_S)


def asked_s(error: Transient, headers: Mapping[str, str], *, now_s: float) -> float | None:
    """Return how many seconds the provider asked to be left alone, None if it did not."""
    if error.wait_s is not None:
        return error.wait_s
    server_s = epoch_of(headers.get("date"))
    here_s = server_s if server_s is not None else now_s
    if error.reset_at_s is not None:
        return error.reset_at_s - here_s
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    at_s = epoch_of(text)
    return at_s - here_s if at_s is not None else None


def epoch_of(date: str | None) -> float | None:
    """Return an HTTP date in seconds after 1970, or None if it is none."""
    if not date:
        return None
    try:
        found = parsedate_to_datetime(date)
        return found.replace(tzinfo=found.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
