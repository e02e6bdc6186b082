"""Which columns a table shows in how many cells: chosen from the first rows and the width.

Pure arithmetic on widths. What a cell says is decided in `recli.output.table`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from recli.output.columns import Column, ColumnKind

GAP = 2
"""Cells between two columns."""

TIME_WIDTHS = (19, 16, 11)
"""Times in full, without seconds, and without the year too."""

MAIN_COLUMNS = (
    *("started_at", "profile", "direction", "from_number", "to_number"),
    *("duration_s", "state", "id"),
)
"""What a table shows by default, from left to right."""

EXTRA_COLUMNS = ("from_name", "to_name", "owner", "size_bytes", "call_id", "format", "file_name")
"""What it adds, in this order, where there is room in full."""

PARTY_COLUMNS = ("local_number", "remote_number")
"""What it shows where a provider gives neither `from` nor `to`."""

ALL_COLUMNS = (
    *(*MAIN_COLUMNS[:4], "from_name", "to_number", "to_name"),
    *(*PARTY_COLUMNS, *MAIN_COLUMNS[5:7], *EXTRA_COLUMNS[2:], "id"),
)
"""All that it may show unasked, from left to right."""

_HEADINGS = {
    "started_at": "started",
    "ended_at": "ended",
    "added_at": "added",
    "expires_at": "expires",
    "duration_s": "length",
    "size_bytes": "bytes",
}
_DROP_FIRST = ("direction",)
_DROP_FOR_ID = ("state",)
_DROP_NEXT = (*PARTY_COLUMNS, "state", "profile", "to_number", "duration_s")


class ColumnPolicy(StrEnum):
    """How a column's cells may be made narrower."""

    TIME = "time"  # in the steps of TIME_WIDTHS
    TEXT = "text"  # cut at the end
    NUMBER = "number"  # cut in the middle, after the texts: its last digits tell it from others
    ID = "id"  # never: half an id is of no use
    FIGURE = "figure"  # never


_POLICIES = {
    **dict.fromkeys(
        ("direction", "state", "duration_s", "size_bytes", "channels"), ColumnPolicy.FIGURE
    ),
    **dict.fromkeys(("id", "call_id", "reference"), ColumnPolicy.ID),
    **dict.fromkeys(("from_number", "to_number", *PARTY_COLUMNS), ColumnPolicy.NUMBER),
}
_FLOORS: dict[ColumnPolicy, tuple[int | None, int | None, int | None, int | None]] = {
    ColumnPolicy.TIME: (16, 16, 11, 11),
    ColumnPolicy.TEXT: (None, 8, 8, 6),
    ColumnPolicy.NUMBER: (None, None, None, 8),
    ColumnPolicy.ID: (None, None, None, None),
    ColumnPolicy.FIGURE: (None, None, None, None),
}


@dataclass(frozen=True, slots=True)
class TableField:
    """A column with the cells that its heading and first values need, and those that it gets."""

    column: Column
    needs: int
    width: int

    @property
    def policy(self) -> ColumnPolicy:
        """How its cells may be made narrower."""
        if self.column.kind is ColumnKind.TIME:
            return ColumnPolicy.TIME
        return _POLICIES.get(self.column.name, ColumnPolicy.TEXT)

    @property
    def right(self) -> bool:
        """Whether its cells stand at the right, as figures do."""
        return self.column.kind in {ColumnKind.DURATION, ColumnKind.INTEGER}


def heading(column: Column, *, short: bool) -> str:
    """Return a column's name for people, `short` where the table chooses its columns itself."""
    name = column.name
    if column.kind is ColumnKind.RAW:
        return name
    if short:
        name = {"direction": "way"}.get(name, name.removesuffix("_number"))
    return _HEADINGS.get(name, name.replace("_", " "))


def fit_widths(
    fields: Sequence[TableField],
    width: int,
    *,
    drop_first: Sequence[str] = (),
    drop_next: Sequence[str] = (),
) -> list[TableField]:
    """Give the fields widths that fit into `width` cells, leaving out as few as may be.

    Those in `drop_first` are dropped before times lose their year and numbers their end, those in
    `drop_next` when the narrowest widths don't fit, and after them the rightmost, the first
    id last.
    """
    shown = list(fields)
    names = [field.column.name for field in fields]
    first = [name for name in drop_first if name in names]
    following = [name for name in drop_next if name in names]
    while True:
        widths = _shrink(shown, width - GAP * (len(shown) - 1), steps=2 if first else 4)
        if widths is None and len(shown) == 1:
            widths = [max(width, 1)]
        if widths is not None:
            break
        candidates = first or following
        dropped = candidates.pop(0) if candidates else _rightmost(shown)
        shown = [field for field in shown if field.column.name != dropped]
    return [replace(field, width=cells) for field, cells in zip(shown, widths, strict=True)]


def _rightmost(fields: Sequence[TableField]) -> str:
    """Return the last column, except for the first id while there is another column."""
    ids = [field for field in fields if field.policy is ColumnPolicy.ID]
    others = [field for field in fields if field not in ids[:1]]
    return (others or fields)[-1].column.name


def select_columns(
    fields: Sequence[TableField], width: int, *, informative: frozenset[str]
) -> list[TableField]:
    """Choose among all fields those that a table of this width shows, and fit them.

    `informative` names the columns that say something in the first rows.
    """
    by_name = {field.column.name: field for field in fields}
    parties = () if informative & {"from_number", "to_number"} else PARTY_COLUMNS
    main = [by_name[name] for name in (*MAIN_COLUMNS, *parties) if name in informative]
    ordered = _ordered(main or [by_name["id"]])
    shown = fit_widths(ordered, width, drop_first=_DROP_FIRST, drop_next=_DROP_FOR_ID)
    kept = {"id", *_DROP_FIRST, *_DROP_FOR_ID, *(field.column.name for field in shown)}
    others = [field for field in ordered if field.column.name != "id"]
    if any(field.column.name not in kept for field in others):  # the id takes too much room
        shown = fit_widths(others, width, drop_first=_DROP_FIRST, drop_next=_DROP_NEXT)
    if any(field.width < field.needs for field in shown) or len(shown) < len(main):
        return shown
    left = width + GAP - sum(field.width + GAP for field in shown)
    for name in EXTRA_COLUMNS:
        field = by_name[name]
        if name in informative and field.needs + GAP <= left:
            shown.append(field)
            left -= field.needs + GAP
    return fit_widths(_ordered(shown), width)


def _ordered(fields: Sequence[TableField]) -> list[TableField]:
    return sorted(fields, key=lambda field: ALL_COLUMNS.index(field.column.name))


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
            is_time = fields[at].policy is ColumnPolicy.TIME
            widths[at] = max(form for form in TIME_WIDTHS if form < cells) if is_time else cells - 1
    for at, field in enumerate(fields):
        # A time that lost its year may have made more room than was missing.
        if field.policy is not ColumnPolicy.TIME:
            widths[at] += max(0, min(field.needs - widths[at], room - sum(widths)))
    return widths if sum(widths) <= room else None


def _floor(field: TableField, step: int) -> int:
    floor = _FLOORS[field.policy][step]
    return field.needs if floor is None else min(floor, field.needs)
