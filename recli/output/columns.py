"""Which fields are written, and in what order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from recli.errors import UsageError
from recli.model import COLUMNS, TIME_COLUMNS, Recording
from recli.text import nearest_clause

_RAW = "raw"


class ColumnKind(StrEnum):
    """What a column's values are, where they are not None."""

    TEXT = "text"
    TIME = "time"  # an aware datetime
    DURATION = "duration"  # seconds, a float or an int
    INTEGER = "integer"
    RAW = "raw"  # whatever JSON can hold


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its place in a `Recording`, and the keys to follow inside `raw`."""

    name: str
    position: int
    kind: ColumnKind
    keys: tuple[str, ...] = ()

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a field's name, `raw`, or `raw.KEY[.KEY...]`."""
        head, *keys = name.split(".")
        if head == _RAW:
            if not all(keys):
                raise UsageError(f"column {name!r} has an empty key", hint="write raw.KEY")
            return cls(name, Recording._fields.index(_RAW), ColumnKind.RAW, tuple(keys))
        if name not in COLUMNS:
            raise UsageError(
                f"unknown column {name!r}{nearest_clause(name, (*COLUMNS, _RAW))}",
                hint=_all_names(),
            )
        return cls(name, COLUMNS.index(name), _kind(name))

    def extract(self, cells: Sequence[object]) -> Sequence[object]:
        """Follow the keys in every cell; a missing one gives None."""
        return [_lookup(cell, self.keys) for cell in cells] if self.keys else cells


@dataclass(frozen=True, slots=True)
class Columns:
    """A selection of columns, in the order in which they are written."""

    items: tuple[Column, ...]

    @classmethod
    def parse(cls, text: str | None, *, raw: bool) -> Self:
        """Read `a,b,raw.key`; None selects all fields. `raw` adds the provider's object at the end.

        Unknown, empty and repeated names are `UsageError`s.
        """
        names = list(COLUMNS) if text is None else [name.strip() for name in text.split(",")]
        if not all(names):
            raise UsageError(f"--columns {text!r} has an empty name", hint=_all_names())
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise UsageError(f"--columns names {', '.join(repeated)} more than once")
        if raw and _RAW not in names:
            names.append(_RAW)
        return cls(tuple(map(Column.parse, names)))

    @property
    def names(self) -> tuple[str, ...]:
        """The headings."""
        return tuple(column.name for column in self.items)

    @property
    def uses_raw(self) -> bool:
        """Whether rows must carry the provider's object."""
        return any(column.kind is ColumnKind.RAW for column in self.items)

    def transpose(self, rows: Iterable[Recording]) -> list[Sequence[object]]:
        """Turn rows, at least one, into one sequence of cells per column.

        Formats work by column: the kind is looked at once, and the loops run at C speed.
        """
        by_position: list[tuple[object, ...]] = list(zip(*rows, strict=True))
        return [column.extract(by_position[column.position]) for column in self.items]


def _kind(name: str) -> ColumnKind:
    if name in TIME_COLUMNS:
        return ColumnKind.TIME
    return {
        "duration_s": ColumnKind.DURATION,
        "size_bytes": ColumnKind.INTEGER,
        "channels": ColumnKind.INTEGER,
    }.get(name, ColumnKind.TEXT)


def _lookup(value: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _all_names() -> str:
    return f"columns: {', '.join(COLUMNS)}, raw, raw.KEY"
