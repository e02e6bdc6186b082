"""Several profiles at the same time, their rows merged newest first; one that fails harms none."""

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

_WAITING = 4
"""Batches that a profile may be ahead of the merge."""
_BATCH = 500
_JOIN_S = 0.5
"""How long all threads may take to notice that nobody wants their rows any more."""


def merged(
    listings: Sequence[Listing], limit: int | None
) -> Generator[list[Recording], None, None]:
    """Yield the rows of all listings, newest first, at most `limit`; as they arrive.

    Several listings run in a thread each. Closing the generator before its end closes their
    transports; after the end they are still open, for the audio.
    """
    if len(listings) == 1:
        yield from _alone(listings[0])
        return
    channels = [_ListingThread(listing) for listing in listings]
    try:
        for channel in channels:
            channel.start()
        streams = [_keyed(channel, index) for index, channel in enumerate(channels)]
        rows = islice((row for _, _, row in heapq.merge(*streams)), limit)
        while batch := _next_batch(rows, channels):
            yield batch
    finally:
        for channel in channels:
            channel.stop()
        ends_s = time.monotonic() + _JOIN_S
        for channel in channels:
            channel.join(ends_s - time.monotonic())


def _alone(listing: Listing) -> Generator[list[Recording], None, None]:
    batches = listing.batches()
    try:
        yield from batches
    except BaseException:
        listing.transport.close()
        raise
    finally:
        batches.close()


def _next_batch(rows: Iterator[Recording], channels: Sequence[_ListingThread]) -> list[Recording]:
    """Return the next row, waiting for it, and those behind it that are there without waiting."""
    batch = list(islice(rows, 1))
    while batch and len(batch) < _BATCH and all(channel.ready for channel in channels):
        more = list(islice(rows, 1))
        if not more:
            break
        batch += more
    return batch


def _keyed(channel: _ListingThread, index: int) -> Iterator[tuple[float, int, Recording]]:
    """Yield rows with what they are merged by; one without a time stays in its place."""
    key = float("-inf")
    for row in channel.rows():
        if row.started_at is not None:
            key = -row.started_at.timestamp()
        yield key, index, row


class _ListingThread:
    """A listing in a thread of its own, a few batches ahead of whoever takes its rows."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._changed = Condition()
        self._batches: deque[list[Recording]] = deque()
        self._left = 0
        self._ended = False
        self._stopped = False
        self._problem: BaseException | None = None
        self._thread = Thread(target=self._run, name="recli-list", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more and throw away what was not taken."""
        with self._changed:
            ended = self._ended
            self._stopped = True
            self._changed.notify_all()
        if not ended:
            self._listing.transport.close()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():  # it may never have been started
            self._thread.join(max(timeout_s, 0.0))

    @property
    def ready(self) -> bool:
        """Say whether the next row, or the end, can be had without waiting."""
        return self._left > 0 or bool(self._batches) or self._ended

    def rows(self) -> Iterator[Recording]:
        """Yield the rows; a fault of recli's own in the thread is raised here."""
        while (batch := self._take()) is not None:
            self._left = len(batch)
            for row in batch:
                self._left -= 1
                yield row
        if self._problem is not None:
            raise self._problem

    def _take(self) -> list[Recording] | None:
        with self._changed:
            while not self._batches and not self._ended:
                self._changed.wait()
            batch = self._batches.popleft() if self._batches else None
            self._changed.notify_all()
            return batch

    def _run(self) -> None:
        batches = self._listing.batches()
        try:
            for batch in batches:
                if batch and not self._put(batch):
                    break
        except BaseException as problem:  # noqa: BLE001  # raised again where rows are taken
            self._problem = problem
        finally:
            batches.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, batch: list[Recording]) -> bool:
        with self._changed:
            while len(self._batches) >= _WAITING and not self._stopped:
                self._changed.wait()
            self._batches.append(batch)
            self._changed.notify_all()
            return not self._stopped
