"""List, export and archive recordings: what the commands do, as functions for scripts.

Values go in, rows go to a `Writer`, and a `RunReport` comes out. Nothing here parses text or knows
a terminal; `RunObserver` is told of warnings and progress.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from recli.archive.archive import ArchiveReader, ArchiveWriter, RunEstimate
from recli.archive.audio_folder import AudioFolder
from recli.archive.audio_result import AudioResult
from recli.archive.file_names import NameTemplate
from recli.archive.folder_downloads import (
    FolderDownloader,
    StoredFile,
    download_exit_code,
    fetch_one,
)
from recli.config.profile import Profile, ProfileTable
from recli.config.workspace import Workspace
from recli.engine.listing import Listing
from recli.engine.match import ids_of_profile, matcher
from recli.engine.report import RunReport
from recli.engine.result import Completeness, ProfileResult
from recli.engine.run import ListingObserver, ListingRun
from recli.errors import ConfigError, ExitCode, PartialError, UsageError
from recli.model import Query, Recording
from recli.output.base import Writer
from recli.providers.base import Provider
from recli.transport.client import Client
from recli.transport.socket_limit import SocketLimit

_PROFILE = attrgetter("profile")
DEFAULT_PATIENCE_S = 20.0
_TOO_MANY = 2


class RunObserver(ListingObserver):
    """Ignore warnings and progress; derive from it and override what is of interest."""

    def warned(self, text: str) -> None:
        """Handle a warning that is about no single profile."""

    def audio_progress(self, audio: AudioResult) -> None:
        """Handle the start of downloads, and each group of files that was stored."""

    def run_finished(self) -> None:
        """Handle the end of a run that goes on after its listing, also if it failed."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Whose recordings to list, and which.

    `failures` are profiles that were selected but have no usable configuration. Where rows go out
    as they come, one without an answer holds up the others for `patience_s` at most.
    """

    workspace: Workspace
    profiles: Sequence[Profile]
    query: Query
    failures: Sequence[tuple[ProfileTable, ConfigError]] = ()
    observer: RunObserver = field(default_factory=RunObserver)
    patience_s: float = DEFAULT_PATIENCE_S

    def query_of(self, profile: str) -> Query:
        """Return the query for a profile, with the country that its numbers are in."""
        return self.query.in_country(self.workspace.configuration.country_of(profile))


def _listing_run(  # noqa: PLR0913  # options, by keyword
    request: RunRequest,
    report: RunReport,
    *,
    in_order: bool = True,
    raw: bool = True,
    queries: Mapping[str, Query] | None = None,
    told_ids: Callable[[Provider, list[Recording]], set[str]] = lambda *_: set(),
) -> ListingRun:
    """Prepare the listings; `queries` by profile go before the request's."""
    listings = []
    names = {profile.name for profile in request.profiles}
    sockets = SocketLimit.for_process(len(request.profiles))
    for profile in request.profiles:
        observer = request.observer.transport_observer(profile.name)
        client = Client(
            profile.provider,
            profile.settings,
            redactor=request.workspace.redact,
            observer=observer,
            token_folder=request.workspace.token_folder,
            sockets=sockets,
        )
        query = (queries or {}).get(profile.name) or request.query_of(profile.name)
        if query.ids is not None:
            query = replace(query, ids=ids_of_profile(query.ids, profile.name, names))
        listing = Listing(
            profile.name,
            client,
            query,
            in_order=in_order,
            raw=raw,
            warn=observer.warned,
            told_ids=partial(told_ids, profile.provider),
        )
        listings.append(listing)
    failed = [ProfileResult(it.name, it.provider, error=error) for it, error in request.failures]
    report.query = request.query
    report.results = [*(listing.result for listing in listings), *failed]
    return ListingRun(listings, report, request.observer)


def list_recordings(
    request: RunRequest,
    writer: Writer,
    *,
    in_order: bool = True,
    raw: bool = True,
    report: RunReport | None = None,
) -> RunReport:
    """Write the recordings to `writer`, newest first, and leave it open.

    `raw` False allows leaving out the providers' own objects. `report` is filled in as the run
    goes on, for callers that need it after an exception.
    """
    report = report or RunReport(request.query.now)
    with _listing_run(request, report, in_order=in_order, raw=raw) as run:
        run.write_to(writer, in_order=in_order, patience_s=request.patience_s)
    return report


class _IncompleteError(Exception):
    """Leave the block that writes a file, so that the file is discarded."""


def export_recordings(
    request: RunRequest,
    file: AbstractContextManager[Writer],
    *,
    raw: bool = True,
    keep_partial: bool = False,
    report: RunReport | None = None,
) -> RunReport:
    """Write the recordings to a file of `file_writer`, which is discarded if any are missing.

    See `keeps_file`; the other parameters are those of `list_recordings`.
    """
    report = report or RunReport(request.query.now)
    with suppress(_IncompleteError), _listing_run(request, report, raw=raw) as run, file as writer:
        run.write_to(writer)
        if not keeps_file(report, keep_partial=keep_partial):
            report.is_discarded = True
            raise _IncompleteError
    return report


def keeps_file(report: RunReport, *, keep_partial: bool) -> bool:
    """Say whether an export that went so is kept."""
    return report.is_complete or (keep_partial and report.delivered > 0)


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """How an archive is brought up to date; times in seconds."""

    audio: bool
    full: bool
    overlap_s: float
    retries: int
    template: NameTemplate
    wait_lock_s: float


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What a run added to an archive; `audio` is None if none was asked for."""

    run: RunReport
    added: int
    changed: int
    audio: AudioResult | None


def archive_recordings(
    request: RunRequest,
    folder: Path,
    settings: ArchiveSettings,
    *,
    export_new: Callable[[Iterator[list[Recording]]], None] | None = None,
    report: RunReport | None = None,
) -> ArchiveReport:
    """Add to an archive the recordings and audio that it lacks.

    `export_new` is given the rows that are new in this run, and those of runs that were killed.
    """
    report = report or RunReport(request.query.now)
    with ArchiveWriter.open(folder, wait_lock_s=settings.wait_lock_s) as archive:
        for warning in archive.warnings:
            request.observer.warned(warning)
        for profile in request.profiles:
            for warning in archive.forget_future_marks(profile.provider, request.query.now):
                request.observer.warned(warning)
        queries = _incremental_queries(archive, request, settings)
        with _listing_run(
            request, report, in_order=False, queries=queries, told_ids=archive.unchanged_ids
        ) as run:
            add = partial(archive.add, to_export=export_new is not None)
            run.write_to(
                _ArchiveRows(add, request.profiles), in_order=False, patience_s=request.patience_s
            )
            added, changed = _mark_listed(archive, request, queries, run, report)
            if export_new is not None:
                request.observer.before_write()
                export_new(archive.unexported_rows())
                archive.mark_exported()
            audio = _download_audio(archive, settings, request, run) if settings.audio else None
    section: dict[str, object] = {"folder": str(folder), "new": added, "changed": changed}
    if audio is not None:
        section["audio"] = audio.as_dict()
        report.audio_failures = {
            name: max(1, it.failed + it.gone + it.left)
            for name, it in audio.profiles.items()
            if not it.is_complete
        }
        report.exit_code = _exit_code_with_audio(report.exit_code, audio)
    report.sections["archive"] = section
    return ArchiveReport(report, added, changed, audio)


@dataclass(frozen=True, slots=True)
class DownloadReport:
    """What a run downloaded to a folder."""

    run: RunReport
    audio: AudioResult


def download_recordings(
    request: RunRequest,
    folder: Path,
    *,
    template: NameTemplate | None = None,
    on_stored: Callable[[StoredFile], None] = lambda _: None,
    report: RunReport | None = None,
) -> DownloadReport:
    """Download the recordings' audio to a plain folder; what is there already is left alone.

    Files appear whole or not at all, below `folder`, named by `template`. `on_stored` is called for
    each one. The report's exit code says whether something is missing, and why.
    """
    report = report or RunReport(request.query.now)
    template = template or NameTemplate.parse(folder="")
    with (
        AudioFolder.open(folder, template) as target,
        _listing_run(request, report, in_order=request.query.limit is not None) as run,
    ):
        downloader = FolderDownloader(
            target,
            run.clients,
            on_stored=on_stored,
            progress=request.observer.audio_progress,
            redact=request.workspace.redact,
            by_id=request.query.ids is not None,
        )
        try:
            run.write_to(downloader)
            downloader.close()
        except BaseException:
            for result in report.results:  # delivered is what was stored, not what was listed
                stored = downloader.result.profiles.get(result.profile)
                result.rows = stored.stored if stored is not None else 0
            raise
        finally:
            downloader.stop()
    audio = downloader.result
    report.sections["download"] = {"folder": str(folder), "audio": audio.as_dict()}
    code = download_exit_code(report.exit_code, audio, downloader.errors)
    has_missing = code is ExitCode.OK and report.missing_ids and not report.is_limited
    report.exit_code = ExitCode.PARTIAL if has_missing else code
    return DownloadReport(report, audio)


def download_to_stream(
    request: RunRequest, stream: BinaryIO, *, report: RunReport | None = None
) -> StoredFile | None:
    """Write the audio of the one recording that matches to a stream, once it is whole and checked.

    None if the listing failed, as the report says. `UsageError` if more than one matches, and
    `PartialError` if none does; ProviderError if its audio is not to be had.
    """
    report = report or RunReport(request.query.now)
    limit = min(request.query.limit or _TOO_MANY, _TOO_MANY)
    request = replace(request, query=replace(request.query, limit=limit))
    template = NameTemplate.parse("{id}", folder="")
    rows = _CollectedRows()
    with (
        TemporaryDirectory(prefix="recli-") as folder,
        AudioFolder.open(Path(folder), template) as target,
        _listing_run(request, report) as run,
    ):
        run.write_to(rows)
        if rows.written >= _TOO_MANY:
            hint = "name its id, or take the newest with --limit 1"
            raise UsageError("more than one recording matches: one can be piped", hint=hint)
        if not rows.written:
            if report.exit_code is ExitCode.OK:
                raise PartialError("no recording matches: there is no audio to write")
            return None
        return fetch_one(target, run.clients, rows.rows[0], stream, request.workspace.redact)


class _CollectedRows:
    """A `Writer` that keeps the rows."""

    def __init__(self) -> None:
        self.written = 0
        self.rows: list[Recording] = []

    def write(self, rows: Iterable[Recording]) -> None:
        self.rows += rows
        self.written = len(self.rows)

    def close(self) -> None:
        pass


def estimate_archive(
    request: RunRequest,
    folder: Path,
    settings: ArchiveSettings,
    *,
    report: RunReport | None = None,
) -> RunEstimate:
    """Return what `archive_recordings` would add, changing nothing."""
    report = report or RunReport(request.query.now)
    estimate = RunEstimate()
    with ArchiveReader.open_or_empty(folder) as archive:
        for profile in request.profiles if settings.audio else ():
            archive.estimate_pending(estimate, profile.name, settings.retries)
        queries = _incremental_queries(archive, request, settings)
        with _listing_run(request, report, in_order=False, queries=queries) as run:
            count = partial(archive.estimate_rows, estimate, audio=settings.audio)
            run.write_to(
                _ArchiveRows(count, request.profiles), in_order=False, patience_s=request.patience_s
            )
    return estimate


def archived_rows(
    archive: ArchiveReader,
    query: Query,
    profiles: Sequence[str] | None = None,
    country_of: Callable[[str], str | None] = lambda _: None,
) -> Iterator[list[Recording]]:
    """Yield an archive's rows that match, newest first; `profiles` None means of all.

    `country_of` gives a profile's country.
    """
    matcher_of = lru_cache(None)(lambda profile: matcher(query.in_country(country_of(profile))))
    left = query.limit
    for batch in archive.rows(query, profiles):
        rows = [row for row in batch if matcher_of(row.profile)(row)] if query.active else batch
        if left is not None:
            rows = rows[:left]
            left -= len(rows)
        if rows:
            yield rows
        if left == 0:
            return


class _ArchiveRows:
    """A `Writer` that hands each profile's rows to `add`, which keeps them."""

    def __init__(
        self, add: Callable[[Provider, list[Recording]], object], profiles: Sequence[Profile]
    ) -> None:
        self.written = 0
        self._add = add
        self._providers = {profile.name: profile.provider for profile in profiles}

    def write(self, rows: Iterable[Recording]) -> None:
        for profile, group in groupby(sorted(rows, key=_PROFILE), key=_PROFILE):
            batch = list(group)
            self._add(self._providers[profile], batch)
            self.written += len(batch)

    def close(self) -> None:
        pass


def _incremental_queries(
    archive: ArchiveWriter | ArchiveReader, request: RunRequest, settings: ArchiveSettings
) -> dict[str, Query]:
    """Return by profile the query for what may be new."""
    narrow = partial(archive.incremental_query, full=settings.full, overlap_s=settings.overlap_s)
    return {it.name: narrow(it.provider, request.query_of(it.name)) for it in request.profiles}


def _mark_listed(
    archive: ArchiveWriter,
    request: RunRequest,
    queries: Mapping[str, Query],
    run: ListingRun,
    report: RunReport,
) -> tuple[int, int]:
    """Record how each listing ended; return how many rows are new and how many changed."""
    results = {result.profile: result for result in report.results}
    added = changed = 0
    for profile in request.profiles:
        result = results[profile.name]
        complete = result.is_finished and result.completeness is not Completeness.SHORT
        client = run.clients.get(profile.name)
        ahead_s = (client.skew_s if client is not None else None) or 0.0
        query = queries[profile.name]
        for warning in archive.mark_listed(
            profile.provider, query, complete=complete, ahead_s=ahead_s
        ):
            request.observer.warned(warning)
        new, updated = archive.counts(profile.provider)
        added, changed = added + new, changed + updated
    return added, changed


def _download_audio(
    archive: ArchiveWriter, settings: ArchiveSettings, request: RunRequest, run: ListingRun
) -> AudioResult:
    request.observer.audio_progress(AudioResult())
    return archive.fetch_audio(
        run.clients,
        template=settings.template,
        retries=settings.retries,
        retry_given_up=settings.full,
        redact=request.workspace.redact,
        progress=request.observer.audio_progress,
    )


def _exit_code_with_audio(code: ExitCode, audio: AudioResult) -> ExitCode:
    if code is ExitCode.OK:
        return ExitCode.OK if audio.is_complete else ExitCode.PARTIAL
    return ExitCode.PARTIAL if audio.stored else code
