"""Typed values out of the JSON objects of a response; nothing here raises for bad data.

A run may read a million items: the usual form of a value is tried first everywhere.
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
_KINDS = {
    str: "text",
    list: "an array",
    dict: "an object",
    bool: "true or false",
    type(None): "null",
}


def excerpt(body: bytes | str) -> str:
    """Return the start of a body on one line for an error message; of HTML, the title."""
    text = body[: 8 * EXCERPT].decode("utf-8", "replace") if isinstance(body, bytes) else body
    title = _TITLE.search(text[: 8 * EXCERPT]) if text.lstrip()[:1] == "<" else None
    return shorten(title[1] if title else text) or "empty"


def kind_of(value: object) -> str:
    """Return the kind of a JSON value, as error messages name it."""
    return _KINDS.get(type(value), "a number")


def items_of(decoded: object, name: str) -> list[object] | None:
    """Return the list under `name` of a decoded object, or None if there is none.

    PHP writes a list with gaps as an object whose keys are the indexes: its values are the list.
    """
    value = decoded.get(name) if isinstance(decoded, dict) else None
    if isinstance(value, dict) and value and all(map(_is_index, value)):
        return list(value.values())
    return value if isinstance(value, list) else None


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal()


def count_of(decoded: object, name: str) -> int | None:
    """Return the number or numeric text under `name` as a whole number, or None."""
    return Item(decoded).integer(name) if isinstance(decoded, dict) else None


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Mapping[str, object] = MappingProxyType({})
_LARGEST = 2**63
_from_timestamp = datetime.fromtimestamp
_EXACT_S = 4_000_000_000
"""Epoch seconds up to which a float holds every microsecond: in the year 2096."""


def parse_iso_time(text: str) -> datetime:
    """Return an ISO 8601 time as aware UTC, which is also its default zone.

    Raises ValueError or OverflowError for a text that is no time.
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
    """Return `moment` plus `seconds`; None if either is None or no such time exists."""
    if moment is None or seconds is None:
        return None
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def last_segment(url: str | None) -> str | None:
    """Return the decoded last segment of a URL's path, or None."""
    if url is None:
        return None
    if "?" in url or "#" in url:
        url = url.partition("#")[0].partition("?")[0]
    name = url.rpartition("/")[2] or url.rstrip("/").rpartition("/")[2]
    return (unquote(name) if "%" in name else name) or None


def extension(name: str | None) -> str | None:
    """Return a file name's extension in lower case without the dot, or None."""
    if name is None:
        return None
    stem, _, ending = name.rpartition(".")
    return ending.lower() if stem and ending.isalnum() else None


class Item:
    """Read typed values from one raw object; `unreadable` names the fields that can't be read.

    One reader serves a whole page: its `raw` is replaced and `unreadable` emptied for each item.
    """

    __slots__ = ("raw", "unreadable")

    def __init__(self, raw: Mapping[str, object] = _NOTHING) -> None:
        self.raw = raw
        self.unreadable: list[str] = []

    def text(self, key: str) -> str | None:
        """Return text or a number as text; None if missing, null or empty."""
        value = self.raw.get(key)
        if isinstance(value, str):
            return value or None
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value:  # noqa: PLR0124  # NaN is no number
            return str(value)
        self.unreadable.append(key)
        return None

    def number(self, key: str, *, least: float = 0) -> float | None:
        """Return a number, or text of one, that is finite and at least `least`."""
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
        self.unreadable.append(key)
        return None

    def integer(self, key: str) -> int | None:
        """Return a whole number of at least 0."""
        value = self.number(key)
        if value is None or value == int(value):
            return None if value is None else int(value)
        self.unreadable.append(key)
        return None

    def seconds(self, key: str) -> float | None:
        """Return seconds, to the millisecond."""
        value = self.number(key)
        return round(value, 3) if isinstance(value, float) else value

    def milliseconds(self, key: str) -> float | None:
        """Return milliseconds, such as `"7560.00000"`, as seconds."""
        value = self.number(key)
        return None if value is None else round(value) / 1000

    def epoch(self, key: str, per_s: int) -> datetime | None:
        """Return epoch seconds (`per_s` = 1) or milliseconds (1000) as aware UTC; 0 is no time."""
        number = self.number(key)
        if not number:
            return None
        try:
            if number <= _EXACT_S * per_s:
                return _from_timestamp(number / per_s, UTC)
            return EPOCH + timedelta(milliseconds=round(number * 1000 / per_s))
        except OverflowError:
            self.unreadable.append(key)
            return None

    def time(self, key: str) -> datetime | None:
        """Return an ISO 8601 time as aware UTC."""
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                return parse_iso_time(value)
            except (ValueError, OverflowError):
                pass
        self.unreadable.append(key)
        return None
