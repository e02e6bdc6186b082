"""Tables for people: rows as they come, in the width of the terminal, on the reader's clock.

The first rows decide on columns and widths; a table never waits for its last row. Nothing that a
provider says reaches the terminal but through `recli.output.marks`. Whether there is colour is
decided where the terminal is known.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import TextIO

from rich.cells import cell_len

from recli.model import Recording, State
from recli.output.columns import Column, Columns, Kind
from recli.output.layout import ALONE, GAP, MAIN, MORE, TIME_CELLS, Field, Shape, choose, fit
from recli.output.streams import put
from recli.output.table_cells import Draw, TableCells, zone_name

SAMPLE_ROWS = 50
"""Rows that are looked at, at most, before columns and widths are settled."""

_TEXT_CELLS = 28  # a text's share of a table whose columns nobody chose
_NUMBER_CELLS = 12  # later numbers may be longer than the first ones
_BETWEEN = " " * GAP
_HEADINGS = {
    "started_at": "started",
    "ended_at": "ended",
    "added_at": "added",
    "expires_at": "expires",
    "duration_s": "length",
    "size_bytes": "bytes",
}


class TableWriter:
    """Write rows as a table: a header, and a line for each row, none of them wider than `width`.

    `columns` None lets width and first rows choose. `width` counts cells, and is asked once for
    every page when it is a function. `profiles` are the names that may come: more than one shows
    them. `hidden` names the chosen columns that the width has no room for.
    """

    def __init__(  # noqa: PLR0913 - facts of a terminal, each on its own
        self,
        stream: TextIO,
        columns: Columns | None,
        *,
        width: int | Callable[[], int],
        zone: tzinfo,
        colour: bool,
        profiles: Sequence[str] = (),
    ) -> None:
        self.written = 0
        self.hidden: tuple[str, ...] = ()
        self._stream = stream
        self._chosen = columns
        self._width = width
        self._zone = zone
        self._colour = colour
        self._profiles = frozenset(profiles)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        self._cells = TableCells(
            encoding, zone, colour=colour, short=columns is None, profiles=self._profiles
        )
        self._waiting: list[Recording] = []
        self._fields: list[Field] = []
        self._fitted_to = 0
        self._draws: list[tuple[int, Draw]] = []

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows; the first call keeps back at most `SAMPLE_ROWS` until it has them or ends."""
        width = self._width() if callable(self._width) else self._width
        if self._draws and width != self._fitted_to:
            self._settle(fit(self._fields, width), width)
        for row in rows:
            if self._draws:
                put(self._stream, self._line(row))
                self.written += 1
            else:
                self._waiting.append(row)
                if len(self._waiting) == SAMPLE_ROWS:
                    self._start(width)
        if self._waiting:
            self._start(width)
        self._stream.flush()

    def close(self) -> None:
        """Hand over what is still buffered; a table without rows has no header either."""
        self._stream.flush()

    def _start(self, width: int) -> None:
        rows, self._waiting = self._waiting, []
        if self._chosen is None:
            fields = self._measured(rows, [*dict.fromkeys((*MAIN, *MORE, *ALONE))])
            shown = self._fields = choose(fields, width, filled=self._filled(rows))
        else:
            self._fields = self._measured(rows, self._chosen.names)
            shown = fit(self._fields, width)
        self._settle(shown, width)
        put(self._stream, self._header(shown) + "".join(map(self._line, rows)))
        self.written += len(rows)

    def _settle(self, shown: Sequence[Field], width: int) -> None:
        kept = {field.column.name for field in shown}
        self.hidden = tuple(
            field.column.name for field in self._fields if field.column.name not in kept
        )
        self._fitted_to = width
        # What no column needs is the last one's, for longer values to come.
        rest = width - sum(field.width + GAP for field in shown[:-1])
        widths = [*(field.width for field in shown[:-1]), rest]
        if shown[-1].right:
            widths[-1] = shown[-1].width
        self._draws = [
            (field.column.position, self._cells.drawer(field, cells))
            for field, cells in zip(shown, widths, strict=True)
        ]

    def _line(self, row: Recording) -> str:
        cells = [draw(row[position]) for position, draw in self._draws]
        return f"{_BETWEEN.join(cells).rstrip(' ')}\n"

    def _header(self, shown: Sequence[Field]) -> str:
        cells: list[str] = []
        zone_due = True
        for field in shown:
            heading = self._heading(field.column)
            if field.shape is Shape.TIME and zone_due:
                heading = _with_zone(heading, zone_name(self._zone), field.width)
                zone_due = False
            cells.append(self._cells.fitted(self._cells.safe(heading), field.width, field))
        line = _BETWEEN.join(cells).rstrip(" ")
        return f"\x1b[1m{line}\x1b[0m\n" if self._colour else f"{line}\n"

    def _heading(self, column: Column) -> str:
        name = column.name
        if column.kind is Kind.RAW:
            return name
        if self._chosen is None:
            name = {"direction": "way"}.get(name, name.removesuffix("_number"))
        return _HEADINGS.get(name, name.replace("_", " "))

    def _measured(self, rows: Sequence[Recording], names: Sequence[str]) -> list[Field]:
        """Measure what the heading and the first rows need in each column."""
        fields: list[Field] = []
        for column in map(Column.parse, names):
            shape = Field(column, 0, 0).shape
            values = column.of([row[column.position] for row in rows])
            needs = max(cell_len(self._cells.text(column, value)) for value in values)
            if column.name == "profile":
                needs = max(needs, *map(cell_len, self._profiles), 0)
            if shape is Shape.TIME:
                needs = TIME_CELLS[0]
            elif shape is Shape.TEXT and self._chosen is None:
                needs = min(needs, _TEXT_CELLS)
            elif shape is Shape.NUMBER:
                needs = max(needs, _NUMBER_CELLS)
            needs = max(needs, cell_len(self._cells.safe(self._heading(column))))
            fields.append(Field(column, needs, needs))
        return fields

    def _filled(self, rows: Sequence[Recording]) -> frozenset[str]:
        """Name the columns that tell the rows apart, or tell something at all."""
        by_name = zip(Recording._fields, zip(*rows, strict=True), strict=True)
        told = {name for name, values in by_name if any(value is not None for value in values)}
        if len(self._profiles | {row.profile for row in rows}) < 2:
            told.discard("profile")
        if all(row.state in {None, State.COMPLETE} for row in rows):
            told.discard("state")
        return frozenset(told)


def _with_zone(heading: str, zone: str, width: int) -> str:
    """Name the zone beside the heading as fully as there is room for."""
    city = zone.rpartition("/")[2]
    forms = (f"{heading} ({zone})", f"{heading} {zone}", f"{heading} {city}", zone, city)
    return next((form for form in forms if len(form) <= width), city)
