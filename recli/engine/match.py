"""The whole query, applied to every row, whatever the provider has filtered on its side."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from recli.model import Query, Recording

Match = Callable[[Recording], bool]
_LOOSE = re.compile(r"[\s\-.()\[\]/\u2010-\u2015\u00a0]")


def matcher(query: Query) -> Match:
    """Return what says whether a row matches every part of a query.

    A row that does not say what is asked about does not match.
    """
    tests: list[Match] = []
    if query.since is not None or query.until is not None:
        tests.append(partial(_in_time, query))
    tests += _number_tests(query)
    for name in ("direction", "owner", "call_id", "state"):
        wanted = getattr(query, name)
        if wanted is not None:
            tests.append(partial(_equals, Recording._fields.index(name), wanted))
    if query.min_duration_s is not None or query.max_duration_s is not None:
        tests.append(partial(_in_length, query))
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def number_key(text: str) -> str:
    """Return a number without what people write into it: spaces, dashes, dots, brackets, a plus."""
    return _LOOSE.sub("", text).removeprefix("+")


def number_pattern(wanted: str) -> re.Pattern[str]:
    """Return the pattern for number keys that match `wanted`, in which `*` is any run."""
    parts = number_key(wanted).split("*")
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


def _number_tests(query: Query) -> list[Match]:
    tests: list[Match] = []
    sides = (
        (query.from_number, ("from_number",)),
        (query.to_number, ("to_number",)),
        (query.number, ("from_number", "to_number", "local_number", "remote_number")),
    )
    for wanted, names in sides:
        if wanted is not None:
            indexes = tuple(Recording._fields.index(name) for name in names)
            tests.append(partial(_has_number, number_pattern(wanted), indexes))
    return tests


def _has_number(pattern: re.Pattern[str], indexes: tuple[int, ...], row: Recording) -> bool:
    for index in indexes:
        number = row[index]
        if number is not None and pattern.fullmatch(number_key(str(number))):
            return True
    return False


def _equals(index: int, wanted: object, row: Recording) -> bool:
    return row[index] == wanted


def _in_time(query: Query, row: Recording) -> bool:
    started_at = row.started_at
    if started_at is None or (query.since is not None and started_at < query.since):
        return False
    return query.until is None or started_at < query.until


def _in_length(query: Query, row: Recording) -> bool:
    duration_s = row.duration_s
    if duration_s is None:
        return False
    if query.min_duration_s is not None and duration_s < query.min_duration_s:
        return False
    return query.max_duration_s is None or duration_s <= query.max_duration_s
