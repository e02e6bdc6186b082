"""The catalog: an SQLite database with a row for every recording; its schema and connection.

Write-ahead logging with `synchronous = FULL`: every commit is on the disk when it returns, so
neither a killed process nor a power cut undoes it, and readers never wait for a writer. Commits are
few: one for each page of rows, two for each batch of files.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Self

from recli.archive.layout import RERUN_HINT, Layout, as_output_error
from recli.archive.rows import Cell
from recli.errors import OutputError, UsageError
from recli.files import open_private, os_reason, warn_if_open

FORMAT = 1
"""The version of the schema; another one is refused."""
APPLICATION_ID = 0x7265636C  # "recl", so that no other program's database is taken for a catalog

AUDIO_MISSING = "audio NOT IN ('stored', 'gone')"
"""Rows whose audio may still come: the index needs this very text in a query."""
FINISHED = "(state IS NULL OR state = 'complete')"
"""Rows whose audio can be asked for."""
UNFINISHED = "state IN ('recording', 'saving') AND NOT lost"
"""Rows that a later listing will update."""

SCHEMA = f"""
CREATE TABLE recordings (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL, profile TEXT NOT NULL, id TEXT NOT NULL,
    started_at INTEGER, ended_at INTEGER, duration_s REAL, direction TEXT,
    from_number TEXT, from_name TEXT, to_number TEXT, to_name TEXT,
    local_number TEXT, remote_number TEXT, owner TEXT, call_id TEXT, state TEXT, format TEXT,
    size_bytes INTEGER, file_name TEXT, media_url TEXT, added_at INTEGER, expires_at INTEGER,
    reference TEXT, channels INTEGER, raw TEXT,
    identity TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    fresh INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0,
    audio TEXT NOT NULL DEFAULT 'wanted',
    audio_runs INTEGER NOT NULL DEFAULT 0,
    audio_error TEXT,
    audio_path TEXT, audio_bytes INTEGER, audio_sha256 TEXT, audio_fetched_at INTEGER,
    UNIQUE (profile, identity)
);
CREATE INDEX recordings_start ON recordings (started_at);
CREATE INDEX recordings_audio ON recordings (profile, started_at) WHERE {AUDIO_MISSING};
CREATE INDEX recordings_unfinished ON recordings (profile, started_at) WHERE {UNFINISHED};
CREATE INDEX recordings_fresh ON recordings (number) WHERE fresh;
CREATE UNIQUE INDEX recordings_path ON recordings (audio_path COLLATE NOCASE)
    WHERE audio_path IS NOT NULL;
CREATE TABLE sides (
    key TEXT NOT NULL,
    number INTEGER NOT NULL REFERENCES recordings (number) ON DELETE CASCADE,
    PRIMARY KEY (key, number)
) WITHOUT ROWID;
CREATE INDEX sides_number ON sides (number);
CREATE TABLE profiles (
    profile TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    audio INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE coverage (
    profile TEXT NOT NULL, filters TEXT NOT NULL, settings TEXT NOT NULL,
    since INTEGER, until INTEGER NOT NULL,
    PRIMARY KEY (profile, filters)
) WITHOUT ROWID;
CREATE TABLE manifest (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    bytes INTEGER NOT NULL, last_sha256 TEXT NOT NULL
);
CREATE TABLE unclaimed (
    profile TEXT NOT NULL, id TEXT NOT NULL,
    path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, fetched_at INTEGER NOT NULL,
    PRIMARY KEY (profile, id)
) WITHOUT ROWID;
CREATE VIEW listing AS SELECT
    provider, profile, id,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
    duration_s, direction, from_number, from_name, to_number, to_name, local_number,
    remote_number, owner, call_id, state, format, size_bytes, file_name, media_url,
    strftime('%Y-%m-%dT%H:%M:%fZ', added_at / 1000.0, 'unixepoch') AS added_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', expires_at / 1000.0, 'unixepoch') AS expires_at,
    reference, channels, audio, audio_path, audio_bytes, audio_sha256, audio_error
FROM recordings;
"""

_BUSY_S = 30.0
"""How long to wait for another program that holds the database, such as a table viewer."""
_COPY_TRIES = 5
_BATCH = 500
"""Rows that are read at a time: memory stays flat however many there are."""


class Catalog:
    """An open catalog, for one thread."""

    def __init__(self, layout: Layout, connection: sqlite3.Connection) -> None:
        self.layout = layout
        self._connection = connection

    @classmethod
    @contextmanager
    def writing(cls, layout: Layout) -> Iterator[Self]:
        """Open a catalog to write to, making it if need be; needs the archive's lock."""
        with as_output_error(layout.folder):
            if not layout.catalog.exists():
                os.close(open_private(layout.catalog, os.O_RDWR | os.O_CREAT))
                warn_if_open(layout.catalog)
        with _as_recli_errors(layout), _connect(str(layout.catalog)) as connection:
            catalog = cls(layout, connection)
            version = catalog._check_version()
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            if version == 0:
                catalog._create()
            yield catalog

    @classmethod
    @contextmanager
    def reading(cls, layout: Layout) -> Iterator[Self]:
        """Open a catalog to read from, changing nothing; `UsageError` if there is none."""
        if not layout.catalog.is_file():
            raise UsageError(
                f"{layout.folder} is no archive: it has no {layout.catalog.name}",
                hint="`recli export --archive DIR` makes one",
            )
        with (
            _as_recli_errors(layout),
            _readable_uri(layout) as uri,
            _connect(uri, uri=True) as connection,
        ):
            connection.execute("PRAGMA query_only = 1")
            catalog = cls(layout, connection)
            if catalog._check_version() == 0:
                raise UsageError(
                    f"{layout.catalog} is empty",
                    hint="run `recli export --archive` there once more",
                )
            yield catalog

    @classmethod
    @contextmanager
    def empty(cls, layout: Layout) -> Iterator[Self]:
        """Open the catalog of an archive that is not there yet, in memory."""
        with _connect(":memory:") as connection:
            catalog = cls(layout, connection)
            catalog._create()
            yield catalog

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all changes of the block, or none of them."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk may have rolled it back already
                self._connection.execute("ROLLBACK")
            raise

    def execute(self, statement: str, values: Sequence[Cell] = ()) -> int:
        """Run a statement; return how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def execute_many(self, statement: str, rows: Iterable[Sequence[Cell]]) -> None:
        """Run a statement for each of many rows."""
        self._connection.executemany(statement, rows)

    def fetch_one(self, statement: str, values: Sequence[Cell] = ()) -> Sequence[Cell] | None:
        """Return the first row of a result, or None."""
        row: Sequence[Cell] | None = self._connection.execute(statement, values).fetchone()
        return row

    def fetch_number(self, statement: str, values: Sequence[Cell] = ()) -> int:
        """Return the first number of a result, 0 for none."""
        row = self.fetch_one(statement, values)
        return int(row[0] or 0) if row else 0

    def fetch_all(self, statement: str, values: Sequence[Cell] = ()) -> list[Sequence[Cell]]:
        """Return all rows of a result that is known to be small."""
        return self._connection.execute(statement, values).fetchall()

    def fetch_batches(
        self, statement: str, values: Sequence[Cell] = ()
    ) -> Iterator[list[Sequence[Cell]]]:
        """Yield the rows of a result in lists of bounded length."""
        with _as_recli_errors(self.layout):
            cursor = self._connection.execute(statement, values)
            while rows := cursor.fetchmany(_BATCH):
                yield rows

    def _check_version(self) -> int:
        """Return the schema's version, 0 if there is none yet; `UsageError` if it is unknown."""
        tables = self.fetch_number("SELECT count(*) FROM sqlite_schema")
        application = self.fetch_number("PRAGMA application_id")
        version = self.fetch_number("PRAGMA user_version")
        if application != APPLICATION_ID and (tables or version):
            raise UsageError(
                f"{self.layout.catalog} is a database of another program",
                hint="name another folder for the archive",
            )
        if version > FORMAT:
            raise UsageError(
                f"{self.layout.catalog} was written by a newer recli (format {version};"
                f" this one knows up to {FORMAT})",
                hint="upgrade recli",
            )
        return version

    def _create(self) -> None:
        with self.transaction():
            for statement in SCHEMA.split(";\n"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def _connect(name: str, *, uri: bool = False) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(name, timeout=_BUSY_S, isolation_level=None, uri=uri)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _readable_uri(layout: Layout) -> Iterator[str]:
    """Give how to open a catalog so that nothing about it changes.

    A write-ahead log that a killed run left is read, not folded in; without one, an ordinary
    connection leaves no traces. In a folder without write access the one needs a copy, as SQLite
    makes an index beside the log, and the other `immutable`.
    """
    path = layout.catalog.resolve()
    try:
        has_log = _log_of(path).stat().st_size > 0
    except OSError:
        has_log = False
    writable = os.access(layout.folder, os.W_OK) and os.access(path, os.W_OK)
    if has_log and not writable:
        with _copied(path) as copy:
            yield f"{copy.as_uri()}?mode=rw"
    elif has_log:
        yield f"{path.as_uri()}?mode=ro"
    else:
        yield f"{path.as_uri()}?{'mode=rw' if writable else 'immutable=1'}"


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Give a private copy of a database and its log, made while neither changed."""
    sources = (path, _log_of(path))
    with TemporaryDirectory(prefix="recli-", ignore_cleanup_errors=True) as folder:
        try:
            for _ in range(_COPY_TRIES):
                before = [_version(source) for source in sources]
                for source in sources:
                    if source.exists():  # a writer elsewhere may have ended
                        copyfile(source, Path(folder) / source.name)
                if [_version(source) for source in sources] == before:
                    break
        except OSError as error:
            raise OutputError(
                f"{path} can only be read as a copy, but {folder}: {os_reason(error)}",
                hint="set TMPDIR to a folder with room for it",
            ) from error
        yield Path(folder) / path.name


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _version(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


@contextmanager
def _as_recli_errors(layout: Layout) -> Iterator[None]:
    """Turn the database's errors into recli's own, naming the archive."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise OutputError(
                f"{layout.catalog} is damaged: {error}", hint="restore it from a backup"
            ) from error
        reason = "no space left on the disk" if code == sqlite3.SQLITE_FULL else str(error)
        raise OutputError(
            f"can't use the catalog of the archive {layout.folder}: {reason}", hint=RERUN_HINT
        ) from error
