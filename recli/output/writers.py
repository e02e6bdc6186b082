"""Which format a file's name asks for, and the writer for it.

Formats are imported when they are chosen; how one is written is known to its own module only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TextIO, assert_never

from recli.errors import UsageError
from recli.files import replace_file
from recli.output.base import Writer
from recli.output.columns import Columns
from recli.output.streams import text_stream


class TimeStyle(StrEnum):
    """How times are written in CSV and JSON."""

    UTC = "utc"
    LOCAL = "local"  # with the offset of the zone in use


class Format(StrEnum):
    """The forms that rows can take."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"
    JSON = "json"
    PARQUET = "parquet"


_BY_EXTENSION = {
    ".csv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSON,
    ".parquet": Format.PARQUET,
}
_GZ = ".gz"


def format_of(path: Path, chosen: Format | None = None) -> tuple[Format, bool]:
    """Tell a file's format from its extension, and whether it is compressed on top.

    `chosen`, from `--format`, goes before the extension. Unknown extensions are `UsageError`s.
    """
    name = path.name.lower()
    gz = name.endswith(_GZ)
    extension = Path(name.removesuffix(_GZ)).suffix
    chosen_format = chosen or _BY_EXTENSION.get(extension)
    if chosen_format is None:
        raise UsageError(
            f"{path}: the name doesn't say which format is wanted",
            hint=f"end it in {', '.join(_BY_EXTENSION)} (and .gz), or give --format",
        )
    if gz and chosen_format is Format.PARQUET:
        raise UsageError(f"{path}: Parquet is compressed inside", hint="leave .gz out")
    return chosen_format, gz


def check_format(chosen: Format) -> None:
    """Check that a format can be written here, before anything is requested from a provider."""
    if chosen is Format.PARQUET:
        try:
            import pyarrow.parquet  # noqa: F401, PLC0415  # an extra, and slow to import
        except ImportError as error:
            raise UsageError(
                "Parquet needs pyarrow, which is not installed",
                hint="pip install 'recli[parquet]'",
            ) from error


def make_writer(  # noqa: PLR0913  # options, by keyword
    chosen: Format,
    stream: TextIO,
    columns: Columns,
    *,
    autoflush: bool = False,
    guard: bool = True,
    zone: tzinfo | None = None,
) -> Writer:
    """Make the writer of a format for machines; `autoflush` flushes after each page.

    `guard` is about CSV: see `recli.output.csv_rows`. Texts have times with the offset of `zone`.
    Tables need to know their terminal and are made where it is known: here they are a
    `UsageError`. Parquet takes the bytes below the stream.
    """
    match chosen:
        case Format.CSV:
            from recli.output.csv_rows import CsvWriter  # noqa: PLC0415

            return CsvWriter(stream, columns, autoflush=autoflush, guard=guard, zone=zone)
        case Format.JSONL:
            from recli.output.json_rows import JsonLinesWriter  # noqa: PLC0415

            return JsonLinesWriter(stream, columns, autoflush=autoflush, zone=zone)
        case Format.JSON:
            from recli.output.json_rows import JsonArrayWriter  # noqa: PLC0415

            return JsonArrayWriter(stream, columns, autoflush=autoflush, zone=zone)
        case Format.PARQUET:
            check_format(chosen)
            from recli.output.parquet_rows import ParquetWriter  # noqa: PLC0415

            return ParquetWriter(stream.buffer, columns)
        case Format.TABLE:
            raise UsageError("a table is for a terminal", hint="choose csv, jsonl, json or parquet")
        case _:
            assert_never(chosen)


@contextmanager
def file_writer(  # noqa: PLR0913  # one for each thing that a user can say about a file
    path: Path,
    chosen: Format,
    columns: Columns,
    *,
    gz: bool = False,
    overwrite: bool = False,
    guard: bool = True,
    zone: tzinfo | None = None,
) -> Iterator[Writer]:
    """Open a file for rows that appears whole when the block ends well, and else not at all."""
    with replace_file(path, overwrite=overwrite) as binary, text_stream(binary, gz=gz) as text:
        writer = make_writer(chosen, text, columns, guard=guard, zone=zone)
        yield writer
        writer.close()
