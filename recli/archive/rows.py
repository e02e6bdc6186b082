"""A recording as cells of the catalog and back: pure functions."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from recli.model import COLUMNS, TIME_COLUMNS, Direction, Recording, State
from recli.text import replace_surrogates

FIELDS: tuple[str, ...] = Recording._fields
"""The columns that hold a recording, in the order of its fields, `raw` last."""
FIELD_LIST = ", ".join(FIELDS)
"""The same as SQL."""
PUBLIC_FIELDS = len(COLUMNS)
"""How many of them are fields of recli's own, without `raw`."""
STATE = FIELDS.index("state")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NUMBERS = tuple(
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
    """Return the cells of a recording.

    Lone surrogates, which SQLite can't hold, become U+FFFD in fields; `raw` keeps them, escaped.
    """
    return (*(_to_cell(value) for value in row[:PUBLIC_FIELDS]), _raw_to_text(row.raw))


def from_cells(cells: Sequence[Cell]) -> Recording:
    """Return the recording that `to_cells` made these cells of; further cells are ignored."""
    values: dict[str, object] = dict(zip(FIELDS, cells, strict=False))
    for name in TIME_COLUMNS:
        value = values[name]
        values[name] = from_ms(value) if isinstance(value, int) else None
    direction, state, raw = values["direction"], values["state"], values["raw"]
    values["direction"] = Direction(direction) if isinstance(direction, str) else None
    values["state"] = State(state) if isinstance(state, str) else None
    values["raw"] = _raw_from_text(raw) if isinstance(raw, str) else None
    return Recording(**values)  # type: ignore[arg-type]  # the table holds what to_cells gave


def to_storable_text(text: str) -> str:
    """Return text as SQLite can hold it, also of a `StrEnum` member."""
    return str(text) if text.isascii() else replace_surrogates(text)


def phone_key(text: str) -> str:
    """Return what two spellings of a phone number have in common: its digits and letters."""
    return "".join(filter(str.isalnum, text)).casefold()


def phone_keys(cells: Cells) -> set[str]:
    """Return the keys of all phone numbers of a recording."""
    texts = (cells[index] for index in _NUMBERS)
    return {key for text in texts if isinstance(text, str) and (key := phone_key(text))}


def _to_cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return to_ms(value)
    if isinstance(value, str):
        return to_storable_text(value)
    return value if isinstance(value, int | float) else None


def _raw_to_text(raw: object) -> str | None:
    if raw is None:
        return None
    try:
        return json.dumps(raw, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return None


def _raw_from_text(text: str) -> object:
    try:
        raw: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return raw
