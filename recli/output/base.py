"""What every writer of rows does: rows come in pages and leave in batches, column by column."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol, TextIO

from recli.model import Recording
from recli.output.columns import Columns
from recli.output.streams import write_text

_BATCH_ROWS = 1_000


class Writer(Protocol):
    """Write rows to a stream that the caller opened and will close.

    `written` counts the rows so far. A stream's `OutputError` or `BrokenPipeError` passes through.
    """

    written: int

    def write(self, rows: Iterable[Recording]) -> None:
        """Write what has arrived: give each page as it comes, not the whole run as one iterator."""

    def close(self) -> None:
        """End the document, so that it is whole even without a row; the stream stays open."""


def batches(rows: Iterable[Recording]) -> Iterator[list[Recording]]:
    """Cut rows into lists of bounded size, none of them empty."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH_ROWS)):
        yield batch


class TextWriter(ABC):
    """A `Writer` whose stream gets one string per batch; `autoflush` flushes after each page."""

    def __init__(self, stream: TextIO, columns: Columns, *, autoflush: bool = False) -> None:
        self.written = 0
        self._stream = stream
        self._columns = columns
        self._autoflush = autoflush

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows; with `autoflush` the reader has them on return."""
        for batch in batches(rows):
            write_text(self._stream, self._text(batch))
            self.written += len(batch)
        if self._autoflush:
            self._stream.flush()

    def close(self) -> None:
        """Flush what is still buffered."""
        self._stream.flush()

    @abstractmethod
    def _text(self, rows: list[Recording]) -> str:
        """Return the text of at least one row."""
