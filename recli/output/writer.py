"""What every output format can do; no format is known here by more than its name."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Protocol

from recli.model import Recording

_BATCH_ROWS = 1_000


class Format(StrEnum):
    """The forms that rows can take."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"


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
