"""How a table spells one value: on the reader's clock, safe for a terminal, and exactly as wide.

Files spell values otherwise: see `recli.output.cells`. Columns and widths are given from outside.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timezone, tzinfo
from functools import lru_cache
from typing import TypeAlias, assert_never
from zlib import crc32

from rich.cells import cell_len, set_cell_size

from recli.model import Direction, State
from recli.output.cells import plain_text
from recli.output.columns import Column, Kind
from recli.output.layout import TIME_CELLS, Field, Shape
from recli.output.marks import visible

Draw: TypeAlias = Callable[[object], str]
"""Turn a value into a cell of a width that is settled."""

_LONGEST = 400  # characters of a cell that are looked at: no terminal shows more
_UNTOLD_S = 10**9  # nothing rings for thirty years
_WORDS: dict[object, str] = {
    Direction.INBOUND: "in",
    Direction.OUTBOUND: "out",
    Direction.INTERNAL: "int",
}
_PROFILE_CODES = (36, 35, 32, 33, 34, 96, 95, 92)
_STATE_CODES: dict[object, int] = {State.ERROR: 31, State.RECORDING: 33, State.SAVING: 33}


class TableCells:
    """Spell values for one reader: a clock, what the encoding can hold, colour or none.

    `short` says directions in at most three letters. `profiles` are the names that are known to
    come: while there are colours enough, no two of them have the same.
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
        self._profile_codes = _spread(profiles)
        try:
            "…␛⟨█".encode(encoding)
        except UnicodeError:
            self._narrow, self._more = True, "~"
        else:
            self._narrow, self._more = False, "…"

    def text(self, column: Column, value: object, width: int = TIME_CELLS[0]) -> str:
        """Spell a value in full; times as well as they go into `width`."""
        if value is None:
            return ""
        match column.kind:
            case Kind.TIME if isinstance(value, datetime):
                return _time(value, self._zone, width)
            case Kind.DURATION if isinstance(value, int | float):
                return clock_text(value)
            case Kind.TEXT if self._short and column.name == "direction":
                return _WORDS.get(value, "?")
            case Kind.TEXT | Kind.RAW | Kind.SIZE | Kind.TIME | Kind.DURATION:
                text = value if isinstance(value, str) else plain_text(value)
                return self.safe(text[:_LONGEST])
            case _:
                assert_never(column.kind)

    def safe(self, text: str) -> str:
        """Replace what a terminal would obey, hide, or not be able to show."""
        text = visible(text)
        if self._narrow and not text.isascii():
            return text.encode(self._encoding, "backslashreplace").decode(self._encoding)
        return text

    def fitted(self, text: str, width: int, field: Field) -> str:
        """Cut or fill text to exactly `width` cells; ids lose their middle, others their end."""
        cells = len(text) if text.isascii() else cell_len(text)
        if cells > width:
            tail = (width - 1) // 2 if field.shape is Shape.ID and text.isascii() else 0
            head = set_cell_size(text, max(width - 1 - tail, 0)).rstrip(" ")
            text = f"{head}{self._more if width else ''}{text[len(text) - tail :]}"
            cells = cell_len(text)
        blank = " " * (width - cells)
        return f"{blank}{text}" if field.right else f"{text}{blank}"

    def drawer(self, field: Field, width: int) -> Draw:
        """Make the function that turns a column's values into cells of `width`."""
        column, empty = field.column, " " * width
        plain = field.shape in {Shape.TEXT, Shape.ID, Shape.NUMBER} and column.kind is Kind.TEXT
        codes = self._codes(column.name)

        def draw(value: object) -> str:
            if column.keys:
                value = column.of([value])[0]
            if value is None:
                return empty
            # Nearly all cells are text of this sort: no need to look at them twice.
            if (
                plain
                and type(value) is str
                and len(value) <= width
                and value.isascii()
                and value.isprintable()
            ):
                return value.ljust(width)
            return self.fitted(self.text(column, value, width), width, field)

        def coloured(value: object) -> str:
            cell = draw(value)
            code = codes(value) if codes else None
            return f"\x1b[{code}m{cell}\x1b[0m" if code else cell

        drawn = coloured if codes else draw
        # Most values come again and again; ids and times don't, and raw ones may be unhashable.
        again = column.kind is not Kind.RAW and field.shape not in {Shape.ID, Shape.TIME}
        return lru_cache(maxsize=4096)(drawn) if again else drawn

    def _codes(self, name: str) -> Callable[[object], int | None] | None:
        if not self._colour:
            return None
        if name == "profile":
            return lambda value: self._profile_codes.get(value, _profile_code(value))
        return _STATE_CODES.get if name == "state" else None


def clock_text(duration_s: float) -> str:
    """Spell a length as `1:31` or `1:02:03`, to the nearest second."""
    if not 0 <= duration_s < _UNTOLD_S:
        return "?"
    minutes, seconds = divmod(int(duration_s + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def zone_name(zone: tzinfo) -> str:
    """Name a zone: `Europe/Rome`, `UTC+02:00`, or `local` where the system does not say."""
    if isinstance(zone, timezone):
        return str(zone)
    return getattr(zone, "key", None) or "local"


def _profile_code(value: object) -> int:
    # Of the name alone: the same in every run, whatever other profiles there are.
    return _PROFILE_CODES[crc32(str(value).encode(errors="replace")) % len(_PROFILE_CODES)]


def _spread(profiles: Iterable[str]) -> dict[object, int]:
    """Give each name its own colour, or the next that is free."""
    codes: dict[object, int] = {}
    for name in sorted(profiles):
        at = _PROFILE_CODES.index(_profile_code(name))
        wheel = _PROFILE_CODES[at:] + _PROFILE_CODES[:at]
        free = (code for code in wheel if code not in codes.values())
        codes[name] = next(free, wheel[0])
    return codes


def _time(value: datetime, zone: tzinfo, width: int) -> str:
    try:
        value = value.astimezone(zone)
    except OverflowError:  # in the first or last hours that there are
        return f"{value.isoformat(' ', 'minutes')[:16]}Z"
    if width >= TIME_CELLS[0]:
        return value.isoformat(" ", "seconds")[:19]
    text = value.isoformat(" ", "minutes")[:16]
    return text if width >= TIME_CELLS[1] else text[5:]
