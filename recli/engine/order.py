"""Putting rows into order, newest first, where their provider knows none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recli.model import Recording

_BATCH = 1000


def newest_first(row: Recording) -> tuple[bool, float]:
    """Return the sort key that puts the newest recording first and those without a time last."""
    started_at = row.started_at
    return (True, 0.0) if started_at is None else (False, -started_at.timestamp())


class NewestFirst:
    """Collect rows as they come; of those, the newest `limit`.

    Without `raw` the providers' own objects, most of a row's memory, are let go.
    """

    def __init__(self, limit: int | None, *, raw: bool) -> None:
        self._limit = limit
        self._raw = raw
        self._rows: list[Recording] = []

    def add(self, rows: list[Recording]) -> None:
        """Take in rows in any order."""
        self._rows += rows if self._raw else [row._replace(raw=None) for row in rows]
        if self._limit is not None and len(self._rows) > 2 * self._limit + _BATCH:
            self._sort()

    def batches(self) -> Iterator[list[Recording]]:
        """Yield what was taken in, newest first."""
        self._sort()
        for start in range(0, len(self._rows), _BATCH):
            yield self._rows[start : start + _BATCH]

    def _sort(self) -> None:
        self._rows.sort(key=newest_first)
        if self._limit is not None:
            del self._rows[self._limit :]
