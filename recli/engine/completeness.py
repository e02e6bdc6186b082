"""Whether a scan of a window returned all of its rows, though rows came and went meanwhile.

Pure bookkeeping over pages: it sends nothing.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from recli.model import Recording
    from recli.wire import Page, Request, Window

MAX_SCANS = 5
"""How often a window is scanned before its listing counts as incomplete."""
_MAX_WINDOWS = 6
"""How many finished windows' ids are remembered: a row at an edge may be in both windows."""
_MIN_IDS = 2000
"""How many ids are remembered at least; fewer windows are, where the last ones have as many."""


class SeenIds:
    """The ids of the rows that were returned, of the current window and those next to it."""

    def __init__(self, identity: Callable[[str], str] | None) -> None:
        self._identity = identity
        self._finished: deque[set[str]] = deque()
        self._current: set[str] = set()

    @property
    def count(self) -> int:
        """Return how many distinct ids the current window has."""
        return len(self._current)

    def keys(self, rows: list[Recording]) -> list[str]:
        """Return the ids of rows in a form that is equal for equal recordings."""
        if self._identity is None:
            return [row.id for row in rows]
        return [self._identity(row.id) for row in rows]

    def add(self, rows: list[Recording], keys: list[str]) -> list[Recording]:
        """Remember rows, and return those that are new."""
        distinct = set(keys)
        seen = (self._current, *self._finished)
        if len(distinct) == len(keys) and all(map(distinct.isdisjoint, seen)):
            self._current |= distinct
            return rows
        new = []
        for row, key in zip(rows, keys, strict=True):
            if not any(key in ids for ids in seen):
                new.append(row)
            self._current.add(key)
        return new

    def start_window(self) -> None:
        """Begin another window, and forget the ids of windows long past."""
        if not self._current:
            return
        self._finished.append(self._current)
        self._current = set()
        sizes = [len(ids) for ids in self._finished]
        while len(sizes) > _MAX_WINDOWS or sum(sizes[1:]) >= _MIN_IDS:
            self._finished.popleft()
            del sizes[0]


class WindowScan:
    """One scan of one window: what its pages held, and the totals that the provider claimed.

    `continues_scan` says that the window is what another scan left of its own, or scanned before.
    """

    def __init__(self, root: Request, *, continues_scan: bool = False) -> None:
        self.root = root
        self.continues_scan = continues_scan
        self.is_handed_over = False
        """Whether requests with another window continue below the last page."""
        self.count = 0
        self.total: int | None = None
        self._totals: set[int] = set()
        self._seen: set[str] = set()
        self._previous: tuple[set[str], int | None] | None = None
        self._overlaps = True
        """Whether no row can be missing between two pages."""

    @property
    def window(self) -> Window | None:
        """The window that is scanned."""
        return self.root.window

    def add(self, request: Request, page: Page, keys: list[str]) -> None:
        """Record the next page of the scan and the keys of its rows."""
        if any(following.window != request.window for following in page.next_requests):
            self.is_handed_over = True
        if not keys and page.total is None and not page.defects:
            return
        distinct = set(keys)
        # A row that is twice on one page counts twice, as it does in the provider's total.
        self.count += len(keys) - len(distinct & self._seen) + len(page.defects)
        self._seen |= distinct
        if page.total is not None:
            self._totals.add(page.total)
        if self._previous is not None:
            ids, total = self._previous
            unchanged = total is not None and total == page.total
            self._overlaps = self._overlaps and (unchanged or not ids.isdisjoint(distinct))
        self.total = page.total
        self._previous = (distinct, page.total)

    @property
    def is_complete(self) -> bool | None:
        """Return whether every row was seen; None where the provider claims no total.

        Where other requests continue below the last page, the pages down to it must overlap. Else
        the total must have stayed the same and have been reached, or, with stable paging, pages
        must overlap though it changed.
        """
        if self.is_handed_over and self._overlaps:
            return True
        if self.is_handed_over and self._totals:
            return False
        if self.total is None or not self._totals:
            return None
        if len(self._totals) == 1:
            return self.count >= self.total
        return self.root.stable_paging and self._overlaps
