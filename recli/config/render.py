"""Writing profiles and the whole configuration as TOML that people read.

`render_redacted` hides secrets; `render_profile` writes them, for the file that holds them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tomli_w

from recli.config.keys import PROVIDER, common_keys, secret_variable
from recli.config.profile import Configuration, ProfileTable, SecretRef, SecretSource, Value
from recli.providers import BUILTIN, provider_class
from recli.redact import HIDDEN
from recli.wire import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recli.providers.base import Key

_ABOUT = """\
# The configuration of recli, with everything that it may hold. Keep the profiles that you need in
# ~/.config/recli/config.toml (`recli config path` tells where) and close the file to others:
# chmod 600. `recli config init` makes one, `recli config set KEY VALUE` changes it, and
# `recli config show` shows it without its secrets.

# The profile that is used when --profile, --provider and --all are not given.
default_profile = "plivo"

# The zone of times without an offset, by its IANA name; else the system's.
# timezone = "Europe/Rome"

# Secrets can stand here as text, or be kept elsewhere, as any other value can:
#   { env = "NAME" }              an environment variable
#   { command = "pass show x" }   the first line that a command prints; the shell runs it,
#                                 or give a list of words to do without: ["pass", "show", "x"]
#   { file = "~/.secrets/x" }     a file that only you can read; relative paths begin at this folder
#   { keyring = "x" }             the system's keyring, filled by `keyring set recli x`; needs
#                                 pip install 'recli[keyring]'
#
# Every profile may hold these keys as well:
"""
_KEPT: Mapping[str, SecretSource] = {
    "yeastar": SecretSource.FILE,
    "enswitch": SecretSource.COMMAND,
    "imagicle": SecretSource.KEYRING,
}
"""Where the example keeps a provider's secrets: one of each kind; else in the environment."""


def example() -> str:
    """Return the text of `config.example.toml`."""
    return _ABOUT + "".join(f"{line}\n" for line in _common()) + "".join(_profiles())


def _common() -> Iterator[str]:
    keys = common_keys()
    lines = [commented(key).replace("# ", "#   ", 1) for key in keys]
    width = max(map(len, lines)) + 3
    for key, line in zip(keys, lines, strict=True):
        yield f"{line:<{width}}{key.about}"


def _profiles() -> Iterator[str]:
    for name in BUILTIN:
        provider = provider_class(name)
        yield f"\n# {provider.title}: {provider.docs_url}\n"
        yield render_profile(name, name, _values(name))


def _values(provider: str) -> dict[str, Value]:
    """Return example values for the keys that a working profile of a provider holds."""
    values: dict[str, Value] = {}
    for key in provider_class(provider).keys():  # noqa: SIM118  # a method, no dict's
        if key.secret:
            values[key.name] = _secret(provider, placeholder(key, provider))
        elif key.required or key.example:
            values[key.name] = placeholder(key, provider)
    return values


def _secret(provider: str, usual: Value) -> Value:
    source = _KEPT.get(provider)
    match source:
        case SecretSource.COMMAND:
            return SecretRef(source, f"pass show {provider}")
        case SecretSource.FILE:
            return SecretRef(source, f"~/.secrets/{provider}")
        case SecretSource.KEYRING:
            return SecretRef(source, provider)
        case _:
            return usual


_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render_profile(name: str, provider: str, values: Mapping[str, Value]) -> str:
    """Return a profile's table, ready to paste: every key of its provider with what it means.

    Needed keys that are not in `values` get an example; optional ones stand as comments with their
    defaults.
    """
    lines = [f"[profiles.{quote_key(name)}]", f"{PROVIDER} = {to_toml(provider)}"]
    own = provider_class(provider).keys()
    lines += [f"{_line(key, values, provider)}  # {key.about}" for key in own]
    rest = [key for key in values if key not in {each.name for each in own}]
    lines += [f"{key} = {to_toml(values[key])}" for key in rest]
    return "\n".join(lines) + "\n"


def render_redacted(configuration: Configuration) -> str:
    """Return what a configuration says as TOML, its secrets hidden, references as they are."""
    return "\n".join(_shown(configuration)) + "\n"


def to_toml(value: Value) -> str:
    """Return a value as TOML on one line; a secret is revealed."""
    if isinstance(value, SecretRef):
        target = value.target
        words = to_toml(target) if isinstance(target, str) else _list(target)
        return f"{{ {value.source} = {words} }}"
    plain = value.reveal() if isinstance(value, Secret) else value
    return tomli_w.dumps({"v": plain}).removeprefix("v = ").removesuffix("\n")


def placeholder(key: Key, provider: str) -> Value:
    """Return what stands for a needed key that nobody has given."""
    if key.secret:
        return SecretRef(SecretSource.ENV, secret_variable(key, provider))
    return key.example or f"your {key.name}"


def commented(key: Key) -> str:
    """Return an optional key as a comment, with its default or else its example."""
    value = key.default if isinstance(key.default, str | int | float | bool) else key.example
    return f"# {key.name} = {to_toml(_number(value))}"


def _line(key: Key, values: Mapping[str, Value], provider: str) -> str:
    if key.name in values:
        return f"{key.name} = {to_toml(values[key.name])}"
    if key.required:
        return f"{key.name} = {to_toml(placeholder(key, provider))}"
    return commented(key)


def _shown(configuration: Configuration) -> Iterator[str]:
    yield f"# {configuration.path or 'no configuration file'}"
    for name in ("default_profile", "timezone"):
        value = getattr(configuration, name)
        if value is not None:
            yield f"{name} = {to_toml(value)}"
    for table in configuration.profiles.values():
        yield from _shown_profile(table)


def _shown_profile(table: ProfileTable) -> Iterator[str]:
    yield f"\n[profiles.{quote_key(table.name)}]"
    yield f"{PROVIDER} = {to_toml(table.provider)}"
    for key, value in table.values.items():
        yield f"{key} = {to_toml(HIDDEN if isinstance(value, Secret) else value)}"


def quote_key(name: str) -> str:
    """Return a table's name as TOML wants it, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else to_toml(name)


def _list(words: tuple[str, ...]) -> str:
    return f"[{', '.join(to_toml(word) for word in words)}]"


def _number(value: Value) -> Value:
    """Return an example that is a number as one; examples are declared as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value
