"""Changing a configuration's text: pure functions that keep comments, order and line ends.

Every change is checked as `read.load` would check it, and the new text is read again: it says
what it said before and the change, or there is no new text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recli.config.keys import PROVIDER, Kind, keys_of, kind_of, parse_value, read_value
from recli.config.private import read_text
from recli.config.read import TOP, check_profile_name, parse, provider_name, read_top, unknown_key
from recli.config.render import render_profile
from recli.config.splice import Plain, appended, changed, exchanged
from recli.config.spot import Spot
from recli.config.tables import Reference, Source, Value
from recli.errors import ConfigError
from recli.providers.base import Key
from recli.wire import Secret

_SOURCES = {source.value for source in Source}
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
    top = Spot(origin)
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
    result = changed(text, data, path, new)
    if result is None:
        problem = "can't be set in a file of this form"
        raise top.error(f"{dotted_key} {problem}", hint="edit it by hand")
    return result


def add_profile(
    text: str, name: str, provider: str, values: Mapping[str, Value], *, origin: str
) -> str:
    """Return `text` with a new profile at its end, rendered with what its keys mean."""
    data = parse(text, origin)
    spot = Spot(origin, name)
    check_profile_name(name, Spot(origin))
    if taken(data, name) is not None:
        raise spot.error("is there already", hint="`recli config set` changes it")
    result = appended(text, _rendered(name, provider, values, spot), data)
    if result is None:
        raise spot.error("can't be added to a file of this form", hint="edit it by hand")
    return result


def replace_profile(
    text: str, name: str, provider: str, values: Mapping[str, Value], *, origin: str
) -> str:
    """Return `text` with a new profile in the place of the one of that name."""
    data = parse(text, origin)
    spot = Spot(origin, name)
    result = exchanged(text, _rendered(name, provider, values, spot), data, name)
    if result is None:
        raise spot.error("can't be replaced in a file of this form", hint="edit it by hand")
    return result


def taken(data: Mapping[str, object], name: str) -> str | None:
    """Return the profile of decoded TOML that is called `name` in whatever case, or None."""
    profiles = data.get("profiles", {})
    names = profiles if isinstance(profiles, Mapping) else {}
    return next((each for each in names if each.lower() == name.lower()), None)


def written(key: Key, value: str | Secret, spot: Spot) -> Value:
    """Return what a person gave for a key, checked: `env:NAME` and the like are references."""
    if isinstance(value, Secret):
        return read_value(key, value, spot)
    source, colon, target = value.partition(":")
    if colon and source in _SOURCES:
        return read_value(key, {source: target}, spot)
    if kind_of(key) is Kind.SECRET:
        raise spot.error(
            "a secret on the command line shows in the process list",
            hint=f"--stdin in its place asks for it unseen; or say where it is kept: {_ELSEWHERE}",
        )
    return parse_value(key, value, spot)


def _rendered(name: str, provider: str, values: Mapping[str, Value], spot: Spot) -> str:
    own = provider_name(provider, spot)
    known = keys_of(own)
    for key, value in values.items():
        if key not in known:
            raise unknown_key(spot, key, known)
        read_value(known[key], value, spot.at(key))
    return render_profile(name, own, values)


def _path(dotted_key: str, top: Spot) -> tuple[str, ...]:
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


def _top_value(name: str, value: str | Secret, profiles: Mapping[str, object], top: Spot) -> str:
    said = read_top(name, _open(value), top)
    if name == "default_profile" and said not in profiles:
        error = top.at(name).unknown("profile", said, profiles)
        error.hint = error.hint or (None if profiles else "recli config init")
        raise error
    return said


def _profile_value(
    name: str, key: str, value: str | Secret, profiles: Mapping[str, object], top: Spot
) -> Plain:
    spot = Spot(top.origin, name)
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


def _provider_value(value: str | Secret, table: object, spot: Spot) -> str:
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
    if isinstance(value, Reference):
        target = value.target
        return {value.source.value: target if isinstance(target, str) else list(target)}
    return value.reveal() if isinstance(value, Secret) else value


def _open(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
