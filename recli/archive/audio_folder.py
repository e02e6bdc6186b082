"""A plain folder of audio files: their names, what is there already, and what is to come.

Nothing is kept beside the files: a name tells whose a file is. Downloads that have no name yet are
in `.recli-partial`, which is locked for as long as they go on and removed at the end.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from recli.archive.audio_queue import DownloadTask
from recli.archive.file_names import NameTemplate, alternative_path
from recli.archive.partial import DownloadedFile, is_incomplete
from recli.audio_format import EXTENSIONS, NotAudioError, identify_audio, is_same_format
from recli.errors import OutputError, UsageError
from recli.files import PRIVATE_FILE, make_private_folder, move_new, os_reason, sync_folder

_PARTIAL, _LOCK = ".recli-partial", "lock"
_RERUN_HINT = "what is stored is whole; mend the cause and run the same command again"


class AudioFolder:
    """Find and store files in a folder; for one thread, between `open` and its end."""

    def __init__(self, folder: Path, template: NameTemplate) -> None:
        self.folder = folder
        self.partial = folder / _PARTIAL
        self._template = template
        self._owners: dict[str, str] = {}
        """Keys of recordings by their files' paths, in lower case: of this run."""
        self._keys: set[str] = set()
        self._stems: dict[str, frozenset[str]] = {}
        """By folder, the names of its files before this run, without extension, in lower case."""
        self._mode = PRIVATE_FILE
        self._unsynced: set[Path] = set()

    @classmethod
    @contextmanager
    def open(cls, folder: Path, template: NameTemplate) -> Iterator["AudioFolder"]:
        """Make the folder if need be, and keep other runs out of it; UsageError if one is there."""
        audio = cls(folder, template)
        lock = FileLock(audio.partial / _LOCK, timeout=0, mode=PRIVATE_FILE)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            make_private_folder(audio.partial)
            lock.acquire()
            audio._mode = _new_file_mode(audio.partial / "mode")
        except Timeout as error:
            raise UsageError(
                f"another recli is downloading to {folder}", hint="wait for it to end"
            ) from error
        except (OSError, ValueError, NotImplementedError) as error:
            raise UsageError(f"can't write to {folder}: {os_reason(error)}") from error
        try:
            yield audio
            audio._sweep()
        finally:
            with audio.as_output_error():
                audio.sync()
            with suppress(OSError):
                (audio.partial / _LOCK).unlink()
                audio.partial.rmdir()  # unless something is left that a later run can resume
            lock.release()

    @contextmanager
    def as_output_error(self) -> Iterator[None]:
        """Turn the system's errors into an `OutputError` that names the folder."""
        try:
            yield
        except OSError as error:
            message = f"can't write to {self.folder}: {os_reason(error)}"
            raise OutputError(message, hint=_RERUN_HINT) from error

    def completed(self) -> Mapping[str, Path]:
        """Return the files that a killed run downloaded whole, by the keys of their tasks."""
        with self.as_output_error():
            files = [path for path in self.partial.iterdir() if path.suffix[1:] in EXTENSIONS]
        return {path.stem: path for path in files if not is_incomplete(path)}

    def find(self, task: DownloadTask) -> Path | None:
        """Return the file that a recording has here already, and claim it; None if it has none."""
        self._keys.add(task.key)
        declared = _declared(task)
        if not self._may_have(task, declared or EXTENSIONS[0]):
            return None
        for extension in dict.fromkeys((declared or EXTENSIONS[0], *EXTENSIONS)):
            for path in self._used_paths(task, extension):
                if self._owners.get(path.casefold(), task.key) != task.key:
                    continue
                if _is_audio_of(self.folder / path, task, declared):
                    self._owners[path.casefold()] = task.key
                    return self.folder / path
        return None

    def store(self, task: DownloadTask, file: DownloadedFile) -> Path:
        """Give a whole file the first of its recording's names that is free."""
        with self.as_output_error():
            with suppress(OSError):  # not everywhere are there modes
                file.path.chmod(self._mode)
            for path in self._paths(task, file.extension):
                target = self.folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if path.casefold() in self._owners:
                    continue
                with suppress(FileExistsError):
                    move_new(file.path, target)
                    self._owners[path.casefold()] = task.key
                    self._unsynced.add(target.parent)
                    return target
        raise AssertionError("names go on without an end")

    def sync(self) -> None:
        """Make the names of stored files last through a power cut."""
        while self._unsynced:
            with suppress(OSError):
                sync_folder(self._unsynced.pop())

    def _may_have(self, task: DownloadTask, extension: str) -> bool:
        """Return False if no file here has a recording's name, whatever its extension."""
        if sum(field == "ext" for _, field, _ in self._template.parts) > 1:
            return True
        paths = self._paths(task, extension)
        for path in (next(paths), next(paths)):
            folder, _, name = path.rpartition("/")
            if folder not in self._stems:
                self._stems[folder] = _stems_in(self.folder / folder)
            if name.rpartition(".")[0].casefold() in self._stems[folder]:
                return True
        return False

    def _paths(self, task: DownloadTask, extension: str) -> Iterator[str]:
        """Yield a recording's possible paths, the one that the template says first."""
        wanted = self._template.path(task.row, task.identity, extension)
        yield wanted
        number = 0
        while number := number + 1:
            path = alternative_path(wanted, task.row.profile, task.identity, number)
            if path != wanted:
                yield path

    def _used_paths(self, task: DownloadTask, extension: str) -> Iterator[str]:
        """Yield those of a recording's paths that are taken; surely its own ones first."""
        paths = self._paths(task, extension)
        first = next(paths)
        for path in paths:
            if not os.path.lexists(self.folder / path):
                break
            yield path
        if os.path.lexists(self.folder / first):
            yield first

    def _sweep(self) -> None:
        """Remove what earlier runs left and this one had no use for."""
        with self.as_output_error():
            for path in self.partial.iterdir():
                if path.name != _LOCK and path.stem not in self._keys:
                    path.unlink()


def _declared(task: DownloadTask) -> str | None:
    """Return the format that a recording has by what the provider says of it."""
    row = task.row
    text = row.format or (row.file_name or "").rpartition(".")[2]
    return text.lower() or None


def _is_audio_of(path: Path, task: DownloadTask, declared: str | None) -> bool:
    """Return whether a file with a recording's name is its audio, and whole.

    Where the format is the listed one, so must be the length: ids can be used twice.
    """
    try:
        mode = path.stat()
        if not stat.S_ISREG(mode.st_mode):
            return False
        size = task.row.size_bytes
        if size and declared and is_same_format(path.suffix[1:], declared):
            return mode.st_size == size
        identify_audio(path, declared or path.suffix[1:], announced_bytes=mode.st_size)
    except (OSError, NotAudioError):
        return False
    return True


def _stems_in(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name.rpartition(".")[0].casefold() for path in folder.iterdir())
    except OSError:
        return frozenset()


def _new_file_mode(path: Path) -> int:
    """Return the mode that a plain new file has here: only the system knows it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
        path.unlink()
