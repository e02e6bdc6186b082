"""Which columns a table shows in how many cells: chosen from the first rows and the width.

Pure arithmetic on widths. What a cell says is decided in `recli.output.table`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from recli.output.columns import Column, ColumnKind

GAP = 2
"""Cells between two columns."""

TIME_CELLS = (19, 16, 11)
"""Times in full, without seconds, and without the year too."""

MAIN = (
    "started_at",
    "profile",
    "direction",
    "from_number",
    "to_number",
    "duration_s",
    "state",
    "id",
)
"""What a table shows unless it is told otherwise, from left to right."""

MORE = ("from_name", "to_name", "owner", "size_bytes", "call_id", "format", "file_name")
"""What it adds, in this order, where there is room for it in full."""

ALONE = ("local_number", "remote_number")
"""What stands for the two parties where a provider names neither `from` nor `to`."""

_ORDER = (*MAIN[:4], "from_name", "to_number", "to_name", *ALONE, *MAIN[5:7], *MORE[2:], "id")
_FIRST = ("direction", "id")
_THEN = (*ALONE, "state", "profile", "to_number", "duration_s")
_IDS = frozenset({"id", "call_id", "reference"})
_NUMBERS = frozenset({"from_number", "to_number", *ALONE})


class ColumnPolicy(StrEnum):
    """How a column's cells may be made narrower."""

    TIME = "time"  # in the steps of TIME_CELLS
    TEXT = "text"  # cut at the end
    ID = "id"  # cut in the middle, after the texts
    NUMBER = "number"  # cut at the end, after the ids
    FIGURE = "figure"  # never


_FLOORS: dict[ColumnPolicy, tuple[int | None, int | None, int | None, int | None]] = {
    ColumnPolicy.TIME: (16, 16, 16, 11),
    ColumnPolicy.TEXT: (None, 8, 8, 6),
    ColumnPolicy.ID: (None, None, 12, 8),
    ColumnPolicy.NUMBER: (None, None, None, 8),
    ColumnPolicy.FIGURE: (None, None, None, None),
}


@dataclass(frozen=True, slots=True)
class TableField:
    """A column with the cells that its heading and first values need, and those that it gets."""

    column: Column
    needs: int
    width: int

    @property
    def shape(self) -> ColumnPolicy:
        """The way in which it gives way."""
        if self.column.kind is ColumnKind.TIME:
            return ColumnPolicy.TIME
        if self.column.kind in {ColumnKind.DURATION, ColumnKind.SIZE}:
            return ColumnPolicy.FIGURE
        name = self.column.name
        if name in {"direction", "state"}:
            return ColumnPolicy.FIGURE
        if name in _IDS:
            return ColumnPolicy.ID
        return ColumnPolicy.NUMBER if name in _NUMBERS else ColumnPolicy.TEXT

    @property
    def right(self) -> bool:
        """Whether its cells stand at the right, as figures do."""
        return self.column.kind in {ColumnKind.DURATION, ColumnKind.SIZE}


def fit_widths(
    fields: Sequence[TableField], width: int, *, first: Sequence[str] = (), then: Sequence[str] = ()
) -> list[TableField]:
    """Give the fields widths that fit into `width` cells, leaving out as few as may be.

    Those named in `first` leave before times lose their year and numbers their end, those in
    `then` when the narrowest widths don't fit, and after them the rightmost.
    """
    kept = list(fields)
    names = [field.column.name for field in fields]
    first = [name for name in first if name in names]
    then = [name for name in then if name in names]
    while True:
        widths = _shrink(kept, width - GAP * (len(kept) - 1), steps=3 if first else 4)
        if widths is None and len(kept) == 1:
            widths = [max(width, 1)]
        if widths is not None:
            break
        leaving = first or then
        out = leaving.pop(0) if leaving else kept[-1].column.name
        kept = [field for field in kept if field.column.name != out]
    return [replace(field, width=cells) for field, cells in zip(kept, widths, strict=True)]


def select_columns(
    fields: Sequence[TableField], width: int, *, filled: frozenset[str]
) -> list[TableField]:
    """Choose among all fields those that a table of this width shows, and fit them.

    `filled` names the columns that have something to say in the first rows.
    """
    by_name = {field.column.name: field for field in fields}
    parties = () if filled & {"from_number", "to_number"} else ALONE
    main = [by_name[name] for name in (*MAIN, *parties) if name in filled]
    shown = fit_widths(_ordered(main or [by_name["id"]]), width, first=_FIRST, then=_THEN)
    if any(field.width < field.needs for field in shown) or len(shown) < len(main):
        return shown
    left = width + GAP - sum(field.width + GAP for field in shown)
    for name in MORE:
        field = by_name[name]
        if name in filled and field.needs + GAP <= left:
            shown.append(field)
            left -= field.needs + GAP
    return fit_widths(_ordered(shown), width)


def _ordered(fields: Sequence[TableField]) -> list[TableField]:
    return sorted(fields, key=lambda field: _ORDER.index(field.column.name))


def _shrink(fields: Sequence[TableField], room: int, *, steps: int) -> list[int] | None:
    """Take from the widest first, kind after kind, until all fits; None if it can't."""
    widths = [field.needs for field in fields]
    for step in range(steps):
        floors = [_floor(field, step) for field in fields]
        while sum(widths) > room:
            slack = [(cells, at) for at, cells in enumerate(widths) if cells > floors[at]]
            if not slack:
                break
            cells, at = max(slack)
            is_time = fields[at].shape is ColumnPolicy.TIME
            widths[at] = max(form for form in TIME_CELLS if form < cells) if is_time else cells - 1
    for at, field in enumerate(fields):
        # A time that lost its year may have made more room than was missing.
        if field.shape is not ColumnPolicy.TIME:
            widths[at] += max(0, min(field.needs - widths[at], room - sum(widths)))
    return widths if sum(widths) <= room else None


def _floor(field: TableField, step: int) -> int:
    floor = _FLOORS[field.shape][step]
    return field.needs if floor is None else min(floor, field.needs)
