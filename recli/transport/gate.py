"""The gate that all requests of a profile pass, under the limit and no more than goes well.

It never asks a provider how much is too much: a place in the limit is free again `per_s` after the
answer to the request that held it, which is never earlier than the server counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from recli.errors import RecliError
from recli.transport.clock import Clock
from recli.wire import Rate

_GRAIN_S = 0.002
"""Added to a place's time, so that no rounding of either clock brings a request too early."""
_BUSY, _ROUGH = 0.5, 0.85
"""What is left of the number at a time after an overload, and after any other failure."""


class Stopped(Exception):
    """The profile was closed while a request was waiting."""


class Gate:
    """Let requests through; shared by all threads of a profile.

    One at a time until a first answer is good, so that refused credentials are sent once; then up
    to `parallel`, fewer after failures, more again after good answers.
    """

    def __init__(self, rate: Rate, parallel: int, clock: Clock) -> None:
        self._rate = rate
        self._parallel = max(parallel, 1)
        self._clock = clock
        self._changed = Condition()
        self._allowed = 1.0
        self._proven = False
        self._in_flight = 0
        self._unanswered = 0
        self._answered: deque[float] = deque()
        self._paused_until = 0.0
        self._slowed_at = 0.0
        self._shut: BaseException | None = None

    @contextmanager
    def passing(self) -> Iterator[Callable[[], None]]:
        """Hold a place while one request is sent and answered.

        Yields what to call once the answer has begun, so that a long body holds no place in the
        limit, only one among those under way.
        """
        with self._changed:
            while (wait_s := self._wait_s()) is not None:
                self._clock.wait(self._changed, wait_s or None)
            self._in_flight += 1
            self._unanswered += 1
        answered = False

        def begun() -> None:
            nonlocal answered
            if not answered:
                answered = True
                with self._changed:
                    self._unanswered -= 1
                    if self._rate.requests:
                        self._answered.append(self._clock.monotonic_s())
                    self._changed.notify_all()

        good = False
        try:
            yield begun
            good = True
        finally:
            begun()
            with self._changed:
                self._in_flight -= 1
                if good:
                    self._went_well()
                self._changed.notify_all()

    def slow_down(self, wait_s: float, *, busy: bool) -> None:
        """Send fewer at a time; after an overload, nobody sends for `wait_s`."""
        with self._changed:
            now = self._clock.monotonic_s()
            if now >= self._slowed_at:
                self._allowed = max(1.0, self._allowed * (_BUSY if busy else _ROUGH))
                # The others in flight were sent before this was known: they slow nothing more.
                self._slowed_at = now + min(wait_s, 1.0)
            if busy:
                self._paused_until = max(self._paused_until, now + wait_s)

    def shut(self, error: BaseException) -> None:
        """Let nothing through any more: whoever comes, or waits, gets `error`."""
        with self._changed:
            self._shut = self._shut or error
            self._changed.notify_all()

    def _went_well(self) -> None:
        if self._proven:
            self._allowed = min(self._parallel, self._allowed + 1 / self._allowed)
        else:
            self._proven = True
            self._allowed = float(self._parallel)

    def _wait_s(self) -> float | None:
        """Return None if a request may go, 0 to wait for a change, else the seconds to wait."""
        if self._shut is not None:
            raise again(self._shut)
        if self._in_flight >= int(self._allowed):
            return 0.0
        now = self._clock.monotonic_s()
        if now < self._paused_until:
            return self._paused_until - now
        places = self._rate.requests
        if not places:
            return None
        spent = self._rate.per_s + _GRAIN_S
        while self._answered and self._answered[0] + spent <= now:
            self._answered.popleft()
        if len(self._answered) + self._unanswered < places:
            return None
        return self._answered[0] + spent - now if self._answered else 0.0


def again(error: BaseException) -> BaseException:
    """Return an error to raise once more, with a traceback of its own."""
    if isinstance(error, RecliError | Stopped):
        return error.with_traceback(None)
    return error
