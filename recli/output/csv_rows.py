"""CSV: UTF-8, line feeds, RFC 4180 quoting, and a guard against cells that spreadsheets run."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO, assert_never

from recli.model import Recording
from recli.output.columns import ColumnKind, Columns
from recli.output.formatting import NULL, escape_formula, plain_text, seconds_text
from recli.output.streams import write_text
from recli.output.writers import batches
from recli.text import rfc3339

# RFC 4180, section 2: https://www.rfc-editor.org/rfc/rfc4180#section-2
_QUOTE = '"'
_SPECIAL = ',"\r\n'
_NEEDS_QUOTES = re.compile(f"[{_SPECIAL}]")


class CsvWriter:
    """Write a header, with or without rows, and one record per row.

    Guarded cells start with a `'` where a spreadsheet would otherwise run them.
    """

    def __init__(
        self, stream: TextIO, columns: Columns, *, prompt: bool = False, guard: bool = True
    ) -> None:
        self.written = 0
        self._stream = stream
        self._columns = columns
        self._prompt = prompt
        self._spell = [_speller(column.kind, guard=guard) for column in columns.items]
        self._header_due = True

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows as records; with `prompt` the reader has them on return."""
        self._write_header()
        for batch in batches(rows):
            cells = map(_spelled, self._spell, self._columns.transpose(batch))
            write_text(self._stream, _records(list(cells)))
            self.written += len(batch)
        if self._prompt:
            self._stream.flush()

    def close(self) -> None:
        """Write the header if no rows came, and hand over what is still buffered."""
        self._write_header()
        self._stream.flush()

    def _write_header(self) -> None:
        # Not before the first rows or the end: a run that fails early leaves nothing behind.
        if self._header_due:
            write_text(self._stream, _records([[name] for name in self._columns.names]))
            self._header_due = False


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
    if not any(mark in together for mark in _SPECIAL):
        return cells
    return [
        f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if _NEEDS_QUOTES.search(cell) else cell
        for cell in cells
    ]


def _spelled(spell: Callable[[Any], str], cells: Sequence[object]) -> list[str]:
    return ["" if cell is None else spell(cell) for cell in cells]


def _speller(
    kind: ColumnKind, *, guard: bool
) -> Callable[[Any], str]:  # the kind says the argument
    match kind:
        case ColumnKind.TEXT:
            return escape_formula if guard else str
        case ColumnKind.TIME:
            return rfc3339
        case ColumnKind.DURATION:
            return _duration
        case ColumnKind.SIZE:
            return str
        case ColumnKind.RAW:
            return _guarded_raw if guard else plain_text
        case _:
            assert_never(kind)


def _duration(value_s: float) -> str:
    text = seconds_text(value_s)
    return "" if text == NULL else text


def _guarded_raw(value: object) -> str:
    return escape_formula(value) if isinstance(value, str) else plain_text(value)
