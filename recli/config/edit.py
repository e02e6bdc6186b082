"""Change keys and groups in a configuration's text.

Every new value is validated as `load` does it; comments, order and line ends stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from recli.config.keys import (
    PROVIDER,
    ValueKind,
    find_key,
    keys_of,
    kind_of,
    parse_value,
    read_value,
)
from recli.config.load import (
    TOP_TEXTS,
    check_profile_name,
    parse,
    provider_name,
    read_groups,
    read_top,
)
from recli.config.names import is_pattern, split_names
from recli.config.private_file import read_text
from recli.config.profile import (
    ConfigLocation,
    Configuration,
    SecretRef,
    SecretSource,
    Value,
)
from recli.config.render import quote_key, to_toml
from recli.config.toml_edit import (
    appended,
    expected_profile,
    verified,
    with_key,
    without_key,
)
from recli.errors import ConfigError
from recli.wire import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from recli.providers.base import Key

_SOURCES = {source.value for source in SecretSource}
EDIT_HINT = "recli config edit"
"""What helps where an edit of the text is refused."""
_REFERENCES = "env:NAME, command:LINE, file:PATH or keyring:NAME"


def read_config_text(path: Path) -> str:
    """Return the text of the configuration file, empty if there is none."""
    try:
        return read_text(path).text
    except FileNotFoundError:
        return ""


def set_key(text: str, dotted_key: str, value: str | Secret, *, origin: str) -> str:
    """Return `text` with a key set, such as `timezone` or `profiles.main.timeout_s`.

    Of a group, `groups.acme`, the value holds the members with commas between them.
    A value `env:NAME`, `command:LINE`, `file:PATH` or `keyring:NAME` is a reference. A secret key
    takes one of these, or a `Secret`: one that did not come over the command line. `origin` names
    the file in errors. Setting the `provider` of a missing profile adds the profile.
    """
    top = ConfigLocation(origin)
    data, profiles = read_tables(text, top)
    path = _split_key(dotted_key, top)
    refusal = top.error(f"{dotted_key} can't be set in a file of this form", hint=EDIT_HINT)
    if len(path) == 1:
        return with_key(text, data, path, _top_value(path[0], value, profiles, top), refusal)
    if len(path) == 2:
        members = split_names([_reveal(value)], dotted_key)
        return set_group(text, path[1], tuple(members), top)
    _, name, key = path
    checked = _profile_value(name, key, value, profiles, top)
    if name in profiles:
        return with_key(text, data, path, checked, refusal)
    check_profile_name(name, top)
    table = f"[profiles.{quote_key(name)}]\n{PROVIDER} = {to_toml(checked)}\n"
    return verified([partial(appended, text, table)], expected_profile(data, table), refusal)


def value_of(configuration: Configuration, dotted_key: str, *, origin: str) -> Value:
    """Return what a key holds, else its default; the members of a group with commas between them.

    ConfigError where it is neither set nor has a default, and for a secret of the file itself.
    """
    top = ConfigLocation(origin)
    path = _split_key(dotted_key, top)
    location = top.at(dotted_key)
    value: object = None
    if len(path) == 1:
        value = getattr(configuration, path[0])
    elif len(path) == 2:
        value = ",".join(configuration.groups.get(path[1], ())) or None
    elif path[1] not in configuration.profiles:
        raise top.unknown("profile", path[1], configuration.profiles)
    else:
        table = configuration.profiles[path[1]]
        known = keys_of(table.provider)
        if path[2] == PROVIDER:
            return table.provider
        key = find_key(path[2], known, table.location)
        value = table.values.get(key.name, key.default)
    if isinstance(value, Secret):
        raise location.error("is a secret, which recli doesn't show", hint="recli config edit")
    if not isinstance(value, str | int | float | bool | SecretRef) or value == "":
        raise location.error("is not set")
    return value


def unset_key(text: str, dotted_key: str, *, origin: str) -> str:
    """Return `text` without a key or group that is set in it."""
    top = ConfigLocation(origin)
    data, profiles = read_tables(text, top)
    path = _split_key(dotted_key, top)
    if path[-1] == PROVIDER and len(path) == 3:
        hint = f"recli config remove {path[1]}"
        raise top.at(dotted_key).error("every profile has a provider", hint=hint)
    if len(path) == 3 and path[1] not in profiles:
        raise top.unknown("profile", path[1], profiles)
    table: object = data
    for name in path:
        table = table.get(name) if isinstance(table, Mapping) else None
    if table is None:
        raise top.at(dotted_key).error("is not set")
    refusal = top.error(f"{dotted_key} can't be removed from a file of this form", hint=EDIT_HINT)
    return without_key(text, data, path, refusal)


def parse_setting(key: Key, value: str | Secret, location: ConfigLocation) -> Value:
    """Return what a person gave for a key, checked: `env:NAME` and the like are references."""
    if isinstance(value, Secret):
        return read_value(key, value, location)
    source, colon, target = value.partition(":")
    if colon and source in _SOURCES:
        return read_value(key, {source: target}, location)
    if kind_of(key) is ValueKind.SECRET:
        raise location.error(
            "a secret on the command line shows in the process list",
            hint=f"--stdin in its place asks for it unseen; or say where it is kept: {_REFERENCES}",
        )
    return parse_value(key, value, location)


def read_tables(text: str, top: ConfigLocation) -> tuple[dict[str, object], Mapping[str, object]]:
    """Return the decoded file and its profiles."""
    data = parse(text, top.origin)
    profiles = data.get("profiles", {})
    if not isinstance(profiles, Mapping):
        raise top.at("profiles").error("must be tables: [profiles.NAME]")
    return data, profiles


def _split_key(dotted_key: str, top: ConfigLocation) -> tuple[str, ...]:
    if dotted_key in TOP_TEXTS:
        return (dotted_key,)
    first, _, rest = dotted_key.partition(".")
    if first == "groups" and rest:
        return (first, rest.strip("\"'"))
    name, _, key = rest.rpartition(".")
    if first == "profiles" and name and key:
        # A profile's name may hold dots itself, bare or in the quotes that TOML wants.
        return (first, name.strip("\"'"), key)
    if first == "profiles":
        raise top.at(dotted_key).error("names no key", hint="write profiles.NAME.KEY")
    raise top.unknown("key", dotted_key, (*TOP_TEXTS, "groups.NAME", "profiles.NAME.KEY"))


def groups_of(data: Mapping[str, object], top: ConfigLocation) -> dict[str, tuple[str, ...]]:
    """Return the groups of decoded TOML."""
    return read_groups(data.get("groups", {}), (), top)


def set_group(text: str, name: str, members: tuple[str, ...], top: ConfigLocation) -> str:
    """Return `text` with a group of these members, which are checked; without it if it has none."""
    if not members:
        return unset_key(text, f"groups.{name}", origin=top.origin)
    data, profiles = read_tables(text, top)
    read_groups({name: [*members]}, profiles, top)
    location = top.at(f"groups.{name}")
    for member in members:
        if not is_pattern(member) and member not in profiles:
            raise location.unknown("profile", member, profiles)
    refusal = location.error("can't be set in a file of this form", hint=EDIT_HINT)
    if "groups" in data:
        return with_key(text, data, ("groups", name), members, refusal)
    table = f"[groups]\n{quote_key(name)} = {to_toml(members)}\n"
    expected = {**data, "groups": {name: [*members]}}
    return verified([partial(appended, text, table)], expected, refusal)


def _top_value(
    name: str, value: str | Secret, profiles: Mapping[str, object], top: ConfigLocation
) -> str:
    text = read_top(name, _reveal(value), top)
    if name == "default_profile" and text not in profiles:
        error = top.at(name).unknown("profile", text, profiles)
        error.hint = error.hint or (None if profiles else "recli config init")
        raise error
    return text


def _profile_value(
    name: str, key: str, value: str | Secret, profiles: Mapping[str, object], top: ConfigLocation
) -> Value:
    location = ConfigLocation(top.origin, name)
    table = profiles.get(name)
    if key == PROVIDER:
        return _provider_value(value, table, location)
    if not isinstance(table, Mapping):
        error = top.unknown("profile", name, profiles)
        hint = error.hint or f"recli config set profiles.{name}.{PROVIDER} NAME makes it"
        raise ConfigError(error.message, hint=hint)
    known = keys_of(provider_name(table.get(PROVIDER), location))
    return parse_setting(find_key(key, known, location), value, location.at(key))


def _provider_value(value: str | Secret, table: object, location: ConfigLocation) -> str:
    provider = provider_name(_reveal(value), location)
    known = keys_of(provider)
    keys = table if isinstance(table, Mapping) else {}
    foreign = [key for key in keys if key != PROVIDER and key not in known]
    if foreign:
        raise location.at(PROVIDER).error(
            f"the profile has keys that {provider} doesn't know: {', '.join(foreign)}",
            hint="make a new profile: `recli config init`",
        )
    return provider


def _reveal(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
