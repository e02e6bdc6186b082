"""The names inside an archive's folder, and its lock.

All paths that an archive stores are relative to its folder, so that it can be moved.
"""

import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from recli.errors import OutputError, UsageError
from recli.files import PRIVATE_FILE, open_private, os_reason
from recli.text import utc_text

AUDIO = "audio"
RERUN_HINT = "what is stored is whole; mend the cause and run the same command again"
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_LOCKS_HINT = (
    "its file system gives no locks, without which two runs would damage the archive: keep it on a"
    " local disk and copy it afterwards, or mount the share with locks (for NFS, not `nolock`)"
)


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
    def partial(self) -> Path:
        """The folder of downloads that have no final name yet."""
        return self.folder / "partial"


def write_error(folder: Path, error: OSError) -> OutputError:
    """Return the error for an archive that can't be written to."""
    return OutputError(f"can't write to the archive {folder}: {os_reason(error)}", hint=RERUN_HINT)


@contextmanager
def as_output_error(folder: Path) -> Iterator[None]:
    """Turn the system's errors into an `OutputError` that names the archive."""
    try:
        yield
    except OSError as error:
        raise write_error(folder, error) from error


@contextmanager
def archive_lock(
    layout: Layout, wait_s: float = 0.0, now_s: Callable[[], float] = time.time
) -> Iterator[None]:
    """Hold an archive's lock; `UsageError` if another run holds it for longer than `wait_s`.

    The system frees the lock of a process that dies; the file that is left says nothing.
    """
    lock = FileLock(
        layout.lock, timeout=max(wait_s, 0.0), mode=PRIVATE_FILE, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"another recli{_read_holder(layout)} is writing to {layout.folder}",
            hint="wait for it to end, or give --wait-lock 10m",
        ) from error
    except OSError as error:
        hint = _LOCKS_HINT if error.errno in _NO_LOCKS else None
        raise UsageError(
            f"can't write to the archive {layout.folder}: {os_reason(error)}", hint=hint
        ) from error
    try:
        _write_holder(layout, now_s())
        yield
    finally:
        with suppress(OSError):
            layout.holder.unlink(missing_ok=True)
        lock.release()


def _write_holder(layout: Layout, now_s: float) -> None:
    """Name the holder in a file beside the lock: the lock's own can't be read everywhere."""
    since = utc_text(datetime.fromtimestamp(now_s, UTC))
    text = json.dumps({"pid": os.getpid(), "since": since})
    with suppress(OSError):  # without it, a message is only poorer
        descriptor = open_private(layout.holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)


def _read_holder(layout: Layout) -> str:
    try:
        holder = json.loads(layout.holder.read_bytes())
        return f" (pid {holder['pid']}, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
