"""Reading one item of a provider's answer: whatever stands in a field becomes a value or a note.

A field that can't be read is null and is noted in `unread`; nothing here raises for bad data. A
million items are read in one run: the usual form of a value comes first everywhere.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

from recli.text import EXCERPT, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{1,400})<", re.IGNORECASE)
_KINDS = {str: "text", list: "an array", bool: "true or false", type(None): "null"}


def excerpt(body: bytes | str) -> str:
    """Return the start of a body on one line, fit for an error message; of HTML, the title."""
    text = body[: 8 * EXCERPT].decode("utf-8", "replace") if isinstance(body, bytes) else body
    title = _TITLE.search(text[: 8 * EXCERPT]) if text.lstrip()[:1] == "<" else None
    return shorten(title[1] if title else text) or "empty"


def kind_of(value: object) -> str:
    """Return what sort of JSON value something is, in a word that errors can hold."""
    return _KINDS.get(type(value), "a number")


def items_of(decoded: object, name: str) -> list[object] | None:
    """Return the list under `name` of a decoded object, or None if there is none."""
    value = decoded.get(name) if isinstance(decoded, dict) else None
    return value if isinstance(value, list) else None


def count_of(decoded: object, name: str) -> int | None:
    """Return a whole number under `name` of a decoded object, however it was sent, or None."""
    return Item(decoded).integer(name) if isinstance(decoded, dict) else None


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Mapping[str, object] = MappingProxyType({})
_LARGEST = 2**63
_from_timestamp = datetime.fromtimestamp
_EXACT_S = 4_000_000_000
"""Seconds after 1970 up to which a float holds every microsecond: in the year 2096."""


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


def between_s(start: datetime, end: datetime) -> float:
    """Return the seconds from `start` to `end`, to the millisecond."""
    return round((end - start).total_seconds(), 3)


def shifted(moment: datetime | None, seconds: float | None) -> datetime | None:
    """Return `moment` moved by `seconds`; None if either is, or if no such time exists."""
    if moment is None or seconds is None:
        return None
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def last_segment(url: str | None) -> str | None:
    """Return the decoded last part of a URL's path; None if there is none."""
    if url is None:
        return None
    if "?" in url or "#" in url:
        url = url.partition("#")[0].partition("?")[0]
    name = url.rpartition("/")[2] or url.rstrip("/").rpartition("/")[2]
    return (unquote(name) if "%" in name else name) or None


def extension(name: str | None) -> str | None:
    """Return a file name's extension in lower case without the dot; None if there is none."""
    if name is None:
        return None
    stem, _, ending = name.rpartition(".")
    return ending.lower() if stem and ending.isalnum() else None


class Item:
    """Typed readers over one raw object at a time; `unread` names the fields that can't be read.

    One reader serves a whole page: `raw` is put in its place for each item, `unread` is emptied.
    """

    __slots__ = ("raw", "unread")

    def __init__(self, raw: Mapping[str, object] = _NOTHING) -> None:
        self.raw = raw
        self.unread: list[str] = []

    def text(self, key: str) -> str | None:
        """Return a field as text; missing, null and empty are None, numbers become digits."""
        value = self.raw.get(key)
        if isinstance(value, str):
            return value or None
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value:  # noqa: PLR0124  # NaN is no number
            return str(value)
        self.unread.append(key)
        return None

    def number(self, key: str, *, least: float = 0) -> float | None:
        """Return a field as a finite number of at least `least`, whether sent as number or text."""
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                value = None
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            value = None
        if value is not None and least <= value < _LARGEST:
            return value
        self.unread.append(key)
        return None

    def integer(self, key: str) -> int | None:
        """Return a field as a whole number of at least 0."""
        value = self.number(key)
        if value is None or value == int(value):
            return None if value is None else int(value)
        self.unread.append(key)
        return None

    def seconds(self, key: str) -> float | None:
        """Return a field of seconds, to the millisecond."""
        value = self.number(key)
        return round(value, 3) if isinstance(value, float) else value

    def milliseconds(self, key: str) -> float | None:
        """Return a field of milliseconds, such as `"7560.00000"`, as seconds."""
        value = self.number(key)
        return None if value is None else round(value) / 1000

    def epoch(self, key: str, per_s: int) -> datetime | None:
        """Return a field that counts from 1970, `per_s` to the second; 0 is no time."""
        number = self.number(key)
        if not number:
            return None
        try:
            if number <= _EXACT_S * per_s:
                return _from_timestamp(number / per_s, UTC)
            return EPOCH + timedelta(milliseconds=round(number * 1000 / per_s))
        except OverflowError:
            self.unread.append(key)
            return None

    def time(self, key: str) -> datetime | None:
        """Return a field that holds an ISO 8601 time as aware UTC."""
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return instant(value)
            except (ValueError, OverflowError):
                pass
        self.unread.append(key)
        return None
