"""Sound inside JSON: long texts are taken out of an answer while it comes, memory staying flat.

What is left is small JSON with a mark in the place of each long text; the provider says which one
is the sound, and it is decoded from base64 into a file.
"""

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from recli.archive.audio_format import NotAudioError

LONG = 4096
"""Bytes of a text from which on it is taken out."""
SMALL = 8 << 20
"""The most that may be left of an answer."""
_BLOCK = 1 << 16
_MARK = "recliSpooledText"  # as base64 would have it, so that it may stand for some
_ESCAPES = {b'"': b'"', b"\\": b"\\", b"/": b"/"}  # all others are white space or no base64
_HALVES = re.compile(rb'["\\]')
_SPACE = bytes(range(33))


class JsonAudioSpool:
    """Take the long texts of one JSON answer out into a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._small = bytearray()
        self._in_text = False
        self._escape = b""
        self._run = bytearray()
        self._long = False
        self._ranges: list[tuple[int, int]] = []

    def take(self, chunks: Iterable[bytes]) -> None:
        """Read a whole answer; OSError if the disk is full, NotAudioError if it is no such JSON."""
        for chunk in chunks:
            self._feed(chunk)
            if len(self._small) > SMALL:
                raise NotAudioError(f"the answer holds more than {SMALL >> 20} MB beside the sound")
        self._small += self._run

    @property
    def small(self) -> bytes:
        """The answer with marks in the place of long texts."""
        return bytes(self._small)

    def write(self, path: tuple[str, ...], target: BinaryIO) -> int:
        """Write the sound under a path of keys to a file; return how many bytes it has."""
        text = _lookup(json.loads(self._small), path)
        if not text.startswith(_MARK):
            return target.write(_decoded(text.encode().translate(None, _SPACE)))
        start, end = self._ranges[int(text.removeprefix(_MARK))]
        self._file.seek(start)
        rest, length = b"", 0
        while start < end:
            block = self._file.read(min(_BLOCK, end - start))
            start += len(block)
            rest += block.translate(None, _SPACE)
            whole = len(rest) // 4 * 4 if start < end else len(rest)
            length += target.write(_decoded(rest[:whole], last=start >= end))
            rest = rest[whole:]
        return length

    def _feed(self, chunk: bytes) -> None:
        at = 0
        while at < len(chunk):
            if self._escape:
                at = self._escaped(chunk, at)
                continue
            found = (_HALVES.search if self._in_text else re.compile(b'"').search)(chunk, at)
            end = found.start() if found else len(chunk)
            self._put(chunk[at:end])
            at = end
            if found is None:
                return
            if found[0] == b"\\":
                self._escape = b"\\"
            elif self._in_text:
                self._close()
            else:
                self._small += b'"'
                self._in_text = True
            at += 1

    def _put(self, piece: bytes) -> None:
        if not self._in_text:
            self._small += piece
        elif self._long:
            self._file.write(piece)
        else:
            self._run += piece
            if len(self._run) >= LONG:
                self._long = True
                self._ranges.append((self._file.tell(), 0))
                self._file.write(_plain(bytes(self._run)))
                self._run.clear()

    def _escaped(self, chunk: bytes, at: int) -> int:
        r"""Take up one more byte of an escape such as `\/` or `\u002f`."""
        self._escape += chunk[at : at + 1]
        wanted = 6 if self._escape[1:2] == b"u" else 2
        if len(self._escape) == wanted:
            escape, self._escape = self._escape, b""
            self._put(_plain(escape) if self._long else escape)
        return at + 1

    def _close(self) -> None:
        if self._long:
            number = len(self._ranges) - 1
            self._ranges[number] = (self._ranges[number][0], self._file.tell())
            self._small += f"{_MARK}{number:08}".encode()
        else:
            self._small += self._run
        self._run.clear()
        self._small += b'"'
        self._in_text = self._long = False


def _plain(text: bytes) -> bytes:
    """Return JSON text without its escapes, as far as base64 can have any."""

    def one(found: re.Match[bytes]) -> bytes:
        escape = found[0]
        if escape[1:2] == b"u":
            return chr(int(escape[2:].decode(), 16)).encode("ascii", "replace")
        return _ESCAPES.get(escape[1:2], b"\n")

    return re.sub(rb"\\(?:u[0-9a-fA-F]{4}|[^u])", one, text)


def _decoded(text: bytes, *, last: bool = True) -> bytes:
    padded = text + b"=" * (-len(text) % 4) if last else text
    try:
        return b64decode(padded, validate=True)
    except (Base64Error, ValueError) as error:
        raise NotAudioError("the sound in the answer is not base64") from error


def _lookup(decoded: object, path: tuple[str, ...]) -> str:
    for key in path:
        if isinstance(decoded, list) and decoded:
            decoded = decoded[0]
        decoded = decoded.get(key) if isinstance(decoded, Mapping) else None
    if not isinstance(decoded, str):
        raise NotAudioError("the answer has no sound where it should be")
    return decoded


def spooled(path: Path) -> BinaryIO:
    """Open a file for long texts."""
    return path.open("w+b")
