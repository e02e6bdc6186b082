"""The head of an HTTP answer, read as browsers read it: interim answers and odd lines passed over.

`http.client` takes an interim answer (102, 103) for the final one, and drops every header after a
line that is none, with the length of the body among them: the reader then waits for its end.
https://www.rfc-editor.org/rfc/rfc9110#section-15.2 https://www.rfc-editor.org/rfc/rfc9112#section-5
"""

from __future__ import annotations

import re
from http.client import HTTPResponse
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import BinaryIO

_INTERIM = re.compile(rb"HTTP/[0-9.]+ +1(?!01)[0-9]{2}\b")
"""All of 1xx but 101, which ends the exchange: nothing of HTTP follows it."""
_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PLAIN_HEADER = re.compile(rb"(?!(?i:content-length))" + _NAME + rb":[^\r\n]*\r?\n")
_HEADER = re.compile(rb"([ \t]*)(" + _NAME + rb")[ \t]*:(.*)", re.DOTALL)
_SAME_LENGTHS = re.compile(rb"\s*([0-9]+)(?:\s*,\s*\1)+\s*")


class TolerantResponse(HTTPResponse):
    """A response of `http.client` whose head may have lines that are no headers."""

    def begin(self) -> None:
        """Read the head, once."""
        stream = self.fp
        self.fp = cast("BinaryIO", HeadReader(stream))  # type: ignore[assignment]  # a part of it
        try:
            super().begin()
        finally:
            if self.fp is not None:  # an answer that is no HTTP was closed
                self.fp = stream


class HeadReader:
    """Read the lines of an answer's head without interim answers, with headers spelled as usual.

    A line without a colon is left out. A line that begins with a space or a tab goes on with the
    header above it, unless it reads as a header itself.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._has_status = False

    def readline(self, limit: int = -1) -> bytes:
        """Return the next line, at most `limit` bytes; nothing at the end of the stream."""
        line = self._stream.readline(limit)
        if _PLAIN_HEADER.fullmatch(line):
            return line
        if not self._has_status:
            self._has_status = True
            return self._skip_interim(line, limit)
        # Longer than allowed, or cut off: the caller raises the error.
        while line.endswith(b"\n") and line.strip(b"\r\n"):
            header = _header(line)
            if header is not None:
                return header
            line = self._stream.readline(limit)
        return line

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def _skip_interim(self, line: bytes, limit: int) -> bytes:
        """Return the final answer's status line; `line` is the first."""
        while _INTERIM.match(line):
            while self._stream.readline(limit).strip(b"\r\n"):
                pass
            line = self._stream.readline(limit)
        return line


def _header(line: bytes) -> bytes | None:
    """Return a header's line with nothing around its name, a folded line as it is, else None."""
    text = line.rstrip(b"\r\n").replace(b"\r", b" ")  # a lone CR would end the line
    match = _HEADER.match(text)
    is_folded = text[:1] in {b" ", b"\t"}
    if match is None or (is_folded and match[3].startswith(b"//")):  # a URL, not a header
        return text + b"\r\n" if is_folded else None
    name, value = match[2], match[3]
    if name.lower() == b"content-length":
        value = _SAME_LENGTHS.sub(rb" \1", value)
    return name + b":" + value + b"\r\n"
