"""Small tables of text for a command's answer, drawn by rich."""

from collections.abc import Collection, Mapping, Sequence
from io import StringIO

from rich.console import Console as RichConsole
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

Row = Mapping[str, str | Text]
"""A line's cells by heading; a `Text` may have colour."""
_UNLIMITED_CELLS = 10_000


def text_table(
    headings: Sequence[str],
    rows: Sequence[Row],
    width: int,
    *,
    gap_lines: int = 0,
    right: Collection[str] = (),
    expendable: Sequence[str] = (),
    colour: bool = False,
) -> str:
    """Return a table that fits `width` cells, with `gap_lines` empty lines after each row.

    While it is too wide, the `expendable` columns are left out in this order; then cells fold.
    The columns of `right` are aligned to that side.
    """
    out = StringIO()
    console = RichConsole(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="256" if colour else None,
    )
    unlimited = console.options.update(width=_UNLIMITED_CELLS)
    table = Table()
    for count in range(len(expendable) + 1):
        table = Table(box=None, pad_edge=False, padding=(0, 2, gap_lines, 0), header_style="")
        shown = [heading for heading in headings if heading not in expendable[:count]]
        for heading in shown:
            table.add_column(
                heading, overflow="fold", justify="right" if heading in right else "left"
            )
        for row in rows:
            cells = (row[heading] for heading in shown)
            table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))
        if Measurement.get(console, unlimited, table).maximum <= width:
            break
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
