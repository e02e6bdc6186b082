"""When a Yeastar recording was made: from a time without a zone, in one of several formats.

The PBX writes times in its own zone and display format. The recording's file name carries the
epoch, which settles both; else the profile's zone and format do, else the PBX's own account of its
clock. Nothing is guessed.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from recli.providers.items import EPOCH, Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EPOCH_IN_NAME = re.compile(r"(?:^|-)(\d{9,11})\.\d+-", re.ASCII)
_TIME = re.compile(
    r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))? *([AaPp][Mm])?\Z",
    re.ASCII,
)
_LONGEST = 40
"""Characters that a displayed time has at most."""
_SAMPLE = datetime(2022, 11, 23, 17, 36, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
_NOON = 12
_MINUTES = timedelta(minutes=5)
"""How far the two clocks that `system/information` tells of may be apart."""
_LAST_STAMP = 99_999_999_999


@dataclass(frozen=True, slots=True)
class PbxTimeFormat:
    """What is known of a PBX's clock: its zone, and how it writes a time."""

    zone: tzinfo | None = None
    time_format: str | None = None
    day_first: bool | None = None

    def read(self, text: str) -> datetime | None:
        """Return a displayed time as aware UTC, or None where it is ambiguous or the zone unknown.

        Raises ValueError where the text is no time in any format.
        """
        if self.time_format:
            naive: datetime | None = datetime.strptime(text, self.time_format)  # noqa: DTZ007  # zone below
        else:
            naive = self._choose(list(displayed(text)))
        if naive is not None and naive.tzinfo is not None:
            return naive.astimezone(UTC)
        if naive is None or self.zone is None:
            return None
        return naive.replace(tzinfo=self.zone).astimezone(UTC)

    def _choose(self, readings: list[tuple[bool | None, datetime]]) -> datetime | None:
        if not readings:
            raise ValueError("no time")
        distinct = {naive for _, naive in readings}
        if len(distinct) == 1:
            return readings[0][1]
        fitting = [naive for day_first, naive in readings if day_first is self.day_first]
        return fitting[0] if fitting else None


def from_file_name(name: str, text: str) -> datetime | None:
    """Return the epoch in a recording's file name as aware UTC, if its displayed time bears it out.

    It does when the two are whole quarters of an hour apart, from 12 hours behind to 14 ahead.
    """
    found = _EPOCH_IN_NAME.search(name)
    if found is None:
        return None
    moment = EPOCH + timedelta(seconds=int(found[1]))
    wall = moment.replace(tzinfo=None)
    if text.count(":") == 1:  # a display without seconds
        wall = wall.replace(second=0)
    for _, naive in displayed(text):
        offset = naive - wall
        if _WEST <= offset <= _EAST and offset % _QUARTER == timedelta(0):
            return moment
    return None


def complete(time_format: str) -> bool:
    """Say whether a strptime format holds date and time, so that what it writes can be read."""
    try:
        read = datetime.strptime(_SAMPLE.strftime(time_format), time_format)  # noqa: DTZ007  # compared bare
    except (ValueError, re.error):
        return False
    return read.replace(tzinfo=None) == _SAMPLE.replace(tzinfo=None)


def displayed(text: str) -> Iterator[tuple[bool | None, datetime]]:
    """Yield the readings of a displayed time: whether the day comes first, and the naive time.

    It is None in the place of the former where the year comes first.
    """
    found = _TIME.match(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        return
    first, second, third, hour, minute, seconds = (int(part or 0) for part in found.groups()[:6])
    if found[7]:
        if not 1 <= hour <= _NOON:
            return
        hour = hour % _NOON + (_NOON if found[7].lower() == "pm" else 0)
    orders: tuple[tuple[bool | None, int, int, int], ...]
    if len(found[1]) == 4:
        orders = ((None, first, second, third),)
    else:
        year = third if len(found[3]) == 4 else 2000 + third
        orders = ((False, year, first, second), (True, year, second, first))
    for day_first, year, month, day in orders:
        try:
            yield day_first, datetime(year, month, day, hour, minute, seconds)  # noqa: DTZ001
        except ValueError:
            continue


def from_information(said: Mapping[str, object]) -> PbxTimeFormat:
    """Return the clock that `system/information` describes; its offset is today's."""
    item = Item(said)
    date_format = (item.text("system_date_format") or "").lower()
    day_first = None
    if "d" in date_format and "m" in date_format and not date_format.startswith("y"):
        day_first = date_format.index("d") < date_format.index("m")
    stamp = item.integer("timestamp")
    if not stamp or stamp > _LAST_STAMP:
        return PbxTimeFormat(day_first=day_first)
    wall = (EPOCH + timedelta(seconds=stamp)).replace(tzinfo=None)
    readings = list(displayed(item.text("system_time") or ""))
    if len(readings) == 2 and readings[0][1] == readings[1][1]:
        readings = [(None, readings[0][1])]  # a date such as 05/05 tells nothing of the order
    for order, naive in readings:
        offset = _QUARTER * round((naive - wall) / _QUARTER)
        near = abs(naive - wall - offset) < _MINUTES
        if near and _WEST <= offset <= _EAST and (day_first is None or order in {None, day_first}):
            return PbxTimeFormat(
                timezone(offset), day_first=order if day_first is None else day_first
            )
    return PbxTimeFormat(day_first=day_first)
