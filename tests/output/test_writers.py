import gzip
import io
import json
import os
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from recli.errors import OutputError, UsageError
from recli.model import Recording
from recli.output.columns import Columns
from recli.output.streams import stdout_stream
from recli.output.writers import Format, check_format, file_writer, format_of, make_writer

_COLUMNS = Columns.parse("id,from_name", raw=False)
_ROW = Recording("plivo", "main", "r1", from_name="=é")


@pytest.mark.parametrize(
    ("name", "chosen", "gz"),
    [
        ("rows.csv", Format.CSV, False),
        ("rows.CSV.GZ", Format.CSV, True),
        ("rows.2024.jsonl", Format.JSONL, False),
        ("rows.ndjson.gz", Format.JSONL, True),
        ("rows.json", Format.JSON, False),
        ("rows.json.gz", Format.JSON, True),
        ("rows.parquet", Format.PARQUET, False),
    ],
)
def test_the_extension_says_the_format(name: str, chosen: Format, *, gz: bool) -> None:
    assert format_of(Path("x.y") / name) == (chosen, gz)


def test_a_chosen_format_goes_before_the_extension() -> None:
    assert format_of(Path("rows.txt"), Format.CSV) == (Format.CSV, False)
    assert format_of(Path("rows.json.gz"), Format.CSV) == (Format.CSV, True)


@pytest.mark.parametrize(
    "name", ["rows", "rows.txt", "rows.gz", "rows.xlsx", "rows.csv.zip", ".csv"]
)
def test_an_unknown_extension_is_refused_with_the_accepted_ones(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        format_of(Path(name))

    assert name in caught.value.message
    for word in (".csv", ".jsonl", ".ndjson", ".json", ".parquet", ".gz", "--format"):
        assert word in (caught.value.hint or "")


@pytest.mark.parametrize("chosen", [None, Format.PARQUET])
def test_parquet_is_not_compressed_twice(chosen: Format | None) -> None:
    with pytest.raises(UsageError, match=r"rows\.parquet\.gz"):
        format_of(Path("rows.parquet.gz"), chosen)


def test_without_pyarrow_parquet_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(UsageError) as caught:
        check_format(Format.PARQUET)

    assert caught.value.hint == "pip install 'recli[parquet]'"
    check_format(Format.CSV)


def test_every_format_for_machines_has_a_writer() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")

    for chosen in set(Format) - {Format.TABLE}:
        writer = make_writer(chosen, stream, _COLUMNS)
        writer.write([_ROW])
        writer.close()

        assert writer.written == 1


def test_a_table_is_not_made_here() -> None:
    with pytest.raises(UsageError, match="terminal"):
        make_writer(Format.TABLE, io.StringIO(), _COLUMNS)


@pytest.mark.parametrize(("guard", "cell"), [(True, "'=é"), (False, "=é")])
def test_a_csv_file_is_whole_and_guarded_unless_told(
    tmp_path: Path, cell: str, *, guard: bool
) -> None:
    path = tmp_path / "rows.csv"

    with file_writer(path, Format.CSV, _COLUMNS, guard=guard) as writer:
        writer.write([_ROW])

    assert path.read_bytes() == f"id,from_name\nr1,{cell}\n".encode()


@pytest.mark.parametrize("chosen", [Format.CSV, Format.JSONL, Format.JSON])
def test_a_compressed_file_holds_what_the_plain_one_does(tmp_path: Path, chosen: Format) -> None:
    for name, gz in (("plain", False), ("packed", True)):
        with file_writer(tmp_path / name, chosen, _COLUMNS, gz=gz) as writer:
            writer.write([_ROW] * 3_000)

    packed = (tmp_path / "packed").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "plain").read_bytes()


def test_a_parquet_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"

    with file_writer(path, Format.PARQUET, _COLUMNS) as writer:
        writer.write([_ROW])

    assert pq.read_table(path).to_pylist() == [{"id": "r1", "from_name": "=é"}]


def test_a_file_without_rows_is_whole(tmp_path: Path) -> None:
    with file_writer(tmp_path / "rows.json", Format.JSON, _COLUMNS):
        pass

    assert json.loads((tmp_path / "rows.json").read_bytes()) == []


@pytest.mark.parametrize("chosen", sorted(set(Format) - {Format.TABLE}))
@pytest.mark.parametrize("gz", [False, True])
def test_a_failed_run_leaves_the_old_file_in_every_format(
    tmp_path: Path, chosen: Format, *, gz: bool
) -> None:
    path = tmp_path / "rows"
    path.write_bytes(b"old")

    with (  # noqa: PT012
        pytest.raises(KeyboardInterrupt),
        file_writer(path, chosen, _COLUMNS, gz=gz, overwrite=True) as writer,
    ):
        writer.write([_ROW] * 12_000)
        raise KeyboardInterrupt

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("chosen", sorted(set(Format) - {Format.TABLE}))
@pytest.mark.parametrize("gz", [False, True])
def test_a_full_device_is_named_in_every_format(chosen: Format, *, gz: bool) -> None:
    with (
        pytest.raises(OutputError, match="/dev/full: No space left on device"),
        file_writer(Path("/dev/full"), chosen, _COLUMNS, gz=gz) as writer,
    ):
        writer.write([_ROW] * 12_000)


def test_parquet_goes_through_a_pipe() -> None:
    reader, writer_end = os.pipe()
    with open(writer_end, "w", encoding="utf-8") as stdout:  # noqa: PTH123
        stream = stdout_stream(stdout)
        writer = make_writer(Format.PARQUET, stream, _COLUMNS)
        writer.write([_ROW])
        writer.close()
        stream.close()

    with open(reader, "rb") as received:  # noqa: PTH123
        table = pq.read_table(io.BytesIO(received.read()))

    assert table.to_pylist() == [{"id": "r1", "from_name": "=é"}]
