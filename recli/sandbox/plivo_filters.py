"""Plivo's filters as its documents tell them: spans of `add_time`, storage age, equal values.

It judges parameters and times only; what a row looks like stands in `plivo_rows`.
https://www.plivo.com/docs/voice/api/recording
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LIMIT_MAX = 20
DEFAULT_SPAN = timedelta(days=7)  # without any time filter
SPAN_MAX = timedelta(days=30)
FOREVER = datetime.max.replace(tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# `YYYY-MM-DD HH:MM[:ss[.uuuuuu]]`, UTC, no offset
TIME_FORM = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d{1,6})?)?")

EQUAL = (
    "from_number",
    "to_number",
    "call_uuid",
    "conference_name",
    "conference_uuid",
    "mpc_name",
    "mpc_uuid",
    "subaccount",
)

SUFFIXES: Mapping[str, Callable[[int, int], bool]] = {
    "": operator.eq,
    "__gt": operator.gt,
    "__gte": operator.ge,
    "__lt": operator.lt,
    "__lte": operator.le,
}


class RefusalError(Exception):
    """Refuse a parameter; the text goes to the client."""


@dataclass(frozen=True, slots=True)
class Span:
    """Hold the bounds of `add_time`, each with whether it is itself included."""

    low: datetime = LONG_AGO
    low_in: bool = True
    high: datetime = FOREVER
    high_in: bool = True

    def holds(self, time: datetime) -> bool:
        """Tell whether a time is within."""
        above = time >= self.low if self.low_in else time > self.low
        return above and (time <= self.high if self.high_in else time < self.high)


def span(query: Mapping[str, str], now: datetime) -> Span:
    """Read the time filter; RefusalError for what Plivo refuses.

    None at all means the last 7 days; one bound reaches 30 days from there; more than 30 days
    between two are refused; storage age can't be combined with it.
    """
    times = {k: _time(k, v) for k, v in query.items() if k.partition("__")[0] == "add_time"}
    by_age = any(k.startswith("recording_storage_duration") for k in query)
    if times and by_age:
        raise RefusalError("add_time and recording_storage_duration can not be used together")
    if by_age:
        return Span()
    if not times:
        return Span(low=now - DEFAULT_SPAN)
    if "add_time" in times:
        return Span(low=times["add_time"], high=times["add_time"])
    low = times.get("add_time__gte", times.get("add_time__gt"))
    high = times.get("add_time__lte", times.get("add_time__lt"))
    if low is None and high is None:
        raise RefusalError(f"unknown suffix in {', '.join(times)}")
    if low is None and high is not None:
        low = high - SPAN_MAX
    if high is None and low is not None:
        high = low + SPAN_MAX
    if low is None or high is None or high - low > SPAN_MAX:
        raise RefusalError("the add_time range can not be more than 30 days")
    return Span(low, "add_time__gt" not in times, high, "add_time__lt" not in times)


def age_holds(query: Mapping[str, str], age_days: int) -> bool:
    """Tell whether a recording stored so many days ago passes `recording_storage_duration`."""
    name = "recording_storage_duration"
    return all(
        compare(age_days, whole(query, name + suffix, 0, least=0))
        for suffix, compare in SUFFIXES.items()
        if name + suffix in query
    )


def whole(query: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    """Read a whole number; RefusalError for another text or a smaller one."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < least:
        raise RefusalError(f"{name} should be a whole number, at least {least}")
    return int(text)


def _time(name: str, text: str) -> datetime:
    head, _, fraction = text.partition(".") if TIME_FORM.fullmatch(text) else ("", "", "")
    try:
        form = "%Y-%m-%d %H:%M:%S" if head.count(":") == 2 else "%Y-%m-%d %H:%M"
        time = datetime.strptime(head, form).replace(tzinfo=UTC)
    except ValueError:
        message = f"{name} should be of the form YYYY-MM-DD HH:MM[:ss[.uuuuuu]]"
        raise RefusalError(message) from None
    return time.replace(microsecond=int(fraction.ljust(6, "0") or 0))
