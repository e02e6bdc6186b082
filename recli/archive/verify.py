"""The proof that an archive is whole, or the names of what is not. It writes nothing there.

The manifest is read once; the catalog and the files are compared with what it says, in flat
memory however large the archive is. A run that stores files meanwhile disturbs nothing.
"""

import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from threading import Event
from typing import Self

from recli.archive import log
from recli.archive.audio_store import known_position
from recli.archive.catalog import Catalog
from recli.archive.layout import AUDIO, Layout
from recli.archive.log import START, LogPosition, StoredAudio
from recli.errors import OutputError, UsageError
from recli.transport.rate_limiter import Stopped

_BATCH = 500


class LogIndex:
    """The files of a manifest by their paths; of two lines for one path, the later counts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def made(cls) -> Iterator[Self]:
        """Make an empty one."""
        connection = sqlite3.connect("", isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute(
                "CREATE TABLE files (path TEXT PRIMARY KEY, bytes INTEGER, sha256 TEXT,"
                " id TEXT, profile TEXT, fetched_at TEXT) WITHOUT ROWID"
            )
            yield cls(connection)
        finally:
            connection.close()

    def put(self, files: Iterable[StoredAudio]) -> None:
        """Add files."""
        rows = [(f.path, f.bytes, f.sha256, f.id, f.profile, f.fetched_at) for f in files]
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def at(self, path: str) -> StoredAudio | None:
        """Return the file at a path, None if the manifest has none there."""
        found = self._connection.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return StoredAudio(*found) if found else None

    def count(self) -> int:
        """Return how many files there are."""
        return int(self._connection.execute("SELECT count(*) FROM files").fetchone()[0])

    def all(self) -> Iterator[StoredAudio]:
        """Yield all files in the order of their paths, in flat memory."""
        after = ""
        while rows := self._page(after):
            yield from (StoredAudio(*row) for row in rows)
            after = rows[-1][0]

    def _page(self, after: str) -> Sequence[tuple[str, int, str, str, str, str]]:
        return self._connection.execute(
            "SELECT * FROM files WHERE path > ? ORDER BY path LIMIT ?", (after, _BATCH)
        ).fetchall()


_PIECE = 1 << 20
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe in a file's place would wait for its writer
)


class FileChecker:
    """Look at files below a folder; safe for many threads."""

    def __init__(self, folder: Path, going_on: Callable[[], None]) -> None:
        self._folder = folder
        self._going_on = going_on
        self._plain: set[Path] = {folder}

    def trouble(  # noqa: PLR0911  # one for each thing that can be wrong
        self, stored: StoredAudio, *, quick: bool
    ) -> tuple[bool, str] | None:
        """Return whether a file is there at all and what is wrong with it; None if nothing is.

        `quick` looks at the length only.
        """
        path = self._folder / stored.path
        try:
            if not self._is_plain(path.parent):
                return True, "lies behind a link, which may lead out of the archive"
            if path.is_symlink():
                return True, "is a link"
            descriptor = os.open(path, _FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            return False, "is not there"
        except (OSError, ValueError) as error:
            return True, f"can't be read: {getattr(error, 'strerror', None) or error}"
        try:
            found = os.fstat(descriptor)
            if not S_ISREG(found.st_mode):
                return True, "is no file"
            if found.st_size != stored.bytes:
                return True, f"has {found.st_size} bytes, not {stored.bytes}"
            if not quick and self._digest(descriptor) != stored.sha256:
                return True, "has other bytes than were stored"
        except OSError as error:
            return True, f"can't be read: {error.strerror or error}"
        finally:
            os.close(descriptor)
        return None

    def all(self) -> Iterator[tuple[str, bool]]:
        """Yield the paths of all files among the audio, and whether each is a link."""
        waiting = [AUDIO]
        while waiting:
            folder = waiting.pop()
            try:
                entries = sorted(os.scandir(self._folder / folder), key=lambda each: each.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}"
                if entry.is_symlink():
                    yield path, True
                elif entry.is_dir():
                    waiting.append(path)
                else:
                    yield path, False

    def _is_plain(self, folder: Path) -> bool:
        """Say whether no folder on the way is a link."""
        if folder in self._plain:
            return True
        if folder.is_symlink() or not self._is_plain(folder.parent):
            return False
        self._plain.add(folder)
        return True

    def _digest(self, descriptor: int) -> str:
        digest = sha256()
        while piece := os.read(descriptor, _PIECE):
            self._going_on()
            digest.update(piece)
        return digest.hexdigest()


_VERIFY_BATCH = 500
_AHEAD = 4
"""Files that are read or wait, for each one that may be read at once."""


class FindingKind(StrEnum):
    """What can be wrong."""

    MISSING = "missing"  # a file of the manifest that is not there
    CHANGED = "changed"  # a file that is not what the manifest says
    EXTRA = "extra"  # a file that the manifest does not know
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
    """How far a verification has come: `listed` files in all, `files` looked at, and rows."""

    listed: int = 0
    files: int = 0
    bytes: int = 0
    rows: int = 0
    findings: int = 0


class Verification:
    """Compare an archive's manifest, catalog and files; `findings` yields what is wrong.

    `quick` compares lengths only; `jobs` files are read at once. `counts` holds after and while
    findings are taken; `progress` is told of them after each file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        quick: bool = False,
        jobs: int = 4,
        progress: Callable[[Counts], None] = lambda _: None,
    ) -> None:
        self.counts = Counts()
        self._layout = Layout(folder)
        self._quick = quick
        self._jobs = max(1, jobs)
        self._progress = progress
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
        self._position, self._lines = LogPosition(), 0
        try:
            with LogIndex.made() as known:
                for finding in self._found(known):
                    self.counts.findings += 1
                    yield finding
        finally:
            self._stopped.set()

    def _found(self, known: LogIndex) -> Iterator[Finding]:
        yield from self._read_on(known)
        self.counts.listed = known.count()
        try:
            with Catalog.reading(self._layout) as catalog:
                yield from self._rows(catalog, known)
                yield from self._files(known)
                yield from self._extra(known, catalog)
                return
        except UsageError as error:
            if self._layout.catalog.exists():
                raise
            yield Finding(FindingKind.MISSING, error.message, self._layout.catalog.name)
        except OutputError as error:
            yield Finding(FindingKind.CHANGED, error.message, self._layout.catalog.name)
        yield from self._files(known)
        yield from self._extra(known, None)

    def _read_on(self, known: LogIndex) -> Iterator[Finding]:
        """Take up the lines that have not been read, and check their chain."""
        batch: list[StoredAudio] = []
        for line in log.read(self._layout.manifest, self._position, self._lines + 1):
            self._lines = line.number
            self._position = LogPosition(line.end, line.sha256)
            if line.stored is None:
                problem = "can't be read as a line of the manifest"
                yield Finding(FindingKind.CHAIN, problem, line=line.number)
            elif not line.chained:
                problem = "does not follow the line before: one of them was changed or is missing"
                yield Finding(FindingKind.CHAIN, problem, line.stored.path, line=line.number)
            if line.stored is not None:
                batch.append(line.stored)
            if len(batch) >= _VERIFY_BATCH:
                known.put(batch)
                batch = []
        known.put(batch)

    def _rows(self, catalog: Catalog, known: LogIndex) -> Iterator[Finding]:
        """Compare the catalog with the manifest, and name the rows without audio."""
        yield from self._end(catalog)
        self.counts.rows = catalog.number("SELECT count(*) FROM recordings")
        for rows in catalog.steps(
            "SELECT audio_path, audio_bytes, audio_sha256, profile, id FROM recordings"
            " WHERE audio = 'stored'"
        ):
            for path, size, digest, profile, name in rows:
                stored = known.at(str(path))
                if stored is None:
                    yield from self._read_on(known)  # a run may have stored it since
                    stored = known.at(str(path))
                where = (str(path), str(profile), str(name))
                if stored is None:
                    yield Finding(
                        FindingKind.UNLISTED, "is in the catalog, not in the manifest", *where
                    )
                elif (stored.bytes, stored.sha256) != (size, digest):
                    yield Finding(
                        FindingKind.UNLISTED, "catalog and manifest disagree on it", *where
                    )
        yield from _without_audio(catalog)
        for stored in known.all():
            if not catalog.number(
                "SELECT count(*) FROM recordings WHERE audio_path = ?1 COLLATE NOCASE"
                " AND audio_path = ?1 AND profile = ?2 AND id = ?3",
                (stored.path, stored.profile, stored.id),
            ):
                where = (stored.path, stored.profile, stored.id)
                yield Finding(
                    FindingKind.UNLISTED, "is in the manifest, not in the catalog", *where
                )

    def _end(self, catalog: Catalog) -> Iterator[Finding]:
        """Check the line that no other line vouches for: the last one that the catalog knows."""
        last = known_position(catalog)
        if last.last_sha256 == START:
            return
        if not self._layout.manifest.exists():
            yield Finding(FindingKind.MISSING, "is not there", self._layout.manifest.name)
        elif log.last_line_sha256(self._layout.manifest, last.bytes) != last.last_sha256:
            problem = "the manifest does not end as it was written"
            yield Finding(FindingKind.CHAIN, problem, line=self._lines or None)

    def _files(self, known: LogIndex) -> Iterator[Finding]:
        """Look at all files of the manifest, some at once."""
        self._stopped.clear()
        looking = FileChecker(self._layout.folder, self._going_on)
        files = known.all()
        waiting: deque[tuple[StoredAudio, Future[tuple[bool, str] | None]]] = deque()
        with ThreadPoolExecutor(self._jobs, "recli-verify") as pool:
            try:
                while True:
                    while len(waiting) < self._jobs * _AHEAD and (stored := next(files, None)):
                        job = pool.submit(looking.trouble, stored, quick=self._quick)
                        waiting.append((stored, job))
                    if not waiting:
                        return
                    stored, job = waiting.popleft()
                    trouble = job.result()
                    self.counts.files += 1
                    self.counts.bytes += stored.bytes
                    self._progress(self.counts)
                    if trouble is not None:
                        kind = FindingKind.CHANGED if trouble[0] else FindingKind.MISSING
                        where = (stored.path, stored.profile, stored.id)
                        yield Finding(kind, trouble[1], *where)
            finally:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)

    def _extra(self, known: LogIndex, catalog: Catalog | None) -> Iterator[Finding]:
        """Name the files among the audio that the manifest does not know."""
        looking = FileChecker(self._layout.folder, self._going_on)
        for path, is_link in looking.all():
            if known.at(path) is not None:
                continue  # a link in a file's place was named with the files
            yield from self._read_on(known)
            if known.at(path) is not None or (catalog is not None and _is_coming(catalog, path)):
                continue
            yield Finding(
                FindingKind.EXTRA, "is a link" if is_link else "is not in the manifest", path
            )

    def _going_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped


def _without_audio(catalog: Catalog) -> Iterator[Finding]:
    for rows in catalog.steps(
        "SELECT profile, id, recordings.audio, audio_error"
        " FROM recordings JOIN profiles USING (profile)"
        " WHERE profiles.audio AND recordings.audio <> 'stored'"
        " AND (state IS NULL OR state = 'complete')"
    ):
        for profile, name, state, error in rows:
            detail = "its run was killed: run it again" if state == "storing" else str(state)
            detail = f"{state}: {error}" if error else detail
            yield Finding(FindingKind.NO_AUDIO, detail, None, str(profile), str(name))


def _is_coming(catalog: Catalog, path: str) -> bool:
    """Say whether a run is about to store a file at a path, or was killed there."""
    return bool(
        catalog.number(
            "SELECT count(*) FROM recordings WHERE audio_path = ? COLLATE NOCASE"
            " AND audio = 'storing'",
            (path,),
        )
    )
