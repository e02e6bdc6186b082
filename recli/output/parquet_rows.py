"""Parquet: typed columns in row groups of bounded size. Needs the extra `recli[parquet]`.

Importing this module imports pyarrow; `recli.output.writers` says what to install without it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, BinaryIO, assert_never

import pyarrow as pa
import pyarrow.parquet as pq

from recli.model import Recording
from recli.output.columns import ColumnKind, Columns
from recli.output.formatting import plain_text
from recli.output.writers import batches
from recli.text import replace_surrogates

_GROUP_ROWS = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INT64_END = 1 << 63


class _File(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow ships no types
    """A file that is not ended when it is given up: what it was written to is gone by then."""

    def __del__(self) -> None:
        """Leave it; pyarrow would write the closing index and complain."""


class ParquetWriter:
    """Write times as `timestamp[ms, UTC]`, durations as doubles, sizes as 64-bit integers.

    All else is text; objects out of `raw` are JSON text. Memory holds one row group.
    """

    def __init__(self, stream: BinaryIO, columns: Columns) -> None:
        self.written = 0
        self._columns = columns
        self._schema = pa.schema([(item.name, _type(item.kind)) for item in columns.items])
        self._shape = [_shaper(column.kind) for column in columns.items]
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
        cells = self._columns.transpose(self._waiting)
        arrays = [
            _array(shape, column, field.type)
            for shape, column, field in zip(self._shape, cells, self._schema, strict=True)
        ]
        self._open().write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = []


def _array(shape: Callable[[Any], object], cells: Sequence[object], kind: pa.DataType) -> pa.Array:
    values = [None if cell is None else shape(cell) for cell in cells]
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array(
            [replace_surrogates(str(value)) if value else value for value in values], kind
        )


def _type(kind: ColumnKind) -> pa.DataType:
    match kind:
        case ColumnKind.TIME:
            return pa.timestamp("ms", tz="UTC")
        case ColumnKind.DURATION:
            return pa.float64()
        case ColumnKind.SIZE:
            return pa.int64()
        case ColumnKind.TEXT | ColumnKind.RAW:
            return pa.string()
        case _:
            assert_never(kind)


def _shaper(kind: ColumnKind) -> Callable[[Any], object]:  # the kind says what the argument is
    match kind:
        case ColumnKind.TIME:
            return _milliseconds
        case ColumnKind.DURATION:
            return _seconds
        case ColumnKind.SIZE:
            return _size
        case ColumnKind.TEXT:
            return str
        case ColumnKind.RAW:
            return plain_text
        case _:
            assert_never(kind)


def _milliseconds(value: datetime) -> int:
    return (value - _EPOCH) // _MILLISECOND  # cut downwards, as in text


def _seconds(value_s: float) -> float | None:
    try:
        return round(float(value_s), 3) if isfinite(value_s) else None
    except OverflowError:
        return None


def _size(value_bytes: int) -> int | None:
    return value_bytes if -_INT64_END <= value_bytes < _INT64_END else None
