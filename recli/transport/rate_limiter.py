"""The gate that all requests of a profile pass, under the limit and no more than goes well.

It never asks a provider how much is too much: a place in the limit is free again `per_s` after the
answer to the request that held it, which is never earlier than the server counts.
"""

from __future__ import annotations

from collections import deque
from threading import Condition
from typing import TYPE_CHECKING, Self

from recli.errors import ProviderError

if TYPE_CHECKING:
    from types import TracebackType

    from recli.transport.clock import Clock
    from recli.wire import Rate

_GRAIN_S = 0.002
"""Added to a place's time, so that no rounding of either clock brings a request too early."""
_BUSY, _ROUGH = 0.5, 0.85
"""What is left of the number at a time after an overload, and after any other failure."""


class Stopped(Exception):
    """The profile was closed while a request was waiting."""


class RateLimiter:
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
        self._timed = False
        self._shut: BaseException | None = None

    def passing(self, *fatal: type[BaseException]) -> Permit:
        """Return a place to hold while one request is sent and answered.

        An error of a `fatal` kind shuts the gate before anybody else gets through.
        """
        return Permit(self, fatal)

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

    def enter(self) -> None:
        """Wait for a place and take it; raise what the gate was shut with."""
        with self._changed:
            try:
                while (wait_s := self._wait_s()) is not None:
                    self._wait(wait_s)
                self._in_flight += 1
                self._unanswered += 1
            finally:
                self._changed.notify()  # whoever is next may go too, or keep the time

    def answered(self) -> None:
        """Let the limit forget a request `per_s` from now, though its body may still come."""
        with self._changed:
            self._answer()

    def good(self) -> None:
        """Send more at a time: an answer was what it should be."""
        with self._changed:
            self._improve()
            self._changed.notify()

    def leave(self, *, answered: bool, good: bool, shut: BaseException | None) -> None:
        """Give a place back; `answered` and `good` say what has not been said yet."""
        with self._changed:
            self._shut = self._shut or shut
            self._in_flight -= 1
            if answered:
                self._answer()
            if good:
                self._improve()
            if self._shut is None:
                self._changed.notify()
            else:
                self._changed.notify_all()

    def _answer(self) -> None:
        self._unanswered -= 1
        if self._rate.requests:
            if not self._answered:
                self._changed.notify()  # from now on there is a time to wait for
            self._answered.append(self._clock.monotonic_s())

    def _improve(self) -> None:
        if self._proven:
            self._allowed = min(self._parallel, self._allowed + 1 / self._allowed)
        else:
            self._proven = True
            self._allowed = float(self._parallel)

    def _wait(self, wait_s: float) -> None:
        """Wait for a change, or for a time if nobody else does: one woken thread is enough."""
        if wait_s <= 0 or self._timed:
            self._clock.wait(self._changed, None)
            return
        self._timed = True
        try:
            self._clock.wait(self._changed, wait_s)
        finally:
            self._timed = False

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


class Permit:
    """A place in the gate, held from entering the block to leaving it.

    Leaving it without an error says that the answer came and was good. `begun` and `good` say it
    earlier, so that a long body holds no place in the limit, only one among those under way.
    """

    __slots__ = ("_answered", "_fatal", "_gate", "_good")

    def __init__(self, gate: RateLimiter, fatal: tuple[type[BaseException], ...]) -> None:
        self._gate = gate
        self._fatal = fatal
        self._answered = self._good = False

    def __enter__(self) -> Self:
        self._gate.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shut = error if self._fatal and isinstance(error, self._fatal) else None
        good = error is None and not self._good
        self._gate.leave(answered=not self._answered, good=good, shut=shut)

    def begun(self) -> None:
        """Say that the answer has begun to come."""
        if not self._answered:
            self._answered = True
            self._gate.answered()

    def good(self) -> None:
        """Say that the answer is good, whatever becomes of its body."""
        if not self._good:
            self._good = True
            self._gate.good()


def again(error: BaseException) -> BaseException:
    """Return an error to raise once more: each thread its own, as each adds a traceback."""
    if isinstance(error, ProviderError):
        return type(error)(error.provider, error.message, hint=error.hint)
    return type(error)(*error.args)
