"""The spellings of times and parties in a Yeastar recording list.

A PBX writes times in its own display format and language, lengths as seconds or as on a clock, and
parties as `Name<number>` or a number; firmware and language packs differ.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

from recli.errors import UsageError
from recli.providers.items import EPOCH, Item, parse_iso_time
from recli.times import parse_duration

_MARKERS = {
    **dict.fromkeys(("am", "上午", "午前", "오전", "ص", "πμ", "öö", "sa"), False),
    **dict.fromkeys(("pm", "下午", "午後", "오후", "م", "μμ", "ös", "ch"), True),
}
"""The halves of a day as display languages write them, without dots and spaces; True is the later.

Of them, `am` and `pm` are documented; the others are those of the Unicode locale data (CLDR).
"""
_HALF = r"(?:a\.? ?m\.?|p\.? ?m\.?|上午|下午|午前|午後|오전|오후|ص|م|π\.?μ\.?|μ\.?μ\.?|öö|ös|sa|ch)"
_TIME = re.compile(
    rf"(\d{{1,4}})[/.-](\d{{1,2}})[/.-](\d{{1,4}}),?[ t]*(?:({_HALF})[ ]*)?"
    rf"(\d{{1,2}}):(\d{{2}})(?::(\d{{2}})(?:[.,]\d{{1,9}})?)?[ ]*({_HALF})?",
    re.IGNORECASE,
)
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PARTY = re.compile(r"\s*(?:([^<>]*)<([^<>]*)>|([+*#\d][\d*# ().+-]*))\s*(?:[,;&|/]|\Z)")
_LONGEST = 60
"""Characters that a displayed time has at most."""
_EPOCH_S, _EPOCH_MS = range(10**8, 10**11), range(10**11, 10**14)
_NOON = 12


@dataclass(frozen=True, slots=True)
class DisplayedTime:
    """What a displayed time may mean, in the PBX's own zone: `month_first` or `day_first`.

    They are equal where day and month can't be taken for each other; None is no such day.
    """

    month_first: datetime | None
    day_first: datetime | None
    has_seconds: bool = True

    @property
    def readings(self) -> tuple[datetime, ...]:
        """Return the one or two times that it may mean."""
        both = (self.month_first, self.day_first)
        return tuple(dict.fromkeys(each for each in both if each is not None))

    def order_of(self, reading: datetime) -> bool | None:
        """Return whether the day comes first in a reading; None if that can't be told."""
        return None if len(self.readings) == 1 else reading == self.day_first

    def reading(self, *, day_first: bool | None) -> datetime | None:
        """Return the time it means where the order of day and month is known; None if unclear."""
        readings = self.readings
        if len(readings) == 1:
            return readings[0]
        return None if day_first is None else self.day_first if day_first else self.month_first


def displayed_time(text: str) -> DisplayedTime | None:
    """Return what a displayed time may mean, None if it is no date and time."""
    plain = " ".join(_DIRECTION_MARKS.sub("", text).split()) if len(text) <= _LONGEST else ""
    found = _TIME.fullmatch(plain)
    if found is None or (found[4] and found[8]):
        return None
    hour, minute, second = int(found[5]), int(found[6]), int(found[7] or 0)
    if marker := found[4] or found[8]:
        if hour > _NOON:
            return None
        is_later = _MARKERS[re.sub("[. ]", "", marker).lower()]
        hour = hour % _NOON + (_NOON if is_later else 0)
    first, middle, last = int(found[1]), int(found[2]), int(found[3])

    def at(year: int, month: int, day: int) -> datetime | None:
        try:
            return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # in the PBX's zone
        except ValueError:
            return None

    if len(found[1]) == 4:
        month_first = day_first = at(first, middle, last)
    else:
        year = last if len(found[3]) == 4 else 2000 + last
        month_first, day_first = at(year, first, middle), at(year, middle, first)
    if month_first is day_first is None:
        return None
    return DisplayedTime(month_first, day_first, found[7] is not None)


def written_moment(text: str) -> datetime | None:
    """Return a time that needs no zone as aware UTC: epoch seconds, milliseconds, ISO 8601.

    None where the text is no such time.
    """
    plain = text.strip().removesuffix(".0")
    if plain.isascii() and plain.isdecimal() and len(plain) < 15:
        number = int(plain)
        if number in _EPOCH_S:
            return EPOCH + timedelta(seconds=number)
        return EPOCH + timedelta(milliseconds=number) if number in _EPOCH_MS else None
    if "T" not in plain and " " not in plain:
        return None
    try:
        zone = datetime.fromisoformat(plain).tzinfo
        return None if zone is None else parse_iso_time(plain).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def length_s(item: Item, name: str) -> float | None:
    """Return a length in seconds, from a number or a text such as `0:01:00`."""
    value = item.raw.get(name)
    if isinstance(value, str) and not value.strip().replace(".", "", 1).isdecimal():
        try:
            return round(parse_duration(value), 3) if value else None
        except UsageError:
            item.unreadable.append(name)
            return None
    return item.seconds(name)


def party(item: Item, name: str) -> tuple[str | None, str | None]:
    """Return number and name of a caller or callee: own fields, else out of `Name<number>`.

    Several parties are given with commas between them.
    """
    number, called = _plain(item, f"{name}_number"), _plain(item, f"{name}_name")
    if number is not None:
        return number, called
    both = _plain(item, name)
    if both is None:
        return None, called
    numbers, names = _parties(both)
    return numbers, called or names


def _parties(text: str) -> tuple[str | None, str | None]:
    found, at = [], 0
    while at < len(text) and (match := _PARTY.match(text, at)) is not None and match.end() > at:
        found.append((match[3] or match[2], match[1] or ""))
        at = match.end()
    if at == len(text) and len(found) > 1:
        joined = [
            ", ".join(filter(None, map(str.strip, each))) for each in zip(*found, strict=True)
        ]
        return joined[0] or None, joined[1] or None
    before, opened, inside = text.rstrip().removesuffix(">").rpartition("<")
    if not opened or not text.rstrip().endswith(">"):
        return text, None
    return inside.strip() or None, before.strip() or None


def _plain(item: Item, name: str) -> str | None:
    """Return a text whose entities are resolved: some firmware escapes names for HTML."""
    text = item.text(name)
    if text is None or "&" not in text:
        return text
    return _ENTITY.sub(lambda match: unescape(match[0]), text) or None
