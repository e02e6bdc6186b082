"""Counts and hours instead of rows: per profile, per direction and per day, with bars.

Memory grows with profiles and days, never with rows. Nothing here knows colours or terminals.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from textwrap import wrap
from typing import TextIO, assert_never

from rich.cells import cell_len, set_cell_size

from recli.model import Recording
from recli.output.streams import write_text
from recli.text import can_encode, plural, printable, rfc3339
from recli.times import zone_name

_BAR_WIDTH = 50  # longer ones are no easier to compare
_LEAST_BAR_WIDTH = 4
_LONGEST = 200  # characters of a label that are looked at
_EIGHTHS = "▏▎▍▌▋▊▉█"
_GAP = "  "
_HEADINGS = ("count", "hours")
UNKNOWN = "unknown"
"""The label of recordings whose direction or day the provider doesn't give."""


class Period(StrEnum):
    """How long a line of the calendar is."""

    DAY = "day"
    WEEK = "week"  # named by its Monday
    MONTH = "month"
    YEAR = "year"


# With no more lines than these a summary stays about a screen.
_MOST_DAYS = {Period.DAY: 31, Period.WEEK: 27 * 7, Period.MONTH: 36 * 30}


@dataclass(slots=True)
class Totals:
    """Recordings of one sort: how many, how long, and how many that don't say how long."""

    recordings: int = 0
    duration_s: float = 0.0
    unmeasured: int = 0

    def add(self, duration_s: float | None) -> None:
        """Count one recording."""
        self.recordings += 1
        if duration_s is None:
            self.unmeasured += 1
        else:
            self.duration_s += duration_s

    def merge(self, other: "Totals") -> None:
        """Count all that another has counted."""
        self.recordings += other.recordings
        self.duration_s += other.duration_s
        self.unmeasured += other.unmeasured

    def as_dict(self) -> dict[str, object]:
        """Give the counts as JSON can hold them."""
        return {
            "recordings": self.recordings,
            "duration_s": round(self.duration_s, 3),
            "without_duration": self.unmeasured,
        }


class Summary:
    """Count rows as they come; `close` writes what they come to, in lines of at most `width`.

    Days are days on the clock of `zone`. `as_dict` gives the same for JSON, day by day.
    """

    def __init__(self, stream: TextIO, *, width: int | Callable[[], int], zone: tzinfo) -> None:
        self.written = 0
        self._stream = stream
        self._width = width
        self._zone = zone
        self._total = Totals()
        self._profiles: defaultdict[str, Totals] = defaultdict(Totals)
        self._directions: defaultdict[str, Totals] = defaultdict(Totals)
        self._days: defaultdict[date | None, Totals] = defaultdict(Totals)
        self._first: datetime | None = None
        self._last: datetime | None = None

    def write(self, rows: Iterable[Recording]) -> None:
        """Count rows; nothing is written yet."""
        for row in rows:
            duration_s, started = row.duration_s, row.started_at
            self._total.add(duration_s)
            self._profiles[row.profile].add(duration_s)
            self._directions[row.direction or UNKNOWN].add(duration_s)
            if started is None:
                self._days[None].add(duration_s)
            else:
                self._days[_day(started, self._zone)].add(duration_s)
                self._first = started if self._first is None else min(self._first, started)
                self._last = started if self._last is None else max(self._last, started)
            self.written += 1

    def close(self) -> None:
        """Write the totals, and a section for each way of counting."""
        width = max(self._width() if callable(self._width) else self._width, 1)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        lines = wrap(self._headline(), width)
        period, calendar = _calendar(self._days)
        for title, totals in (
            ("profile", _largest_first(self._profiles)),
            ("direction", _largest_first(self._directions)),
            (f"{period} of" if period is Period.WEEK else str(period), calendar),
        ):
            if totals:
                lines += ["", *_section(title, totals, width, encoding)]
        write_text(self._stream, "".join(f"{line}\n" for line in lines))
        self._stream.flush()

    def as_dict(self) -> dict[str, object]:
        """Give all counts as JSON can hold them; times are UTC, days are those of `timezone`."""
        days = sorted(self._days.items(), key=lambda item: item[0] or date.max)
        return {
            **self._total.as_dict(),
            "timezone": zone_name(self._zone),
            "first_started_at": self._first and rfc3339(self._first),
            "last_started_at": self._last and rfc3339(self._last),
            "profiles": _listed("profile", _largest_first(self._profiles)),
            "directions": _listed("direction", _largest_first(self._directions)),
            "days": [{"day": day and day.isoformat(), **one.as_dict()} for day, one in days],
        }

    def table(self) -> list[list[str]]:
        """Give all counts as rows of text with a header: the total, then one by one."""
        days = sorted(self._days.items(), key=lambda item: item[0] or date.max)
        groups: list[tuple[str, str, Totals]] = [("total", "", self._total)]
        groups += [("profile", *each) for each in _largest_first(self._profiles).items()]
        groups += [("direction", *each) for each in _largest_first(self._directions).items()]
        groups += [("day", day.isoformat() if day else UNKNOWN, one) for day, one in days]
        header = ["by", "value", *Totals().as_dict()]
        return [
            header,
            *([by, value, *map(str, one.as_dict().values())] for by, value, one in groups),
        ]

    def _headline(self) -> str:
        days = [day for day in self._days if day is not None]
        _, hours = _figures(self._total)
        parts = [plural(self.written), f"{hours} hours"]
        if self._total.unmeasured:
            parts.append(f"{self._total.unmeasured:,} without a length")
        if days:
            parts.append(f"{min(days)} to {max(days)} ({zone_name(self._zone)})")
        return ", ".join(parts)


def _section(title: str, totals: Mapping[str, Totals], width: int, encoding: str) -> list[str]:
    """Lay out a heading, and a line with a bar for each label, none wider than `width` cells."""
    labels = [title, *(printable(label[:_LONGEST], encoding) for label in totals)]
    counts = [0, *(one.recordings for one in totals.values())]
    figures = [_HEADINGS, *map(_figures, totals.values())]
    figure_widths = [max(map(len, column)) for column in zip(*figures, strict=True)]
    taken = sum(figure_widths) + len(_GAP) * (len(figure_widths) + 1)
    label_width = min(max(map(cell_len, labels)), max(width // 3, 12))
    label_width = max(min(label_width, width - taken - _LEAST_BAR_WIDTH), len(title))
    bar_width = min(max(width - taken - label_width, 0), _BAR_WIDTH)
    ellipsis = "…" if can_encode("…", encoding) else "~"
    blocks = can_encode(_EIGHTHS, encoding)
    lines: list[str] = []
    for label, texts, count in zip(labels, figures, counts, strict=True):
        cells = [_fitted(label, label_width, ellipsis)]
        cells += [text.rjust(room) for text, room in zip(texts, figure_widths, strict=True)]
        cells.append(_bar(count, max(counts), bar_width, blocks=blocks))
        lines.append(_fitted(_GAP.join(cells).rstrip(" "), width, ellipsis).rstrip(" "))
    return lines


def _bar(count: int, largest: int, width: int, *, blocks: bool) -> str:
    if not count or not width:
        return ""
    if not blocks:
        return "#" * max(1, count * width // largest)
    # Anything above zero shows at least the thinnest block.
    whole, rest = divmod(max(1, count * width * 8 // largest), 8)
    return "█" * whole + (_EIGHTHS[rest - 1] if rest else "")


def _fitted(text: str, width: int, ellipsis: str) -> str:
    if cell_len(text) <= width:
        return text + " " * (width - cell_len(text))
    return set_cell_size(text, width - 1) + ellipsis


def _figures(one: Totals) -> tuple[str, str]:
    return f"{one.recordings:,}", f"{one.duration_s / 3600:,.1f}"


def _day(started: datetime, zone: tzinfo) -> date:
    try:
        return started.astimezone(zone).date()
    except OverflowError:  # in the first or last hours that there are
        return started.date()


def _largest_first(totals: Mapping[str, Totals]) -> dict[str, Totals]:
    return dict(sorted(totals.items(), key=lambda item: (-item[1].recordings, item[0])))


def _listed(name: str, totals: Mapping[str, Totals]) -> list[dict[str, object]]:
    return [{name: label, **one.as_dict()} for label, one in totals.items()]


def _calendar(days: Mapping[date | None, Totals]) -> tuple[Period, dict[str, Totals]]:
    """Gather days into periods that are few enough; empty ones between them show as nothing."""
    dated = sorted(day for day in days if day is not None)
    span = (dated[-1] - dated[0]).days + 1 if dated else 0
    period = next((one for one, most in _MOST_DAYS.items() if span <= most), Period.YEAR)
    totals: defaultdict[str, Totals] = defaultdict(Totals)
    if period is not Period.YEAR:
        for offset in range(span):
            totals[_label(dated[0] + timedelta(days=offset), period)].merge(Totals())
    for day in dated:
        totals[_label(day, period)].merge(days[day])
    if None in days:
        totals[UNKNOWN].merge(days[None])
    return period, dict(totals)


def _label(day: date, period: Period) -> str:
    match period:
        case Period.DAY:
            return day.isoformat()
        case Period.WEEK:
            # The Monday of the first week that there is lies before the first day.
            return date.fromordinal(max(1, day.toordinal() - day.weekday())).isoformat()
        case Period.MONTH:
            return day.isoformat()[:7]
        case Period.YEAR:
            return day.isoformat()[:4]
        case _:
            assert_never(period)
