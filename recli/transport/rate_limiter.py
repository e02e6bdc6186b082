"""Let a profile's requests go under the provider's limit, and no more at once than goes well.

The provider is never asked for its limit: a request counts against it until `per_s` after its
response, which is never earlier than the server's own count ends.
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

_MARGIN_S = 0.002
"""Added to `per_s`, so that no rounding of either clock sends a request too early."""
_AFTER_OVERLOAD, _AFTER_FAILURE = 0.5, 0.85
"""The share of concurrent requests that is left after an overload, and after other failures."""


class Stopped(Exception):
    """The client was closed while a request was waiting."""


class RateLimiter:
    """Limit the requests of a profile's threads.

    One goes at a time until a first response is good, so that refused credentials are sent once;
    then up to `parallel`, fewer after failures, more again after good responses.
    """

    def __init__(self, rate: Rate, parallel: int, clock: Clock) -> None:
        self._rate = rate
        self._parallel = max(parallel, 1)
        self._clock = clock
        self._changed = Condition()
        self._allowed = 1.0
        self._has_succeeded = False
        self._in_flight = 0
        self._unanswered = 0
        self._response_times: deque[float] = deque()
        self._paused_until = 0.0
        self._slowed_at = 0.0
        self._has_timed_waiter = False
        self._blocked_by: BaseException | None = None

    def acquire(self, *blocking: type[BaseException]) -> Permit:
        """Return a permit to hold, as a context, while one request is sent and answered.

        An error of a `blocking` kind within the context blocks every other request.
        """
        return Permit(self, blocking)

    def slow_down(self, wait_s: float, *, overloaded: bool) -> None:
        """Send fewer requests at a time; after an overload, send none for `wait_s`."""
        with self._changed:
            now = self._clock.monotonic_s()
            if now >= self._slowed_at:
                share = _AFTER_OVERLOAD if overloaded else _AFTER_FAILURE
                self._allowed = max(1.0, self._allowed * share)
                # The others in flight were sent before this was known: they slow nothing more.
                self._slowed_at = now + min(wait_s, 1.0)
            if overloaded:
                self._paused_until = max(self._paused_until, now + wait_s)

    def block(self, error: BaseException) -> None:
        """Let no request go any more: all that wait, or come later, get `error`."""
        with self._changed:
            self._blocked_by = self._blocked_by or error
            self._changed.notify_all()

    def wait_for_turn(self) -> None:
        """Wait until one more request may go, and count it; raise what blocked the limiter."""
        with self._changed:
            try:
                while (wait_s := self._wait_s()) is not None:
                    self._wait(wait_s)
                self._in_flight += 1
                self._unanswered += 1
            finally:
                self._changed.notify()  # the next may go too, or wait for its time

    def count_response(self) -> None:
        """Free a request's share of the rate `per_s` from now, though its body may still come."""
        with self._changed:
            self._unanswered -= 1
            if self._rate.requests:
                if not self._response_times:
                    self._changed.notify()  # from now on there is a time to wait for
                self._response_times.append(self._clock.monotonic_s())

    def count_success(self) -> None:
        """Send more at a time: a response was what it should be."""
        with self._changed:
            if self._has_succeeded:
                self._allowed = min(self._parallel, self._allowed + 1 / self._allowed)
            else:
                self._has_succeeded = True
                self._allowed = float(self._parallel)
            self._changed.notify()

    def release(self, *, responded: bool, succeeded: bool, block: BaseException | None) -> None:
        """End a request; `responded` and `succeeded` are to be counted now."""
        with self._changed:
            self._in_flight -= 1
            if responded:
                self.count_response()
            if block is not None:
                self.block(block)
            elif succeeded:
                self.count_success()
            else:
                self._changed.notify()

    def _wait(self, wait_s: float) -> None:
        """Wait for a change, or for a time if no other thread does: waking one is enough."""
        if wait_s <= 0 or self._has_timed_waiter:
            self._clock.wait(self._changed, None)
            return
        self._has_timed_waiter = True
        try:
            self._clock.wait(self._changed, wait_s)
        finally:
            self._has_timed_waiter = False

    def _wait_s(self) -> float | None:
        """Return None if a request may go, 0 to wait for a change, else the seconds to wait."""
        if self._blocked_by is not None:
            raise copy_error(self._blocked_by)
        if self._in_flight >= int(self._allowed):
            return 0.0
        now = self._clock.monotonic_s()
        if now < self._paused_until:
            return self._paused_until - now
        if not self._rate.requests:
            return None
        period_s = self._rate.per_s + _MARGIN_S
        while self._response_times and self._response_times[0] + period_s <= now:
            self._response_times.popleft()
        if len(self._response_times) + self._unanswered < self._rate.requests:
            return None
        return self._response_times[0] + period_s - now if self._response_times else 0.0


class Permit:
    """Permission for one request, as a context; leaving it without an error counts a success.

    `responded` and `succeeded` count it earlier, so that a long body takes up no part of the rate.
    """

    __slots__ = ("_blocking", "_limiter", "_responded", "_succeeded")

    def __init__(self, limiter: RateLimiter, blocking: tuple[type[BaseException], ...]) -> None:
        self._limiter = limiter
        self._blocking = blocking
        self._responded = self._succeeded = False

    def __enter__(self) -> Self:
        self._limiter.wait_for_turn()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._limiter.release(
            responded=not self._responded,
            succeeded=error is None and not self._succeeded,
            block=error if isinstance(error, self._blocking) else None,
        )

    def responded(self) -> None:
        """Count the response, once; its body may still come."""
        self._responded = True
        self._limiter.count_response()

    def succeeded(self) -> None:
        """Count the response as good, once, whatever becomes of its body."""
        self._succeeded = True
        self._limiter.count_success()


def copy_error(error: BaseException) -> BaseException:
    """Return a copy to raise in another thread: each raise adds to an error's traceback."""
    if isinstance(error, ProviderError):
        return type(error)(error.provider, error.message, hint=error.hint)
    return type(error)(*error.args)
