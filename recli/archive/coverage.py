"""What of each profile the archive has seen already, so that a run asks only for the rest.

A listing that came through complete covers a range of starts; a later one that asks for the same
goes on at the end of what is covered, less an overlap for recordings that appear late. Listings
with filters cover only what the same filters ask for; one with `--limit` covers nothing.
"""

import json
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from recli.archive.catalog import UNFINISHED, Catalog
from recli.archive.rows import Cell, from_ms, to_ms
from recli.errors import UsageError
from recli.model import Query
from recli.providers.base import Provider

OVERLAP_S = 48 * 3600.0
"""How far behind the last complete listing the next one starts."""
_LAZY_MS = 12 * 3_600_000
"""A listing that brought nothing moves the mark only this far on, so that it changes no file."""
_NO_FILTERS = ""
_TIMES = frozenset({"now", "since", "until", "limit"})


@dataclass(frozen=True, slots=True)
class CoverageTarget:
    """Whose recordings a profile lists: `account` says who, `settings` how it asks; no secrets."""

    profile: str
    provider: str
    account: str
    settings: str

    @classmethod
    def of(cls, provider: Provider) -> "CoverageTarget":
        """Read the account of a provider's profile; its address counts without scheme and port."""
        texts = {
            each.name: str(getattr(provider, each.name))
            for each in provider.keys()  # noqa: SIM118  # not a dict's
            if not each.secret and each.type == "str" and each.name != "base_url"
        }
        required = {each.name for each in provider.keys() if each.required}  # noqa: SIM118
        host = urlsplit(provider.base_url).hostname or provider.base_url
        who = [host, *(f"{name}={text}" for name, text in texts.items() if name in required)]
        digest = sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
        return cls(provider.profile, provider.name, " ".join(who), digest)


def check_account(catalog: Catalog, account: CoverageTarget, *, full: bool) -> None:
    """Raise `UsageError` if the profile was another account in this archive, unless `full`."""
    known = catalog.first(
        "SELECT provider, account FROM profiles WHERE profile = ?", (account.profile,)
    )
    if known is None or tuple(known) == (account.provider, account.account):
        return
    if known[0] == account.provider and full:
        return
    raise UsageError(
        f"profile {account.profile} is {account.provider} {account.account}, but was"
        f" {known[0]} {known[1]} when it was listed into {catalog.layout.folder}",
        hint="use another profile name or another archive"
        + ("; if it is the same account, run once with --full" if known[0] == account.provider
           else ""),
    )  # fmt: skip


def incremental_query(
    catalog: Catalog, account: CoverageTarget, query: Query, *, full: bool, overlap_s: float
) -> Query:
    """Return the query that asks only for what may be new, or for all of it if `full`."""
    if full:
        return query
    until = _covered_until(catalog, account, query)
    if until is None:
        return query
    since = until - timedelta(seconds=overlap_s)
    unfinished = catalog.first(
        "SELECT min(started_at), count(*), count(started_at) FROM recordings"
        f" WHERE profile = ? AND {UNFINISHED}",
        (account.profile,),
    )
    if unfinished is not None and unfinished[1]:
        if unfinished[1] != unfinished[2]:
            return query  # an unfinished one that started nobody knows when
        since = min(since, from_ms(int(unfinished[0] or 0)))
    return replace(query, since=max(since, query.since) if query.since else since)


def extend_coverage(catalog: Catalog, account: CoverageTarget, query: Query, *, idle: bool) -> None:
    """Note that a listing of `query` came through complete; `idle` says that it brought nothing."""
    if query.limit is not None:
        return
    since = to_ms(query.since) if query.since else None
    until = to_ms(min(query.until or query.now, query.now))
    filters = _filters(query)
    known = _coverage(catalog, account, filters)
    if known is not None:
        begun, ended = known
        if (since is not None and since > ended) or (begun is not None and until < begun):
            return  # a range apart from what is covered: the one that is known stays
        if begun is None or (since is not None and begun < since):
            since = begun
        if idle and since == begun and until - ended < _LAZY_MS:
            return
        until = max(until, ended)
    cells = (account.profile, filters, account.settings, since, until)
    catalog.change("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?)", cells)


def save_account(catalog: Catalog, account: CoverageTarget) -> None:
    """Note whose recordings the profile lists, if that is not noted."""
    known = catalog.first(
        "SELECT provider, account FROM profiles WHERE profile = ?", (account.profile,)
    )
    cells: tuple[Cell, ...] = (account.profile, account.provider, account.account)
    if known is None:
        catalog.change("INSERT INTO profiles (profile, provider, account) VALUES (?, ?, ?)", cells)
    elif tuple(known) != cells[1:]:
        catalog.change("DELETE FROM coverage WHERE profile = ?", cells[:1])
        catalog.change("UPDATE profiles SET account = ? WHERE profile = ?", (cells[2], cells[0]))


def _covered_until(catalog: Catalog, account: CoverageTarget, query: Query) -> datetime | None:
    """Return the end of what is covered of a query from its own beginning on, or None."""
    ends = []
    for filters in {_NO_FILTERS, _filters(query)}:
        known = _coverage(catalog, account, filters)
        if known is None:
            continue
        begun, ended = known
        if begun is None or (query.since is not None and to_ms(query.since) >= begun):
            ends.append(ended)
    return from_ms(max(ends)) if ends else None


def _coverage(
    catalog: Catalog, account: CoverageTarget, filters: str
) -> tuple[int | None, int] | None:
    found = catalog.first(
        "SELECT coverage.since, coverage.until FROM coverage JOIN profiles USING (profile)"
        " WHERE profile = ? AND filters = ? AND settings = ? AND account = ?",
        (account.profile, filters, account.settings, account.account),
    )
    if found is None:
        return None
    return (int(found[0]) if found[0] is not None else None), int(found[1] or 0)


def _filters(query: Query) -> str:
    """Return the filters of a query, its times left out, in one form."""
    active = {
        each.name: str(value)
        for each in fields(query)
        if each.name not in _TIMES and (value := getattr(query, each.name)) is not None
    }
    return json.dumps(active, sort_keys=True) if active else _NO_FILTERS
