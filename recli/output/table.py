"""Tables for people: rows as they come, in the width of the terminal, on the reader's clock.

The first rows decide on columns and widths; a table never waits for its last row. `rich.Table`
needs all rows before the first line, and cuts ids and times like any other text. Whatever a
provider sends passes `recli.text.printable` on its way to the terminal.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import TextIO
from zlib import crc32

from rich.cells import cell_len, set_cell_size

from recli.model import Direction, Recording, State
from recli.output.columns import Column, ColumnKind, Columns
from recli.output.formatting import Formatter, plain_text
from recli.output.streams import write_text
from recli.output.table_layout import (
    ALL_COLUMNS,
    GAP,
    TIME_WIDTHS,
    ColumnPolicy,
    TableField,
    fit_widths,
    heading,
    select_columns,
)
from recli.text import can_encode, clock_text, printable
from recli.times import zone_name

SAMPLE_ROWS = 50
"""Rows that are looked at, at most, before columns and widths are settled."""

_TEXT_WIDTH = 28  # a text's share of a table whose columns were not chosen
# Later values may be longer than the first ones.
_LEAST_WIDTHS = {"duration_s": 8, "size_bytes": 9}
_NUMBER_WIDTH = 12
_SEPARATOR = " " * GAP
_LONGEST = 400  # characters of a cell that are looked at: no terminal shows more
_LONGEST_ID = 100  # cells of an id that is never cut
_DIRECTIONS: dict[object, str] = {
    Direction.INBOUND: "in",
    Direction.OUTBOUND: "out",
    Direction.INTERNAL: "int",
}
# Of xterm's 256 colours those that can be read on white and on black: a contrast of 4 or more.
_PROFILE_COLOURS = (31, 133, 28, 130, 27, 30, 64, 99)
_PROFILE_CODES = tuple(f"38;5;{number}" for number in _PROFILE_COLOURS)
_STATE_CODES: dict[object, str] = {
    State.ERROR: "31",
    State.RECORDING: _PROFILE_CODES[3],
    State.SAVING: _PROFILE_CODES[3],
}


class TableCells:
    """Format values for one terminal: its time zone, encoding and colours.

    `short` abbreviates directions to three letters. `profiles` are the expected names: while
    there are enough colours, each has its own.
    """

    def __init__(
        self,
        encoding: str,
        zone: tzinfo,
        *,
        colour: bool,
        short: bool,
        profiles: Iterable[str] = (),
    ) -> None:
        self._encoding = encoding
        self._zone = zone
        self._colour = colour
        self._short = short
        self._profile_codes = _distinct_codes(profiles)
        self._ellipsis = "…" if can_encode("…␛⟨█", encoding) else "~"

    def text(self, column: Column, value: object, width: int = TIME_WIDTHS[0]) -> str:
        """Return a value in full; times as precisely as fits into `width` cells."""
        if value is None:
            return ""
        if column.kind is ColumnKind.TIME and isinstance(value, datetime):
            return _time_text(value, self._zone, width)
        if column.kind is ColumnKind.DURATION and isinstance(value, int | float):
            return clock_text(value)
        if self._short and column.name == "direction":
            return _DIRECTIONS.get(value, "?")
        return printable(plain_text(value)[:_LONGEST], self._encoding)

    def fitted(self, text: str, width: int, field: TableField) -> str:
        """Cut or fill text to `width` cells: numbers lose their middle, others their end.

        A longer id makes its line wider, as long as it looks like one: it is there to be copied.
        """
        cells = len(text) if text.isascii() else cell_len(text)
        is_id = field.policy is ColumnPolicy.ID and text.isascii() and cells <= _LONGEST_ID
        if cells > width and not is_id:
            tail = (width - 1) // 2 if field.policy is ColumnPolicy.NUMBER and text.isascii() else 0
            head = set_cell_size(text, max(width - 1 - tail, 0)).rstrip(" ")
            text = f"{head}{self._ellipsis if width else ''}{text[len(text) - tail :]}"
            cells = cell_len(text)
        blank = " " * (width - cells)
        return f"{blank}{text}" if field.right else f"{text}{blank}"

    def formatter(self, field: TableField, width: int) -> Formatter:
        """Return the function that turns a column's values into cells of `width`."""
        column, empty = field.column, " " * width
        is_plain = column.kind is ColumnKind.TEXT and field.policy is not ColumnPolicy.FIGURE
        colour_code = self._colour_code(column.name)

        def cell(value: object) -> str:
            if column.keys:
                value = column.extract([value])[0]
            if value is None:
                return empty
            # Nearly all cells are short plain text, which needs no closer look.
            if (
                is_plain
                and type(value) is str
                and len(value) <= width
                and value.isascii()
                and value.isprintable()
            ):
                return value.ljust(width)
            return self.fitted(self.text(column, value, width), width, field)

        def coloured(value: object) -> str:
            code = colour_code(value) if colour_code else None
            return f"\x1b[{code}m{cell(value)}\x1b[0m" if code else cell(value)

        # Most values come again and again; ids and times don't, and raw ones may be unhashable.
        is_cached = column.kind is not ColumnKind.RAW and field.policy not in {
            ColumnPolicy.ID,
            ColumnPolicy.TIME,
        }
        chosen = coloured if colour_code else cell
        return lru_cache(maxsize=4096)(chosen) if is_cached else chosen

    def _colour_code(self, name: str) -> Callable[[object], str | None] | None:
        if not self._colour:
            return None
        if name == "profile":
            return lambda value: self._profile_codes.get(value, _profile_code(value))
        return _STATE_CODES.get if name == "state" else None


def _profile_code(value: object) -> str:
    # Of the name alone: the same in every run, whatever other profiles there are.
    return _PROFILE_CODES[crc32(str(value).encode(errors="replace")) % len(_PROFILE_CODES)]


def _distinct_codes(profiles: Iterable[str]) -> dict[object, str]:
    """Give each name its own colour, or the next that is free."""
    codes: dict[object, str] = {}
    for name in sorted(profiles):
        at = _PROFILE_CODES.index(_profile_code(name))
        wheel = _PROFILE_CODES[at:] + _PROFILE_CODES[:at]
        free = (code for code in wheel if code not in codes.values())
        codes[name] = next(free, wheel[0])
    return codes


def _time_text(value: datetime, zone: tzinfo, width: int) -> str:
    try:
        value = value.astimezone(zone)
    except OverflowError:  # in the first or last hours that there are
        return f"{value.isoformat(' ', 'minutes')[:16]}Z"
    if width >= TIME_WIDTHS[0]:
        return value.isoformat(" ", "seconds")[:19]
    text = value.isoformat(" ", "minutes")[:16]
    return text if width >= TIME_WIDTHS[1] else text[5:]


class TableWriter:
    """Write rows as a table: a header, and a line for each row, of at most `width` cells.

    Only an id that is longer than those of the first rows makes a wider line. `columns` None lets
    width and first rows choose; a function `width` is called once per page. `profiles` are the
    expected names: with more than one, they are shown. `hidden` names the chosen columns that don't
    fit, or the id.
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
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._cells = TableCells(
            self._encoding, zone, colour=colour, short=columns is None, profiles=self._profiles
        )
        self._sample: list[Recording] = []
        self._fields: list[TableField] = []
        self._fitted_width = 0
        self._formatters: list[tuple[int, Formatter]] = []

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows; the first call holds back up to `SAMPLE_ROWS` until it has them or ends."""
        width = self._width() if callable(self._width) else self._width
        if self._formatters and width != self._fitted_width:
            self._set_widths(fit_widths(self._fields, width), width)
        for row in rows:
            if self._formatters:
                write_text(self._stream, self._line(row))
                self.written += 1
            else:
                self._sample.append(row)
                if len(self._sample) == SAMPLE_ROWS:
                    self._start(width)
        if self._sample:
            self._start(width)
        self._stream.flush()

    def close(self) -> None:
        """Flush what is still buffered; a table without rows has no header either."""
        self._stream.flush()

    def _start(self, width: int) -> None:
        rows, self._sample = self._sample, []
        if self._chosen is None:
            fields = self._measure(rows, ALL_COLUMNS)
            informative = self._informative(rows)
            shown = select_columns(fields, width, informative=informative)
            kept = {"id", *(field.column.name for field in shown)}
            self._fields = [field for field in fields if field.column.name in kept]
        else:
            self._fields = self._measure(rows, self._chosen.names)
            shown = fit_widths(self._fields, width)
        self._set_widths(shown, width)
        write_text(self._stream, self._header(shown) + "".join(map(self._line, rows)))
        self.written += len(rows)

    def _set_widths(self, shown: Sequence[TableField], width: int) -> None:
        names = {field.column.name for field in shown}
        self.hidden = tuple(
            field.column.name for field in self._fields if field.column.name not in names
        )
        self._fitted_width = width
        # What no column needs is the last one's, for longer values to come.
        rest = width - sum(field.width + GAP for field in shown[:-1])
        widths = [*(field.width for field in shown[:-1]), rest]
        if shown[-1].right:
            widths[-1] = shown[-1].width
        self._formatters = [
            (field.column.position, self._cells.formatter(field, cells))
            for field, cells in zip(shown, widths, strict=True)
        ]

    def _line(self, row: Recording) -> str:
        cells = [formatter(row[position]) for position, formatter in self._formatters]
        return f"{_SEPARATOR.join(cells).rstrip(' ')}\n"

    def _header(self, shown: Sequence[TableField]) -> str:
        cells: list[str] = []
        zone_missing = True
        for field in shown:
            title = heading(field.column, short=self._chosen is None)
            if field.policy is ColumnPolicy.TIME and zone_missing:
                title = _with_zone(title, zone_name(self._zone), field.width)
                zone_missing = False
            cells.append(self._cells.fitted(printable(title, self._encoding), field.width, field))
        line = _SEPARATOR.join(cells).rstrip(" ")
        return f"\x1b[1m{line}\x1b[0m\n" if self._colour else f"{line}\n"

    def _measure(self, rows: Sequence[Recording], names: Sequence[str]) -> list[TableField]:
        """Measure what the heading and the first rows need in each column."""
        fields: list[TableField] = []
        chosen = {it.name: it for it in self._chosen.items} if self._chosen is not None else {}
        for name in names:
            column = chosen.get(name) or Column.parse(name)
            policy = TableField(column, 0, 0).policy
            values = column.extract([row[column.position] for row in rows])
            needs = max(cell_len(self._cells.text(column, value)) for value in values)
            if column.name == "profile":
                needs = max(needs, *map(cell_len, self._profiles), 0)
            if policy is ColumnPolicy.TIME:
                needs = TIME_WIDTHS[0]
            elif policy is ColumnPolicy.TEXT and self._chosen is None:
                needs = min(needs, _TEXT_WIDTH)
            elif policy is ColumnPolicy.NUMBER:
                needs = max(needs, _NUMBER_WIDTH)
            elif policy is ColumnPolicy.ID:
                needs = min(needs, _LONGEST_ID)
            needs = max(needs, _LEAST_WIDTHS.get(column.name, 0))
            needs = max(
                needs,
                cell_len(printable(heading(column, short=self._chosen is None), self._encoding)),
            )
            fields.append(TableField(column, needs, needs))
        return fields

    def _informative(self, rows: Sequence[Recording]) -> frozenset[str]:
        """Return the columns that say something, and of profile and state what differs."""
        by_name = zip(Recording._fields, zip(*rows, strict=True), strict=True)
        informative = {name for name, values in by_name if any(cell is not None for cell in values)}
        if len(self._profiles | {row.profile for row in rows}) < 2:
            informative.discard("profile")
        if all(row.state in {None, State.COMPLETE} for row in rows):
            informative.discard("state")
        return frozenset(informative)


def _with_zone(heading: str, zone: str, width: int) -> str:
    """Name the zone beside the heading as fully as there is room for."""
    city = zone.rpartition("/")[2]
    forms = (f"{heading} ({zone})", f"{heading} {zone}", f"{heading} {city}", zone, city)
    return next((form for form in forms if len(form) <= width), city)
