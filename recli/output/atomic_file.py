"""Files that appear under their name whole or not at all.

What is written goes to a hidden file beside the target and is renamed at the end, so a failed or
interrupted run leaves the old file. Devices and pipes are written straight: they have no old file.
"""

import io
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from recli.errors import OutputError, UsageError
from recli.output.streams import OutputStream, buffered

_OVERWRITE_HINT = "add --overwrite to replace it"
_PRIVATE = 0o600
_OPEN_FILES = ("/dev/fd/", "/proc/")
_STREAMS = ("/dev/stdout", "/dev/stderr")


def check_target(path: Path, *, overwrite: bool) -> None:
    """Check that a file may be written, before anything is asked of a provider.

    A folder, a missing or read-only folder, and a file that is there without `overwrite` are
    `UsageError`s that name the path.
    """
    try:
        if _is_special(path):
            return
        target = _real(path)
        _check_folder(path, target.parent)
        mode = target.stat().st_mode if target.exists() else None
    except (OSError, ValueError) as error:  # a name too long, a loop of links, a NUL
        raise UsageError(f"{path}: {_reason(error)}") from error
    if mode is None:
        return
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder", hint="name a file in it")
    if not overwrite:
        raise UsageError(f"{path} exists", hint=_OVERWRITE_HINT)
    if not os.access(target, os.W_OK):
        raise UsageError(f"{path} is not writable")


@contextmanager
def replace_file(path: Path, *, overwrite: bool, mode: int | None = None) -> Iterator[BinaryIO]:
    """Open a file that takes its name when the block ends well, and is gone when it doesn't.

    A link is followed. `mode` defaults to the replaced file's, else to what the umask leaves of
    0666. Failures to write are `OutputError`s with the path and the reason, as is a file that came
    up meanwhile and may not be overwritten.
    """
    check_target(path, overwrite=overwrite)
    if _is_special(path):
        with _straight(path) as stream:
            yield stream
        return
    target = _real(path)
    part = target.with_name(f".recli-{secrets.token_hex(8)}.part")
    try:
        with _named(path):
            descriptor, new_mode = _create(part)
            sink = OutputStream(io.FileIO(descriptor, "w"), str(path), owned=True)
        with buffered(sink) as stream:
            yield stream
            stream.flush()
            if sink.failed:  # and whoever wrote has kept it to himself
                raise OutputError(f"{path} was not written whole")
            with _named(path):
                os.fsync(descriptor)
        with _named(path):
            part.chmod(_final_mode(target, new_mode) if mode is None else mode)
            _rename(part, target, path, overwrite=overwrite)
    finally:
        with suppress(OSError):  # renamed, or never made
            part.unlink()
    _sync_folder(target.parent)


def _is_special(path: Path) -> bool:
    """Tell devices and pipes, and names of streams that are open already, from files."""
    name = os.path.abspath(path)  # noqa: PTH100  # resolve() would follow /dev/stdout to nowhere
    if name in _STREAMS or name.startswith(_OPEN_FILES):
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _real(path: Path) -> Path:
    """Follow links, so that the file behind one is replaced and the link stays."""
    return path.resolve()


def _check_folder(path: Path, folder: Path) -> None:
    if not folder.exists():
        raise UsageError(f"{path}: there is no folder {folder}", hint=f"mkdir -p {folder}")
    if not folder.is_dir():
        raise UsageError(f"{path}: {folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: the folder {folder} is not writable")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in the operating system's own errors."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextmanager
def _straight(path: Path) -> Iterator[BinaryIO]:
    """Write to what is there already, at its end where it has one."""
    with _named(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        sink = OutputStream(io.FileIO(descriptor, "w"), str(path), owned=True)
    with buffered(sink) as stream:
        yield stream
        stream.flush()


def _create(part: Path) -> tuple[int, int]:
    """Make a private file, and say which mode a plain new file would have had.

    Only the system knows (the umask, the folder's default list), and asking for the umask means
    setting it for all threads.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(part, flags, 0o666)
    new_mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    part.chmod(_PRIVATE)
    return descriptor, new_mode


def _final_mode(target: Path, new_mode: int) -> int:
    """Keep a replaced file as private as it was."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return new_mode


def _rename(part: Path, target: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(target)
        return
    try:
        _claim(part, target)
    except FileExistsError as error:
        raise OutputError(
            f"{path} appeared while it was being written, and was left as it is",
            hint=_OVERWRITE_HINT,
        ) from error


def _claim(part: Path, target: Path) -> None:
    """Give a file its name unless the name is taken, without a moment between the two."""
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # no hard links here: claim the name with an empty file, then fill it
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
        part.replace(target)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system has a way to."""
    if sys.platform == "win32":
        return
    with suppress(OSError):  # the file is whole and has its name; not all file systems can do this
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
