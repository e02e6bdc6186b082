"""Several listings at a time, their rows merged newest first; one that fails harms no other."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

from recli.engine.listing_thread import Arrivals, ListingThread
from recli.engine.sorting import sort_key
from recli.transport.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from recli.engine.listing import Listing
    from recli.model import Recording

_BATCH = 500
_TICK_S = 1.0
"""How long the merge waits at once, so that it can say for whom."""
_FINISH_S = 1.5
"""How long listings may take to hand over what came, once they were told to end."""


class Merge:
    """Yield the rows of all listings newest first, at most `limit`; each runs in a thread.

    A profile without an answer holds up the rows of others for `patience_s` at most, None for as
    long as it takes; its own then follow at the end. Without `in_order` rows come as they arrive.
    The listings' clients stay open, for the audio.
    """

    def __init__(
        self,
        listings: Sequence[Listing],
        limit: int | None,
        *,
        patience_s: float | None = None,
        in_order: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._left = limit
        self._patience_s = patience_s
        self._in_order = in_order or limit is not None
        self._clock = clock or Clock()
        self._arrivals = Arrivals()
        self._threads = [ListingThread(listing, self._arrivals) for listing in listings]
        self._heads: list[tuple[float, int]] = []
        self._missing: set[int] = set()
        self._late: set[int] = set()
        self._rows: list[Recording] = []
        self._last_key = float("-inf")

    def batches(self) -> Iterator[list[Recording]]:
        """Yield rows as soon as they may go out, and an empty batch each second without any."""
        now_s = self._clock.monotonic_s()
        for index, thread in enumerate(self._threads):
            thread.begin_waiting(now_s)
            thread.start()
            self._missing.add(index)
        while (self._missing or self._heads or self._late) and self._left != 0:
            if not (self._missing or self._heads):
                self._missing, self._late = self._late, set()
            yield from self._ready_rows()
            if self._missing and self._left != 0 and not self._wait():
                yield []
        self._note_unsure()

    def close(self) -> None:
        """Take no more rows; listings that are about to end may say how they went."""
        for thread in self._threads:
            thread.stop()
        ending = [it for it in self._threads if it.listing.has_reached_limit]
        with self._arrivals.lock:
            self._arrivals.news.wait_for(lambda: all(it.is_done for it in ending), _FINISH_S)
        for thread in self._threads:
            thread.leave()

    def rest(self) -> Iterator[list[Recording]]:
        """After an interrupt: send no more requests, and yield the rows that came."""
        for thread in self._threads:
            thread.finish()
        with self._arrivals.lock:
            self._arrivals.news.wait_for(
                lambda: all(thread.is_done for thread in self._threads), _FINISH_S
            )
        if self._rows:
            yield self._emitted()
        self._heads = [(it.key, index) for index, it in enumerate(self._threads) if it.advance()]
        heapify(self._heads)
        while self._heads and self._left != 0:
            self._missing.clear()  # those that still haven't ended
            yield from self._ready_rows()

    def _ready_rows(self) -> Iterator[list[Recording]]:
        """Yield the rows that need no waiting."""
        self._take_arrived()
        while self._heads and self._left != 0 and not (self._missing and self._in_order):
            self._take_next()
            if len(self._rows) >= (_BATCH if self._left is None else min(_BATCH, self._left)):
                yield self._emitted()
        if self._rows:
            yield self._emitted()

    def _take_next(self) -> None:
        """Take the newest of the rows that came, or all of a batch where there is no other."""
        _, index = self._heads[0]
        thread = self._threads[index]
        if len(self._heads) == 1 or not self._in_order:
            self._rows += thread.take_batch()
        else:
            self._rows.append(thread.take())
        if thread.advance():
            heapreplace(self._heads, (thread.key, index))
            return
        heappop(self._heads)
        self._check_failure(thread)
        if not thread.has_ended:
            thread.begin_waiting(self._clock.monotonic_s())
            self._missing.add(index)
            self._take_arrived()

    def _emitted(self) -> list[Recording]:
        rows, self._rows = self._rows, []
        if self._left is not None:
            rows = rows[: self._left]
            self._left -= len(rows)
        self._last_key = sort_key(rows[-1])
        return rows

    def _take_arrived(self) -> None:
        """Move those that have rows from the missing to the heads, and drop those that ended."""
        arrived = False
        for index in [it for it in self._missing if self._threads[it].has_news]:
            thread = self._threads[index]
            self._missing.discard(index)
            thread.end_waiting()
            if thread.advance():
                self._heads.append((thread.key, index))
                arrived = True
            else:
                self._check_failure(thread)
        if arrived:
            heapify(self._heads)

    def _wait(self) -> bool:
        """Wait for a missing listing, a second at most; go on without those silent too long."""
        missing = [self._threads[index] for index in self._missing]
        now_s = self._clock.monotonic_s()
        wait_s = _TICK_S
        if self._patience_s is not None and self._heads:
            silence_s = max(thread.silence_s(now_s) for thread in missing)
            wait_s = min(wait_s, max(self._patience_s - silence_s, 0.0))
        with self._arrivals.lock:
            if not any(thread.has_news for thread in missing):
                self._clock.wait(self._arrivals.news, wait_s)
            if any(thread.has_news for thread in missing):
                return True
        self._drop_silent()
        return False

    def _drop_silent(self) -> None:
        now_s = self._clock.monotonic_s()
        for index in [*self._missing, *self._late]:
            thread = self._threads[index]
            silence_s = thread.silence_s(now_s)
            holds_up = index in self._missing and bool(self._heads) and self._in_order
            if holds_up and self._patience_s is not None and silence_s >= self._patience_s:
                self._missing.discard(index)
                self._late.add(index)
                if not thread.is_late:
                    thread.is_late = True
                    thread.listing.warn_late(silence_s)

    def _note_unsure(self) -> None:
        """Say which late listings may have newer rows than a limit let through."""
        if self._left != 0:
            return
        for index in self._late:
            thread = self._threads[index]
            if thread.has_ended or (thread.advance() and thread.key >= self._last_key):
                continue
            thread.listing.note_unsure()

    def _check_failure(self, thread: ListingThread) -> None:
        if thread.has_ended and thread.failure is not None:
            raise thread.failure
