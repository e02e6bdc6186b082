"""Parquet: typed columns in row groups of bounded size. Needs the extra `recli[parquet]`.

Importing this module imports pyarrow; `recli.output.writers` says what to install without it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from recli.model import Recording
from recli.output.base import batches
from recli.output.columns import ColumnKind, Columns
from recli.output.formatting import plain_text
from recli.text import replace_surrogates

_GROUP_ROWS = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT64_END = 1 << 63


class _File(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow ships no types
    """A file that is not ended when it is abandoned: its stream is closed by then."""

    def __del__(self) -> None:
        """Do nothing; pyarrow would write the closing index and fail."""


class ParquetWriter:
    """Write times as `timestamp[ms, UTC]`, durations as doubles, sizes as 64-bit integers.

    All else is text; objects out of `raw` are JSON text. Memory holds one row group.
    """

    def __init__(self, stream: BinaryIO, columns: Columns) -> None:
        self.written = 0
        self._columns = columns
        self._schema = pa.schema([(item.name, _FIELDS[item.kind][0]) for item in columns.items])
        self._converters = [_FIELDS[item.kind][1] for item in columns.items]
        self._stream = stream
        self._file: _File | None = None
        self._waiting: list[Recording] = []

    def write(self, rows: Iterable[Recording]) -> None:
        """Collect rows, and write every group that is full."""
        for batch in batches(rows):
            self._waiting += batch
            self.written += len(batch)
            if len(self._waiting) >= _GROUP_ROWS:
                self._write_group()

    def close(self) -> None:
        """Write the last group and the file's closing index."""
        if self._waiting:
            self._write_group()
        self._open().close()

    def _open(self) -> _File:
        if self._file is None:
            self._file = _File(self._stream, self._schema)
        return self._file

    def _write_group(self) -> None:
        columns = self._columns.transpose(self._waiting)
        arrays = [
            _array(convert, cells, field.type)
            for convert, cells, field in zip(self._converters, columns, self._schema, strict=True)
        ]
        self._open().write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = []


def _array(
    convert: Callable[[Any], object], cells: Sequence[object], datatype: pa.DataType
) -> pa.Array:
    values = [None if cell is None else convert(cell) for cell in cells]
    try:
        return pa.array(values, datatype)
    except UnicodeEncodeError:
        cleaned = [replace_surrogates(str(value)) if value else value for value in values]
        return pa.array(cleaned, datatype)


def _milliseconds(value: datetime) -> int:
    return (value - _EPOCH) // _MILLISECOND  # cut downwards, as in text


def _seconds(value_s: float) -> float | None:
    try:
        return round(float(value_s), 3) if isfinite(value_s) else None
    except OverflowError:
        return None


def _size(value_bytes: int) -> int | None:
    return value_bytes if -_INT64_END <= value_bytes < _INT64_END else None


_FIELDS: dict[ColumnKind, tuple[pa.DataType, Callable[[Any], object]]] = {
    ColumnKind.TEXT: (pa.string(), str),
    ColumnKind.TIME: (pa.timestamp("ms", tz="UTC"), _milliseconds),
    ColumnKind.DURATION: (pa.float64(), _seconds),
    ColumnKind.INTEGER: (pa.int64(), _size),
    ColumnKind.RAW: (pa.string(), plain_text),
}
"""The type of a column's values, and the conversion to it."""
