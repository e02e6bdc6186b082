import gc
import io
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recli.model import Direction, Recording
from recli.output.columns import Columns
from recli.output.parquet_rows import ParquetWriter

_BARE = Recording("plivo", "main", "r1")


def _written(rows: list[Recording], columns: str | None = None) -> io.BytesIO:
    stream = io.BytesIO()
    writer = ParquetWriter(stream, Columns.parse(columns, raw=False))
    writer.write(rows)
    writer.close()
    stream.seek(0)
    return stream


def test_columns_are_typed_even_without_rows() -> None:
    table = pq.read_table(_written([], "id,started_at,duration_s,size_bytes,state,raw,raw.x"))

    assert table.num_rows == 0
    assert table.schema.types == [
        pa.string(),
        pa.timestamp("ms", tz="UTC"),
        pa.float64(),
        pa.int64(),
        pa.string(),
        pa.string(),
        pa.string(),
    ]


def test_values_come_back() -> None:
    row = _BARE._replace(
        started_at=datetime(2024, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC),
        ended_at=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        duration_s=7.560000001,
        direction=Direction.INBOUND,
        size_bytes=2**63 - 1,
        raw={"x": "text", "n": [1, float("nan")]},
    )
    names = "started_at,ended_at,duration_s,direction,size_bytes,raw,raw.x,raw.n,owner"

    table = pq.read_table(_written([_BARE, row], names)).to_pylist()

    assert table[0] == dict.fromkeys(names.split(","))
    assert table[1] == {
        "started_at": datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
        "ended_at": datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        "duration_s": 7.56,
        "direction": "inbound",
        "size_bytes": 2**63 - 1,
        "raw": '{"x":"text","n":[1,null]}',
        "raw.x": "text",
        "raw.n": "[1,null]",
        "owner": None,
    }


@pytest.mark.parametrize("size_bytes", [2**63, -(2**63) - 1, 10**30])
def test_a_size_beyond_64_bits_is_null(size_bytes: int) -> None:
    table = pq.read_table(_written([_BARE._replace(size_bytes=size_bytes)], "size_bytes"))

    assert table.to_pylist() == [{"size_bytes": None}]


@pytest.mark.parametrize("duration_s", [float("nan"), float("inf"), 10**400])
def test_a_duration_that_is_no_number_is_null(duration_s: float) -> None:
    table = pq.read_table(_written([_BARE._replace(duration_s=duration_s)], "duration_s"))

    assert table.to_pylist() == [{"duration_s": None}]


def test_odd_text_comes_back_and_lone_surrogates_are_replaced() -> None:
    rows = [_BARE._replace(from_name=name) for name in ("a\ud800", None, "", "nul\x00\U0001f600")]

    table = pq.read_table(_written(rows, "from_name")).column("from_name")

    assert table.to_pylist() == ["a\ufffd", None, "", "nul\x00\U0001f600"]


def test_a_column_of_lone_surrogates_and_nothing_else_stays_text() -> None:
    table = pq.read_table(_written([_BARE._replace(from_name="\udc00")], "from_name"))

    assert table.schema.types == [pa.string()]


def test_row_groups_are_bounded() -> None:
    rows = [_BARE] * 25_500

    metadata = pq.read_metadata(_written(rows, "id"))

    assert metadata.num_rows == 25_500
    groups = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
    assert groups == [10_000, 10_000, 5_500]


def test_an_abandoned_writer_says_nothing_when_it_is_collected() -> None:
    stream = io.BytesIO()
    writer = ParquetWriter(stream, Columns.parse("id", raw=False))
    writer.write([_BARE] * 10_001)
    stream.close()

    del writer
    gc.collect()  # a warning out of a destructor would fail this test
