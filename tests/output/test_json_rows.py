import io
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.model import COLUMNS, Direction, Recording, State
from recli.output.columns import Columns
from recli.output.json_rows import JsonArrayWriter, JsonLinesWriter

_ALL = Columns.parse(None, raw=False)
_BARE = Recording("plivo", "main", "r1")
_FULL = Recording(
    "plivo",
    "main",
    "r1",
    started_at=datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    duration_s=7.56,
    direction=Direction.INBOUND,
    from_number="+14155550001",
    from_name='Anna "é" 100%s',
    state=State.COMPLETE,
    size_bytes=2**70,
    raw={"a": [1, True, float("nan")], "50%": "x"},
)


def _lines(rows: list[Recording], columns: Columns = _ALL) -> str:
    stream = io.BytesIO()
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
    writer = JsonLinesWriter(text, columns)
    writer.write(rows)
    writer.close()
    return stream.getvalue().decode("utf-8")


def _array(*pages: list[Recording], columns: Columns = _ALL) -> str:
    stream = io.StringIO()
    writer = JsonArrayWriter(stream, columns)
    for page in pages:
        writer.write(page)
    writer.close()
    return stream.getvalue()


def test_a_line_holds_every_field_in_order_and_null_where_nothing_is_said() -> None:
    read = json.loads(_lines([_FULL]))

    assert tuple(read) == COLUMNS
    assert {name: value for name, value in read.items() if value is not None} == {
        "provider": "plivo",
        "profile": "main",
        "id": "r1",
        "started_at": "2024-01-02T03:04:05.678Z",
        "duration_s": 7.56,
        "direction": "inbound",
        "from_number": "+14155550001",
        "from_name": 'Anna "é" 100%s',
        "state": "complete",
        "size_bytes": 2**70,
    }


def test_a_line_is_written_to_the_letter() -> None:
    columns = Columns.parse("state,duration_s,raw.a,ended_at,raw.50%,raw", raw=False)

    assert _lines([_FULL, _BARE], columns) == (
        '{"state":"complete","duration_s":7.56,"raw.a":[1,true,null],"ended_at":null,"raw.50%":"x",'
        '"raw":{"a":[1,true,null],"50%":"x"}}\n'
        '{"state":null,"duration_s":null,"raw.a":null,"ended_at":null,"raw.50%":null,"raw":null}\n'
    )


def test_what_all_rows_have_in_common_is_written_as_in_a_single_row() -> None:
    rows = [_FULL._replace(id=f"r{number}", raw=None) for number in range(2_500)]

    together = _lines(rows)

    assert together == "".join(_lines([row]) for row in rows)


def test_equal_values_of_different_types_in_raw_keep_their_types() -> None:
    rows = [_BARE._replace(raw={"x": value}) for value in (1, True, 1.0)]

    assert _lines(rows, Columns.parse("raw.x", raw=False)) == (
        '{"raw.x":1}\n{"raw.x":true}\n{"raw.x":1.0}\n'
    )


def test_no_rows_are_no_lines() -> None:
    assert _lines([]) == ""


_ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(_ANY_TEXT, _ANY_TEXT, _ANY_TEXT)
def test_any_text_comes_back_from_a_line(name: str, owner: str, key: str) -> None:
    rows = [_BARE, _BARE._replace(from_name=name, owner=owner, raw={key: name})]

    lines = _lines(rows, Columns.parse("from_name,owner,raw", raw=False)).split("\n")

    assert len(lines) == 3
    assert json.loads(lines[1]) == {
        "from_name": _encodable(name),
        "owner": _encodable(owner),
        "raw": {_encodable(key): _encodable(name)},
    }


def _encodable(text: str) -> str:
    return "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text
    )


def test_prompt_rows_are_with_the_reader_when_write_returns() -> None:
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="utf-8", newline="\n")

    JsonLinesWriter(stream, _ALL, autoflush=True).write([_BARE])

    assert below.getvalue().endswith(b"}\n")


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_an_array_is_whole_whatever_the_pages(pages: int) -> None:
    written = _array(*[[_BARE, _FULL]] * pages, [])

    read = json.loads(written)
    assert [row["id"] for row in read] == ["r1", "r1"] * pages
    assert written.count("\n") == max(1, 2 * pages)


def test_no_rows_are_an_empty_array() -> None:
    assert _array() == "[]\n"


def test_writers_count_rows() -> None:
    writer = JsonArrayWriter(io.StringIO(), _ALL)

    writer.write(_BARE for _ in range(1_001))
    writer.write([_BARE])

    assert writer.written == 1_002


def test_duckdb_reads_lines_and_arrays(tmp_path: Path) -> None:
    odd = _FULL._replace(from_name="a\x00b\u2028\U0001f600\x7f", size_bytes=5, raw=None)
    lines, array = tmp_path / "rows.jsonl", tmp_path / "rows.json"
    lines.write_text(_lines([odd, odd]), encoding="utf-8")
    array.write_text(_array([odd, odd]), encoding="utf-8")

    for path in (lines, array):
        read = duckdb.sql(f"select from_name, duration_s, size_bytes from read_json('{path}')")
        assert read.fetchall() == [("a\x00b\u2028\U0001f600\x7f", 7.56, 5)] * 2
