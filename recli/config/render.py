"""Writing profiles and the whole configuration as TOML that people read.

`render_redacted` hides secrets; `render_profile` writes them, for the file that holds them.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import tomli_w

from recli.config.keys import PROVIDER, secret_variable, shared_keys
from recli.config.profile import Configuration, SecretRef, SecretSource, Value
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

# Where numbers without a country code are, for --from, --to and --number; a profile may have its
# own. Two letters, ISO 3166.
# country = "IT"

# Names for several profiles at once, for --profile: profiles, and patterns of their names.
# groups.acme = ["acme-*", "main"]

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
_EXAMPLE_SECRETS: Mapping[str, SecretRef] = {
    "yeastar": SecretRef(SecretSource.FILE, "~/.secrets/yeastar"),
    "enswitch": SecretRef(SecretSource.COMMAND, "pass show enswitch"),
    "imagicle": SecretRef(SecretSource.KEYRING, "imagicle"),
}
"""Where the example keeps a provider's secrets: one of each kind; else in the environment."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def example() -> str:
    """Return the text of `config.example.toml`."""
    return _ABOUT + "".join(f"{line}\n" for line in _shared()) + "".join(_profiles())


def example_values(provider: str) -> dict[str, Value]:
    """Return example values for the keys that a working profile of a provider holds."""
    keys: tuple[Key, ...] = provider_class(provider).keys()
    return {key.name: _placeholder(key, provider) for key in keys if key.required or key.example}


def _shared() -> Iterator[str]:
    keys = shared_keys()
    lines = [commented(key).replace("# ", "#   ", 1) for key in keys]
    width = max(map(len, lines)) + 3
    for key, line in zip(keys, lines, strict=True):
        yield f"{line:<{width}}{key.about}"


def _profiles() -> Iterator[str]:
    for name in BUILTIN:
        provider = provider_class(name)
        values = {
            key: _EXAMPLE_SECRETS.get(name, value) if isinstance(value, SecretRef) else value
            for key, value in example_values(name).items()
        }
        yield f"\n# {provider.title}: {provider.docs_url}\n"
        yield render_profile(name, name, values)


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
    """Return a configuration as TOML, its secrets hidden, references as they are."""
    return "\n".join(_redacted(configuration)) + "\n"


def to_toml(value: Value | tuple[str, ...]) -> str:
    """Return a value as TOML on one line; a secret is revealed."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(to_toml, value))}]"
    if isinstance(value, SecretRef):
        target = value.target
        if not isinstance(target, str):
            return f"{{ {value.source} = {to_toml(target)} }}"
        return f"{{ {value.source} = {to_toml(target)} }}"
    plain = value.reveal() if isinstance(value, Secret) else value
    return tomli_w.dumps({"v": plain}).removeprefix("v = ").removesuffix("\n")


def plain_text(value: Value) -> str:
    """Return a value as `config set` takes it; a secret of the file itself is hidden."""
    match value:
        case SecretRef(source, str(target)):
            return f"{source}:{target}"
        case SecretRef(source, words):
            return f"{source}:{shlex.join(words)}"
        case Secret():
            return HIDDEN
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _placeholder(key: Key, provider: str) -> Value:
    """Return an example for a needed key."""
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
        return f"{key.name} = {to_toml(_placeholder(key, provider))}"
    return commented(key)


def _redacted(configuration: Configuration) -> Iterator[str]:
    yield f"# {configuration.path or 'no configuration file'}"
    for name in ("default_profile", "timezone", "country"):
        value = getattr(configuration, name)
        if value is not None:
            yield f"{name} = {to_toml(value)}"
    if configuration.groups:
        yield "\n[groups]"
    for name, members in configuration.groups.items():
        yield f"{quote_key(name)} = {to_toml(members)}"
    for table in configuration.profiles.values():
        yield f"\n[profiles.{quote_key(table.name)}]"
        yield f"{PROVIDER} = {to_toml(table.provider)}"
        for key, value in table.values.items():
            yield f"{key} = {to_toml(HIDDEN if isinstance(value, Secret) else value)}"


def quote_key(name: str) -> str:
    """Return a table's name as TOML wants it, in quotes where it needs them."""
    return name if _BARE_KEY.fullmatch(name) else to_toml(name)


def _number(value: Value) -> Value:
    """Return an example that is a number as one; examples are declared as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value
