"""Time and waiting as an argument: the real clock, which a stop ends at once."""

from __future__ import annotations

import time
from threading import Condition, Event
from typing import Protocol


class Clock(Protocol):
    """What the transport knows of time."""

    def now_s(self) -> float:
        """Return the wall clock's time in seconds after 1970."""

    def monotonic_s(self) -> float:
        """Return a time in seconds that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait; `stop` ends the wait early."""

    def wait(self, condition: Condition, timeout_s: float | None) -> None:
        """Wait for a held condition to be notified, at most `timeout_s`."""

    def stop(self) -> None:
        """End all waits, now and from now on."""


class RealClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._stopped = Event()

    def now_s(self) -> float:
        """Return the wall clock's time in seconds after 1970."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return a time in seconds that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; `stop` ends the wait early."""
        self._stopped.wait(seconds)

    def wait(self, condition: Condition, timeout_s: float | None) -> None:
        """Wait for a held condition to be notified, at most `timeout_s`."""
        condition.wait(timeout_s)

    def stop(self) -> None:
        """End all waits, now and from now on."""
        self._stopped.set()
