"""An archive that is open, for one thread: to read, or to write to.

A run narrows each profile's query, adds rows as they come, says how the listing ended, and then
fetches the audio. It may be killed at any point and run again.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from recli.archive import (
    DEFAULT_AUDIO_RETRIES,
    DEFAULT_OVERLAP_HOURS,
    audio_queue,
    audio_store,
    coverage,
    queries,
)
from recli.archive.audio_result import AudioResult
from recli.archive.audio_store import AudioStore, Step
from recli.archive.catalog import Catalog
from recli.archive.downloads import AudioDownloader
from recli.archive.file_names import NameTemplate
from recli.archive.importer import RowImporter
from recli.archive.layout import Layout, archive_lock
from recli.archive.reused_ids import reused_text
from recli.archive.rows import FIELD_LIST, PUBLIC_FIELDS, to_cells, to_storable_text
from recli.errors import OutputError, UsageError
from recli.files import make_private_folder, os_reason
from recli.model import Filter, Query, Recording, State
from recli.providers.base import Provider
from recli.transport.client import Client

_OVERLAP_S = DEFAULT_OVERLAP_HOURS * 3600.0
_TIMES = frozenset({Filter.SINCE, Filter.UNTIL})


@dataclass(slots=True)
class RunEstimate:
    """What a run would bring: `bytes` of files with a known size, `unsized` files without one."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    unsized: int = 0


class _OpenArchive:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def incremental_query(
        self, provider: Provider, query: Query, *, full: bool = False, overlap_s: float = _OVERLAP_S
    ) -> Query:
        """Return what to list of a profile: what may be new since its last complete listing.

        `full` asks for everything. `UsageError` if the profile was another account before.
        """
        return coverage.incremental_query(
            self._catalog, provider, query, full=full, overlap_s=overlap_s
        )


class ArchiveReader(_OpenArchive):
    """An archive's contents; changes nothing and needs no lock."""

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Self]:
        """Open an archive; `UsageError` if the folder is none."""
        with Catalog.reading(Layout(folder)) as catalog:
            yield cls(catalog)

    @classmethod
    @contextmanager
    def open_or_empty(cls, folder: Path) -> Iterator[Self]:
        """Open an archive, or an empty one in memory if the folder has none yet."""
        layout = Layout(folder)
        opened = Catalog.reading if layout.catalog.exists() else Catalog.empty
        with opened(layout) as catalog:
            yield cls(catalog)

    def rows(
        self, query: Query, profiles: Sequence[str] | None = None
    ) -> Iterator[list[Recording]]:
        """Yield the rows that may match a query, newest first; the caller applies all of it."""
        return queries.matching_rows(self._catalog, query, profiles)

    def profiles(self) -> dict[str, str]:
        """Return the profiles whose recordings are in the archive, with their providers."""
        rows = self._catalog.fetch_all("SELECT profile, provider FROM profiles ORDER BY profile")
        return {str(profile): str(provider) for profile, provider in rows}

    def estimate_pending(self, estimate: RunEstimate, profile: str, retries: int) -> None:
        """Count the audio that a run would fetch of recordings in the archive."""
        counts = audio_queue.audio_counts(self._catalog, profile, retries)
        estimate.files += counts.wanted
        estimate.bytes += counts.known_bytes
        estimate.unsized += counts.unsized

    def estimate_rows(
        self, estimate: RunEstimate, provider: Provider, rows: Sequence[Recording], *, audio: bool
    ) -> None:
        """Count those of a batch of rows that the archive does not have, and their audio."""
        given = {to_storable_text(provider.identity(row.id)): row for row in rows}
        stored = queries.fetch_identities(self._catalog, "identity", provider.profile, list(given))
        for identity in given.keys() - {str(identity) for (identity,) in stored}:
            row = given[identity]
            estimate.rows += 1
            if audio and row.state in {None, State.COMPLETE}:
                estimate.files += 1
                estimate.bytes += row.size_bytes or 0
                estimate.unsized += not row.size_bytes


class ArchiveWriter(_OpenArchive):
    """An archive whose lock this process holds."""

    def __init__(
        self, catalog: Catalog, warnings: list[str], now_s: Callable[[], float], step: Step
    ) -> None:
        super().__init__(catalog)
        self.warnings = warnings
        """What was found at the start that a run can't repair."""
        self._now_s = now_s
        self._step = step
        self._importers: dict[str, RowImporter] = {}

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        *,
        wait_lock_s: float = 0.0,
        now_s: Callable[[], float] = time.time,
        step: Step = lambda _: None,
    ) -> Iterator[Self]:
        """Open an archive, making it if need be, and finish what a killed run left undone.

        `UsageError` if another run holds it for longer than `wait_lock_s`, or a newer recli wrote
        it. `step` is called with the name of each step of storing, after it.
        """
        layout = Layout(folder)
        try:
            make_private_folder(folder)
        except OSError as error:
            raise UsageError(f"can't make the archive {folder}: {os_reason(error)}") from error
        with archive_lock(layout, wait_lock_s, now_s), Catalog.writing(layout) as catalog:
            yield cls(catalog, audio_store.recover(catalog, step), now_s, step)

    def add(
        self, provider: Provider, rows: Sequence[Recording], *, to_export: bool = False
    ) -> list[Recording]:
        """Add a batch of rows, all or none; return those that the archive did not have.

        With `to_export` they wait, with those that have become final, until `mark_exported`.
        """
        if not rows:
            return []
        coverage.save_account(self._catalog, provider)
        now_ms = int(self._now_s() * 1000)
        return self._importer(provider).add(rows, now_ms=now_ms, to_export=to_export)

    def unchanged_ids(self, provider: Provider, rows: Sequence[Recording]) -> set[str]:
        """Return the ids of those rows that the archive has just so, `raw` aside; from any thread.

        None where the catalog can't be read by a second connection.
        """
        given = {to_storable_text(provider.identity(row.id)): row for row in rows}
        columns = f"identity, {FIELD_LIST}"
        try:
            with Catalog.reading(self._catalog.layout) as catalog:
                found = queries.fetch_identities(catalog, columns, provider.profile, list(given))
                stored = {str(identity): cells[:PUBLIC_FIELDS] for identity, *cells in found}
        except OutputError:
            return set()
        return {
            row.id
            for identity, row in given.items()
            if to_cells(row)[:PUBLIC_FIELDS] == tuple(stored.get(identity, ()))
        }

    def forget_future_marks(
        self, provider: Provider, now: datetime, then: str = "everything is listed again"
    ) -> list[str]:
        """Forget listings up to a time after `now`; return a warning if there were any.

        `then` is what it says of the consequence. A run whose clock was ahead noted them: they say
        nothing of what was recorded since.
        """
        profile = provider.profile
        if not coverage.forget_future(self._catalog, profile, now):
            return []
        return [
            f"{profile}: a run whose clock was ahead noted that it had listed up to a time that is"
            f" still to come; this is ignored, and {then}"
        ]

    def mark_listed(
        self, provider: Provider, query: Query, *, complete: bool, ahead_s: float = 0.0
    ) -> list[str]:
        """Note that the listing of `query`, as `incremental_query` gave it, has ended.

        Only after a complete one the next listing begins later. `ahead_s` is how many seconds this
        machine's clock is ahead of the provider's. Returns warnings: of marks in the provider's
        future, and of ids that came back as other calls.
        """
        now = query.now - timedelta(seconds=max(ahead_s, 0.0))
        warnings = self.forget_future_marks(provider, now, "the next run lists everything")
        importer = self._importer(provider)
        if importer.reused:
            warnings.append(reused_text(provider.profile, importer.reused))
        if not complete or query.limit is not None or query.params:
            return warnings
        coverage.save_account(self._catalog, provider)
        with self._catalog.transaction():
            if not query.active - _TIMES:
                importer.mark_missing(query)
            idle = not importer.added and not importer.changed
            coverage.extend_coverage(self._catalog, provider, query, now, idle=idle)
        return warnings

    def counts(self, provider: Provider) -> tuple[int, int]:
        """Return how many rows of a profile were new in this run, and how many had changed."""
        importer = self._importer(provider)
        return importer.added, importer.changed

    def fetch_audio(  # noqa: PLR0913  # what a run may want different, by name
        self,
        clients: Mapping[str, Client],
        *,
        template: NameTemplate | None = None,
        retries: int = DEFAULT_AUDIO_RETRIES,
        retry_given_up: bool = False,
        redact: Callable[[str], str] = str,
        progress: Callable[[AudioResult], None] = lambda _: None,
    ) -> AudioResult:
        """Fetch and store all audio that profiles, by their names, still lack.

        `retry_given_up` also asks for what was given up, and for files that are no longer there.
        `progress` is called after each batch of files. `OutputError` if the disk refuses; what is
        stored is whole then, and a later run goes on.
        """
        for client in clients.values():
            profile = client.provider.profile
            coverage.save_account(self._catalog, client.provider)
            audio_queue.enable_audio(self._catalog, profile)
            if retry_given_up:
                audio_queue.reset_failures(self._catalog, profile)
                audio_queue.requeue_missing_files(self._catalog, profile)
        completed = audio_store.clean_partial(self._catalog)
        store = AudioStore(self._catalog, template or NameTemplate.parse(), self._step)
        downloader = AudioDownloader(
            self._catalog, store, retries, redact=redact, progress=progress, now_s=self._now_s
        )
        return downloader.run(clients, completed)

    def unexported_rows(self) -> Iterator[list[Recording]]:
        """Yield the rows that wait to be exported: this run's, and those of killed runs."""
        return queries.unexported_rows(self._catalog)

    def mark_exported(self) -> None:
        """Note that all rows of `unexported_rows` are exported and safe there."""
        if self._catalog.fetch_number("SELECT count(*) FROM recordings WHERE fresh"):
            self._catalog.execute("UPDATE recordings SET fresh = 0 WHERE fresh")

    def _importer(self, provider: Provider) -> RowImporter:
        if provider.profile not in self._importers:
            self._importers[provider.profile] = RowImporter(self._catalog, provider)
        return self._importers[provider.profile]
