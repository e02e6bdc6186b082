"""Files that are private to their owner or appear whole, and streams whose failures name them.

What is written goes to a hidden file beside the target and is renamed at the end, so a failed or
interrupted run leaves the old file. Devices and pipes are written to directly. Modes are a matter
of POSIX; on Windows the folder's own rights hold.
"""

import errno
import io
import os
import select
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from recli.errors import OutputError, UsageError
from recli.part_files import part_file

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BUFFER_BYTES = 1 << 18
_OVERWRITE_HINT = "add --overwrite to replace it"
_OPEN_FILES = ("/dev/fd/", "/proc/")
_STREAMS = ("/dev/stdout", "/dev/stderr")
_NO_MODES = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}
"""Answers of file systems that keep no modes: FAT, exFAT, WSL and some network shares."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileModeWarning(UserWarning):
    """A file or folder can be read by others, since its file system keeps no modes."""


def os_reason(error: Exception) -> str:
    """Return the operating system's own words for an error, else the error's text."""
    return getattr(error, "strerror", None) or str(error)


class OutputStream(io.RawIOBase):
    """Pass bytes on, and turn a failure into an `OutputError` that names their destination.

    A `BrokenPipeError` passes through. After the first failure the rest is dropped, so that
    closing buffers, now or at the end of the process, doesn't fail a second time; `failed` is set.
    """

    def __init__(self, target: io.RawIOBase | BinaryIO, name: str, *, owned: bool) -> None:
        super().__init__()
        self.failed = False
        self._target = target
        self._name = name
        self._owned = owned

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the target's file descriptor."""
        return self._target.fileno()

    def isatty(self) -> bool:
        """Return whether the target is a terminal."""
        return self._target.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write some of the data and return the number of bytes."""
        if self.failed:
            return memoryview(data).nbytes
        try:
            while (taken := self._target.write(data)) is None:  # somebody made it non-blocking
                select.select([], [self._target], [])
            self._target.flush()
        except BrokenPipeError:
            self.failed = True
            raise
        except OSError as error:
            self.failed = True
            raise OutputError(f"{self._name}: {os_reason(error)}") from error
        return taken

    def close(self) -> None:
        """Close the target too, if it is owned."""
        if not self.closed and self._owned:
            self._target.close()
        super().close()


def buffered(stream: OutputStream) -> BinaryIO:
    """Return a buffered writer over a stream."""
    return io.BufferedWriter(stream, _BUFFER_BYTES)


def check_target(path: Path, *, overwrite: bool) -> None:
    """Check that a file may be written, before anything is requested from a provider.

    A folder, a missing or read-only folder, and a file that exists without `overwrite` are
    `UsageError`s that name the path.
    """
    try:
        if _is_special(path):
            return
        target = path.resolve()
        _check_folder(path, target.parent)
        mode = target.stat().st_mode if target.exists() else None
    except (OSError, ValueError) as error:  # a name too long, a loop of links, a NUL
        raise UsageError(f"{path}: {os_reason(error)}") from error
    if mode is None:
        return
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder", hint="name a file in it")
    if not overwrite:
        raise UsageError(f"{path} exists", hint=_OVERWRITE_HINT)
    if not os.access(target, os.W_OK):
        raise UsageError(f"{path} is not writable")


def _check_folder(path: Path, folder: Path) -> None:
    if not folder.exists():
        raise UsageError(f"{path}: there is no folder {folder}", hint=f"mkdir -p {folder}")
    if not folder.is_dir():
        raise UsageError(f"{path}: {folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: the folder {folder} is not writable")


@contextmanager
def replace_file(path: Path, *, overwrite: bool, mode: int | None = None) -> Iterator[BinaryIO]:
    """Open a file that takes its name when the block succeeds, and is removed when it fails.

    A link is followed. `mode` defaults to the replaced file's, else to what the umask leaves of
    0666. Failures to write are `OutputError`s with the path and the reason, as is a file that
    appeared meanwhile and may not be overwritten.
    """
    check_target(path, overwrite=overwrite)
    if _is_special(path):
        with _open_directly(path) as stream:
            yield stream
        return
    target = path.resolve()
    with ExitStack() as stack:
        with _naming_errors(path):
            part = stack.enter_context(part_file(target, 0o666))
            # Only the system knows the mode of a plain new file (the umask, the folder's default
            # list), and reading the umask means setting it for all threads.
            new_mode = stat.S_IMODE(os.fstat(part.descriptor).st_mode)
            set_mode(part.path, PRIVATE_FILE)
            output = OutputStream(io.FileIO(part.descriptor, "w"), str(path), owned=True)
        with buffered(output) as stream:
            yield stream
            stream.flush()
            if output.failed:  # and the writer ignored it
                raise OutputError(f"{path} was not written whole")
            with _naming_errors(path):
                os.fsync(part.descriptor)
        with _naming_errors(path):
            if not set_mode(part.path, _final_mode(target, new_mode) if mode is None else mode):
                _warn_of_mode(path)
            _rename(part.path, target, path, overwrite=overwrite)
    with suppress(OSError):  # the file is whole and has its name
        sync_folder(target.parent)


def _is_special(path: Path) -> bool:
    """Tell devices, pipes and names of open streams from files."""
    name = os.path.abspath(path)  # noqa: PTH100  # resolve() would follow /dev/stdout to nowhere
    if name in _STREAMS or name.startswith(_OPEN_FILES):
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def _naming_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: {os_reason(error)}") from error


@contextmanager
def _open_directly(path: Path) -> Iterator[BinaryIO]:
    """Open an existing device, pipe or stream, at its end where it has one."""
    with _naming_errors(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        output = OutputStream(io.FileIO(descriptor, "w"), str(path), owned=True)
    with buffered(output) as stream:
        yield stream
        stream.flush()


def set_mode(target: Path | int, mode: int) -> bool:
    """Set the mode of a file, by path or descriptor; return False where modes can't be kept."""
    try:
        os.chmod(target, mode)  # noqa: PTH101  # of a descriptor too
    except OSError as error:
        if error.errno not in _NO_MODES:
            raise
        return False
    return True


def warn_if_open(path: Path) -> None:
    """Warn of a file or folder that is meant to be private and that others may read."""
    with suppress(OSError):
        if sys.platform != "win32" and path.stat().st_mode & _OTHERS:
            _warn_of_mode(path)


def _warn_of_mode(path: Path) -> None:
    text = f"{path}: its file system keeps no modes, so others may be able to read it"
    warnings.warn(text, FileModeWarning, stacklevel=2)


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
        move_new(part, target)
    except FileExistsError as error:
        raise _appeared(path) from error


def move_new(source: Path, target: Path) -> None:
    """Give a file another name, which must not be taken: `FileExistsError`."""
    try:
        target.hardlink_to(source)  # unlike a rename, this never replaces a file
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # no hard links here: claim the name with an empty file, then fill it
        os.close(os.open(target, _CREATE, PRIVATE_FILE))
        source.replace(target)
    else:
        source.unlink()


def _appeared(path: Path) -> OutputError:
    return OutputError(
        f"{path} appeared while it was being written, and was left as it is", hint=_OVERWRITE_HINT
    )


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


def make_private_folder(folder: Path) -> None:
    """Make a folder with its missing parents (0700), lasting through a power cut."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_private_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=PRIVATE_FOLDER)
        if not set_mode(folder, PRIVATE_FOLDER):  # whatever the umask took away
            warn_if_open(folder)
        sync_folder(folder.parent)


def open_private(path: Path, flags: int) -> int:
    """Open a file that only its owner may read (0600), never a link; return a descriptor.

    Where the file system keeps no modes, others may read it: `warn_if_open`.
    """
    descriptor = os.open(path, flags | _BINARY | _NO_LINK, PRIVATE_FILE)
    if flags & os.O_CREAT and sys.platform != "win32":
        set_mode(descriptor, PRIVATE_FILE)
    return descriptor


def replace_private(target: Path, content: bytes, *, secret: bool = True) -> None:
    """Replace a file, whole or not at all, by one that only its owner may read (0600).

    Where the file system keeps no modes, a `secret` is refused with an `OSError`.
    """
    with part_file(target, PRIVATE_FILE) as part:
        with os.fdopen(part.descriptor, "wb") as file:
            is_private = set_mode(part.path, PRIVATE_FILE) or sys.platform == "win32"
            if secret and not is_private and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise OSError(
                    errno.EPERM, "its file system keeps no modes, so others could read its secrets"
                )
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.path.replace(target)
    if not is_private:
        warn_if_open(target)
    with suppress(OSError):  # the file is whole and has its name
        sync_folder(target.parent)
