"""The example configuration: every provider and every key, out of the providers' declarations.

`config.example.toml` is this text; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recli.config.keys import common_keys
from recli.config.render import commented, placeholder, render_profile
from recli.config.tables import Reference, Source, Value
from recli.providers import BUILTIN, provider_class

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
_KEPT: Mapping[str, Source] = {
    "yeastar": Source.FILE,
    "enswitch": Source.COMMAND,
    "imagicle": Source.KEYRING,
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
        case Source.COMMAND:
            return Reference(source, f"pass show {provider}")
        case Source.FILE:
            return Reference(source, f"~/.secrets/{provider}")
        case Source.KEYRING:
            return Reference(source, provider)
        case _:
            return usual
