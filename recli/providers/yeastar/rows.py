"""The rows of a Yeastar recording list.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from recli.model import Direction, Recording, State
from recli.providers.items import Item, extension, shifted
from recli.providers.yeastar.spellings import length_s, party
from recli.wire import RowWarning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

_DIRECTIONS = {each.value: each for each in Direction}


class RowParser:
    """Parse the rows of one page, whose starts are known already, in their order."""

    def __init__(self, profile: str, starts: Iterable[datetime | None]) -> None:
        self._profile = profile
        self._starts = iter(starts)

    def recording(self, item: Item) -> Recording | None:
        """Return an item as a row, None if it has no id."""
        started_at = next(self._starts)
        number = item.text("id")
        if number is None:
            return None
        file_name = item.text("file")
        if started_at is None and item.text("time") is not None:
            item.unreadable.append("time")
        duration_s = length_s(item, "duration")
        from_number, from_name = party(item, "call_from")
        to_number, to_name = party(item, "call_to")
        kind = item.text("call_type")
        direction = _DIRECTIONS.get(kind.strip().casefold()) if kind else None
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


def rises(rows: Sequence[Recording]) -> bool:
    """Return whether a row started after the one above it."""
    starts = [row.started_at for row in rows if row.started_at is not None]
    return any(above < below for above, below in pairwise(starts))


def doubt_warnings(
    profile: str, rows: Iterable[Recording], doubtful: frozenset[str], *, has_zone: bool
) -> Iterator[RowWarning]:
    """Yield a warning for each row whose start may be another one, with what to do about it."""
    remedy = (
        "the local time came twice, and the PBX does not tell which it was"
        if has_zone
        else f"set the PBX's zone: recli config set profiles.{profile}.timezone Europe/Rome"
        " (or whatever it is)"
    )
    for row in rows:
        if row.id in doubtful:
            yield RowWarning(row.id, "can't tell the hour of the start", remedy)
