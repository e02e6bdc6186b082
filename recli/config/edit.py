"""Change a configuration's text, keeping comments, order and line ends.

Every new value is validated as `load` does it, and the new text is decoded again: it must hold the
old content and the change and nothing else, or the edit is refused.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from recli.config.keys import (
    PROVIDER,
    ValueKind,
    find_key,
    keys_of,
    kind_of,
    parse_value,
    read_value,
)
from recli.config.load import TOP_KEYS, check_profile_name, parse, provider_name, read_top
from recli.config.private_file import read_text
from recli.config.profile import ConfigLocation, ProfileTable, SecretSource, Value
from recli.config.render import quote_key, render_profile, to_toml
from recli.errors import ConfigError
from recli.wire import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from recli.providers.base import Key

_COMMENTED_KEY = re.compile(r"\s*# ?[A-Za-z_]+ = ")
_SOURCES = {source.value for source in SecretSource}
_HINT = "edit it by hand"
_REFERENCES = "env:NAME, command:LINE, file:PATH or keyring:NAME"


def read_config_text(path: Path) -> str:
    """Return the text of the configuration file, empty if there is none."""
    try:
        return read_text(path).text
    except FileNotFoundError:
        return ""


def set_key(text: str, dotted_key: str, value: str | Secret, *, origin: str) -> str:
    """Return `text` with a key set, such as `timezone` or `profiles.main.timeout_s`.

    A value `env:NAME`, `command:LINE`, `file:PATH` or `keyring:NAME` is a reference. A secret key
    takes one of these, or a `Secret`: one that did not come over the command line. `origin` names
    the file in errors. Setting the `provider` of a missing profile adds the profile.
    """
    top = ConfigLocation(origin)
    data, profiles = _parse(text, top)
    path = _split_key(dotted_key, top)
    refusal = top.error(f"{dotted_key} can't be set in a file of this form", hint=_HINT)
    if len(path) == 1:
        return _set(text, data, path, _top_value(path[0], value, profiles, top), refusal)
    _, name, key = path
    checked = _profile_value(name, key, value, profiles, top)
    if name in profiles:
        return _set(text, data, path, checked, refusal)
    check_profile_name(name, top)
    table = f"[profiles.{quote_key(name)}]\n{PROVIDER} = {to_toml(checked)}\n"
    return _verified([partial(_appended, text, table)], _expected_profile(data, table), refusal)


def set_profile(text: str, profile: ProfileTable, *, overwrite: bool = False) -> str:
    """Return `text` with a new profile at its end, or in the place of the one of that name.

    Comments above a replaced profile and below its last key stay, except keys that are commented
    out. ConfigError if the name is taken, unless `overwrite`.
    """
    top, location = ConfigLocation(profile.origin), profile.location
    data, profiles = _parse(text, top)
    check_profile_name(profile.name, top)
    taken = find_profile(data, profile.name) is not None
    if taken and not overwrite:
        raise location.error("is there already", hint="`recli config set` changes it")
    table = _rendered(profile)
    if profile.name in profiles:
        edit = partial(_replaced, text, table, profile.name)
    else:
        edit = partial(_appended, text, table)
    verb = "replaced in" if taken else "added to"
    refusal = location.error(f"can't be {verb} a file of this form", hint=_HINT)
    return _verified([edit], _expected_profile(data, table), refusal)


def find_profile(data: Mapping[str, object], name: str) -> str | None:
    """Return the profile of decoded TOML that is called `name` in whatever case, or None."""
    profiles = data.get("profiles", {})
    names = profiles if isinstance(profiles, Mapping) else {}
    return next((known for known in names if known.lower() == name.lower()), None)


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


def _parse(text: str, top: ConfigLocation) -> tuple[dict[str, object], Mapping[str, object]]:
    """Return the decoded file and its profiles."""
    data = parse(text, top.origin)
    profiles = data.get("profiles", {})
    if not isinstance(profiles, Mapping):
        raise top.at("profiles").error("must be tables: [profiles.NAME]")
    return data, profiles


def _split_key(dotted_key: str, top: ConfigLocation) -> tuple[str, ...]:
    if dotted_key in TOP_KEYS[:2]:
        return (dotted_key,)
    first, _, rest = dotted_key.partition(".")
    name, _, key = rest.rpartition(".")
    if first == "profiles" and name and key:
        # A profile's name may hold dots itself, bare or in the quotes that TOML wants.
        return (first, name.strip("\"'"), key)
    if first == "profiles":
        raise top.at(dotted_key).error("names no key", hint="write profiles.NAME.KEY")
    raise top.unknown("key", dotted_key, (*TOP_KEYS[:2], "profiles.NAME.KEY"))


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


def _rendered(profile: ProfileTable) -> str:
    provider = provider_name(profile.provider, profile.location)
    known = keys_of(provider)
    for key, value in profile.values.items():
        read_value(find_key(key, known, profile.location), value, profile.location.at(key))
    return render_profile(profile.name, provider, profile.values)


def _reveal(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _set(
    text: str, data: dict[str, object], path: tuple[str, ...], value: Value, refusal: ConfigError
) -> str:
    toml = to_toml(value)
    expected = copy.deepcopy(data)
    table = _subtable(expected, path[:-1])
    edits = [partial(_assigned, text, path, toml)]
    if path[-1] not in table:
        # Left to itself, tomlkit puts a new key below the comments of the next table.
        edits.insert(0, partial(_inserted, text, path, toml))
    table[path[-1]] = tomllib.loads(f"value = {toml}")["value"]
    return _verified(edits, expected, refusal)


def _expected_profile(data: dict[str, object], table: str) -> dict[str, object]:
    expected = {"profiles": {}} | copy.deepcopy(data)
    _subtable(expected, ("profiles",)).update(tomllib.loads(table)["profiles"])
    return expected


def _verified(
    edits: Sequence[Callable[[], str]], expected: dict[str, object], refusal: ConfigError
) -> str:
    """Return the first edited text that decodes to `expected`; raise `refusal` if none does."""
    for edit in edits:
        try:
            result = edit()
            if tomllib.loads(result) == expected:
                return result
        except (TOMLKitError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
            continue  # a form of file that this edit can't handle
    raise refusal


def _appended(text: str, table: str) -> str:
    end = _line_end(text)
    body = text if not text or text.endswith("\n") else text + end
    gap = end if body and not body.endswith(end + end) else ""
    return body + gap + table.replace("\n", end)


def _assigned(text: str, path: tuple[str, ...], toml: str) -> str:
    document = tomlkit.parse(text)
    _subtable(document, path[:-1])[path[-1]] = tomlkit.value(toml)
    return tomlkit.dumps(document)


def _inserted(text: str, path: tuple[str, ...], toml: str) -> str:
    """Add a line below the table's last key."""
    document = tomlkit.parse(text)
    table = _subtable(document, path[:-1])
    end = _line_end(text)
    line = f"{path[-1]} = {toml}{end}"
    values = [item for item in table.values() if not isinstance(item, Table | AoT)]
    above = values[-1] if values else table
    if not isinstance(above, Item):
        return _inserted_on_top(text, line, end)
    trivia = above.trivia
    trivia.trail = f"{trivia.trail or end}{trivia.indent if values else ''}{line}"
    return tomlkit.dumps(document)


def _inserted_on_top(text: str, new_line: str, end: str) -> str:
    """Put a line above all tables, below a first block of comments that stands by itself."""
    lines = text.splitlines(keepends=True)
    comments = list(takewhile(lambda line: line.startswith("#"), lines))
    below = "".join(lines[len(comments) :])
    if below.partition(end)[0].strip():  # the comments belong to what follows them
        comments, below = [], text
    above = "".join([*comments, end]) if comments else ""
    gap = end if below.strip() and not below.startswith(end) else ""
    return above + new_line + gap + below


def _replaced(text: str, table: str, name: str) -> str:
    document = tomlkit.parse(text)
    profiles = _subtable(document, ("profiles",))
    old = profiles[name]
    new = _subtable(tomlkit.parse(table.replace("\n", _line_end(text))), ("profiles",))[name]
    if not isinstance(old, Table) or not isinstance(new, Table):
        raise TypeError(name)
    below = takewhile(lambda entry: entry[0] is None, reversed(old.value.body))
    for _, item in reversed(list(below)):
        if not _COMMENTED_KEY.match(item.as_string()):
            new.append(None, item)
    profiles[name] = new
    return tomlkit.dumps(document)


def _subtable(
    document: MutableMapping[str, object], path: tuple[str, ...]
) -> MutableMapping[str, object]:
    table = document
    for name in path:
        inner = table[name]
        if not isinstance(inner, MutableMapping):
            raise TypeError(name)
        table = inner
    return table


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
