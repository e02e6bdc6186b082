"""An archive that is open for writing: what a run does to it, step by step.

Whoever runs listings narrows each profile's query, hands over rows as they come, says how the
listing ended, and then has the audio fetched. It may be killed anywhere and run again.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recli.archive import audio_queue, audio_store, coverage, queries
from recli.archive.audio_result import AudioResult
from recli.archive.audio_store import AudioStore, Step
from recli.archive.catalog import Catalog
from recli.archive.coverage import OVERLAP_S, CoverageTarget
from recli.archive.downloads import AudioDownloader
from recli.archive.file_names import NameTemplate
from recli.archive.importer import RowImporter
from recli.archive.layout import Layout, archive_lock
from recli.archive.rows import stored_text
from recli.errors import UsageError
from recli.files import make_private_folder
from recli.model import Filter, Query, Recording, State
from recli.providers.base import Provider
from recli.transport.client import Client

_AT_ONCE = 400
_FINAL = {None, State.COMPLETE}


@dataclass(slots=True)
class RunEstimate:
    """What a run would bring: `bytes` as far as providers tell, `unsized` files without a size."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    unsized: int = 0

    def count(self, size_bytes: int | None) -> None:
        """Count one more file."""
        self.files += 1
        self.bytes += size_bytes or 0
        self.unsized += not size_bytes


class ArchiveReader:
    """An archive's contents, for one thread; changes nothing, needs no lock."""

    def __init__(self, catalog: Catalog | None) -> None:
        self._catalog = catalog

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Self]:
        """Open an archive to read from; `UsageError` if the folder is none."""
        with Catalog.reading(Layout(folder)) as catalog:
            yield cls(catalog)

    @classmethod
    @contextmanager
    def open_or_empty(cls, folder: Path) -> Iterator[Self]:
        """Open an archive that may not be there yet, to tell what a run would bring."""
        if not Layout(folder).catalog.exists():
            yield cls(None)
            return
        with cls.open(folder) as contents:
            yield contents

    def rows(
        self,
        query: Query,
        profiles: Sequence[str] | None = None,
        providers: Sequence[str] | None = None,
    ) -> Iterator[list[Recording]]:
        """Yield the rows that may match a query, newest first; apply the whole query to them."""
        if self._catalog is None:
            return iter(())
        return queries.matching_rows(self._catalog, query, profiles, providers)

    def profiles(self) -> dict[str, str]:
        """Return the profiles whose recordings are here, with their providers."""
        if self._catalog is None:
            return {}
        found = self._catalog.all("SELECT profile, provider FROM profiles ORDER BY profile")
        return {str(profile): str(provider) for profile, provider in found}

    def incremental_query(
        self, provider: Provider, query: Query, *, full: bool = False, overlap_s: float = OVERLAP_S
    ) -> Query:
        """Return what a run would list of a profile."""
        if self._catalog is None:
            return query
        account = CoverageTarget.of(provider)
        coverage.check_account(self._catalog, account, full=full)
        return coverage.incremental_query(
            self._catalog, account, query, full=full, overlap_s=overlap_s
        )

    def pending_audio(self, profile: str, retries: int) -> RunEstimate:
        """Return what a run would fetch of recordings that are known already."""
        if self._catalog is None:
            return RunEstimate()
        known = audio_queue.audio_counts(self._catalog, profile, retries)
        return RunEstimate(0, known.wanted, known.known_bytes, known.unknown_size)

    def estimate_rows(
        self, estimate: RunEstimate, provider: Provider, rows: Sequence[Recording], *, audio: bool
    ) -> None:
        """Count those of a batch of rows that the archive does not have, and their files."""
        given = {stored_text(provider.identity(row.id)): row for row in rows}
        names = list(given)
        for at in range(0, len(names), _AT_ONCE):
            some = names[at : at + _AT_ONCE]
            for identity in set(some) - self._known(provider.profile, some):
                estimate.rows += 1
                if audio and given[identity].state in _FINAL:
                    estimate.count(given[identity].size_bytes)

    def _known(self, profile: str, identities: Sequence[str]) -> set[str]:
        if self._catalog is None:
            return set()
        marks = ", ".join("?" * len(identities))
        found = self._catalog.all(
            f"SELECT identity FROM recordings WHERE profile = ? AND identity IN ({marks})",
            (profile, *identities),
        )
        return {str(row[0]) for row in found}


def free_bytes(folder: Path) -> int:
    """Return the room on the disk that an archive is, or would be, on."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


AUDIO_RETRIES = 5
"""Runs in which a recording's audio may fail before it is given up."""
_TIMES = frozenset({Filter.SINCE, Filter.UNTIL})


class ArchiveWriter:
    """An open archive, for one thread; `open` makes or finds it and holds its lock."""

    def __init__(
        self, catalog: Catalog, warnings: list[str], now_s: Callable[[], float], step: Step
    ) -> None:
        self.warnings = warnings
        """What was found at the start that a run can't mend."""
        self._catalog = catalog
        self._now_s = now_s
        self._step = step
        self._adding: dict[str, RowImporter] = {}

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
        """Open an archive to write to, making it if need be, and put right what a kill left.

        `UsageError` if another run holds it for longer than `wait_lock_s`, or a newer recli wrote
        it; `step` is told of each step of storing.
        """
        layout = Layout(folder)
        try:
            make_private_folder(folder)
        except OSError as error:
            raise UsageError(
                f"can't make the archive {folder}: {error.strerror or error}"
            ) from error
        with ExitStack() as stack:
            stack.enter_context(archive_lock(layout, wait_lock_s, now_s))
            catalog = stack.enter_context(Catalog.writing(layout))
            yield cls(catalog, audio_store.recover(catalog, step), now_s, step)

    def incremental_query(
        self, provider: Provider, query: Query, *, full: bool = False, overlap_s: float = OVERLAP_S
    ) -> Query:
        """Return what to list of a profile: what may be new since its last complete listing.

        `full` asks for everything. `UsageError` if the profile was another account before.
        """
        account = CoverageTarget.of(provider)
        coverage.check_account(self._catalog, account, full=full)
        return coverage.incremental_query(
            self._catalog, account, query, full=full, overlap_s=overlap_s
        )

    def add(
        self, provider: Provider, rows: Sequence[Recording], *, to_export: bool = False
    ) -> list[Recording]:
        """Add a batch of rows, all or none; return those that the archive did not have.

        With `to_export` they wait, with those that have become final, until `mark_exported`.
        """
        if not rows:
            return []
        self._remember(provider)
        now_ms = int(self._now_s() * 1000)
        return self._added(provider).add(rows, now_ms=now_ms, fresh=to_export)

    def mark_listed(self, provider: Provider, query: Query, *, complete: bool) -> None:
        """Say that the listing of `query`, as `incremental_query` gave it, has ended.

        Only a complete one moves the mark from which the next one starts.
        """
        if not complete or query.limit is not None:
            return
        self._remember(provider)
        adding = self._added(provider)
        with self._catalog.changing():
            if not query.active - _TIMES:
                adding.close(query)
            idle = not adding.added and not adding.changed
            coverage.extend_coverage(self._catalog, CoverageTarget.of(provider), query, idle=idle)

    def counts(self, provider: Provider) -> tuple[int, int]:
        """Return how many rows of a profile were new in this run, and how many had changed."""
        adding = self._added(provider)
        return adding.added, adding.changed

    def fetch_audio(  # noqa: PLR0913  # what a run may want different, by name
        self,
        transports: Mapping[str, Client],
        *,
        template: NameTemplate | None = None,
        retries: int = AUDIO_RETRIES,
        retry_given_up: bool = False,
        redact: Callable[[str], str] = str,
        progress: Callable[[AudioResult], None] = lambda _: None,
    ) -> AudioResult:
        """Fetch all audio that profiles, by their names, still lack, and store it.

        `retry_given_up` also asks for what was given up, and for files that are no longer there.
        `progress` is told after each group of files. `OutputError` if the disk refuses; all else
        is whole, and a later run goes on.
        """
        for transport in transports.values():
            name = transport.provider.profile
            self._remember(transport.provider)
            audio_queue.enable_audio(self._catalog, name)
            if retry_given_up:
                audio_queue.try_again(self._catalog, name)
                audio_queue.find_missing(self._catalog, name)
        left = audio_store.sweep(self._catalog)
        storing = AudioStore(self._catalog, template or NameTemplate.parse(), self._step)
        fetching = AudioDownloader(
            self._catalog, storing, retries, redact=redact, progress=progress, now_s=self._now_s
        )
        return fetching.run(transports, left)

    def unexported_rows(self) -> Iterator[list[Recording]]:
        """Yield the rows that wait to be given out: this run's, and those of runs that died."""
        return queries.unexported_rows(self._catalog)

    def mark_exported(self) -> None:
        """Say that all rows of `fresh` have been given out and are safe there."""
        if self._catalog.number("SELECT count(*) FROM recordings WHERE fresh"):
            self._catalog.change("UPDATE recordings SET fresh = 0 WHERE fresh")

    def _added(self, provider: Provider) -> RowImporter:
        name = provider.profile
        if name not in self._adding:
            self._adding[name] = RowImporter(self._catalog, name, provider.identity)
        return self._adding[name]

    def _remember(self, provider: Provider) -> None:
        coverage.save_account(self._catalog, CoverageTarget.of(provider))
