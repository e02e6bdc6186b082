"""What a manifest says, in a database of its own that is gone afterwards: for `verify`.

It lies in memory, and on the disk outside of the archive where it grows large.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from recli.archive.manifest import Stored

_BATCH = 500


class Known:
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

    def put(self, files: Iterable[Stored]) -> None:
        """Add files."""
        rows = [(f.path, f.bytes, f.sha256, f.id, f.profile, f.fetched_at) for f in files]
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._connection.execute("COMMIT")

    def at(self, path: str) -> Stored | None:
        """Return the file at a path, None if the manifest has none there."""
        found = self._connection.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return Stored(*found) if found else None

    def count(self) -> int:
        """Return how many files there are."""
        return int(self._connection.execute("SELECT count(*) FROM files").fetchone()[0])

    def all(self) -> Iterator[Stored]:
        """Yield all files in the order of their paths, in flat memory."""
        after = ""
        while rows := self._page(after):
            yield from (Stored(*row) for row in rows)
            after = rows[-1][0]

    def _page(self, after: str) -> Sequence[tuple[str, int, str, str, str, str]]:
        return self._connection.execute(
            "SELECT * FROM files WHERE path > ? ORDER BY path LIMIT ?", (after, _BATCH)
        ).fetchall()
