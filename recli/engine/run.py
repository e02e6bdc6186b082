"""The listings of a run, merged and written as they come."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Self

from recli.engine.merge import Merge
from recli.engine.result import Completeness, ProfileResult, exit_code
from recli.errors import Denied, Refused
from recli.transport.observer import TransportObserver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from recli.engine.listing import Listing
    from recli.engine.report import RunReport
    from recli.model import Recording
    from recli.output.base import Writer
    from recli.transport.client import Client

_PROFILE = attrgetter("profile")


class ListingObserver:
    """Ignore warnings and progress; derive from it and override what is of interest."""

    def transport_observer(self, profile: str) -> TransportObserver:  # noqa: ARG002  # for overrides
        """Return what is told of a profile's requests and warnings."""
        return TransportObserver()

    def listing_started(self, results: Sequence[ProfileResult]) -> None:
        """Handle the start of listing; `results` change while it goes on."""

    def listing_waits(self) -> None:
        """Handle a second in which no rows have come."""

    def before_write(self) -> None:
        """Prepare for rows that are about to be written."""

    def listing_finished(self) -> None:
        """Handle the end of listing, also if it failed."""


class ListingRun:
    """Listings whose results are in `report.results`; closes their clients at the end."""

    def __init__(
        self, listings: Sequence[Listing], report: RunReport, observer: ListingObserver
    ) -> None:
        self._listings = listings
        self._report = report
        self._observer = observer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for listing in self._listings:
            listing.client.close()

    @property
    def clients(self) -> dict[str, Client]:
        """The clients of profiles whose credentials were not refused, by profile name."""
        return {
            listing.result.profile: listing.client
            for listing in self._listings
            if not isinstance(listing.result.error, Refused | Denied)
        }

    def write_to(
        self, writer: Writer, *, in_order: bool = True, patience_s: float | None = None
    ) -> None:
        """Write all rows as they come; a profile's errors end up in its result.

        An interrupt is raised again after the rows that have come are written. The other
        parameters are those of `Merge`.
        """
        counts: Counter[str] = Counter()
        query = self._report.query
        limit = query.limit if query else None
        merge = Merge(self._listings, limit, patience_s=patience_s, in_order=in_order)
        self._observer.listing_started(self._report.results)
        try:
            try:
                self._write(merge.batches(), writer, counts)
            except Exception:
                raise
            except BaseException:  # a signal
                self._write(merge.rest(), writer, counts)
                raise
        finally:
            merge.close()
            self._observer.listing_finished()
            self._set_counts(counts)
        self._report.exit_code = exit_code(self._report.results)

    def _write(
        self, batches: Iterator[list[Recording]], writer: Writer, counts: Counter[str]
    ) -> None:
        for batch in batches:
            if not batch:
                self._observer.listing_waits()
                continue
            self._observer.before_write()
            writer.write(batch)
            counts.update(map(_PROFILE, batch))

    def _set_counts(self, counts: Counter[str]) -> None:
        # A merge may write fewer rows than the listings had ready.
        for result in self._report.results:
            result.rows = counts[result.profile]
        for result in self._report.results:
            if result.is_complete and self._report.is_limited:
                result.completeness = Completeness.ENDED
