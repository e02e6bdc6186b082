"""Apply the whole query to every row, whatever the provider has filtered on its side."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import partial

from recli.model import Query, Recording
from recli.phone import number_matcher

Predicate = Callable[[Recording], bool]
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def matcher(query: Query) -> Predicate:
    """Return a predicate for the rows that match every part of a query.

    A row that lacks a filtered field does not match, but see `Query.with_undated`.
    """
    tests: list[Predicate] = []
    if query.since is not None or query.until is not None:
        tests.append(partial(_is_in_time, query))
    if query.ids is not None:
        pairs = [text.partition(":") for text in query.ids]
        keys = {f"{name}:{id_key(rest)}" for name, colon, rest in pairs if colon}
        tests.append(partial(_has_id, keys.union(map(id_key, query.ids))))
    tests += _number_tests(query)
    for name in ("direction", "owner", "call_id", "state"):
        value = getattr(query, name)
        if value is not None:
            tests.append(partial(_equals, Recording._fields.index(name), value))
    if query.min_duration_s is not None or query.max_duration_s is not None:
        tests.append(partial(_is_in_duration, query))
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def id_key(recording_id: str) -> str:
    """Return an id in a form that is equal for equal ids: UUIDs are the same in any case.

    https://www.rfc-editor.org/rfc/rfc9562#section-4
    """
    return recording_id.lower() if _UUID.fullmatch(recording_id) else recording_id


def ids_of_profile(ids: Iterable[str], profile: str, profiles: Collection[str]) -> tuple[str, ...]:
    """Return the ids that may be a profile's own, without its name before them."""
    own = []
    for text in ids:
        name, colon, rest = text.partition(":")
        if not (colon and name in profiles):
            own.append(text)
        elif name == profile:
            own.append(rest)
    return tuple(own)


def missing_ids(
    ids: Iterable[str], profiles: Collection[str], found: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    """Return the ids of which there is no pair of profile and `id_key` among those found."""
    return tuple(
        text
        for text in ids
        if not any(
            (profile, id_key(own)) in found
            for profile in profiles
            for own in ids_of_profile([text], profile, profiles)
        )
    )


def _number_tests(query: Query) -> list[Predicate]:
    tests: list[Predicate] = []
    filters = (
        (query.from_number, ("from_number",)),
        (query.to_number, ("to_number",)),
        (query.number, ("from_number", "to_number", "local_number", "remote_number")),
    )
    for number, names in filters:
        if number is not None:
            indexes = tuple(Recording._fields.index(name) for name in names)
            is_wanted = number_matcher(number, query.country)
            tests.append(partial(_has_number, is_wanted, indexes))
    return tests


def _has_number(is_wanted: Callable[[str], bool], indexes: tuple[int, ...], row: Recording) -> bool:
    numbers = [str(row[index]) for index in indexes if row[index] is not None]
    several = (part for number in numbers if ", " in number for part in number.split(", "))
    return any(map(is_wanted, numbers)) or any(map(is_wanted, several))


def _has_id(keys: set[str], row: Recording) -> bool:
    return id_key(row.id) in keys or f"{row.profile}:{id_key(row.id)}" in keys


def _equals(index: int, value: object, row: Recording) -> bool:
    return row[index] == value


def _is_in_time(query: Query, row: Recording) -> bool:
    started_at = row.started_at
    if started_at is None:
        return query.with_undated
    if query.since is not None and started_at < query.since:
        return False
    return query.until is None or started_at < query.until


def _is_in_duration(query: Query, row: Recording) -> bool:
    duration_s = row.duration_s
    if duration_s is None:
        return False
    if query.min_duration_s is not None and duration_s < query.min_duration_s:
        return False
    return query.max_duration_s is None or duration_s <= query.max_duration_s
