"""A listing in a thread of its own, a few batches ahead of the merge that takes its rows."""

from __future__ import annotations

from collections import deque
from threading import Condition, RLock, Thread
from typing import TYPE_CHECKING

from recli.engine.sorting import sort_key

if TYPE_CHECKING:
    from recli.engine.listing import Listing
    from recli.model import Recording

_MAX_WAITING = 4
"""Batches that a listing may be ahead of the merge."""
_SHOWN_AFTER_S = 2.0
"""Silence after which a profile counts as waited for."""


class Arrivals:
    """What the threads of one merge share: a lock, and news that rows came or a listing ended."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.news = Condition(self.lock)


class ListingThread:
    """Run a listing; its rows are taken one after another, with the key that sorts them.

    `key` is that of the next row, once `advance` returned True.
    """

    def __init__(self, listing: Listing, arrivals: Arrivals) -> None:
        self.listing = listing
        self.key = float("-inf")
        self.is_late = False
        self.failure: BaseException | None = None
        self._arrivals = arrivals
        self._room = Condition(arrivals.lock)
        self._batches: deque[list[Recording]] = deque()
        self._current: list[Recording] = []
        self._next = 0
        self._has_ended = False
        self._is_stopped = False
        self._takes_all = False
        self._pages = -1
        self._silent_since_s = 0.0
        self._thread = Thread(target=self._run, name="recli-list", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more rows: the listing ends at its next batch."""
        with self._arrivals.lock:
            self._is_stopped = True
            self._room.notify_all()

    def leave(self) -> None:
        """Count nothing that the listing still receives."""
        with self._arrivals.lock:
            if not self._has_ended:
                self.listing.detach()

    def finish(self) -> None:
        """Send no more requests; the rows that came can still be taken."""
        with self._arrivals.lock:
            self._takes_all = True
            self._room.notify_all()
            if self._has_ended:
                return
        self.listing.client.close()

    @property
    def has_news(self) -> bool:
        """Whether `advance` needs no waiting."""
        return self._next < len(self._current) or bool(self._batches) or self._has_ended

    @property
    def is_done(self) -> bool:
        """Whether the listing has ended; rows may be left."""
        return self._has_ended

    @property
    def has_ended(self) -> bool:
        """Whether no row is left, and none will come."""
        return self._has_ended and not self._batches and self._next >= len(self._current)

    def advance(self) -> bool:
        """Make the next row ready and set `key`; False if it has not come yet, or never will."""
        if self._next >= len(self._current):
            with self._arrivals.lock:
                if not self._batches:
                    return False
                self._current, self._next = self._batches.popleft(), 0
                self._room.notify_all()
        row = self._current[self._next]
        if row.started_at is not None:  # else it stays behind the one before it
            self.key = sort_key(row)
        return True

    def take(self) -> Recording:
        """Return the row that `advance` made ready."""
        self._next += 1
        return self._current[self._next - 1]

    def take_batch(self) -> list[Recording]:
        """Return all rows that have come with the one that `advance` made ready."""
        rows, self._current = self._current[self._next :], []
        for row in reversed(rows):
            if row.started_at is not None:
                self.key = sort_key(row)
                break
        return rows

    def begin_waiting(self, now_s: float) -> None:
        """Note that the merge has none of its rows from now on."""
        self._pages, self._silent_since_s = self.listing.result.pages, now_s

    def silence_s(self, now_s: float) -> float:
        """Return for how long the merge has waited and no page has come; note it in the result."""
        result = self.listing.result
        if result.pages != self._pages:
            self.begin_waiting(now_s)
        silence_s = now_s - self._silent_since_s
        result.is_waited_for = silence_s >= _SHOWN_AFTER_S
        result.current_try = self.listing.client.stats.current_try
        return silence_s

    def end_waiting(self) -> None:
        """Note that its rows have come, or that none will."""
        self.listing.result.is_waited_for = False

    def _run(self) -> None:
        batches = self.listing.batches()
        try:
            for batch in batches:
                if batch and not self._put(batch):
                    break
        except BaseException as error:  # noqa: BLE001  # raised again where rows are taken
            self.failure = error
        finally:
            batches.close()
            with self._arrivals.lock:
                self._has_ended = True
                self._arrivals.news.notify_all()

    def _put(self, batch: list[Recording]) -> bool:
        """Wait for room, add a batch, and return whether more are wanted."""
        with self._arrivals.lock:
            self._room.wait_for(
                lambda: len(self._batches) < _MAX_WAITING or self._is_stopped or self._takes_all
            )
            self._batches.append(batch)
            self._arrivals.news.notify_all()
            return not self._is_stopped
