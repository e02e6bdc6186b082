"""The manifest: a log with a line for every audio file, each with the hash of the line before.

A line that is changed, removed or inserted breaks the chain at the next one. Lines are only
appended; an incomplete one that a killed run left is cut off.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from recli.archive.layout import AUDIO
from recli.files import open_private, sync_folder

START = "0" * 64
"""The first line's hash of the line before."""
LONGEST_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """An audio file; `path` is relative to the archive, with `/` between its parts."""

    path: str
    bytes: int
    sha256: str
    id: str
    profile: str
    fetched_at: str


@dataclass(frozen=True, slots=True)
class LogPosition:
    """The end of a line: its byte offset, and the line's hash."""

    bytes: int = 0
    last_sha256: str = START


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line; `stored` is None if it can't be read, `end` is the byte offset behind it."""

    number: int
    stored: StoredAudio | None
    chained: bool
    sha256: str
    end: int


def append(manifest: Path, files: Sequence[StoredAudio], position: LogPosition) -> LogPosition:
    """Append a line for each file and flush them to the disk; return the manifest's new end.

    An OSError leaves the manifest as it was.
    """
    last = position.last_sha256
    lines = bytearray()
    for stored in files:
        line = json.dumps({**asdict(stored), "previous": last}, ensure_ascii=False).encode()
        last = sha256(line).hexdigest()
        lines += line + b"\n"
    is_new = not manifest.exists()
    descriptor = open_private(manifest, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with os.fdopen(descriptor, "wb", buffering=0) as stream:
        size = os.fstat(descriptor).st_size
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[stream.write(rest) :]
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
    if is_new:
        sync_folder(manifest.parent)
    return LogPosition(size + len(lines), last)


def read(manifest: Path, start: LogPosition | None = None, first: int = 1) -> Iterator[LogLine]:
    """Yield the complete lines from `start` on, numbered from `first`, in flat memory."""
    position = start or LogPosition()
    previous, end = position.last_sha256, position.bytes
    try:
        stream = manifest.open("rb")
    except FileNotFoundError:
        return
    with stream:
        stream.seek(end)
        number = first
        while (found := _read_line(stream)) is not None:
            line, digest, length = found
            end += length
            stored, link = _parse(line)
            yield LogLine(number, stored, link == previous, digest, end)
            previous = digest
            number += 1


def cut(manifest: Path, size_bytes: int) -> None:
    """Cut off what a killed run left after the last complete line."""
    with (
        suppress(FileNotFoundError),
        os.fdopen(open_private(manifest, os.O_RDWR), "r+b") as stream,
    ):
        if os.fstat(stream.fileno()).st_size > size_bytes:
            stream.truncate(size_bytes)
            os.fsync(stream.fileno())


def last_line_sha256(manifest: Path, end: int) -> str | None:
    """Return the hash of the line that ends at byte `end`, or None if none does."""
    start = max(0, end - LONGEST_LINE)
    with manifest.open("rb") as stream:
        stream.seek(start)
        text = stream.read(end - start)
    if len(text) != end - start or not text.endswith(b"\n"):
        return None
    return sha256(text[:-1].rpartition(b"\n")[2]).hexdigest()


def is_inside(path: str) -> bool:
    """Return whether a path of a manifest stays among the archive's audio files."""
    parts = path.split("/")
    odd = {"", ".", ".."}
    return parts[0] == AUDIO and len(parts) > 1 and not odd & set(parts) and "\\" not in path


def _read_line(stream: BinaryIO) -> tuple[bytes, str, int] | None:
    """Return a line, its hash, and its length with the line feed; None if no complete one follows.

    The text of a line that is too long to be one is left out.
    """
    digest, length = sha256(), 0
    while piece := stream.readline(LONGEST_LINE):
        length += len(piece)
        if piece.endswith(b"\n"):
            digest.update(piece[:-1])
            return piece[:-1] if length == len(piece) else b"", digest.hexdigest(), length
        digest.update(piece)
    return None


def _parse(line: bytes) -> tuple[StoredAudio | None, str | None]:
    """Return the file of a line, and its hash of the line before."""
    try:
        fields = json.loads(line)
        stored = StoredAudio(**{name: fields[name] for name in StoredAudio.__dataclass_fields__})
        previous = fields["previous"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, None
    texts = (stored.path, stored.sha256, stored.id, stored.profile, stored.fetched_at, previous)
    if not all(isinstance(text, str) for text in texts):
        return None, None
    if type(stored.bytes) is not int or stored.bytes < 0:  # a bool is an int too
        return None, None
    return (stored if is_inside(stored.path) else None), previous
