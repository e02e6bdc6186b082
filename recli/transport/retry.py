"""How long to wait before a retry: pure functions of the error and the response's headers.

tenacity and stamina do not fit: the wait also depends on Retry-After, on a provider's own reset
time and on the server's clock, and it is slept on the injected clock, which `close` interrupts.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recli.errors import Transient

FIRST_DELAY_S, MAX_DELAY_S = 0.25, 60.0
"""The delay after a first failure, which doubles with each, and the longest of our own choice."""
MAX_REQUESTED_DELAY_S = 300.0
"""The longest delay that a provider can ask for."""

_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


def retry_delay_s(
    attempt: int, error: Transient, headers: Mapping[str, str], *, now_s: float, jitter: float
) -> float:
    """Return the seconds to wait after failed attempt number `attempt`, counted from 1.

    A delay that the provider asks for takes the place of the backoff, up to a maximum. `jitter`
    is from 0 to 1. `now_s` is in seconds after 1970.
    """
    requested_s = requested_delay_s(error, headers, now_s=now_s)
    if requested_s is not None and requested_s > 0:
        return min(requested_s, MAX_REQUESTED_DELAY_S)
    backoff_s = min(FIRST_DELAY_S * 2.0 ** min(attempt - 1, 16), MAX_DELAY_S)
    return backoff_s * (0.5 + jitter / 2)


def requested_delay_s(
    error: Transient, headers: Mapping[str, str], *, now_s: float
) -> float | None:
    """Return how many seconds the provider asked to wait, None if it did not."""
    if error.wait_s is not None:
        return error.wait_s
    server_s = parse_http_date(headers.get("date"))
    if server_s is None:
        server_s = now_s
    if error.reset_at_s is not None:
        return error.reset_at_s - server_s
    retry_after = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(retry_after):
        return float(retry_after)
    retry_at_s = parse_http_date(retry_after)
    return retry_at_s - server_s if retry_at_s is not None else None


def parse_http_date(text: str | None) -> float | None:
    """Return an HTTP date in seconds after 1970, None if it is not one."""
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
