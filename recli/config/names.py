"""The names of profiles and groups, and what `--profile` takes: lists and patterns of them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from recli.errors import UsageError
from recli.text import escape_control, quote_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


_LONGEST_NAME = 64
_LONGEST_NAME_BYTES = 240
"""Most file systems take 255 bytes: https://www.kernel.org/doc/html/latest/filesystems/ext4/."""


def is_profile_name(name: str) -> bool:
    """Say whether a name is fit for a profile, and for a folder of an archive.

    It has letters, marks and digits of any script, `_`, and `-` and `.` within.
    """
    return (
        0 < len(name) <= _LONGEST_NAME
        and len(name.encode(errors="replace")) <= _LONGEST_NAME_BYTES
        and (name[0].isalnum() or name[0] == "_")
        and not name.endswith(".")
        and all(each.isalnum() or each in "-_." or category(each)[0] == "M" for each in name)
        and escape_control(name) == name
    )


def folded(name: str) -> str:
    """Return what names have in common that some file systems take for the same."""
    return normalize("NFC", name).casefold()


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
