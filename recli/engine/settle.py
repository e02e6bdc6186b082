"""Whether a walk through a window saw every row of it, though rows came and went meanwhile.

Pure bookkeeping over pages: it asks for nothing.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from recli.model import Recording
    from recli.wire import Page, Request, Window

WALKS = 5
"""How often a window is walked before it counts as short."""
_KEPT = 6
"""How many finished windows' ids are remembered: rows at an edge show up on both sides of it."""
_ENOUGH = 2000
"""How many ids are remembered at least; where the last windows hold as many, fewer are kept."""


class SeenIds:
    """The ids that were given out, of the window at hand and of those next to it."""

    def __init__(self, identity: Callable[[str], str] | None) -> None:
        self._identity = identity
        self._finished: deque[set[str]] = deque()
        self._current: set[str] = set()

    @property
    def count(self) -> int:
        """Return how many distinct ids came in the window at hand."""
        return len(self._current)

    def keys(self, rows: list[Recording]) -> list[str]:
        """Return the keys of rows, in their order."""
        if self._identity is None:
            return [row.id for row in rows]
        return [self._identity(row.id) for row in rows]

    def new(self, rows: list[Recording], keys: list[str]) -> list[Recording]:
        """Return the rows that were not given out yet, and remember them."""
        distinct = set(keys)
        given_out = (self._current, *self._finished)
        if len(distinct) == len(keys) and all(map(distinct.isdisjoint, given_out)):
            self._current |= distinct
            return rows
        fresh = []
        for row, key in zip(rows, keys, strict=True):
            if not any(key in ids for ids in given_out):
                fresh.append(row)
            self._current.add(key)
        return fresh

    def finish(self) -> None:
        """Begin another window; ids of windows long past are forgotten."""
        if not self._current:
            return
        self._finished.append(self._current)
        self._current = set()
        while len(self._finished) > _KEPT or self._enough_without_the_oldest():
            self._finished.popleft()

    def _enough_without_the_oldest(self) -> bool:
        _, *others = map(len, self._finished)
        return sum(others) >= _ENOUGH


class WindowScan:
    """One walk through one window: what its pages held, and what the provider claimed.

    `continues_scan` says that the window is what another walk left of its own, or walks it again.
    """

    def __init__(self, root: Request, *, continues_scan: bool = False) -> None:
        self.root = root
        self.continues_scan = continues_scan
        self.narrowed = False
        self.count = 0
        self._totals: set[int] = set()
        self.total: int | None = None
        self._seen: set[str] = set()
        self._before: tuple[set[str], int | None] | None = None
        self._joined = True

    @property
    def window(self) -> Window | None:
        """The window that this walk covers."""
        return self.root.window

    def take(self, request: Request, page: Page, keys: list[str]) -> None:
        """Take in a page of this walk, in row order."""
        if any(each.window != request.window for each in page.next_requests):
            self.narrowed = True
        if not keys and page.total is None and not page.defects:
            return
        distinct = set(keys)
        # A row that stands twice on one page is counted twice, as the provider counts it.
        self.count += len(keys) - len(distinct & self._seen) + len(page.defects)
        self._seen |= distinct
        if page.total is not None:
            self._totals.add(page.total)
        if self._before is not None:
            ids, total = self._before
            same = total is not None and total == page.total
            self._joined = self._joined and (same or not ids.isdisjoint(distinct))
        self.total = page.total
        self._before = (distinct, page.total)

    @property
    def settled(self) -> bool | None:
        """Say whether every row was seen; None where the provider claims no number.

        Handing the rest over to another window leaves nothing to be seen here, if the pages up to
        there join. Else the claim stood still and was met; or, in a careful walk, pages that moved
        still overlap.
        """
        if self.narrowed and self._joined:
            return True
        if self.narrowed and self._totals:
            return False
        if self.total is None or not self._totals:
            return None
        if len(self._totals) == 1:
            return self.count >= self.total
        return self.root.stable_paging and self._joined
