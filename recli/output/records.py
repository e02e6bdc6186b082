"""Rows as records for narrow terminals: one field a line, an empty line between two rows.

Nothing is cut short: a terminal breaks long lines itself, and gives them back whole when copied.
"""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import TextIO

from recli.model import Recording, State
from recli.output.columns import Column, ColumnKind, Columns
from recli.output.streams import write_text
from recli.output.table import TableCells
from recli.output.table_layout import ALL_COLUMNS, heading

NARROW_CELLS = 60
"""Terminals with fewer cells show records in place of a table."""


class RecordWriter:
    """Write rows as records; `columns` None chooses the fields that say something.

    With more than one of the `profiles`, they are shown. Times have the offset of `zone`.
    """

    def __init__(
        self,
        stream: TextIO,
        columns: Columns | None,
        *,
        zone: tzinfo,
        colour: bool,
        profiles: Iterable[str] = (),
    ) -> None:
        self.written = 0
        self._stream = stream
        self._zone = zone
        self._colour = colour
        self._is_chosen = columns is not None
        items = columns.items if columns is not None else tuple(map(Column.parse, ALL_COLUMNS))
        self._titles = [(item, heading(item, short=False)) for item in items]
        self._title_width = max(len(title) for _, title in self._titles)
        self._profiles = frozenset(profiles)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        self._cells = TableCells(encoding, zone, colour=colour, short=False)

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows, which the reader has on return."""
        for row in rows:
            write_text(self._stream, "\n" * bool(self.written) + self._record(row))
            self.written += 1
        self._stream.flush()

    def close(self) -> None:
        """Flush what is still buffered."""
        self._stream.flush()

    def _record(self, row: Recording) -> str:
        lines = []
        for column, title in self._titles:
            value = column.extract([row[column.position]])[0]
            if self._is_chosen or self._says_something(column.name, value):
                name = title.ljust(self._title_width)
                name = f"\x1b[1m{name}\x1b[0m" if self._colour else name
                lines.append(f"{name}  {self._text(column, value)}".rstrip(" "))
        return "".join(f"{line}\n" for line in lines)

    def _says_something(self, name: str, value: object) -> bool:
        if name == "profile":
            return len(self._profiles) > 1
        return value is not None and not (name == "state" and value == State.COMPLETE)

    def _text(self, column: Column, value: object) -> str:
        text = self._cells.text(column, value)
        if column.kind is ColumnKind.TIME and isinstance(value, datetime) and text[-1:] != "Z":
            text += value.astimezone(self._zone).isoformat()[-6:]
        return text
