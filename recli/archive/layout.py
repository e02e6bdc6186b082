"""Where things are in an archive, and files and folders that only their owner can read.

All paths that an archive keeps are relative to its folder, so that it can be moved.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from recli.errors import OutputError, UsageError

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
def as_output_error(path: Path) -> Iterator[None]:
    """Turn the system's refusals into an `OutputError` that names the place."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> OutputError:
    """Return what a refusal of the system means for the archive at `path`."""
    return OutputError(
        f"can't write to the archive {path}: {error.strerror or error}",
        hint="what is stored is whole; mend the cause and run the same command again",
    )


@contextmanager
def archive_lock(
    layout: Layout, wait_s: float = 0.0, now_s: Callable[[], float] = time.time
) -> Iterator[None]:
    """Hold an archive's lock; wait up to `wait_s` for another run to end, else `UsageError`.

    The lock of a dead process is free: what is left of it is only a file.
    """
    lock = FileLock(layout.lock, timeout=max(wait_s, 0.0), mode=PRIVATE_FILE)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"another recli{_holder(layout)} is writing to {layout.folder}",
            hint="wait for it to end, or give --wait-lock 10m",
        ) from error
    except OSError as error:
        raise UsageError(
            f"can't write to the archive {layout.folder}: {error.strerror or error}"
        ) from error
    try:
        _sign(layout, now_s())
        yield
    finally:
        with suppress(OSError):
            layout.holder.unlink(missing_ok=True)
        lock.release()


def _sign(layout: Layout, now_s: float) -> None:
    """Leave who holds the lock in a file beside it: the lock's own can't be read everywhere."""
    since = datetime.fromtimestamp(now_s, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
    signed = json.dumps({"pid": os.getpid(), "since": f"{since}Z"})
    with suppress(OSError):  # a full disk: it only makes a message poorer
        descriptor = open_private(layout.holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(signed)


def _holder(layout: Layout) -> str:
    try:
        signed = json.loads(layout.holder.read_bytes())
        return f" (pid {signed['pid']}, since {signed['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
