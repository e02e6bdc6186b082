"""Writing profiles and the whole configuration as TOML that people read.

`shown` hides secrets; `render_profile` writes them, for the file that holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import tomli_w

from recli.config.keys import PROVIDER
from recli.config.tables import Configuration, ProfileTable, Reference, Source, Value
from recli.providers import provider_class
from recli.providers.base import Key
from recli.redact import HIDDEN
from recli.wire import Secret

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render_profile(name: str, provider: str, values: Mapping[str, Value]) -> str:
    """Return a profile's table, ready to paste: every key of its provider with what it means.

    Needed keys that are not in `values` get an example; optional ones stand as comments with their
    defaults.
    """
    lines = [f"[profiles.{_name(name)}]", f"{PROVIDER} = {toml(provider)}"]
    own = provider_class(provider).keys()
    lines += [f"{_line(key, values, provider)}  # {key.about}" for key in own]
    rest = [key for key in values if key not in {each.name for each in own}]
    lines += [f"{key} = {toml(values[key])}" for key in rest]
    return "\n".join(lines) + "\n"


def shown(configuration: Configuration) -> str:
    """Return what a configuration says as TOML, its secrets hidden, references as they are."""
    return "\n".join(_shown(configuration)) + "\n"


def toml(value: Value) -> str:
    """Return a value as TOML on one line; a secret is revealed."""
    if isinstance(value, Reference):
        target = value.target
        words = toml(target) if isinstance(target, str) else _list(target)
        return f"{{ {value.source} = {words} }}"
    plain = value.reveal() if isinstance(value, Secret) else value
    return tomli_w.dumps({"v": plain}).removeprefix("v = ").removesuffix("\n")


def placeholder(key: Key, provider: str) -> Value:
    """Return what stands for a needed key that nobody has given."""
    if key.secret:
        return Reference(Source.ENV, key.env or f"{provider}_{key.name}".upper())
    return key.example or f"your {key.name}"


def commented(key: Key) -> str:
    """Return an optional key as a comment, with its default or else its example."""
    value = key.default if isinstance(key.default, str | int | float | bool) else key.example
    return f"# {key.name} = {toml(_number(value))}"


def _line(key: Key, values: Mapping[str, Value], provider: str) -> str:
    if key.name in values:
        return f"{key.name} = {toml(values[key.name])}"
    if key.required:
        return f"{key.name} = {toml(placeholder(key, provider))}"
    return commented(key)


def _shown(configuration: Configuration) -> Iterator[str]:
    yield f"# {configuration.path or 'no configuration file'}"
    for name in ("default_profile", "timezone"):
        value = getattr(configuration, name)
        if value is not None:
            yield f"{name} = {toml(value)}"
    for table in configuration.profiles.values():
        yield from _shown_profile(table)


def _shown_profile(table: ProfileTable) -> Iterator[str]:
    yield f"\n[profiles.{_name(table.name)}]"
    yield f"{PROVIDER} = {toml(table.provider)}"
    for key, value in table.values.items():
        yield f"{key} = {toml(HIDDEN if isinstance(value, Secret) else value)}"


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml(name)


def _list(words: tuple[str, ...]) -> str:
    return f"[{', '.join(toml(word) for word in words)}]"


def _number(value: Value) -> Value:
    """Return an example that is a number as one; examples are declared as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value
