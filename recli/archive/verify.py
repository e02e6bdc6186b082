"""The proof that an archive is whole, or the names of what is not. It writes nothing there.

The manifest is read once; the catalog and the files are compared with what it says, in flat
memory however large the archive is. A run that stores files meanwhile disturbs nothing.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event

from recli.archive import manifest
from recli.archive.catalog import Catalog
from recli.archive.known import Known
from recli.archive.layout import Layout
from recli.archive.looking import Looking
from recli.archive.manifest import START, Position, Stored
from recli.archive.storing import known_position
from recli.errors import OutputError, UsageError
from recli.transport.gate import Stopped

_BATCH = 500
_AHEAD = 4
"""Files that are read or wait, for each one that may be read at once."""


class Kind(StrEnum):
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

    kind: Kind
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
        self._position = Position()
        self._lines = 0
        self._stopped = Event()
        if not self._layout.catalog.exists() and not self._layout.manifest.exists():
            raise UsageError(
                f"{folder} is no archive: it has neither {self._layout.catalog.name}"
                f" nor {self._layout.manifest.name}"
            )

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, as it is found; nothing if the archive is whole."""
        self._position, self._lines = Position(), 0
        try:
            with Known.made() as known:
                for finding in self._found(known):
                    self.counts.findings += 1
                    yield finding
        finally:
            self._stopped.set()

    def _found(self, known: Known) -> Iterator[Finding]:
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
            yield Finding(Kind.MISSING, error.message, self._layout.catalog.name)
        except OutputError as error:
            yield Finding(Kind.CHANGED, error.message, self._layout.catalog.name)
        yield from self._files(known)
        yield from self._extra(known, None)

    def _read_on(self, known: Known) -> Iterator[Finding]:
        """Take up the lines that have not been read, and check their chain."""
        batch: list[Stored] = []
        for line in manifest.read(self._layout.manifest, self._position, self._lines + 1):
            self._lines = line.number
            self._position = Position(line.end, line.sha256)
            if line.stored is None:
                problem = "can't be read as a line of the manifest"
                yield Finding(Kind.CHAIN, problem, line=line.number)
            elif not line.chained:
                problem = "does not follow the line before: one of them was changed or is missing"
                yield Finding(Kind.CHAIN, problem, line.stored.path, line=line.number)
            if line.stored is not None:
                batch.append(line.stored)
            if len(batch) >= _BATCH:
                known.put(batch)
                batch = []
        known.put(batch)

    def _rows(self, catalog: Catalog, known: Known) -> Iterator[Finding]:
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
                    yield Finding(Kind.UNLISTED, "is in the catalog, not in the manifest", *where)
                elif (stored.bytes, stored.sha256) != (size, digest):
                    yield Finding(Kind.UNLISTED, "catalog and manifest disagree on it", *where)
        yield from _without_audio(catalog)
        for stored in known.all():
            if not catalog.number(
                "SELECT count(*) FROM recordings WHERE audio_path = ?1 COLLATE NOCASE"
                " AND audio_path = ?1 AND profile = ?2 AND id = ?3",
                (stored.path, stored.profile, stored.id),
            ):
                where = (stored.path, stored.profile, stored.id)
                yield Finding(Kind.UNLISTED, "is in the manifest, not in the catalog", *where)

    def _end(self, catalog: Catalog) -> Iterator[Finding]:
        """Check the line that no other line vouches for: the last one that the catalog knows."""
        last = known_position(catalog)
        if last.last_sha256 == START:
            return
        if not self._layout.manifest.exists():
            yield Finding(Kind.MISSING, "is not there", self._layout.manifest.name)
        elif manifest.last_line_sha256(self._layout.manifest, last.bytes) != last.last_sha256:
            problem = "the manifest does not end as it was written"
            yield Finding(Kind.CHAIN, problem, line=self._lines or None)

    def _files(self, known: Known) -> Iterator[Finding]:
        """Look at all files of the manifest, some at once."""
        self._stopped.clear()
        looking = Looking(self._layout.folder, self._going_on)
        files = known.all()
        waiting: deque[tuple[Stored, Future[tuple[bool, str] | None]]] = deque()
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
                        kind = Kind.CHANGED if trouble[0] else Kind.MISSING
                        where = (stored.path, stored.profile, stored.id)
                        yield Finding(kind, trouble[1], *where)
            finally:
                self._stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)

    def _extra(self, known: Known, catalog: Catalog | None) -> Iterator[Finding]:
        """Name the files among the audio that the manifest does not know."""
        looking = Looking(self._layout.folder, self._going_on)
        for path, is_link in looking.all():
            if known.at(path) is not None:
                continue  # a link in a file's place was named with the files
            yield from self._read_on(known)
            if known.at(path) is not None or (catalog is not None and _is_coming(catalog, path)):
                continue
            yield Finding(Kind.EXTRA, "is a link" if is_link else "is not in the manifest", path)

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
            yield Finding(Kind.NO_AUDIO, detail, None, str(profile), str(name))


def _is_coming(catalog: Catalog, path: str) -> bool:
    """Say whether a run is about to store a file at a path, or was killed there."""
    return bool(
        catalog.number(
            "SELECT count(*) FROM recordings WHERE audio_path = ? COLLATE NOCASE"
            " AND audio = 'storing'",
            (path,),
        )
    )
