import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.model import COLUMNS, Direction, Recording, State
from recli.output.columns import Columns
from recli.output.csv_rows import CsvWriter

_ALL = Columns.parse(None, raw=False)
_BARE = Recording("plivo", "main", "r1")


def _written(rows: list[Recording], columns: str | None = None, *, guard: bool = True) -> str:
    stream = io.BytesIO()
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
    writer = CsvWriter(text, Columns.parse(columns, raw=False), guard=guard)
    writer.write(rows)
    writer.close()
    return stream.getvalue().decode("utf-8")


def _read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_record_is_written_to_the_letter() -> None:
    row = _BARE._replace(
        started_at=datetime(2024, 1, 2, tzinfo=UTC),
        duration_s=91.0,
        direction=Direction.OUTBOUND,
        from_number="+14155550001",
        from_name='Doe, "Jo"',
        state=State.COMPLETE,
        size_bytes=7,
        raw={"a": [1, None], "b": "t"},
    )
    names = "id,started_at,ended_at,duration_s,direction,from_number,from_name,state,size_bytes"

    assert _written([row], f"{names},raw.b,raw.a,raw.none") == (
        f"{names},raw.b,raw.a,raw.none\n"
        "r1,2024-01-02T00:00:00.000Z,,91,outbound,+14155550001,"
        '"Doe, ""Jo""",complete,7,t,"[1,null]",\n'
    )


def test_no_rows_are_a_header() -> None:
    assert _written([]) == ",".join(COLUMNS) + "\n"


def test_the_header_comes_once_and_not_before_there_is_something_to_say() -> None:
    stream = io.StringIO()
    writer = CsvWriter(stream, _ALL)
    before = stream.getvalue()

    writer.write([_BARE])
    writer.write([_BARE])
    writer.close()

    assert before == ""
    assert stream.getvalue().count("provider,") == 1
    assert writer.written == 2


def test_a_heading_with_a_comma_or_quote_cannot_break_the_header() -> None:
    assert _read(_written([_BARE], 'id,raw.say "x"'))[0] == ["id", 'raw.say "x"']


_ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from('",\r\n\x00=+ \ud800'))


@given(st.lists(st.tuples(_ANY_TEXT, _ANY_TEXT), max_size=5))
def test_any_text_comes_back_from_a_record(cells: list[tuple[str, str]]) -> None:
    rows = [_BARE._replace(from_name=name, raw={"x": other}) for name, other in cells]

    read = _read(_written(rows, "from_name,raw.x,id", guard=False))

    assert read[1:] == [[_encodable(name), _encodable(other), "r1"] for name, other in cells]


@given(st.lists(_ANY_TEXT, max_size=5))
def test_any_text_comes_back_from_a_single_column(cells: list[str]) -> None:
    rows = [_BARE._replace(from_name=name) for name in cells]

    read = _read(_written(rows, "from_name", guard=False))

    assert read[1:] == [[_encodable(name)] for name in cells]


def _encodable(text: str) -> str:
    return "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text
    )


@pytest.mark.parametrize("guard", [True, False])
def test_the_guard_covers_every_text_column_and_what_is_dug_out_of_raw(*, guard: bool) -> None:
    texts = [column for column in _ALL.items if column.kind == "text"]
    risky = dict.fromkeys((column.name for column in texts), "=A1")
    row = _BARE._replace(
        **risky, duration_s=-1, size_bytes=-5, raw={"x": "=A1", "n": -5, "t": "-5"}
    )

    names = ",".join(risky)
    read = _read(_written([row], f"{names},raw.x,raw.n,raw.t,duration_s,size_bytes", guard=guard))

    cell = "'=A1" if guard else "=A1"
    assert read[1] == [*([cell] * len(risky)), cell, "-5", "-5", "-1", "-5"]


def test_a_duration_that_is_no_number_is_empty() -> None:
    assert _written([_BARE._replace(duration_s=float("nan"))], "id,duration_s").endswith("\nr1,\n")


def test_prompt_rows_are_with_the_reader_when_write_returns() -> None:
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="utf-8", newline="\n")

    CsvWriter(stream, Columns.parse("id", raw=False), autoflush=True).write([_BARE])

    assert below.getvalue() == b"id\nr1\n"


def test_duckdb_reads_quotes_line_ends_and_nul(tmp_path: Path) -> None:
    names = ["plain", 'a "b", c', "one\ntwo", "tail\r", "nul\x00nul", "\u00e9\U0001f600"]
    path = tmp_path / "rows.csv"
    rows = [_BARE._replace(from_name=name) for name in names]
    path.write_text(_written(rows, "id,from_name,duration_s"), encoding="utf-8", newline="")

    read = duckdb.sql(
        f"select from_name from read_csv('{path}', header=true, delim=',', quote='\"', "
        "escape='\"', new_line='\\n', all_varchar=true)"
    ).fetchall()

    assert [name for (name,) in read] == names
