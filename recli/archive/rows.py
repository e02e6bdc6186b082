"""How a recording stands in the catalog: pure functions from a row to its columns and back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from recli.model import COLUMNS, TIME_COLUMNS, Direction, Recording, State
from recli.text import replace_surrogates

FIELDS: tuple[str, ...] = Recording._fields
"""The columns that hold a row, in the order of its fields, `raw` last."""
PUBLIC_FIELDS = len(COLUMNS)
"""How many of them are fields of recli's own, without `raw`."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIMES = frozenset(FIELDS.index(name) for name in TIME_COLUMNS)
_DIRECTION, _STATE = FIELDS.index("direction"), FIELDS.index("state")
_RAW = FIELDS.index("raw")
_SIDES = tuple(
    FIELDS.index(name) for name in ("from_number", "to_number", "local_number", "remote_number")
)

Cell = str | int | float | None
Cells = tuple[Cell, ...]


def to_ms(moment: datetime) -> int:
    """Return a time in whole milliseconds after 1970, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the aware UTC time that is so many milliseconds after 1970."""
    return _EPOCH + milliseconds * _MILLISECOND


def to_cells(row: Recording) -> Cells:
    """Return a row as the catalog keeps it.

    Lone surrogates, which SQLite can't hold, become U+FFFD in fields; `raw` keeps them, escaped.
    """
    cells: list[Cell] = []
    for index, value in enumerate(row):
        if index == _RAW:
            cells.append(_raw_text(value))
        elif isinstance(value, datetime):
            cells.append(to_ms(value))
        elif isinstance(value, str):
            cells.append(stored_text(value))
        elif isinstance(value, int | float):
            cells.append(value)
        else:
            cells.append(None)
    return tuple(cells)


def from_cells(cells: Sequence[Cell]) -> Recording:
    """Return the row that `to_cells` made these cells of."""
    values: list[object] = list(cells[: len(FIELDS)])
    for index in _TIMES:
        value = values[index]
        values[index] = from_ms(value) if isinstance(value, int) else None
    direction, state, raw = values[_DIRECTION], values[_STATE], values[_RAW]
    values[_DIRECTION] = Direction(direction) if isinstance(direction, str) else None
    values[_STATE] = State(state) if isinstance(state, str) else None
    values[_RAW] = _raw(raw) if isinstance(raw, str) else None
    return Recording(*values)  # type: ignore[arg-type]  # the tables hold what cells_of gave


def stored_text(text: str) -> str:
    """Return text as SQLite can hold it."""
    if text.isascii():
        return str(text)  # a plain string of an enum's member
    return replace_surrogates(text)


def number_digits(text: str) -> str:
    """Return what two writings of a number have in common: its digits and letters."""
    return "".join(filter(str.isalnum, text)).casefold()


def side_keys(cells: Cells) -> set[str]:
    """Return the keys of all numbers of a row, whichever side they are on."""
    texts = (cells[index] for index in _SIDES)
    return {key for text in texts if isinstance(text, str) and (key := number_digits(text))}


def _raw_text(raw: object) -> str | None:
    if raw is None:
        return None
    try:
        return json.dumps(raw, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return None


def _raw(text: str) -> object:
    try:
        raw: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return raw
