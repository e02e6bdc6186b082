"""Files of an archive, looked at without following links out of it: for `verify`."""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

from recli.archive.layout import AUDIO
from recli.archive.manifest import Stored

_PIECE = 1 << 20
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe in a file's place would wait for its writer
)


class Looking:
    """Look at files below a folder; safe for many threads."""

    def __init__(self, folder: Path, going_on: Callable[[], None]) -> None:
        self._folder = folder
        self._going_on = going_on
        self._plain: set[Path] = {folder}

    def trouble(  # noqa: PLR0911  # one for each thing that can be wrong
        self, stored: Stored, *, quick: bool
    ) -> tuple[bool, str] | None:
        """Return whether a file is there at all and what is wrong with it; None if nothing is.

        `quick` looks at the length only.
        """
        path = self._folder / stored.path
        try:
            if not self._is_plain(path.parent):
                return True, "lies behind a link, which may lead out of the archive"
            if path.is_symlink():
                return True, "is a link"
            descriptor = os.open(path, _FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            return False, "is not there"
        except (OSError, ValueError) as error:
            return True, f"can't be read: {getattr(error, 'strerror', None) or error}"
        try:
            found = os.fstat(descriptor)
            if not S_ISREG(found.st_mode):
                return True, "is no file"
            if found.st_size != stored.bytes:
                return True, f"has {found.st_size} bytes, not {stored.bytes}"
            if not quick and self._digest(descriptor) != stored.sha256:
                return True, "has other bytes than were stored"
        except OSError as error:
            return True, f"can't be read: {error.strerror or error}"
        finally:
            os.close(descriptor)
        return None

    def all(self) -> Iterator[tuple[str, bool]]:
        """Yield the paths of all files among the audio, and whether each is a link."""
        waiting = [AUDIO]
        while waiting:
            folder = waiting.pop()
            try:
                entries = sorted(os.scandir(self._folder / folder), key=lambda each: each.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}"
                if entry.is_symlink():
                    yield path, True
                elif entry.is_dir():
                    waiting.append(path)
                else:
                    yield path, False

    def _is_plain(self, folder: Path) -> bool:
        """Say whether no folder on the way is a link."""
        if folder in self._plain:
            return True
        if folder.is_symlink() or not self._is_plain(folder.parent):
            return False
        self._plain.add(folder)
        return True

    def _digest(self, descriptor: int) -> str:
        digest = sha256()
        while piece := os.read(descriptor, _PIECE):
            self._going_on()
            digest.update(piece)
        return digest.hexdigest()
