"""The manifest: a line for every audio file, each with the hash of the line before.

Whoever changes a line, takes one out or adds one in between breaks the chain at the next one.
Lines are only ever added, whole: a line that a killed run left half is taken back.
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
"""What stands in the first line, before which there is none."""
LONGEST_LINE = 1 << 16


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """An audio file: `path` is relative to the archive with `/` between its parts."""

    path: str
    bytes: int
    sha256: str
    id: str
    profile: str
    fetched_at: str


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a manifest is known: its length, and the hash of its last line."""

    bytes: int = 0
    last_sha256: str = START


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as it stands: what it says, None if that can't be read, and whether it is chained."""

    number: int
    stored: StoredAudio | None
    chained: bool
    sha256: str
    end: int


def append(manifest: Path, files: Sequence[StoredAudio], position: LogPosition) -> LogPosition:
    """Add a line for each file and bring them to the disk; return where the manifest ends now.

    An OSError leaves the manifest as it was.
    """
    last = position.last_sha256
    lines = bytearray()
    for stored in files:
        line = json.dumps({**asdict(stored), "previous": last}, ensure_ascii=False).encode()
        last = sha256(line).hexdigest()
        lines += line + b"\n"
    new = not manifest.exists()
    descriptor = open_private(manifest, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        begun = os.fstat(descriptor).st_size
        try:
            _write(descriptor, lines)
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, begun)
            raise
    finally:
        os.close(descriptor)
    if new:
        sync_folder(manifest.parent)
    return LogPosition(begun + len(lines), last)


def read(manifest: Path, start: LogPosition | None = None, first: int = 1) -> Iterator[LogLine]:
    """Yield the whole lines from `start` on, numbered from `first`; memory stays flat.

    What follows the last line feed is no line. A line that is too long to be one is not read.
    """
    position = start or LogPosition()
    previous, end = position.last_sha256, position.bytes
    try:
        stream = manifest.open("rb")
    except FileNotFoundError:
        return
    with stream:
        stream.seek(end)
        number = first
        while (found := _next_line(stream)) is not None:
            line, digest, length = found
            end += length
            stored, said = _parsed(line)
            yield LogLine(number, stored, said == previous, digest, end)
            previous = digest
            number += 1


def cut(manifest: Path, length: int) -> None:
    """Take back what a killed run left after the last whole line."""
    with suppress(FileNotFoundError):
        descriptor = open_private(manifest, os.O_WRONLY)
        try:
            if os.fstat(descriptor).st_size > length:
                os.ftruncate(descriptor, length)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
    """Say whether a path of a manifest stays among the archive's audio files."""
    parts = path.split("/")
    odd = {"", ".", ".."}
    return parts[0] == AUDIO and len(parts) > 1 and not odd & set(parts) and "\\" not in path


def _next_line(stream: BinaryIO) -> tuple[bytes, str, int] | None:
    """Return a line, empty if it is too long for one, its hash, and its length with its end.

    None at the end of the file, and for a line without an end: a run was killed, or still writes.
    """
    digest, length = sha256(), 0
    while piece := stream.readline(LONGEST_LINE):
        length += len(piece)
        if piece.endswith(b"\n"):
            digest.update(piece[:-1])
            return piece[:-1] if length == len(piece) else b"", digest.hexdigest(), length
        digest.update(piece)
    return None


def _write(descriptor: int, data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _parsed(line: bytes) -> tuple[StoredAudio | None, str | None]:
    """Return what a line says and the hash that it holds of the line before."""
    try:
        said = json.loads(line)
        stored = StoredAudio(**{name: said[name] for name in StoredAudio.__dataclass_fields__})
        previous = said["previous"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, None
    texts = (stored.path, stored.sha256, stored.id, stored.profile, stored.fetched_at, previous)
    if not all(isinstance(text, str) for text in texts) or not _is_count(stored.bytes):
        return None, None
    return (stored if is_inside(stored.path) else None), previous


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
