"""What the archive has listed of each profile, so that a run asks only for the rest.

A complete listing covers a range of start times; a later one with the same filters begins at its
end, less an overlap for recordings that appear late. A listing with a limit, or with a provider's
own filters (`Query.params`), covers nothing.
No range ends after the provider's own time, and one that ends in the future is not believed: a
clock that was once ahead must not hide recordings.
"""

import json
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from recli.archive.catalog import UNFINISHED, Catalog
from recli.archive.rows import from_ms, to_ms
from recli.errors import UsageError
from recli.model import Query
from recli.providers.base import Provider

_IDLE_STEP_MS = 12 * 3_600_000
"""A listing without news extends the range only in such steps, to leave the catalog unchanged."""
_NO_FILTERS = ""
_NOT_FILTERS = frozenset({"now", "since", "until", "limit", "params", "with_undated"})
_MAX_AHEAD = timedelta(minutes=2)
"""How far a mark may lie after a run's own time; clocks of several machines differ by less."""


@dataclass(frozen=True, slots=True)
class CoverageTarget:
    """What a profile lists: `account` says whose recordings, `settings` how; without secrets."""

    profile: str
    provider: str
    account: str
    settings: str

    @classmethod
    def of(cls, provider: Provider) -> "CoverageTarget":
        """Read the account of a provider's profile; its address counts without scheme and port."""
        keys = [
            key
            for key in provider.keys()  # noqa: SIM118  # not a dict's
            if not key.secret and key.type == "str" and key.name != "base_url"
        ]
        texts = {key.name: str(getattr(provider, key.name)) for key in keys}
        host = urlsplit(provider.base_url).hostname or provider.base_url
        account = " ".join([host, *(f"{k.name}={texts[k.name]}" for k in keys if k.required)])
        digest = sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
        return cls(provider.profile, provider.name, account, digest)


def check_account(catalog: Catalog, target: CoverageTarget, *, full: bool) -> None:
    """Raise `UsageError` if the profile was another account in this archive, unless `full`."""
    known = catalog.fetch_one(
        "SELECT provider, account FROM profiles WHERE profile = ?", (target.profile,)
    )
    if known is None or tuple(known) == (target.provider, target.account):
        return
    same_provider = known[0] == target.provider
    if same_provider and full:
        return
    hint = "use another profile name or another archive"
    if same_provider:
        hint += "; if it is the same account, run once with --full"
    raise UsageError(
        f"profile {target.profile} is {target.provider} {target.account}, but was"
        f" {known[0]} {known[1]} when it was listed into {catalog.layout.folder}",
        hint=hint,
    )


def incremental_query(
    catalog: Catalog, provider: Provider, query: Query, *, full: bool, overlap_s: float
) -> Query:
    """Return the query for what may be new since the last complete listing, or all if `full`.

    `UsageError` if the profile was another account before.
    """
    target = CoverageTarget.of(provider)
    check_account(catalog, target, full=full)
    until = None if full or query.params else _covered_until(catalog, target, query)
    if until is None:
        return query
    since = until - timedelta(seconds=overlap_s)
    oldest_ms, unfinished, with_start = catalog.fetch_one(
        "SELECT min(started_at), count(*), count(started_at) FROM recordings"
        f" WHERE profile = ? AND {UNFINISHED}",
        (target.profile,),
    ) or (None, 0, 0)
    if unfinished != with_start:
        return query  # an unfinished recording without a start may be anywhere
    if oldest_ms is not None:
        since = min(since, from_ms(int(oldest_ms)))
    if query.since:
        return replace(query, since=max(since, query.since))
    return replace(query, since=since, with_undated=query.until is None)


def forget_future(catalog: Catalog, profile: str, now: datetime) -> bool:
    """Forget ranges of a profile that end after `now`; return whether there were any."""
    latest = to_ms(now + _MAX_AHEAD)
    condition = "profile = ? AND until > ?"
    if not catalog.fetch_number(
        f"SELECT count(*) FROM coverage WHERE {condition}", (profile, latest)
    ):
        return False
    return catalog.execute(f"DELETE FROM coverage WHERE {condition}", (profile, latest)) > 0


def extend_coverage(
    catalog: Catalog, provider: Provider, query: Query, now: datetime, *, idle: bool
) -> None:
    """Note that a listing of `query` was complete; `idle` means that it brought nothing new.

    `now` is the run's time on the provider's clock: no recording can be later.
    """
    target = CoverageTarget.of(provider)
    since = to_ms(query.since) if query.since else None
    until = to_ms(min(query.until or now, query.now, now))
    if since is not None and since > until:
        return
    filters = _filters(query)
    known = _coverage(catalog, target, filters, query.now)
    if known is not None:
        first, last = known
        if (since is not None and since > last) or (first is not None and until < first):
            return  # a range apart from the known one, which stays
        if first is None or (since is not None and first < since):
            since = first
        if idle and since == first and until - last < _IDLE_STEP_MS:
            return
        until = max(until, last)
    cells = (target.profile, filters, target.settings, since, until)
    catalog.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?)", cells)


def save_account(catalog: Catalog, provider: Provider) -> None:
    """Note whose recordings the profile lists; another account starts without coverage."""
    target = CoverageTarget.of(provider)
    known = catalog.fetch_one("SELECT account FROM profiles WHERE profile = ?", (target.profile,))
    if known is None:
        catalog.execute(
            "INSERT INTO profiles (profile, provider, account) VALUES (?, ?, ?)",
            (target.profile, target.provider, target.account),
        )
    elif known[0] != target.account:
        catalog.execute("DELETE FROM coverage WHERE profile = ?", (target.profile,))
        catalog.execute(
            "UPDATE profiles SET account = ? WHERE profile = ?", (target.account, target.profile)
        )


def _covered_until(catalog: Catalog, target: CoverageTarget, query: Query) -> datetime | None:
    """Return the end of the range that is covered from the query's own beginning on, or None."""
    ends = []
    for filters in {_NO_FILTERS, _filters(query)}:
        known = _coverage(catalog, target, filters, query.now)
        if known is None:
            continue
        first, last = known
        if first is None or (query.since is not None and to_ms(query.since) >= first):
            ends.append(last)
    return from_ms(max(ends)) if ends else None


def _coverage(
    catalog: Catalog, target: CoverageTarget, filters: str, now: datetime
) -> tuple[int | None, int] | None:
    """Return the range that was listed with these filters, in ms; None as first: from the start.

    A range that ends after `now` does not count.
    """
    cells = catalog.fetch_one(
        "SELECT coverage.since, coverage.until FROM coverage JOIN profiles USING (profile)"
        " WHERE profile = ? AND filters = ? AND settings = ? AND account = ?"
        " AND coverage.until <= ?",
        (target.profile, filters, target.settings, target.account, to_ms(now + _MAX_AHEAD)),
    )
    if cells is None:
        return None
    return (int(cells[0]) if cells[0] is not None else None), int(cells[1] or 0)


def _filters(query: Query) -> str:
    """Return the filters of a query, without its times, in one form."""
    active = {
        field.name: str(value)
        for field in fields(query)
        if field.name not in _NOT_FILTERS and (value := getattr(query, field.name)) is not None
    }
    return json.dumps(active, sort_keys=True) if active else _NO_FILTERS
