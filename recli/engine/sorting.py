"""Sort rows newest first, where their provider lists them in no known order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recli.model import Recording

_BATCH = 1000


class NewestFirst:
    """Collect rows in any order; return the newest `limit` of them.

    Without `raw` the providers' own objects, most of a row's memory, are dropped.
    """

    def __init__(self, limit: int | None, *, raw: bool) -> None:
        self._limit = limit
        self._raw = raw
        self._rows: list[Recording] = []

    def add(self, rows: list[Recording]) -> None:
        """Add rows."""
        self._rows += rows if self._raw else [row._replace(raw=None) for row in rows]
        if self._limit is not None and len(self._rows) > 2 * self._limit + _BATCH:
            self._sort()

    def batches(self) -> Iterator[list[Recording]]:
        """Yield the rows, newest first."""
        self._sort()
        for start in range(0, len(self._rows), _BATCH):
            yield self._rows[start : start + _BATCH]

    def _sort(self) -> None:
        self._rows.sort(key=sort_key)
        if self._limit is not None:
            del self._rows[self._limit :]


def sort_key(row: Recording) -> float:
    """Return the key that sorts rows newest first, those without a time last."""
    return float("inf") if row.started_at is None else -row.started_at.timestamp()
