"""The rows of a Yeastar recording list.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recli.model import Direction, Recording, State
from recli.providers.items import Item, extension, shifted
from recli.providers.yeastar.times import from_file_name

if TYPE_CHECKING:
    from datetime import datetime

    from recli.providers.yeastar.times import PbxTimeFormat

_DIRECTIONS = {each.value: each for each in Direction}


class RowParser:
    """Parse the rows of one page, and note which of their times are exact or ambiguous.

    `exact_starts` holds each row's start from its file name, None where that has none.
    `ambiguous_time` is the first time whose zone or format is not known.
    """

    def __init__(self, profile: str, clock: PbxTimeFormat) -> None:
        self.exact_starts: list[datetime | None] = []
        self.ambiguous_time: str | None = None
        self._profile = profile
        self._clock = clock

    def recording(self, item: Item) -> Recording | None:
        """Return an item as a row, None if it has no id."""
        number = item.text("id")
        if number is None:
            return None
        file_name = item.text("file")
        started_at = self._start(item, file_name)
        duration_s = item.seconds("duration")
        from_number, from_name = _party(item, "call_from")
        to_number, to_name = _party(item, "call_to")
        kind = item.text("call_type")
        direction = _DIRECTIONS.get(kind.lower()) if kind else None
        if kind and direction is None:
            item.unreadable.append("call_type")
        local = remote = None
        if direction is Direction.INBOUND:
            local, remote = to_number, from_number
        elif direction is Direction.OUTBOUND:
            local, remote = from_number, to_number
        return Recording(
            provider="yeastar",
            profile=self._profile,
            id=number,
            started_at=started_at,
            ended_at=shifted(started_at, duration_s),
            duration_s=duration_s,
            direction=direction,
            from_number=from_number,
            from_name=from_name,
            to_number=to_number,
            to_name=to_name,
            local_number=local,
            remote_number=remote,
            call_id=item.text("uid"),
            state=State.COMPLETE,
            format=extension(file_name),
            size_bytes=item.integer("size"),
            file_name=file_name,
            raw=item.raw,
        )

    def _start(self, item: Item, file_name: str | None) -> datetime | None:
        shown = item.text("time")
        exact = from_file_name(file_name, shown) if file_name and shown else None
        self.exact_starts.append(exact)
        if exact is not None or shown is None:
            return exact
        try:
            moment = self._clock.read(shown)
        except (ValueError, OverflowError):
            item.unreadable.append("time")
            return None
        if moment is None and self.ambiguous_time is None:
            self.ambiguous_time = shown
        return moment


def _party(item: Item, name: str) -> tuple[str | None, str | None]:
    """Return number and name of a caller or callee: own fields, else out of `Name<number>`."""
    number, called = item.text(f"{name}_number"), item.text(f"{name}_name")
    if number is not None:
        return number, called
    both = item.text(name)
    if both is None:
        return None, called
    before, opened, inside = both.rstrip().removesuffix(">").rpartition("<")
    if not opened or not both.rstrip().endswith(">"):
        return both, called
    return inside.strip() or None, called or before.strip() or None
