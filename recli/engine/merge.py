"""Several listings at a time, their rows merged newest first; one that fails harms no other."""

from __future__ import annotations

import heapq
import time
from collections import deque
from itertools import islice
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from recli.engine.listing import Listing
    from recli.model import Recording

_MAX_WAITING = 4
"""Batches that a listing may be ahead of the merge."""
_BATCH = 500
_JOIN_S = 0.5
"""How long all threads may take to notice that no more rows are taken."""


def merge_listings(
    listings: Sequence[Listing], limit: int | None
) -> Generator[list[Recording], None, None]:
    """Yield the rows of all listings as they arrive, newest first, at most `limit`.

    Several listings run in a thread each. Closing the generator before its end closes their
    clients; after the end they are still open, for the audio.
    """
    if len(listings) == 1:
        yield from _single_listing(listings[0])
        return
    threads = [_ListingThread(listing) for listing in listings]
    try:
        for thread in threads:
            thread.start()
        streams = [_sortable(thread, index) for index, thread in enumerate(threads)]
        rows = islice((row for _, _, row in heapq.merge(*streams)), limit)
        while batch := _next_batch(rows, threads):
            yield batch
    finally:
        for thread in threads:
            thread.stop()
        deadline_s = time.monotonic() + _JOIN_S
        for thread in threads:
            thread.join(deadline_s - time.monotonic())


def _single_listing(listing: Listing) -> Generator[list[Recording], None, None]:
    batches = listing.batches()
    try:
        yield from batches
    except BaseException:
        listing.client.close()
        raise
    finally:
        batches.close()


def _next_batch(rows: Iterator[Recording], threads: Sequence[_ListingThread]) -> list[Recording]:
    """Return the next row, waiting for it, and those after it that need no waiting."""
    batch = list(islice(rows, 1))
    while batch and len(batch) < _BATCH and all(thread.is_ready for thread in threads):
        following = list(islice(rows, 1))
        if not following:
            break
        batch += following
    return batch


def _sortable(thread: _ListingThread, index: int) -> Iterator[tuple[float, int, Recording]]:
    """Yield rows with their sort key; a row without a time stays behind the one before it."""
    key = float("-inf")
    for row in thread.rows():
        if row.started_at is not None:
            key = -row.started_at.timestamp()
        yield key, index, row


class _ListingThread:
    """A listing in a thread of its own, a few batches ahead of its consumer."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._changed = Condition()
        self._batches: deque[list[Recording]] = deque()
        self._rows_left = 0
        self._has_ended = False
        self._is_stopped = False
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="recli-list", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send no more requests and drop the rows that were not taken."""
        with self._changed:
            has_ended = self._has_ended
            self._is_stopped = True
            self._changed.notify_all()
        if not has_ended:
            self._listing.client.close()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():  # it may never have been started
            self._thread.join(max(timeout_s, 0.0))

    @property
    def is_ready(self) -> bool:
        """Return whether the next row, or the end, needs no waiting."""
        return self._rows_left > 0 or bool(self._batches) or self._has_ended

    def rows(self) -> Iterator[Recording]:
        """Yield the rows; an unexpected error in the thread is raised here."""
        while (batch := self._take()) is not None:
            self._rows_left = len(batch)
            for row in batch:
                self._rows_left -= 1
                yield row
        if self._failure is not None:
            raise self._failure

    def _take(self) -> list[Recording] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._batches or self._has_ended)
            batch = self._batches.popleft() if self._batches else None
            self._changed.notify_all()
            return batch

    def _run(self) -> None:
        batches = self._listing.batches()
        try:
            for batch in batches:
                if batch and not self._put(batch):
                    break
        except BaseException as error:  # noqa: BLE001  # raised again where rows are taken
            self._failure = error
        finally:
            batches.close()
            with self._changed:
                self._has_ended = True
                self._changed.notify_all()

    def _put(self, batch: list[Recording]) -> bool:
        """Wait for room, add a batch, and return whether more are wanted."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._batches) < _MAX_WAITING or self._is_stopped)
            self._batches.append(batch)
            self._changed.notify_all()
            return not self._is_stopped
