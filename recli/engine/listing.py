"""One profile's listing: its plan driven, repeats dropped, windows settled, the query applied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recli.engine.match import matcher
from recli.engine.order import NewestFirst
from recli.engine.prefetch import FetchedPage, fetch_serially, prefetch
from recli.engine.result import Completeness, ProfileResult
from recli.engine.settle import WALKS, SeenIds, WindowScan
from recli.errors import RecliError
from recli.model import Filter, Query, Recording
from recli.providers.base import Provider
from recli.transport.rate_limiter import Stopped
from recli.wire import Order, Page, Request, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from recli.transport.client import Client

_WARNINGS = 50
"""How many warnings of one profile are kept; the rest are counted."""
_AHEAD = 2
"""Pages fetched or waiting, for each one that may be under way."""


class Listing:
    """List one profile; `outcome` tells how it went, and while it goes on.

    `warn` is told of what could not be read, once each. With `in_order`, rows of a provider
    without a known order are sorted before they are given out, which takes reading all of them;
    without `raw`, such rows may come without the provider's own objects.
    """

    def __init__(  # noqa: PLR0913  # what of a listing may be different, by name
        self,
        profile: str,
        transport: Client,
        query: Query,
        *,
        in_order: bool = True,
        raw: bool = True,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        self.transport = transport
        self.outcome = ProfileResult(profile, transport.provider.name)
        self._provider: Provider = transport.provider
        self._query = query
        self._match = matcher(query) if query.active else None
        self._in_order = in_order
        self._raw = raw
        self._warn = warn or (lambda _: None)
        plain = type(self._provider).identity is Provider.identity
        self._known = SeenIds(None if plain else self._provider.identity)
        self._dropped_warnings = 0
        self._per_page = 0.0
        self._unclaimed = False
        self._root: Window | None = None

    def batches(self) -> Generator[list[Recording], None, None]:
        """Yield the rows that match, as they arrive; errors end up in `outcome`, not here."""
        outcome = self.outcome
        scattered = self._provider.listing_order is Order.UNKNOWN and self._in_order
        try:
            if scattered:
                yield from self._sorted()
            else:
                yield from self._streamed()
            outcome.finished = True
        except Stopped:
            pass
        except RecliError as error:
            outcome.error = error
        finally:
            self._count()
            self._judge()

    def _streamed(self) -> Iterator[list[Recording]]:
        limit = self._query.limit
        for rows in self._complete(self._steps()):
            wanted = rows if limit is None else rows[: limit - self.outcome.rows]
            if wanted:
                self.outcome.rows += len(wanted)
                yield wanted
            if limit is not None and self.outcome.rows >= limit:
                return

    def _sorted(self) -> Iterator[list[Recording]]:
        newest = NewestFirst(self._query.limit, raw=self._raw)
        problem: RecliError | None = None
        try:
            for batch in self._complete(self._steps()):
                newest.add(batch)
        except RecliError as error:
            problem = error  # what came is given out all the same
        for batch in newest.batches():
            self.outcome.rows += len(batch)
            yield batch
        if problem is not None:
            raise problem

    def _steps(self) -> Iterator[FetchedPage]:
        roots = self._provider.plan(self._query)
        parallel = self.transport.parallel
        name = self._provider.name
        return prefetch(
            roots, self.transport.fetch, parallel=parallel, depth=self._depth, provider=name
        )

    def _depth(self) -> int:
        """Return how many pages to look ahead: no more than the limit may need."""
        most = _AHEAD * self.transport.parallel
        if self._query.limit is None:
            return most
        missing = self._query.limit - self.outcome.rows
        if self._per_page <= 0:
            return 1 if self.outcome.received == 0 else most
        return max(1, min(most, round(missing / self._per_page + 0.5)))

    def _complete(self, steps: Iterator[FetchedPage]) -> Iterator[list[Recording]]:
        """Yield the matching rows of each page; walk a window again until nothing is missing."""
        walk: WindowScan | None = None
        for request, page in steps:
            if walk is None or request.window != walk.window:
                if walk is not None:
                    yield from self._settle(walk)
                walk = self._began(request)
            yield self._take(walk, request, page)
            if self._past_the_end(page):
                return
        if walk is not None:
            yield from self._settle(walk)

    def _began(self, request: Request) -> WindowScan:
        """Return a walk of another window; one inside the last root's takes over a part of it."""
        self._known.finish()
        inside = request.window is not None and request.window.is_part_of(self._root)
        if not inside:
            self._root = request.window
        return WindowScan(request, continues_scan=inside)

    def _take(self, walk: WindowScan, request: Request, page: Page) -> list[Recording]:
        rows = list(page.rows)
        keys = self._known.keys(rows)
        first = walk.total is None
        walk.take(request, page, keys)
        fresh = self._known.new(rows, keys)
        outcome = self.outcome
        outcome.received += len(fresh)
        if first and page.total is not None and not walk.continues_scan:
            outcome.claimed = (outcome.claimed or 0) + page.total
        for warning in page.warnings:
            self._note(warning)
        for defect in page.defects:
            self._lose(f"{outcome.profile}: {defect}")
        matching = fresh if self._match is None else [row for row in fresh if self._match(row)]
        self._per_page = max(len(matching), self._per_page * 0.5)
        self._count()
        return matching

    def _settle(self, walk: WindowScan) -> Iterator[list[Recording]]:
        """Walk an unsettled window again, carefully, and yield what was missed."""
        if walk.settled is None and self._provider.reports_totals and walk.count:
            self._unclaimed = True
        if walk.settled is not False:
            return
        root, claimed = replace(walk.root, stable_paging=True), walk.total
        for _ in range(WALKS - 1):
            self.outcome.walks += 1
            walks: list[WindowScan] = []
            name = self._provider.name
            for request, page in fetch_serially([root], self.transport.fetch, provider=name):
                if not walks or request.window != walks[-1].window:
                    if walks and walk.narrowed:
                        break  # what is below was handed over, and is walked all the same
                    walks.append(WindowScan(request, continues_scan=True))
                yield self._take(walks[-1], request, page)
            if all(each.settled is not False for each in walks):
                return
            claimed = walks[0].total
        self._lose(
            f"{self.outcome.profile}: {walk.window or 'the whole listing'}: the provider claims"
            f" {claimed} recordings, {self._known.count} came, after {WALKS} walks"
        )

    def _past_the_end(self, page: Page) -> bool:
        """Say whether nothing that matches can follow, where its server does not filter."""
        since = self._query.since
        if since is None or Filter.SINCE in self._provider.filters or not page.rows:
            return False
        if self._provider.listing_order is not Order.NEWEST_FIRST:
            return False
        return all(row.started_at is not None and row.started_at < since for row in page.rows)

    def _note(self, warning: str) -> None:
        warnings = self.outcome.warnings
        profile, provider = self.outcome.profile, self._provider.name
        whose = profile if profile == provider else f"{profile} ({provider})"
        text = f"{whose}: {warning}"
        if text in warnings:
            return
        if len(warnings) >= _WARNINGS:
            self._dropped_warnings += 1
            return
        warnings.append(text)
        self._warn(text)

    def _lose(self, gap: str) -> None:
        if gap not in self.outcome.gaps:
            self.outcome.gaps.append(gap)

    def _count(self) -> None:
        tally = self.transport.tally
        outcome = self.outcome
        outcome.requests, outcome.retries = tally.requests, tally.retries
        outcome.waited_s = tally.waited_s

    def _judge(self) -> None:
        outcome = self.outcome
        if self._dropped_warnings:
            text = f"{outcome.profile}: {self._dropped_warnings} more fields could not be read"
            outcome.warnings.append(text)
            self._warn(text)
        if not outcome.whole or not outcome.finished:
            outcome.completeness = Completeness.SHORT
        elif self._provider.reports_totals and not self._unclaimed and not self._limited:
            outcome.completeness = Completeness.PROVEN
        else:
            outcome.completeness = Completeness.ENDED

    @property
    def _limited(self) -> bool:
        limit = self._query.limit
        return limit is not None and self.outcome.rows >= limit
