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

from recli.model import Recording
from recli.output.bars import Bar, section
from recli.output.cells import time_text
from recli.output.streams import put
from recli.output.table_cells import zone_name

UNTOLD = "unknown"
"""What stands for a direction or a day that the provider does not say."""


class Period(StrEnum):
    """How long a line of the calendar is."""

    DAY = "day"
    WEEK = "week"  # named by its Monday
    MONTH = "month"
    YEAR = "year"


# With no more lines than these a summary stays about a screen.
_MOST_DAYS = {Period.DAY: 31, Period.WEEK: 27 * 7, Period.MONTH: 36 * 30}


@dataclass(slots=True)
class Tally:
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

    def merge(self, other: "Tally") -> None:
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
        self._total = Tally()
        self._profiles: defaultdict[str, Tally] = defaultdict(Tally)
        self._directions: defaultdict[str, Tally] = defaultdict(Tally)
        self._days: defaultdict[date | None, Tally] = defaultdict(Tally)
        self._first: datetime | None = None
        self._last: datetime | None = None

    def write(self, rows: Iterable[Recording]) -> None:
        """Count rows; nothing is written yet."""
        for row in rows:
            duration_s, started = row.duration_s, row.started_at
            self._total.add(duration_s)
            self._profiles[row.profile].add(duration_s)
            self._directions[row.direction or UNTOLD].add(duration_s)
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
        for title, tallies in (
            ("profile", _largest_first(self._profiles)),
            ("direction", _largest_first(self._directions)),
            (f"{period} of" if period is Period.WEEK else str(period), calendar),
        ):
            if tallies:
                bars = [Bar(label, _figures(one), one.recordings) for label, one in tallies.items()]
                lines += ["", *section(title, ("count", "hours"), bars, width, encoding=encoding)]
        put(self._stream, "".join(f"{line}\n" for line in lines))
        self._stream.flush()

    def as_dict(self) -> dict[str, object]:
        """Give all counts as JSON can hold them; times are UTC, days are those of `timezone`."""
        days = sorted(self._days.items(), key=lambda item: item[0] or date.max)
        return {
            **self._total.as_dict(),
            "timezone": zone_name(self._zone),
            "first_started_at": self._first and time_text(self._first),
            "last_started_at": self._last and time_text(self._last),
            "profiles": _listed("profile", _largest_first(self._profiles)),
            "directions": _listed("direction", _largest_first(self._directions)),
            "days": [{"day": day and day.isoformat(), **tally.as_dict()} for day, tally in days],
        }

    def _headline(self) -> str:
        days = [day for day in self._days if day is not None]
        count, hours = _figures(self._total)
        parts = [f"{count} recording{'' if self.written == 1 else 's'}", f"{hours} hours"]
        if self._total.unmeasured:
            parts.append(f"{self._total.unmeasured:,} without a length")
        if days:
            parts.append(f"{min(days)} to {max(days)} ({zone_name(self._zone)})")
        return ", ".join(parts)


def _figures(tally: Tally) -> tuple[str, str]:
    return f"{tally.recordings:,}", f"{tally.duration_s / 3600:,.1f}"


def _day(started: datetime, zone: tzinfo) -> date:
    try:
        return started.astimezone(zone).date()
    except OverflowError:  # in the first or last hours that there are
        return started.date()


def _largest_first(tallies: Mapping[str, Tally]) -> dict[str, Tally]:
    return dict(sorted(tallies.items(), key=lambda item: (-item[1].recordings, item[0])))


def _listed(name: str, tallies: Mapping[str, Tally]) -> list[dict[str, object]]:
    return [{name: label, **tally.as_dict()} for label, tally in tallies.items()]


def _calendar(days: Mapping[date | None, Tally]) -> tuple[Period, dict[str, Tally]]:
    """Gather days into periods that are few enough; empty ones between them show as nothing."""
    told = sorted(day for day in days if day is not None)
    span = (told[-1] - told[0]).days + 1 if told else 0
    period = next((one for one, most in _MOST_DAYS.items() if span <= most), Period.YEAR)
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    if period is not Period.YEAR:
        for passed in range(span):
            tallies[_label(told[0] + timedelta(days=passed), period)].merge(Tally())
    for day in told:
        tallies[_label(day, period)].merge(days[day])
    if None in days:
        tallies[UNTOLD].merge(days[None])
    return period, dict(tallies)


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
