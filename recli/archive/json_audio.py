"""Audio inside JSON: long strings of an answer go to a file while it comes, in flat memory.

What is left is small JSON with a marker in place of each long string; the provider says which one
is the audio, and it is decoded from base64.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from recli.audio_format import NotAudioError
from recli.providers.json_body import decode_json

LONG = 4096
"""Bytes from which on a string is taken out."""
SMALL = 8 << 20
"""The most that may be left of an answer."""
_BLOCK = 1 << 16
_MARKER = "recliSpooledText"  # itself base64, so that the provider accepts it
_ESCAPES = {b'"': b'"', b"\\": b"\\", b"/": b"/"}  # all others are white space or no base64
_QUOTE, _QUOTE_OR_ESCAPE = re.compile(rb'"'), re.compile(rb'["\\]')
_SPACE = bytes(range(33))


class JsonAudioSpool:
    """Move the long strings of one JSON answer to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._small = bytearray()
        self._in_string = False
        self._escape = b""
        self._string = bytearray()
        self._is_long = False
        self._ranges: list[tuple[int, int]] = []

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read a whole answer; `NotAudioError` if too much is left of it in memory."""
        for chunk in chunks:
            self._feed(chunk)
            if len(self._small) > SMALL:
                raise NotAudioError(f"the answer holds more than {SMALL >> 20} MB beside the audio")
        self._small += self._string

    @property
    def small(self) -> bytes:
        """The answer with markers in place of long strings."""
        return bytes(self._small)

    def decode(self, path: tuple[str, ...], target: BinaryIO) -> None:
        """Write the audio under a path of keys to a file; `NotAudioError` if it is not base64."""
        text = _lookup(decode_json(self.small)[0], path)
        if not text.startswith(_MARKER):
            target.write(_decode(text.encode().translate(None, _SPACE)))
            return
        start, end = self._ranges[int(text.removeprefix(_MARKER))]
        self._file.seek(start)
        rest = b""
        while start < end:
            block = self._file.read(min(_BLOCK, end - start))
            start += len(block)
            rest += block.translate(None, _SPACE)
            whole = len(rest) // 4 * 4 if start < end else len(rest)
            target.write(_decode(rest[:whole], last=start >= end))
            rest = rest[whole:]

    def _feed(self, chunk: bytes) -> None:
        at = 0
        while at < len(chunk):
            if self._escape:
                at = self._add_escape(chunk, at)
                continue
            pattern = _QUOTE_OR_ESCAPE if self._in_string else _QUOTE
            found = pattern.search(chunk, at)
            end = found.start() if found else len(chunk)
            self._append(chunk[at:end])
            at = end
            if found is None:
                return
            if found[0] == b"\\":
                self._escape = b"\\"
            elif self._in_string:
                self._end_string()
            else:
                self._small += b'"'
                self._in_string = True
            at += 1

    def _append(self, piece: bytes) -> None:
        if not self._in_string:
            self._small += piece
        elif self._is_long:
            self._file.write(piece)
        else:
            self._string += piece
            if len(self._string) >= LONG:
                self._is_long = True
                self._ranges.append((self._file.tell(), 0))
                self._file.write(_unescape(bytes(self._string)))
                self._string.clear()

    def _add_escape(self, chunk: bytes, at: int) -> int:
        r"""Add one more byte to an escape such as `\/` or `\u002f`."""
        self._escape += chunk[at : at + 1]
        wanted = 6 if self._escape[1:2] == b"u" else 2
        if len(self._escape) == wanted:
            escape, self._escape = self._escape, b""
            self._append(_unescape(escape) if self._is_long else escape)
        return at + 1

    def _end_string(self) -> None:
        if self._is_long:
            number = len(self._ranges) - 1
            self._ranges[number] = (self._ranges[number][0], self._file.tell())
            self._small += f"{_MARKER}{number:08}".encode()
        else:
            self._small += self._string
        self._string.clear()
        self._small += b'"'
        self._in_string = self._is_long = False


def _unescape(text: bytes) -> bytes:
    """Return a JSON string without its escapes, as far as base64 can have any."""

    def replacement(found: re.Match[bytes]) -> bytes:
        escape = found[0]
        if escape[1:2] == b"u":
            return chr(int(escape[2:].decode(), 16)).encode("ascii", "replace")
        return _ESCAPES.get(escape[1:2], b"\n")

    return re.sub(rb"\\(?:u[0-9a-fA-F]{4}|[^u])", replacement, text)


def _decode(text: bytes, *, last: bool = True) -> bytes:
    padded = text + b"=" * (-len(text) % 4) if last else text
    try:
        return b64decode(padded, validate=True)
    except (Base64Error, ValueError) as error:
        raise NotAudioError("the audio in the answer is not base64") from error


def _lookup(decoded: object, path: tuple[str, ...]) -> str:
    for key in path:
        if isinstance(decoded, list) and decoded:
            decoded = decoded[0]
        decoded = decoded.get(key) if isinstance(decoded, Mapping) else None
    if not isinstance(decoded, str):
        raise NotAudioError("the answer has no audio where it should be")
    return decoded
