"""Request limits: so many within so many seconds, as a sliding window.

It decides and never waits.
"""

import threading
from collections import deque


class Limit:
    """Allow `requests` within any `per_s` seconds; refused ones don't count."""

    def __init__(self, requests: int, per_s: float) -> None:
        self.requests = requests
        self.per_s = per_s
        self._taken: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_s(self, now_s: float) -> float:
        """Take a place at `now_s` and return 0, or return the seconds until one is free."""
        with self._lock:
            while self._taken and now_s - self._taken[0] >= self.per_s:
                self._taken.popleft()
            if len(self._taken) < self.requests:
                self._taken.append(now_s)
                return 0.0
            return self._taken[0] + self.per_s - now_s
