"""Changing a configuration's text: pure functions that keep comments, order and line ends.

Every change is checked as `read.load` would check it, and the new text is read again: it says
what it said before and the change, or there is no new text.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from recli.config.keys import PROVIDER, ValueKind, keys_of, kind_of, parse_value, read_value
from recli.config.load import TOP, check_profile_name, parse, provider_name, read_top, unknown_key
from recli.config.private_file import read_text
from recli.config.profile import ConfigLocation, SecretRef, SecretSource, Value
from recli.config.render import render_profile, to_toml
from recli.errors import ConfigError
from recli.wire import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from recli.providers.base import Key

Plain = str | int | float | bool | dict[str, object]
"""A value as decoded TOML holds it; a dict is a reference or a new profile."""
_COMMENTED = re.compile(r"\s*# ?[A-Za-z_]+ = ")
_Way = Callable[[str, tuple[str, ...], Plain], str]


def set_value(text: str, data: dict[str, object], path: tuple[str, ...], new: Plain) -> str | None:
    """Return `text`, which says `data`, with `new` under `path`; None where that can't be done."""
    expected = copy.deepcopy(data)
    table: object = expected
    for name in path[:-1]:
        table = table.setdefault(name, {}) if isinstance(table, MutableMapping) else None
    if not isinstance(table, MutableMapping):
        return None
    there = path[-1] in table
    table[path[-1]] = new
    ways: tuple[_Way, ...] = (_assigned,) if there else (_inserted, _assigned)
    if len(path) == 2:
        ways = (_tabled,)
    results = (_tried(way, text, path, new) for way in ways)
    return next((each for each in results if each is not None and _says(each, expected)), None)


def append_profile(text: str, table: str, data: dict[str, object]) -> str | None:
    """Return `text`, which says `data`, with a profile's table at its end; None if it can't be."""
    end = _line_end(text)
    body = text if not text or text.endswith("\n") else text + end
    gap = end if body and not body.endswith(end + end) else ""
    result = body + gap + table.replace("\n", end)
    expected = copy.deepcopy(data)
    profiles = expected.setdefault("profiles", {})
    if not isinstance(profiles, dict):
        return None
    try:
        added = tomllib.loads(table)["profiles"]
    except (tomllib.TOMLDecodeError, KeyError):
        return None
    profiles |= added
    return result if _says(result, expected) else None


def replace_table(text: str, table: str, data: dict[str, object], name: str) -> str | None:
    """Return `text` with a profile's new table in the place of its old one; None if it can't be.

    Comments above the old one and below its last key are kept, but for keys that stand as comments.
    """
    expected = copy.deepcopy(data)
    try:
        _mapping(expected["profiles"])[name] = tomllib.loads(table)["profiles"][name]
        old = _table(tomlkit.parse(text), ("profiles", name, ""))
    except (TOMLKitError, KeyError, ValueError, TypeError):
        return None
    body = old.as_string() if isinstance(old, Table) else ""
    at = text.find(body)
    head_at = text.rfind("\n", 0, max(at - 1, 0)) + 1
    if not isinstance(old, Table) or text.count(body) != 1 or text[head_at] != "[":
        return None
    below = _tail(old) + text[at + len(body) :]
    result = text[:head_at] + table.replace("\n", _line_end(text)) + below
    return result if _says(result, expected) else None


def _tail(table: Table) -> str:
    """Return what stands below a table's last key, without keys that stand as comments."""
    items: list[str] = []
    for key, item in reversed(table.value.body):
        if key is not None:
            break
        items.insert(0, item.as_string())
    return "".join(each for each in items if not _COMMENTED.match(each))


def _tabled(text: str, path: tuple[str, ...], new: Plain) -> str:
    """Add a new profile's table at the end."""
    name = to_toml(path[-1]) if "." in path[-1] else path[-1]
    lines = [f"[{path[0]}.{name}]"]
    if isinstance(new, dict):
        lines += [f"{key} = {to_toml(str(value))}" for key, value in new.items()]
    end = _line_end(text)
    body = text if not text or text.endswith("\n") else text + end
    return body + (end if body else "") + end.join(lines) + end


def _assigned(text: str, path: tuple[str, ...], new: Plain) -> str:
    """Change a value that is there, its comment kept; tomlkit finds the place of a new one."""
    document = tomlkit.parse(text)
    _table(document, path)[path[-1]] = _item(new)
    return tomlkit.dumps(document)


def _inserted(text: str, path: tuple[str, ...], new: Plain) -> str:
    """Add a line after the table's last key, so that comments stay above what they are about."""
    document = tomlkit.parse(text)
    table = _table(document, path)
    line = f"{path[-1]} = {_written(new)}"
    end = _line_end(text)
    items = [each for each in table.values() if not isinstance(each, Table | AoT)]
    above = items[-1] if items else table
    if not isinstance(above, Item):
        return _headed(text, line + end, end)
    trivia = above.trivia
    indent = trivia.indent if items else ""
    trivia.trail = f"{trivia.trail or end}{indent}{line}{end}"
    return tomlkit.dumps(document)


def _headed(text: str, line: str, end: str) -> str:
    """Put a line at the top, below a first block of comments that stands by itself."""
    lines = text.splitlines(keepends=True)
    block = next((at for at, each in enumerate(lines) if not each.startswith("#")), len(lines))
    alone = block == len(lines) or not lines[block].strip()
    above = "".join(lines[:block]) if alone else ""
    gap = end if above else ""
    below = text[len(above) :]
    return above + gap + line + (end if below.strip() and not below.startswith(end) else "") + below


def _tried(way: _Way, text: str, path: tuple[str, ...], new: Plain) -> str | None:
    try:
        return way(text, path, new)
    except (TOMLKitError, KeyError, ValueError, TypeError, AttributeError):
        return None  # a form of file that this way doesn't know


def _says(text: str, expected: dict[str, object]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except (ValueError, RecursionError):
        return False


def _table(
    document: MutableMapping[str, object], path: tuple[str, ...]
) -> MutableMapping[str, object]:
    table = document
    for name in path[:-1]:
        inner = table[name]
        if not isinstance(inner, MutableMapping):
            raise TypeError(name)
        table = inner
    return table


def _mapping(raw: object) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise TypeError("no table")
    return raw


def _item(new: Plain) -> Item:
    return tomlkit.value(_written(new))


def _written(new: Plain) -> str:
    if not isinstance(new, dict):
        return to_toml(new)
    [(source, target)] = new.items()
    words = tuple(map(str, target)) if isinstance(target, list) else str(target)
    return to_toml(SecretRef(SecretSource(source), words))


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


_SOURCES = {source.value for source in SecretSource}
_ELSEWHERE = "env:NAME, command:LINE, file:PATH or keyring:NAME"


def current(path: Path) -> str:
    """Return the text of a configuration file that is to be changed, empty where there is none."""
    try:
        return read_text(path).text
    except FileNotFoundError:
        return ""


def set_key(text: str, dotted_key: str, value: str | Secret, *, origin: str) -> str:
    """Return `text` with a key set, such as `timezone` or `profiles.main.timeout_s`.

    A value `env:NAME`, `command:LINE`, `file:PATH` or `keyring:NAME` says where it is kept. A
    secret key takes one of these, or a `Secret`: one that did not come over the command line.
    `origin` names the file in errors. Setting `provider` makes a profile that is not there.
    """
    data = parse(text, origin)
    top = ConfigLocation(origin)
    path = _path(dotted_key, top)
    profiles = data.get("profiles", {})
    if not isinstance(profiles, Mapping):
        raise top.at("profiles").error("must be tables: [profiles.NAME]")
    if len(path) == 1:
        new: Plain = _top_value(path[0], value, profiles, top)
    else:
        _, name, key = path
        new = _profile_value(name, key, value, profiles, top)
        if name not in profiles:
            check_profile_name(name, top)
            path, new = path[:2], {PROVIDER: new}
    result = set_value(text, data, path, new)
    if result is None:
        problem = "can't be set in a file of this form"
        raise top.error(f"{dotted_key} {problem}", hint="edit it by hand")
    return result


def add_profile(
    text: str, name: str, provider: str, values: Mapping[str, Value], *, origin: str
) -> str:
    """Return `text` with a new profile at its end, rendered with what its keys mean."""
    data = parse(text, origin)
    spot = ConfigLocation(origin, name)
    check_profile_name(name, ConfigLocation(origin))
    if taken(data, name) is not None:
        raise spot.error("is there already", hint="`recli config set` changes it")
    result = append_profile(text, _rendered(name, provider, values, spot), data)
    if result is None:
        raise spot.error("can't be added to a file of this form", hint="edit it by hand")
    return result


def replace_profile(
    text: str, name: str, provider: str, values: Mapping[str, Value], *, origin: str
) -> str:
    """Return `text` with a new profile in the place of the one of that name."""
    data = parse(text, origin)
    spot = ConfigLocation(origin, name)
    result = replace_table(text, _rendered(name, provider, values, spot), data, name)
    if result is None:
        raise spot.error("can't be replaced in a file of this form", hint="edit it by hand")
    return result


def taken(data: Mapping[str, object], name: str) -> str | None:
    """Return the profile of decoded TOML that is called `name` in whatever case, or None."""
    profiles = data.get("profiles", {})
    names = profiles if isinstance(profiles, Mapping) else {}
    return next((each for each in names if each.lower() == name.lower()), None)


def written(key: Key, value: str | Secret, spot: ConfigLocation) -> Value:
    """Return what a person gave for a key, checked: `env:NAME` and the like are references."""
    if isinstance(value, Secret):
        return read_value(key, value, spot)
    source, colon, target = value.partition(":")
    if colon and source in _SOURCES:
        return read_value(key, {source: target}, spot)
    if kind_of(key) is ValueKind.SECRET:
        raise spot.error(
            "a secret on the command line shows in the process list",
            hint=f"--stdin in its place asks for it unseen; or say where it is kept: {_ELSEWHERE}",
        )
    return parse_value(key, value, spot)


def _rendered(name: str, provider: str, values: Mapping[str, Value], spot: ConfigLocation) -> str:
    own = provider_name(provider, spot)
    known = keys_of(own)
    for key, value in values.items():
        if key not in known:
            raise unknown_key(spot, key, known)
        read_value(known[key], value, spot.at(key))
    return render_profile(name, own, values)


def _path(dotted_key: str, top: ConfigLocation) -> tuple[str, ...]:
    if dotted_key in TOP[:2]:
        return (dotted_key,)
    first, _, rest = dotted_key.partition(".")
    name, _, key = rest.rpartition(".")
    if first == "profiles" and name and key:
        # A profile's name may hold dots itself, bare or in the quotes that TOML wants.
        return (first, name.strip("\"'"), key)
    if first == "profiles":
        raise top.at(dotted_key).error("names no key", hint="write profiles.NAME.KEY")
    raise top.unknown("key", dotted_key, (*TOP[:2], "profiles.NAME.KEY"))


def _top_value(
    name: str, value: str | Secret, profiles: Mapping[str, object], top: ConfigLocation
) -> str:
    said = read_top(name, _open(value), top)
    if name == "default_profile" and said not in profiles:
        error = top.at(name).unknown("profile", said, profiles)
        error.hint = error.hint or (None if profiles else "recli config init")
        raise error
    return said


def _profile_value(
    name: str, key: str, value: str | Secret, profiles: Mapping[str, object], top: ConfigLocation
) -> Plain:
    spot = ConfigLocation(top.origin, name)
    table = profiles.get(name)
    if key == PROVIDER:
        return _provider_value(value, table, spot)
    if not isinstance(table, Mapping):
        error = top.unknown("profile", name, profiles)
        hint = error.hint or f"recli config set profiles.{name}.{PROVIDER} NAME makes it"
        raise ConfigError(error.message, hint=hint)
    known = keys_of(provider_name(table.get(PROVIDER), spot))
    if key not in known:
        raise unknown_key(spot, key, known)
    return _plain(written(known[key], value, spot.at(key)))


def _provider_value(value: str | Secret, table: object, spot: ConfigLocation) -> str:
    said = provider_name(_open(value), spot)
    known = keys_of(said)
    held = table if isinstance(table, Mapping) else {}
    foreign = [key for key in held if key != PROVIDER and key not in known]
    if foreign:
        raise spot.at(PROVIDER).error(
            f"the profile has keys that {said} doesn't know: {', '.join(foreign)}",
            hint="make a new profile: `recli config init`",
        )
    return said


def _plain(value: Value) -> Plain:
    """Return a value as it stands in decoded TOML."""
    if isinstance(value, SecretRef):
        target = value.target
        return {value.source.value: target if isinstance(target, str) else list(target)}
    return value.reveal() if isinstance(value, Secret) else value


def _open(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
