"""Sections of a summary as text: a label, figures, and a bar in what is left of the width.

Nothing here knows what is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from recli.output.marks import visible

_BAR_CELLS = 50  # longer ones are no easier to compare
_LEAST_BAR_CELLS = 4
_LONGEST = 200  # characters of a label that are looked at
_EIGHTHS = "▏▎▍▌▋▊▉█"
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a section; `size` is what the bar shows, against the section's largest."""

    label: str
    figures: tuple[str, ...]
    size: int


def section(
    title: str, headings: Sequence[str], bars: Sequence[Bar], width: int, *, encoding: str
) -> list[str]:
    """Lay out a heading and a line for each bar, none wider than `width` cells."""
    labels = [_safe(bar.label[:_LONGEST], encoding) for bar in bars]
    columns = [[heading, *(bar.figures[at] for bar in bars)] for at, heading in enumerate(headings)]
    figure_cells = [max(map(len, column)) for column in columns]
    taken = sum(cells + len(_GAP) for cells in figure_cells) + len(_GAP)
    label_cells = min(max(map(cell_len, [title, *labels])), max(width // 3, 12))
    label_cells = max(min(label_cells, width - taken - _LEAST_BAR_CELLS), len(title))
    bar_cells = min(max(width - taken - label_cells, 0), _BAR_CELLS)
    largest = max((bar.size for bar in bars), default=0)
    more = "…" if _holds(encoding, "…") else "~"
    lines: list[str] = []
    for label, figures, size in [
        (title, tuple(headings), 0),
        *((label, bar.figures, bar.size) for label, bar in zip(labels, bars, strict=True)),
    ]:
        cells = [_fitted(label, label_cells, more)]
        cells += [text.rjust(room) for text, room in zip(figures, figure_cells, strict=True)]
        cells.append(_bar(size, largest, bar_cells, encoding))
        lines.append(_fitted(_GAP.join(cells).rstrip(" "), width, more).rstrip(" "))
    return lines


def _bar(size: int, largest: int, cells: int, encoding: str) -> str:
    if not size or not cells:
        return ""
    if not _holds(encoding, _EIGHTHS):
        return "#" * max(1, size * cells // largest)
    # Whatever is not nothing shows at least the thinnest of blocks.
    whole, rest = divmod(max(1, size * cells * 8 // largest), 8)
    return "█" * whole + (_EIGHTHS[rest - 1] if rest else "")


def _fitted(text: str, cells: int, more: str) -> str:
    if cell_len(text) <= cells:
        return text + " " * (cells - cell_len(text))
    return set_cell_size(text, cells - 1) + more


def _safe(text: str, encoding: str) -> str:
    return visible(text).encode(encoding, "backslashreplace").decode(encoding)


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeError:
        return False
    return True
