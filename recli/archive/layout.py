"""Where things are in an archive, and files and folders that only their owner can read.

All paths that an archive keeps are relative to its folder, so that it can be moved.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from recli.errors import OutputError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """The places inside an archive's folder."""

    folder: Path

    @property
    def catalog(self) -> Path:
        """The SQLite file with a row for every recording."""
        return self.folder / "catalog.db"

    @property
    def manifest(self) -> Path:
        """The chain of lines, one for each audio file."""
        return self.folder / "manifest.jsonl"

    @property
    def lock(self) -> Path:
        """The file whose lock the one writing process holds."""
        return self.folder / "lock"

    @property
    def holder(self) -> Path:
        """Who holds the lock, for messages."""
        return self.folder / "lock.holder"

    @property
    def audio(self) -> Path:
        """The folder of the audio files under their final names."""
        return self.folder / AUDIO

    @property
    def partial(self) -> Path:
        """The folder of downloads that have no final name yet."""
        return self.folder / "partial"


AUDIO = "audio"


def make_folder(folder: Path) -> None:
    """Make a private folder with those above it that are missing, lasting through a power cut."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_FOLDER)
        folder.chmod(PRIVATE_FOLDER)  # whatever the umask took away
        sync_folder(folder.parent)


def open_private(path: Path, flags: int) -> int:
    """Open a file that only its owner may read, and no link in its place; return a descriptor."""
    descriptor = os.open(path, flags | _BINARY | _NO_LINK, PRIVATE_FILE)
    if flags & os.O_CREAT and sys.platform != "win32":
        os.fchmod(descriptor, PRIVATE_FILE)
    return descriptor


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut, where the system has a way to."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems can't
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn the system's refusals into an `OutputError` that names the place."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return what a refusal of the system means for the archive at `path`."""
    return OutputError(
        f"can't write to the archive {path}: {error.strerror or error}",
        hint="what is stored is whole; mend the cause and run the same command again",
    )
