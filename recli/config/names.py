"""The names that `--profile` takes: of profiles and of groups, with patterns, several at once."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from recli.errors import UsageError
from recli.text import quote_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


def split_names(values: Iterable[str], option: str) -> list[str]:
    """Return the names that a repeatable option was given, separated by commas within each."""
    names = [(name.strip(), value) for value in values for name in value.split(",")]
    for name, value in names:
        if not name:
            raise UsageError(f"{option} {quote_name(value)} has an empty name in it")
    return [name for name, _ in names]


def is_pattern(name: str) -> bool:
    """Say whether a name stands for all that look like it: `acme-*`, `acme-?`, `acme-[0-4]`."""
    return any(character in name for character in "*?[")


def expand_name(
    name: str, known: Collection[str], groups: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the known names that a name means, none where it means nothing.

    A known name means itself; one of a group the group's members, which may be patterns; a pattern
    of the shell's kind all that it matches. Capital letters differ from small ones.
    """
    if name in known:
        return [name]
    patterns = groups.get(name, (name,))
    found = [each for pattern in patterns for each in known if fnmatchcase(each, pattern)]
    return list(dict.fromkeys(found))
