"""Sort rows newest first, where their provider lists them in another order, or in none."""

from __future__ import annotations

from heapq import heappop, heappush, nsmallest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from recli.model import Recording

_BATCH = 1000


class NewestFirst:
    """Collect rows in any order; return the newest `limit` of them.

    Without `raw` the providers' own objects, most of a row's memory, are dropped.
    """

    def __init__(self, limit: int | None, *, raw: bool) -> None:
        self._limit = limit
        self._raw = raw
        self._heap: list[tuple[float, int, Recording]] = []
        self._added = 0

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, rows: list[Recording]) -> None:
        """Add rows."""
        for row in rows if self._raw else [row._replace(raw=None) for row in rows]:
            self._added += 1
            heappush(self._heap, (sort_key(row), self._added, row))
        if self._limit is not None and len(self._heap) > 2 * self._limit + _BATCH:
            self._heap = nsmallest(self._limit, self._heap)

    def batches(self, since: datetime | None = None) -> Iterator[list[Recording]]:
        """Remove the rows that started at `since` or later, None for all, and yield them."""
        last = float("inf") if since is None else -since.timestamp()
        while rows := self._removed(last):
            yield rows

    def _removed(self, last: float) -> list[Recording]:
        size = _BATCH if self._limit is None else min(_BATCH, self._limit)
        rows: list[Recording] = []
        while len(rows) < size and self._heap and self._heap[0][0] <= last:
            rows.append(heappop(self._heap)[2])
        if self._limit is not None:
            self._limit -= len(rows)
        return rows


def sort_key(row: Recording) -> float:
    """Return the key that sorts rows newest first, those without a time last."""
    return float("inf") if row.started_at is None else -row.started_at.timestamp()
