"""Where things are in an archive, and the lock of the one process that writes to it.

All paths that an archive keeps are relative to its folder, so that it can be moved.
"""

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
        f"can't write to the archive {path}: {os_reason(error)}",
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
            f"can't write to the archive {layout.folder}: {os_reason(error)}"
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
    since = utc_text(datetime.fromtimestamp(now_s, UTC))
    signed = json.dumps({"pid": os.getpid(), "since": since})
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
