"""What the transport reports while it works: events for an observer, and counts."""

from __future__ import annotations

from threading import Lock


class TransportObserver:
    """Receive the transport's events; each does nothing unless overridden. Texts are redacted."""

    def requested(self, method: str, url: str, outcome: str, duration_s: float) -> None:
        """Handle a request that was answered (`outcome` is the status) or failed (the error)."""

    def waiting(self, reason: str, wait_s: float) -> None:
        """Handle a failed request that waits to be sent again."""

    def warned(self, message: str) -> None:
        """Handle a warning to the user."""


class RequestStats:
    """Count requests and the seconds waited; safe for many threads at once.

    `requests` includes retries and logins; `current_try` counts the tries of the request that is
    under way, from 1. Waits at the same time count once in `waited_s`.
    `elapsed_s` is from the making of the client to the end of its last request.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.retries = 0
        self.current_try = 1
        self.waited_s = 0.0
        self.elapsed_s = 0.0
        self._waiting_until_s = 0.0
        self._lock = Lock()

    def count_request(self) -> None:
        """Count a request that is about to be sent."""
        with self._lock:
            self.requests += 1

    def count_wait(self, start_s: float, wait_s: float, *, limit_s: float) -> bool:
        """Count a wait before a retry; return False, counting nothing, if that exceeds the limit.

        `limit_s` bounds the seconds waited in all.
        """
        with self._lock:
            end_s = start_s + wait_s
            added_s = max(0.0, end_s - max(start_s, self._waiting_until_s))
            if self.waited_s + added_s > limit_s:
                return False
            self.retries += 1
            self.waited_s += added_s
            self._waiting_until_s = max(self._waiting_until_s, end_s)
            return True
