"""What a recording is, and what a query for recordings says: plain values for every provider.

Nothing here knows a provider's field names, the network or a file format.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Direction(StrEnum):
    """The way a call went, seen from the owner of the account."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class State(StrEnum):
    """How far a recording has come; only `complete` ones have audio."""

    RECORDING = "recording"
    SAVING = "saving"
    COMPLETE = "complete"
    ERROR = "error"


class Recording(NamedTuple):
    """One call recording: the fields of a row, in the order in which they are written.

    Datetimes are aware UTC; None where the provider does not say. `raw` is the provider's own
    object, unchanged. A named tuple, not a dataclass: a million of these are made in one run, and
    rows are written by position.
    """

    provider: str
    profile: str
    id: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    direction: Direction | None = None
    from_number: str | None = None
    from_name: str | None = None
    to_number: str | None = None
    to_name: str | None = None
    local_number: str | None = None
    remote_number: str | None = None
    owner: str | None = None
    call_id: str | None = None
    state: State | None = None
    format: str | None = None
    size_bytes: int | None = None
    file_name: str | None = None
    media_url: str | None = None
    added_at: datetime | None = None
    expires_at: datetime | None = None
    reference: str | None = None
    channels: int | None = None
    raw: object = None


COLUMNS: tuple[str, ...] = Recording._fields[:-1]
"""The row's fields in order, without `raw`."""

TIME_COLUMNS = frozenset({"started_at", "ended_at", "added_at", "expires_at"})


class Filter(StrEnum):
    """What a query can ask for; a provider declares which of these its server filters."""

    SINCE = "since"
    UNTIL = "until"
    FROM = "from"
    TO = "to"
    NUMBER = "number"
    DIRECTION = "direction"
    MIN_DURATION = "min-duration"
    MAX_DURATION = "max-duration"
    OWNER = "owner"
    CALL_ID = "call-id"
    STATE = "state"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Query:
    """Which recordings are wanted: all that match every part that is not None.

    `since` ≤ start < `until`, aware UTC; durations in seconds, both ends included. `now` is the
    moment at which the run began: the upper end of whatever is asked for is frozen there. With
    `with_undated`, rows without a start match all times: nobody asked for these times by name.
    `params` are names and values of a provider's own filters, which are sent as they stand.
    `ids` are as users write them: `ID`, or `PROFILE:ID` for that profile's own.
    `country` (ISO 3166, two letters) is where numbers without a country code belong; it is None
    where no number is asked for.
    """

    now: datetime
    since: datetime | None = None
    until: datetime | None = None
    from_number: str | None = None
    to_number: str | None = None
    number: str | None = None
    country: str | None = None
    direction: Direction | None = None
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    owner: str | None = None
    call_id: str | None = None
    state: State | None = None
    limit: int | None = None
    params: tuple[tuple[str, str], ...] = ()
    with_undated: bool = False
    ids: tuple[str, ...] | None = None

    @property
    def active(self) -> frozenset[Filter]:
        """The filters that this query uses."""
        return frozenset(name for name, attribute in _ATTRIBUTES.items() if _set(self, attribute))

    def in_country(self, country: str | None) -> Query:
        """Return the query with a country for its numbers, unless it has one or needs none."""
        if self.country is not None or country is None or not self.active & _NUMBERS:
            return self
        return replace(self, country=country)


_NUMBERS = {Filter.FROM, Filter.TO, Filter.NUMBER}
_ATTRIBUTES: dict[Filter, str] = {
    Filter.SINCE: "since",
    Filter.UNTIL: "until",
    Filter.FROM: "from_number",
    Filter.TO: "to_number",
    Filter.NUMBER: "number",
    Filter.DIRECTION: "direction",
    Filter.MIN_DURATION: "min_duration_s",
    Filter.MAX_DURATION: "max_duration_s",
    Filter.OWNER: "owner",
    Filter.CALL_ID: "call_id",
    Filter.STATE: "state",
    Filter.ID: "ids",
}


def _set(query: Query, attribute: str) -> bool:
    return getattr(query, attribute) is not None
