"""The catalog's connection: opened, migrated, in transactions; what is in it is known elsewhere.

Write-ahead logging with `synchronous = FULL`: every commit is on the disk when it returns, so
neither a killed process nor a power cut takes back what was said to be stored, and readers never
wait for a writer. Commits are few: one for each page of rows, two for each group of files.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from recli.archive.layout import Layout, as_output_error
from recli.archive.rows import Cell
from recli.errors import OutputError, UsageError
from recli.files import open_private

APPLICATION_ID = 0x7265636C  # "recl", so that no other program's database is taken for a catalog

UNSETTLED = "audio NOT IN ('stored', 'gone')"
"""Rows whose audio may still come: the index needs this very text in a query."""
UNFINISHED = "state IN ('recording', 'saving') AND NOT lost"
"""Rows that a later listing will tell more of."""

_FIRST = f"""
CREATE TABLE recordings (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL, profile TEXT NOT NULL, id TEXT NOT NULL,
    started_at INTEGER, ended_at INTEGER, duration_s REAL, direction TEXT,
    from_number TEXT, from_name TEXT, to_number TEXT, to_name TEXT,
    local_number TEXT, remote_number TEXT, owner TEXT, call_id TEXT, state TEXT, format TEXT,
    size_bytes INTEGER, file_name TEXT, media_url TEXT, added_at INTEGER, expires_at INTEGER,
    reference TEXT, raw TEXT,
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
CREATE INDEX recordings_audio ON recordings (profile, started_at) WHERE {UNSETTLED};
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
    reference, audio, audio_path, audio_bytes, audio_sha256, audio_error
FROM recordings;
"""

MIGRATIONS: Sequence[str] = (_FIRST,)


_BUSY_S = 30.0
"""How long to wait for another program that holds the database, such as an explorer of tables."""
_STEP = 500
"""Rows that are read at a time: memory stays flat however many there are."""
_HINT = "what is stored is whole; mend the cause and run the same command again"


class Catalog:
    """An archive's catalog, for one thread; `writing` or `reading` opens it."""

    def __init__(self, layout: Layout, connection: sqlite3.Connection) -> None:
        self.layout = layout
        self._connection = connection

    @classmethod
    @contextmanager
    def writing(cls, layout: Layout) -> Iterator[Self]:
        """Open a catalog to write to, made if it is not there; hold the archive's lock before."""
        with as_output_error(layout.folder):
            if not layout.catalog.exists():
                os.close(open_private(layout.catalog, os.O_RDWR | os.O_CREAT))
        with _told(layout), _connected(str(layout.catalog), uri=False) as connection:
            catalog = cls(layout, connection)
            catalog._migrate()
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
        with _told(layout), _connected(_reading_uri(layout), uri=True) as connection:
            connection.execute("PRAGMA query_only = 1")
            catalog = cls(layout, connection)
            catalog._check_version()
            yield catalog

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Make all changes of the block at once, or none of them."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk may have rolled it back already
                self._connection.execute("ROLLBACK")
            raise

    def change(self, statement: str, values: Sequence[Cell] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def change_all(self, statement: str, rows: Sequence[Sequence[Cell]]) -> None:
        """Run a statement for each of many rows."""
        self._connection.executemany(statement, rows)

    def first(self, statement: str, values: Sequence[Cell] = ()) -> Sequence[Cell] | None:
        """Return the first row of a question, or None."""
        found: Sequence[Cell] | None = self._connection.execute(statement, values).fetchone()
        return found

    def number(self, statement: str, values: Sequence[Cell] = ()) -> int:
        """Return the one number that answers a question, 0 for none."""
        found = self.first(statement, values)
        return int(found[0] or 0) if found else 0

    def all(self, statement: str, values: Sequence[Cell] = ()) -> list[Sequence[Cell]]:
        """Return all rows of a question that has a bounded answer."""
        return self._connection.execute(statement, values).fetchall()

    def steps(self, statement: str, values: Sequence[Cell] = ()) -> Iterator[list[Sequence[Cell]]]:
        """Yield the rows of a question in lists of bounded length, in flat memory."""
        with _told(self.layout):
            cursor = self._connection.execute(statement, values)
            while rows := cursor.fetchmany(_STEP):
                yield rows

    def _version(self) -> int:
        names = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        mark = self._connection.execute("PRAGMA application_id").fetchone()[0]
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if mark != APPLICATION_ID and (names or version):
            raise UsageError(
                f"{self.layout.catalog} is a database of another program",
                hint="name another folder for the archive",
            )
        if version > len(MIGRATIONS):
            raise UsageError(
                f"{self.layout.catalog} was written by a newer recli (form {version};"
                f" this one knows up to {len(MIGRATIONS)})",
                hint="upgrade recli",
            )
        return version

    def _check_version(self) -> None:
        version = self._version()
        if version < len(MIGRATIONS):
            raise UsageError(
                f"{self.layout.catalog} was written by an older recli",
                hint="run `recli export --archive` there once, which brings it up to date",
            )

    def _migrate(self) -> None:
        version = self._version()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        for number in range(version, len(MIGRATIONS)):
            with self.changing():
                for statement in MIGRATIONS[number].split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version = {number + 1}")


@contextmanager
def _connected(name: str, *, uri: bool) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(name, timeout=_BUSY_S, isolation_level=None, uri=uri)
    try:
        yield connection
    finally:
        connection.close()


def _reading_uri(layout: Layout) -> str:
    """Return how to open a catalog so that nothing about it changes.

    A log that a killed run left is read, not folded in; where there is none, an ordinary
    connection leaves no traces, and a folder that can't be written needs to be told so.
    """
    name = layout.catalog.resolve().as_uri()
    log = layout.catalog.with_name(layout.catalog.name + "-wal")
    if _size(log):
        return f"{name}?mode=ro"
    writable = os.access(layout.folder, os.W_OK) and os.access(layout.catalog, os.W_OK)
    return f"{name}?mode=rw" if writable else f"{name}?immutable=1"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@contextmanager
def _told(layout: Layout) -> Iterator[None]:
    """Turn the database's errors into recli's own, naming the archive."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = str(error)
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise OutputError(
                f"{layout.catalog} is damaged: {reason}", hint="restore it from a backup"
            ) from error
        if code == sqlite3.SQLITE_FULL:
            reason = "no space left on the disk"
        raise OutputError(
            f"can't use the catalog of the archive {layout.folder}: {reason}", hint=_HINT
        ) from error
