"""Reading one item of a provider's answer: whatever stands in a field becomes a value or a note.

A field that can't be read is null and is noted in `unread`; nothing here raises for bad data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NUMBER = 40
"""Characters; longer digit strings are no number of this field's kind, and are slow to convert."""


def instant(text: str) -> datetime:
    """Return an ISO 8601 time as aware UTC; without an offset it is taken as UTC.

    Raises ValueError or OverflowError where the text is no time that exists.
    """
    moment = datetime.fromisoformat(text)
    zone = moment.tzinfo
    if zone is UTC:
        return moment
    if zone is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def from_epoch_ms(milliseconds: int) -> datetime:
    """Return the time that is so many milliseconds after 1970 in UTC; OverflowError if none."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def epoch_s(moment: datetime) -> int:
    """Return the whole seconds between 1970 and `moment`, rounded down."""
    return (moment - EPOCH) // timedelta(seconds=1)


def between_s(start: datetime, end: datetime) -> float:
    """Return the seconds from `start` to `end`, exact to the millisecond."""
    return ((end - start) // timedelta(milliseconds=1)) / 1000


def _decimal(text: str) -> float:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(text[:_LONGEST_NUMBER])
    whole, _, fraction = text.partition(".")
    return int(text) if not fraction and text == whole else float(text)


class Item:
    """One raw object with typed readers; fields that could not be read are named in `unread`."""

    __slots__ = ("_get", "raw", "unread")

    def __init__(self, raw: Mapping[str, object]) -> None:
        self.raw = raw
        self._get = raw.get
        self.unread: list[str] = []

    def text(self, key: str) -> str | None:
        """Return a field as text; missing, null and empty are None, numbers become digits."""
        value = self._get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        self.unread.append(key)
        return None

    def number(self, key: str, *, least: float = 0) -> float | None:
        """Return a field as a finite number of at least `least`, whether sent as number or text."""
        value = self._get(key)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, str):
                value = _decimal(value.strip())
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                small = abs(value) < 2**63
                if small and math.isfinite(value) and value >= least:
                    return value
        except (ValueError, OverflowError):
            pass
        self.unread.append(key)
        return None

    def integer(self, key: str) -> int | None:
        """Return a field as a whole number of at least 0."""
        value = self.number(key)
        if value is None or value == int(value):
            return None if value is None else int(value)
        self.unread.append(key)
        return None

    def milliseconds(self, key: str) -> int | None:
        """Return a field of milliseconds, such as `"7560.00000"`, as a whole number of them."""
        value = self._get(key)
        if isinstance(value, str):
            whole, _, fraction = value.partition(".")
            if whole.isdecimal() and len(whole) < _LONGEST_NUMBER and not fraction.strip("0"):
                return int(whole)
        number = self.number(key)
        return None if number is None else round(number)

    def time(self, key: str) -> datetime | None:
        """Return a field that holds an ISO 8601 time as aware UTC."""
        value = self._get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return instant(value)
            except (ValueError, OverflowError):
                pass
        self.unread.append(key)
        return None

    def epoch(self, key: str, milliseconds: int | None) -> datetime | None:
        """Return so many milliseconds after 1970 as a time; `key` is noted if there is none."""
        if milliseconds is None:
            return None
        try:
            return from_epoch_ms(milliseconds)
        except OverflowError:
            self.unread.append(key)
            return None


def shifted(moment: datetime | None, seconds: float | None) -> datetime | None:
    """Return `moment` moved by `seconds`; None if either is, or if no such time exists."""
    if moment is None or seconds is None:
        return None
    try:
        return moment + timedelta(milliseconds=round(seconds * 1000))
    except OverflowError:
        return None
