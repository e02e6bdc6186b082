"""The table that the benchmarks print: on a terminal, or as Markdown for README.md beside it."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_HEADINGS = ("what", "recli", "floor", "ratio", "reach")


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement: what recli took, what the floor took, and the number that counts.

    `most` or `least` is what the number should reach; neither where it is for information.
    """

    name: str
    ours: str
    floor: str
    ratio: float
    most: float | None = None
    least: float | None = None
    failed: bool = False

    @property
    def reached(self) -> bool:
        """Say whether the number is as good as it should be."""
        if self.failed or (self.most is not None and self.ratio > self.most):
            return False
        return self.least is None or self.ratio >= self.least

    def cells(self) -> tuple[str, ...]:
        reach = ""
        if self.most is not None:
            reach = f"≤ {self.most:g}"
        elif self.least is not None:
            reach = f"≥ {self.least:g}"
        ratio = f"{self.ratio:.2f}"
        return self.name, self.ours, self.floor, ratio, reach + ("" if self.reached else " MISSED")


def plain(lines: Sequence[Line]) -> str:
    """Lay the lines out for a terminal."""
    rows = [_HEADINGS, *(line.cells() for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def markdown(lines: Sequence[Line]) -> str:
    """Lay the lines out as a Markdown table."""
    rows = [_HEADINGS, ("---",) * len(_HEADINGS), *(line.cells() for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def load() -> float:
    """Return how many processes ran at a time in the last minute: ratios are noisy above 1."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def circumstances(load_before: float) -> str:
    """Say when and on what this was measured, and beside what, in one line."""
    day = datetime.now(UTC).date().isoformat()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{day}, {_processor()}, {cores} cores, {platform.system()} {platform.release()},"
        f" {platform.python_implementation()} {platform.python_version()},"
        f" load {load_before:.1f} before"
    )


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    named = (row.partition(":")[2].strip() for row in text.splitlines() if "model name" in row)
    return next(named, platform.processor() or platform.machine())
