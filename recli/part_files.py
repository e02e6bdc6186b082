"""Files on their way to a target: hidden beside it, locked while they are written, and swept after.

The system drops the lock of a writer that dies, however it dies, so that the next one to write to
the folder can tell what is left over from what another process is writing.
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL
_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NAME = re.compile(r"\.recli-[0-9a-f]{16}\.part\Z")
_TRIES = 10


@dataclass(frozen=True, slots=True)
class PartFile:
    """A new and empty file beside its target, and its open descriptor, which the user closes."""

    path: Path
    descriptor: int


@contextmanager
def part_file(target: Path, mode: int) -> Iterator[PartFile]:
    """Make a file that can be renamed to `target` in one step; remove it unless it was renamed.

    Files that dead processes left in the folder go first. `mode` is as for `os.open`.
    """
    sweep(target.parent)
    part, lock = _create(target, mode)
    try:
        yield part
    finally:
        with suppress(OSError):  # renamed, or never written
            part.path.unlink()
        if lock is not None:
            os.close(lock)


def sweep(folder: Path) -> None:
    """Remove what writers that are dead left in a folder; whatever can't be judged stays."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.match(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_if_dead(Path(entry.path))


def _create(target: Path, mode: int) -> tuple[PartFile, int | None]:
    """Return a new file, and the descriptor that holds its lock until the file has its name."""
    for _ in range(_TRIES):
        path = target.with_name(f".recli-{secrets.token_hex(8)}.part")
        descriptor = os.open(path, _CREATE | _BINARY | _NO_LINK, mode)
        if sys.platform == "win32":  # an open file can't be removed there
            return PartFile(path, descriptor), None
        try:
            if _lock(descriptor) is not False and _is_at(descriptor, path):
                return PartFile(path, descriptor), os.dup(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process swept it before it was locked
    raise FileExistsError(f"no file can be kept beside {target}")


def _remove_if_dead(path: Path) -> None:
    if sys.platform == "win32":
        path.unlink()
        return
    descriptor = os.open(path, os.O_RDWR | _NO_LINK)
    try:
        if _lock(descriptor) and _is_at(descriptor, path):
            path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock an open file; return False if another process has it, None if there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file still is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False
