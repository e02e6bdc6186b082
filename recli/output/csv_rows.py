"""CSV: UTF-8, line feeds, RFC 4180 quoting, and a guard against cells that spreadsheets run."""

import re
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TextIO

from recli.model import Recording
from recli.output.base import TextWriter
from recli.output.columns import Columns
from recli.output.formatting import (
    CSV,
    GUARDED_CSV,
    escape_formula,
    format_cells,
    formatters_in_zone,
)
from recli.output.streams import write_text

# RFC 4180, section 2: https://www.rfc-editor.org/rfc/rfc4180#section-2
_QUOTE = '"'
_SPECIAL = ',"\r\n'
_NEEDS_QUOTES = re.compile(f"[{_SPECIAL}]")


class CsvWriter(TextWriter):
    """Write a header, with or without rows, and one record per row.

    With `guard`, cells that a spreadsheet would run start with a `'`. Times are in UTC, or have the
    offset of `zone`.
    """

    def __init__(  # options, by keyword
        self,
        stream: TextIO,
        columns: Columns,
        *,
        autoflush: bool = False,
        guard: bool = True,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__(stream, columns, autoflush=autoflush)
        formatters = formatters_in_zone(GUARDED_CSV if guard else CSV, zone)
        self._formatters = [formatters[column.kind] for column in columns.items]
        self._header_written = False

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows as records, after the header."""
        self._write_header()
        super().write(rows)

    def close(self) -> None:
        """Write the header if no rows came."""
        self._write_header()
        super().close()

    def _write_header(self) -> None:
        # Not before the first rows or the end: a run that fails early leaves nothing behind.
        if not self._header_written:
            write_text(self._stream, _records([[name] for name in self._columns.names]))
            self._header_written = True

    def _text(self, rows: list[Recording]) -> str:
        columns = self._columns.transpose(rows)
        pairs = zip(self._formatters, columns, strict=True)
        return _records([format_cells(formatter, cells, empty="") for formatter, cells in pairs])


def csv_text(rows: Sequence[Sequence[str]], *, guard: bool) -> str:
    """Return rows of text, at least one, as CSV."""
    cells = [[escape_formula(cell) if guard else cell for cell in row] for row in rows]
    return _records(list(zip(*cells, strict=True)))


def _records(columns: Sequence[Sequence[str]]) -> str:
    """Lay out columns as records.

    By column, and not with the csv module, because a batch of cells is searched at once for what
    needs quotes (a sixth of the time), and the module leaves a lone carriage return unquoted.
    """
    if len(columns) == 1:  # an empty line would be no record
        columns = [[cell or _QUOTE * 2 for cell in _quoted(columns[0])]]
    else:
        columns = [_quoted(cells) for cells in columns]
    return "".join([",".join(record) + "\n" for record in zip(*columns, strict=True)])


def _quoted(cells: Sequence[str]) -> Sequence[str]:
    together = "".join(cells)
    if not any(char in together for char in _SPECIAL):
        return cells
    return [
        f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if _NEEDS_QUOTES.search(cell) else cell
        for cell in cells
    ]
