"""Ids of recordings on standard input: one a line, or rows as `recli list` prints them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recli.cli.options import FilterOptions, ProfileOptions
from recli.errors import UsageError
from recli.text import rfc3339

_MARGIN = timedelta(hours=1)
"""A row's start may have become more exact since it was listed."""


@dataclass(frozen=True, slots=True)
class GivenIds:
    """Ids as `--id` takes them, the profiles that rows name, and the range of their starts.

    `starts` is empty if a start is not known.
    """

    ids: tuple[str, ...]
    profiles: tuple[str, ...] = ()
    starts: tuple[datetime, ...] = ()

    def apply_to(
        self, profiles: ProfileOptions, filters: FilterOptions
    ) -> tuple[ProfileOptions, FilterOptions]:
        """Return the options for these recordings: their ids, profiles and time."""
        if not self.ids:
            return profiles, filters
        if not (profiles.profiles or profiles.providers or profiles.all_profiles):
            profiles = replace(profiles, profiles=list(self.profiles) or None)
        filters = replace(filters, ids=[*(filters.ids or ()), *self.ids])
        if self.starts and filters.since is None and filters.until is None:
            since, until = min(self.starts) - _MARGIN, max(self.starts) + _MARGIN
            filters = replace(filters, since=rfc3339(since), until=rfc3339(until))
        return profiles, filters


def read_ids(lines: Iterable[str]) -> GivenIds:
    """Read ids or JSON Lines; a line that is neither is a `UsageError` with its number."""
    ids: dict[str, None] = {}
    profiles: dict[str, None] = {}
    starts: list[datetime | None] = []
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff").strip()
        if text in {"", "[", "]", "[]"}:  # `--format json` is a row on each line of an array
            continue
        if text[0] not in "{[":
            ids[text] = None
            starts.append(None)
            continue
        profile, recording, start = _read_row(text, number)
        ids[f"{profile}:{recording}" if profile else recording] = None
        if profile:
            profiles[profile] = None
        starts.append(start)
    known = tuple(start for start in starts if start is not None)
    return GivenIds(tuple(ids), tuple(profiles), known if len(known) == len(starts) else ())


def _read_row(text: str, number: int) -> tuple[str | None, str, datetime | None]:
    """Return the profile, id and start of a row; the first and last two may be missing."""
    where = f"standard input, line {number}"
    try:
        row = json.loads(text.removeprefix("[").removesuffix("]").removesuffix(","))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} is neither an id nor a row of JSON Lines") from error
    recording = row.get("id") if isinstance(row, dict) else None
    if not isinstance(recording, str) or not recording.strip():
        raise UsageError(f"{where} is a row without an id", hint="leave --columns out, or add id")
    profile, started_at = row.get("profile"), row.get("started_at")
    try:
        start = datetime.fromisoformat(started_at)
    except (TypeError, ValueError):
        start = None
    is_aware = start is not None and start.tzinfo is not None
    return profile if isinstance(profile, str) else None, recording, start if is_aware else None
