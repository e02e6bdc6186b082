"""The proof that an archive is whole, or the names of what is not. It changes nothing there.

The manifest is read once; the catalog and the files are compared with it, in flat memory however
large the archive is. A run that stores files meanwhile disturbs nothing.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event

from recli.archive import log
from recli.archive.audio_store import read_position
from recli.archive.catalog import FINISHED, Catalog
from recli.archive.file_checker import FileChecker, LogIndex, audio_paths, is_system_file
from recli.archive.layout import Layout
from recli.archive.log import START, LogPosition, StoredAudio
from recli.errors import OutputError, UsageError
from recli.transport.rate_limiter import Stopped

_BATCH = 500
_QUEUED_PER_JOB = 4
"""Files that are read or wait, for each one that may be read at once."""


class FindingKind(StrEnum):
    """What can be wrong."""

    MISSING = "missing"  # a file of the manifest that is not there
    CHANGED = "changed"  # a file that is not what the manifest says
    EXTRA = "extra"  # a file that is not in the manifest
    UNLISTED = "unlisted"  # in the catalog and not so in the manifest, or the other way round
    CHAIN = "chain"  # a line of the manifest that does not follow the one before
    NO_AUDIO = "no-audio"  # a recording without its audio


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, and how; `line` is the manifest's, from 1."""

    kind: FindingKind
    detail: str
    path: str | None = None
    profile: str | None = None
    id: str | None = None
    line: int | None = None


@dataclass(slots=True)
class Counts:
    """How far a verification has come: `listed` files in all, of them `files` checked; rows.

    `system_files` were dropped by file managers and file systems: they are none of the archive's.
    """

    listed: int = 0
    files: int = 0
    bytes: int = 0
    rows: int = 0
    findings: int = 0
    system_files: int = 0
    system_file: str | None = None
    """The first of them."""


class Verification:
    """Compare an archive's manifest, catalog and files, once.

    `quick` compares lengths only; `jobs` files are read at once. `counts` is up to date while
    `findings` are taken.
    """

    def __init__(self, folder: Path, *, quick: bool = False, jobs: int = 4) -> None:
        self.counts = Counts()
        self._layout = Layout(folder)
        self._quick = quick
        self._jobs = max(1, jobs)
        self._position = LogPosition()
        self._lines = 0
        self._stopped = Event()
        if not self._layout.catalog.exists() and not self._layout.manifest.exists():
            raise UsageError(
                f"{folder} is no archive: it has neither {self._layout.catalog.name}"
                f" nor {self._layout.manifest.name}"
            )

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, as it is found; nothing if the archive is whole."""
        with LogIndex.create() as index:
            for finding in self._compare(index):
                self.counts.findings += 1
                yield finding

    def _compare(self, index: LogIndex) -> Iterator[Finding]:
        yield from self._read_log(index)
        self.counts.listed = index.count()
        try:
            with Catalog.reading(self._layout) as catalog:
                yield from self._compare_catalog(catalog, index)
                yield from self._check_files(index)
                yield from self._find_extra_files(index, catalog)
                return
        except UsageError as error:
            if self._layout.catalog.exists():
                raise
            yield Finding(FindingKind.MISSING, error.message, self._layout.catalog.name)
        except OutputError as error:
            yield Finding(FindingKind.CHANGED, error.message, self._layout.catalog.name)
        yield from self._check_files(index)
        yield from self._find_extra_files(index, None)

    def _read_log(self, index: LogIndex) -> Iterator[Finding]:
        """Read the lines of the manifest that have not been read, and check their chain."""
        batch: list[StoredAudio] = []
        for line in log.read(self._layout.manifest, self._position, self._lines + 1):
            self._lines = line.number
            self._position = LogPosition(line.end, line.sha256)
            if line.stored is None:
                problem = "can't be read as a line of the manifest"
                yield Finding(FindingKind.CHAIN, problem, line=line.number)
                continue
            if not line.chained:
                problem = "does not follow the line before: one of them was changed or is missing"
                yield Finding(FindingKind.CHAIN, problem, line.stored.path, line=line.number)
            batch.append(line.stored)
            if len(batch) >= _BATCH:
                index.add(batch)
                batch = []
        index.add(batch)

    def _compare_catalog(self, catalog: Catalog, index: LogIndex) -> Iterator[Finding]:
        """Compare the catalog with the manifest, and name the recordings without audio."""
        yield from self._check_end(catalog)
        self.counts.rows = catalog.fetch_number("SELECT count(*) FROM recordings")
        for rows in catalog.fetch_batches(
            "SELECT audio_path, audio_bytes, audio_sha256, profile, id FROM recordings"
            " WHERE audio = 'stored'"
        ):
            for path, size, digest, profile, name in rows:
                stored = index.get(str(path))
                if stored is None:
                    yield from self._read_log(index)  # a run may have stored it since
                    stored = index.get(str(path))
                if stored is None:
                    problem = "is in the catalog, not in the manifest"
                elif (stored.bytes, stored.sha256) != (size, digest):
                    problem = "catalog and manifest disagree on it"
                else:
                    continue
                yield Finding(FindingKind.UNLISTED, problem, str(path), str(profile), str(name))
        yield from _find_missing_audio(catalog)
        for stored in index.all():
            if not catalog.fetch_number(
                "SELECT count(*) FROM recordings WHERE audio_path = ?1 COLLATE NOCASE"
                " AND audio_path = ?1 AND profile = ?2 AND id = ?3",
                (stored.path, stored.profile, stored.id),
            ):
                problem = "is in the manifest, not in the catalog"
                yield _finding_at(FindingKind.UNLISTED, problem, stored)

    def _check_end(self, catalog: Catalog) -> Iterator[Finding]:
        """Check the last line that the catalog knows: no other line has its hash."""
        last = read_position(catalog)
        if last.last_sha256 == START:
            return
        if not self._layout.manifest.exists():
            yield Finding(FindingKind.MISSING, "is not there", self._layout.manifest.name)
        elif log.last_line_sha256(self._layout.manifest, last.bytes) != last.last_sha256:
            problem = "the manifest does not end as it was written"
            yield Finding(FindingKind.CHAIN, problem, line=self._lines or None)

    def _check_files(self, index: LogIndex) -> Iterator[Finding]:
        """Check all files of the manifest, several at once."""
        checker = FileChecker(self._layout.folder, self._check_stopped)
        files = index.all()
        pending: deque[tuple[StoredAudio, Future[tuple[bool, str] | None]]] = deque()
        with ThreadPoolExecutor(self._jobs, "recli-verify") as pool:
            try:
                while True:
                    while len(pending) < self._jobs * _QUEUED_PER_JOB and (
                        stored := next(files, None)
                    ):
                        check = pool.submit(checker.problem_with, stored, quick=self._quick)
                        pending.append((stored, check))
                    if not pending:
                        return
                    stored, check = pending.popleft()
                    problem = check.result()
                    self.counts.files += 1
                    self.counts.bytes += stored.bytes
                    if problem is not None:
                        exists, detail = problem
                        kind = FindingKind.CHANGED if exists else FindingKind.MISSING
                        yield _finding_at(kind, detail, stored)
            except BaseException:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _find_extra_files(self, index: LogIndex, catalog: Catalog | None) -> Iterator[Finding]:
        """Name the files among the audio that are not in the manifest."""
        for path, is_link in audio_paths(self._layout.folder):
            if index.get(path) is not None:
                continue  # a link in a file's place was named with the files
            yield from self._read_log(index)
            if index.get(path) is not None or (catalog is not None and _is_storing(catalog, path)):
                continue
            if is_system_file(path) and not is_link:
                self.counts.system_files += 1
                self.counts.system_file = self.counts.system_file or path
                continue
            detail = "is a link" if is_link else "is not in the manifest"
            yield Finding(FindingKind.EXTRA, detail, path)

    def _check_stopped(self) -> None:
        if self._stopped.is_set():
            raise Stopped


def _finding_at(kind: FindingKind, detail: str, stored: StoredAudio) -> Finding:
    return Finding(kind, detail, stored.path, stored.profile, stored.id)


def _find_missing_audio(catalog: Catalog) -> Iterator[Finding]:
    for rows in catalog.fetch_batches(
        "SELECT profile, id, recordings.audio, audio_error"
        " FROM recordings JOIN profiles USING (profile)"
        f" WHERE profiles.audio AND recordings.audio <> 'stored' AND {FINISHED}"
    ):
        for profile, name, state, error in rows:
            detail = "its run was killed: run it again" if state == "storing" else str(state)
            detail = f"{state}: {error}" if error else detail
            yield Finding(FindingKind.NO_AUDIO, detail, None, str(profile), str(name))


def _is_storing(catalog: Catalog, path: str) -> bool:
    """Return whether a run is about to store a file at a path, or was killed there."""
    statement = (
        "SELECT count(*) FROM recordings WHERE audio_path = ? COLLATE NOCASE AND audio = 'storing'"
    )
    return catalog.fetch_number(statement, (path,)) > 0
