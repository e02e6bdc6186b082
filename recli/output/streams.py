"""Streams that rows are written to: UTF-8 and bare line feeds, and failures that name them.

Which file, and when it appears under its name, is decided in `recli.output.atomic_file`.
"""

import gzip
import io
import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from recli.errors import OutputError, UsageError
from recli.output.formatting import without_surrogates

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER_BYTES = 1 << 18
_STDOUT = "standard output"
_GZIP_LEVEL = 6  # level 9 takes three times as long for two per cent less


class OutputStream(io.RawIOBase):
    """Pass bytes on, and turn a failure into an `OutputError` that names where they should go.

    A `BrokenPipeError` comes out as such. After the first failure the rest is dropped, so that
    closing buffers, now or at the end of the process, doesn't fail a second time; `failed` says so.
    """

    def __init__(self, target: io.RawIOBase | BinaryIO, name: str, *, owned: bool) -> None:
        super().__init__()
        self.failed = False
        self._target = target
        self._name = name
        self._owned = owned

    def writable(self) -> bool:
        """Say that this stream is for writing."""
        return True

    def fileno(self) -> int:
        """Give the file descriptor, where there is one."""
        return self._target.fileno()

    def isatty(self) -> bool:
        """Say whether a person is reading."""
        return self._target.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write some of the data and say how much."""
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
            raise OutputError(f"{self._name}: {error.strerror or error}") from error
        return taken

    def close(self) -> None:
        """Close what lies below, if it was opened for this stream."""
        if not self.closed and self._owned:
            self._target.close()
        super().close()


def buffered(sink: OutputStream) -> BinaryIO:
    """Put a buffer before a sink."""
    return io.BufferedWriter(sink, _BUFFER_BYTES)


def stdout_stream(stdout: TextIO | None) -> TextIO:
    """Open standard output for rows: UTF-8 and line feeds whatever the locale and platform.

    Pass `sys.stdout`, which is None where it was closed: a `UsageError`. Closing what this returns
    writes out its buffer and leaves standard output open.
    """
    hint = "write to a file with `recli export -o FILE`"
    if stdout is None or stdout.closed:
        raise UsageError("standard output is closed", hint=hint)
    try:
        descriptor = stdout.fileno()
    except (OSError, AttributeError):  # a stand-in, in tests and notebooks
        below = getattr(stdout, "buffer", None)
        return (
            stdout if below is None else _text(buffered(OutputStream(below, _STDOUT, owned=False)))
        )
    try:
        stdout.flush()
        raw = io.FileIO(descriptor, "w", closefd=False)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{_STDOUT}: {error.strerror}", hint=hint) from error
    return _text(buffered(OutputStream(raw, _STDOUT, owned=False)))


@contextmanager
def text_stream(binary: BinaryIO, *, gz: bool = False) -> Iterator[TextIO]:
    """Open a text stream above a binary one, compressed if `gz`; the binary one stays open.

    The same rows give the same bytes: the gzip header holds neither time nor name.
    """
    if not gz:
        text = _text(binary)
        try:
            yield text
        finally:
            text.detach()  # writes out what is left
        return
    zipped = gzip.GzipFile(
        filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=binary, mtime=0
    )
    with zipped, _text(cast("BinaryIO", zipped)) as text:
        yield text


def write_text(stream: TextIO, text: str) -> None:
    """Write text; lone surrogates, which UTF-8 can't hold, become U+FFFD."""
    try:
        stream.write(text)
    except UnicodeEncodeError:  # nothing of it was written
        stream.write(without_surrogates(text))


def _text(binary: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
