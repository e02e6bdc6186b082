"""What a verification compares: the manifest's files by their paths, and the files on the disk."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Self

from recli.archive.layout import AUDIO
from recli.archive.log import StoredAudio
from recli.files import os_reason

_BATCH = 500
_BLOCK_BYTES = 1 << 20
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe in a file's place would wait for its writer
)

# What systems and network storage drop into folders by themselves, as their makers name it: macOS,
# Windows, KDE, Synology, QNAP, NFS and FUSE clients, and ext4's own folder.
_SYSTEM_NAMES = frozenset((
    ".ds_store", ".localized", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd",
    ".temporaryitems", ".documentrevisions-v100", "icon\r", "thumbs.db", "ehthumbs.db",
    "desktop.ini", "$recycle.bin", "system volume information", ".directory", "@eadir", "#recycle",
    "#snapshot", "@recycle", ".@__thumb", ".snapshot", "lost+found",
))  # fmt: skip
_SYSTEM_PREFIXES = ("._", ".nfs", ".fuse_hidden", ".smbdelete", ".trash-", ".~lock.")


def is_system_file(path: str) -> bool:
    """Return whether a file manager or a file system made a file, or a folder above it."""
    names = path.casefold().split("/")
    return any(name in _SYSTEM_NAMES or name.startswith(_SYSTEM_PREFIXES) for name in names)


class LogIndex:
    """The files of a manifest by their paths; of two lines for one path, the later counts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def create(cls) -> Iterator[Self]:
        """Make an empty one, in a temporary file."""
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

    def add(self, files: Iterable[StoredAudio]) -> None:
        """Add files."""
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", map(astuple, files)
        )
        self._connection.execute("COMMIT")

    def get(self, path: str) -> StoredAudio | None:
        """Return the file at a path, None if the manifest has none there."""
        row = self._connection.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return StoredAudio(*row) if row else None

    def count(self) -> int:
        """Return how many files there are."""
        return int(self._connection.execute("SELECT count(*) FROM files").fetchone()[0])

    def all(self) -> Iterator[StoredAudio]:
        """Yield all files in the order of their paths, in flat memory."""
        statement = "SELECT * FROM files WHERE path > ? ORDER BY path LIMIT ?"
        after = ""
        while rows := self._connection.execute(statement, (after, _BATCH)).fetchall():
            yield from (StoredAudio(*row) for row in rows)
            after = rows[-1][0]


class FileChecker:
    """Compare files below a folder with the manifest; safe for many threads."""

    def __init__(self, folder: Path, check_stopped: Callable[[], None]) -> None:
        self._folder = folder
        self._check_stopped = check_stopped
        self._safe_folders: set[Path] = {folder}

    def problem_with(  # noqa: PLR0911  # one for each thing that can be wrong
        self, stored: StoredAudio, *, quick: bool
    ) -> tuple[bool, str] | None:
        """Return whether a file exists and what is wrong with it; None if nothing is.

        `quick` compares the length only.
        """
        path = self._folder / stored.path
        try:
            if not self._is_below(path.parent):
                return True, "lies behind a link, which may lead out of the archive"
            if path.is_symlink():
                return True, "is a link"
            descriptor = os.open(path, _FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            return False, "is not there"
        except OSError as error:
            return True, f"can't be read: {os_reason(error)}"
        except ValueError as error:  # a NUL in the path
            return True, f"can't be read: {error}"
        try:
            status = os.fstat(descriptor)
            if not S_ISREG(status.st_mode):
                return True, "is no file"
            if status.st_size != stored.bytes:
                return True, f"has {status.st_size} bytes, not {stored.bytes}"
            if not quick and self._hash(descriptor) != stored.sha256:
                return True, "has other bytes than were stored"
        except OSError as error:
            return True, f"can't be read: {os_reason(error)}"
        finally:
            os.close(descriptor)
        return None

    def _is_below(self, folder: Path) -> bool:
        """Return whether no folder on the way is a link."""
        if folder in self._safe_folders:
            return True
        if folder.is_symlink() or not self._is_below(folder.parent):
            return False
        self._safe_folders.add(folder)
        return True

    def _hash(self, descriptor: int) -> str:
        digest = sha256()
        while block := os.read(descriptor, _BLOCK_BYTES):
            self._check_stopped()
            digest.update(block)
        return digest.hexdigest()


def audio_paths(archive: Path) -> Iterator[tuple[str, bool]]:
    """Yield the paths of all files among the audio, and whether each is a link."""
    folders = [AUDIO]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(archive / folder), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            else:
                yield path, entry.is_symlink()
