"""Text streams for rows: UTF-8 and bare line feeds, on standard output or compressed."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from recli.errors import UsageError
from recli.files import OutputStream, buffered
from recli.text import replace_surrogates

_STDOUT = "standard output"
_GZIP_LEVEL = 6  # level 9 takes three times as long for two per cent less


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
        stream.write(replace_surrogates(text))


def _text(binary: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
