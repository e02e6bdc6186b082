"""Add, replace, rename and remove profiles in a configuration's text.

What is written is validated as `load` does it; comments, order and line ends stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from recli.config.edit import EDIT_HINT, groups_of, read_tables, set_group, set_key, unset_key
from recli.config.keys import find_key, keys_of, read_value
from recli.config.load import check_profile_name, provider_name
from recli.config.names import folded
from recli.config.profile import ConfigLocation, ProfileTable
from recli.config.render import render_profile
from recli.config.toml_edit import (
    appended,
    expected_profile,
    replaced,
    verified,
    with_new_name,
    without_profile,
)
from recli.text import quote_name


def remove_profile(text: str, name: str, *, origin: str) -> tuple[str, list[str]]:
    """Return `text` without a profile, and what else was removed since it named the profile."""
    top = ConfigLocation(origin)
    data, profiles = read_tables(text, top)
    if name not in profiles:
        raise top.unknown("profile", name, profiles)
    location = ConfigLocation(origin, name)
    refusal = location.error("can't be removed from a file of this form", hint=EDIT_HINT)
    text = without_profile(text, data, name, refusal)
    removed = []
    if data.get("default_profile") == name:
        text = unset_key(text, "default_profile", origin=origin)
        removed.append("default_profile")
    for group, members in groups_of(data, top).items():
        rest = tuple(member for member in members if member != name)
        if rest == members:
            continue
        text = set_group(text, group, rest, top)
        removed.append(f"{name} in groups.{group}" if rest else f"groups.{group}")
    return text, removed


def rename_profile(text: str, old: str, new: str, *, origin: str) -> str:
    """Return `text` with a profile called `new`, also where default_profile and groups name it."""
    top = ConfigLocation(origin)
    data, profiles = read_tables(text, top)
    if old not in profiles:
        raise top.unknown("profile", old, profiles)
    check_profile_name(new, top)
    groups = groups_of(data, top)
    taken = find_profile(data, new)
    if taken not in {None, old} or new == old or new in groups:
        kind = "group" if new in groups else "profile"
        raise top.error(f"there is a {kind} {quote_name(taken or new)} already")
    location = ConfigLocation(origin, old)
    refusal = location.error("can't be renamed in a file of this form", hint=EDIT_HINT)
    text = with_new_name(text, data, old, new, refusal)
    if data.get("default_profile") == old:
        text = set_key(text, "default_profile", new, origin=origin)
    for group, members in groups.items():
        renamed = tuple(new if member == old else member for member in members)
        if renamed != members:
            text = set_group(text, group, renamed, top)
    return text


def set_profile(text: str, profile: ProfileTable, *, overwrite: bool = False) -> str:
    """Return `text` with a new profile at its end, or in the place of the one of that name.

    Comments above a replaced profile and below its last key stay, except keys that are commented
    out. ConfigError if the name is taken, unless `overwrite`.
    """
    top, location = ConfigLocation(profile.origin), profile.location
    data, profiles = read_tables(text, top)
    check_profile_name(profile.name, top)
    taken = find_profile(data, profile.name) is not None
    if taken and not overwrite:
        raise location.error("is there already", hint="`recli config set` changes it")
    table = _rendered(profile)
    if profile.name in profiles:
        edit = partial(replaced, text, table, profile.name)
    else:
        edit = partial(appended, text, table)
    verb = "replaced in" if taken else "added to"
    refusal = location.error(f"can't be {verb} a file of this form", hint=EDIT_HINT)
    return verified([edit], expected_profile(data, table), refusal)


def find_profile(data: Mapping[str, object], name: str) -> str | None:
    """Return the profile of decoded TOML that is called `name` in whatever case, or None."""
    profiles = data.get("profiles", {})
    names = profiles if isinstance(profiles, Mapping) else {}
    return next((known for known in names if folded(known) == folded(name)), None)


def _rendered(profile: ProfileTable) -> str:
    provider = provider_name(profile.provider, profile.location)
    known = keys_of(provider)
    for key, value in profile.values.items():
        read_value(find_key(key, known, profile.location), value, profile.location.at(key))
    return render_profile(profile.name, provider, profile.values)
