"""Files that hold secrets: read only if nobody else can, written so that nobody else can.

Modes are a matter of POSIX; elsewhere the folder's own rights hold.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1_000_000
"""Bytes; a larger file is no configuration, and is not read into memory."""
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


@dataclass(frozen=True, slots=True)
class PrivateTextFile:
    """A file's text, and whether others than its owner can read it."""

    text: str
    open_to_others: bool

    def __repr__(self) -> str:
        return f"PrivateText(***, open_to_others={self.open_to_others})"


def read_text(path: Path) -> PrivateTextFile:
    """Return a text file's content and openness; ConfigError says what stops it.

    FileNotFoundError is left to the caller: a file may be missing rightly.
    """
    try:
        with path.open("rb") as file:
            # The opened file is asked, not the path: it can't be exchanged meanwhile.
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder, not a file") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigError(f"{path}: can't be read: {reason}") from error
    if len(content) > LARGEST:
        raise ConfigError(f"{path}: is larger than 1 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: is not UTF-8 text (line {line})") from None
    shared = os.name == "posix" and bool(mode & _OTHERS_READ)
    return PrivateTextFile(text, shared)


def write_private(path: Path, text: str) -> None:
    """Replace a file with `text`, whole or not at all, readable by its owner only (0600).

    Missing folders are made, closed to others (0700). A link to a file is followed and kept;
    anything that is not a plain file is refused.
    """
    try:
        target = path.resolve() if path.is_symlink() else path
        if target.exists() and not target.is_file():
            raise ConfigError(f"{path}: is not a plain file")
        _make_folder(target.parent)
        _replace(target, text.encode())
    except (OSError, ValueError, RuntimeError) as error:  # a NUL or a loop of links in the path
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ConfigError(f"{path}: can't be written: {reason}") from error


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def _replace(target: Path, content: bytes) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(beside, flags | getattr(os, "O_BINARY", 0), _PRIVATE_FILE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
