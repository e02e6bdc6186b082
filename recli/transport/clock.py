"""Time and waiting, as an argument: tests pass a clock that they set."""

from __future__ import annotations

import time
from threading import Condition, Event


class Clock:
    """The machine's clock, with waits that `stop` ends early."""

    def __init__(self) -> None:
        self._stopped = Event()

    def now_s(self) -> float:
        """Return the wall clock's time in seconds after 1970."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return a time in seconds that never goes back."""
        return time.monotonic()

    def sleep(self, wait_s: float) -> None:
        """Wait, until `stop` at most."""
        self._stopped.wait(wait_s)

    def wait(self, condition: Condition, timeout_s: float | None) -> None:
        """Wait for a held condition to be notified, at most `timeout_s`."""
        condition.wait(timeout_s)

    def stop(self) -> None:
        """End all sleeps, now and from now on."""
        self._stopped.set()
