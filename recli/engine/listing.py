"""The listing of one profile: pages fetched, repeats dropped, totals checked, the query applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from threading import RLock
from typing import TYPE_CHECKING

from recli.engine.completeness import MAX_SCANS, SeenIds, WindowScan
from recli.engine.match import id_key, matcher
from recli.engine.oddities import Oddities
from recli.engine.prefetch import prefetch
from recli.engine.result import Completeness, ProfileResult
from recli.engine.sorting import NewestFirst
from recli.errors import RecliError
from recli.model import Filter, Query, Recording
from recli.providers.base import Provider
from recli.transport.rate_limiter import Stopped
from recli.wire import Order, Page, Request, RowWarning, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator

    from recli.engine.prefetch import FetchedPage
    from recli.transport.client import Client

_PAGES_AHEAD = 2
"""Pages under way or waiting to be taken, for each request that may be under way."""

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
"""The bound of rows to come where each row is older than those before it."""


class Listing:
    """List the recordings of one profile; `result` says how it went, also while it goes on.

    `warn` is called at the end, once for each kind of unreadable field. With `in_order`, rows of a
    provider without a known order are sorted, which takes reading all of them first; without `raw`,
    such rows may come without the provider's own objects. With a limit, rows always come in order.
    `told_ids` is given the odd rows of a page, in the listing's thread; it returns the ids of
    those that an earlier run has warned of.
    """

    def __init__(  # noqa: PLR0913  # options, by keyword
        self,
        profile: str,
        client: Client,
        query: Query,
        *,
        in_order: bool = True,
        raw: bool = True,
        warn: Callable[[str], None] = lambda _: None,
        told_ids: Callable[[list[Recording]], Collection[str]] = lambda _: (),
    ) -> None:
        self.client = client
        self.result = ProfileResult(profile, client.provider.name)
        self._provider: Provider = client.provider
        self._query = query
        self._matches = matcher(query) if query.active else None
        self._wanted_ids = None if query.ids is None else set(map(id_key, query.ids))
        self._in_order = in_order or query.limit is not None
        self._raw = raw
        self._warn = warn
        self._told_ids = told_ids
        is_plain = type(self._provider).identity is Provider.identity
        self._seen = SeenIds(None if is_plain else self._provider.identity)
        self._oddities = Oddities()
        self._telling = RLock()
        self._rows_per_page = 0.0
        self._lacks_total = False
        self._root_window: Window | None = None
        self._newest_to_come: datetime | None = None
        """The latest start that a row still to come may have; None if that is not known."""

    def batches(self) -> Generator[list[Recording], None, None]:
        """Yield the rows that match, as they arrive; errors end up in `result`, not here."""
        try:
            rows = self._sorted_rows() if self._in_order else self._matching_rows()
            yield from self._limited(rows)
            self.result.is_finished = True
        except Stopped:
            pass
        except RecliError as error:
            self.result.error = error
        finally:
            self._copy_request_stats()
            self._set_completeness()
            self._tell_oddities()

    def detach(self) -> None:
        """Leave `result` as it is: what still comes is not counted, and not warned of."""
        with self._telling:
            self._tell_oddities()
            self.result = replace(self.result, warnings=[], gaps=[])
            self._warn = lambda _: None

    def warn_late(self, silence_s: float) -> None:
        """Warn that the rows of other profiles go on without this one's."""
        self._add_warning(
            f"no answer for {silence_s:.0f} s: the rows of other profiles go on without it, and"
            " its own follow at the end (--patience waits longer)"
        )

    def note_unsure(self) -> None:
        """Note that other profiles' rows used up the limit before this one answered."""
        limit = self._query.limit
        self._add_gap(f"no answer in time: some of the newest {limit} recordings may be its own")

    def _limited(self, batches: Iterator[list[Recording]]) -> Iterator[list[Recording]]:
        limit = self._query.limit
        for batch in batches:
            rows = batch if limit is None else batch[: limit - self.result.rows]
            if rows:
                self.result.rows += len(rows)
                yield rows
            if self.has_reached_limit:
                return

    def _sorted_rows(self) -> Iterator[list[Recording]]:
        """Yield the matching rows newest first, each as soon as no newer one can follow."""
        keeps_raw = self._raw or self._provider.listing_order is not Order.UNKNOWN
        newest = NewestFirst(self._query.limit, raw=keeps_raw)
        failure: RecliError | Stopped | None = None
        try:
            for batch in self._matching_rows():
                if self._newest_to_come is _BEFORE_ALL and not newest:
                    yield batch
                    continue
                newest.add(batch)
                if self._newest_to_come is not None:
                    yield from newest.batches(self._newest_to_come)
        except (RecliError, Stopped) as error:
            failure = error  # raised after the rows that came
        yield from newest.batches()
        if failure is not None:
            raise failure

    def _fetch_pages(self) -> Iterator[FetchedPage]:
        return prefetch(
            self._provider.plan(self._query),
            self.client.fetch,
            parallel=self.client.parallel,
            depth=self._prefetch_depth,
            provider=self._provider.name,
        )

    def _prefetch_depth(self) -> int:
        """Return how many pages to fetch ahead: no more than the limit may need."""
        most = _PAGES_AHEAD * self.client.parallel
        if self._query.limit is None:
            return most
        if self._rows_per_page <= 0:
            return 1 if self.result.received == 0 else most
        missing = self._query.limit - self.result.rows
        return max(1, min(most, round(missing / self._rows_per_page + 0.5)))

    def _matching_rows(self) -> Iterator[list[Recording]]:
        """Yield the matching rows of each page; scan a window again until nothing is missing."""
        scan: WindowScan | None = None
        if self._wanted_ids == self.result.found_ids:  # none is this profile's
            return
        for request, page in self._fetch_pages():
            if scan is None or request.window != scan.window:
                if scan is not None:
                    yield from self._rescan(scan)
                scan = self._start_scan(request)
            yield self._add_page(scan, request, page)
            if self._is_past_since(page) or self._wanted_ids == self.result.found_ids:
                return
        if scan is not None:
            yield from self._rescan(scan)

    def _start_scan(self, request: Request) -> WindowScan:
        """Return the scan of a window; one inside the last root's window continues its scan."""
        self._seen.start_window()
        is_inside = request.window is not None and request.window.is_part_of(self._root_window)
        if not is_inside:
            self._root_window = request.window
        return WindowScan(request, continues_scan=is_inside)

    def _add_page(self, scan: WindowScan, request: Request, page: Page) -> list[Recording]:
        """Record a page and return its new rows that match."""
        result = self.result
        rows = list(page.rows)
        keys = self._seen.keys(rows)
        if scan.total is None and page.total is not None and not scan.continues_scan:
            result.claimed = (result.claimed or 0) + page.total
        scan.add(request, page, keys)
        rows = self._seen.add(rows, keys)
        self._lower_newest_to_come(request, page)
        result.received += len(rows)
        result.pages += 1
        if page.warnings:
            self._add_oddities(page, rows)
        for defect in page.defects:
            self._add_gap(defect)
        if self._matches is not None:
            rows = list(filter(self._matches, rows))
        if self._wanted_ids is not None:
            result.found_ids.update(id_key(row.id) for row in rows)
        self._rows_per_page = max(len(rows), self._rows_per_page * 0.5)
        self._copy_request_stats()
        return rows

    def _rescan(self, scan: WindowScan) -> Iterator[list[Recording]]:
        """Scan an incomplete window again, with stable paging, and yield what was missed."""
        if scan.is_complete is None and self._provider.reports_totals and scan.count:
            self._lacks_total = True
        if scan.is_complete is not False:
            return
        root, claimed = replace(scan.root, stable_paging=True), scan.total
        for _ in range(MAX_SCANS - 1):
            self.result.scans += 1
            scans: list[WindowScan] = []
            pages = prefetch([root], self.client.fetch, provider=self._provider.name)
            for request, page in pages:
                if not scans or request.window != scans[-1].window:
                    if scans and scan.is_handed_over:
                        break  # the windows below are listed anyway
                    scans.append(WindowScan(request, continues_scan=True))
                yield self._add_page(scans[-1], request, page)
            if all(each.is_complete is not False for each in scans):
                return
            claimed = scans[0].total
        self._add_gap(
            f"{scan.window or 'the whole listing'}: the provider claims {claimed} recordings,"
            f" {self._seen.count} came, after {MAX_SCANS} walks"
        )

    def _lower_newest_to_come(self, request: Request, page: Page) -> None:
        """Note how far down a listing has come; rescans of rows that were missed don't raise it."""
        order = self._provider.listing_order
        if order is Order.NEWEST_FIRST:
            self._newest_to_come = _BEFORE_ALL if page.in_order else None
        if order is not Order.LAST_STORED_FIRST:
            return
        stored = [row.added_at for row in page.rows if row.added_at is not None]
        is_ordered = all(newer >= older for newer, older in pairwise(stored))
        bounds = [self._newest_to_come, request.window.until if request.window else None]
        if stored:
            bounds.append(stored[-1] if is_ordered else max(stored))
        self._newest_to_come = min((bound for bound in bounds if bound is not None), default=None)

    def _is_past_since(self, page: Page) -> bool:
        """Return whether no later row can match, where the server does not filter by time."""
        since = self._query.since
        if since is None or Filter.SINCE in self._provider.filters or not page.rows:
            return False
        if self._newest_to_come is not _BEFORE_ALL:
            return self._newest_to_come is not None and self._newest_to_come < since
        return all(row.started_at is not None and row.started_at < since for row in page.rows)

    def _add_oddities(self, page: Page, new_rows: list[Recording]) -> None:
        """Note what is odd about a page and its new rows, but for what was told before."""
        odd_ids = {each.id for each in page.warnings if isinstance(each, RowWarning)}
        odd_rows = [row for row in new_rows if row.id in odd_ids]
        untold = {row.id for row in odd_rows}
        if odd_rows:
            untold.difference_update(self._told_ids(odd_rows))
        self._oddities.add(
            each for each in page.warnings if not isinstance(each, RowWarning) or each.id in untold
        )

    def _tell_oddities(self) -> None:
        with self._telling:  # the thread of a merge may tell them too
            oddities, self._oddities = self._oddities, Oddities()
            for text in oddities.texts():
                self._add_warning(text)

    def _add_warning(self, warning: str) -> None:
        profile, provider = self.result.profile, self._provider.name
        source = profile if profile == provider else f"{profile} ({provider})"
        self.result.warnings.append(f"{source}: {warning}")
        self._warn(self.result.warnings[-1])

    def _add_gap(self, gap: str) -> None:
        text = f"{self.result.profile}: {gap}"
        if text not in self.result.gaps:
            self.result.gaps.append(text)

    def _copy_request_stats(self) -> None:
        stats, result = self.client.stats, self.result
        result.requests, result.retries = stats.requests, stats.retries
        result.waited_s = stats.waited_s
        result.duration_s = stats.elapsed_s

    def _set_completeness(self) -> None:
        result = self.result
        if not result.is_complete or not result.is_finished:
            result.completeness = Completeness.SHORT
        elif self._provider.reports_totals and not self._lacks_total and not self.has_reached_limit:
            result.completeness = Completeness.PROVEN

    @property
    def has_reached_limit(self) -> bool:
        """Whether it has as many rows as are wanted, and is about to end."""
        limit = self._query.limit
        return limit is not None and self.result.rows >= limit
