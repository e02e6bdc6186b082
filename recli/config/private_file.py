"""Text files that may hold secrets, with errors that name the file."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from recli.errors import ConfigError
from recli.files import make_private_folder, os_reason, replace_private

LARGEST = 1_000_000
"""Bytes; a larger file is no configuration, and is not read into memory."""
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class PrivateTextFile:
    """A file's text, and whether others than its owner can read it."""

    text: str
    open_to_others: bool

    def __repr__(self) -> str:
        return f"PrivateTextFile(***, open_to_others={self.open_to_others})"


def read_text(path: Path) -> PrivateTextFile:
    """Return a text file's content and openness; ConfigError says what stops it.

    FileNotFoundError is left to the caller: a file may be missing rightly.
    """
    try:
        with path.open("rb") as file:
            # The open file's mode, not the path's: that may be exchanged meanwhile.
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder, not a file") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: can't be read: {os_reason(error).lower()}") from error
    if len(content) > LARGEST:
        raise ConfigError(f"{path}: is larger than 1 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: is not UTF-8 text (line {line})") from None
    return PrivateTextFile(text, os.name == "posix" and bool(mode & _OTHERS_READ))


def write_private(path: Path, text: str, *, secret: bool = True) -> None:
    """Replace a file with `text`, whole or not at all, readable by its owner only (0600).

    Missing folders are made (0700). A link to a file is followed and kept; anything that is not a
    plain file is refused, and so is a `secret` where the file system keeps no modes.
    """
    try:
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file():
            raise ConfigError(f"{path}: is not a plain file")
        make_private_folder(target.parent)
        replace_private(target, text.encode(), secret=secret)
    except (OSError, ValueError, RuntimeError) as error:  # a NUL or a loop of links in the path
        raise ConfigError(f"{path}: can't be written: {os_reason(error).lower()}") from error
