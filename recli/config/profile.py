"""What a configuration holds: profile tables as they were written, and profiles ready for use.

Plain values; secrets are wrapped as soon as they are read, so that no `repr` shows one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from recli.errors import ConfigError
from recli.text import nearest, quote_name, some_of
from recli.wire import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from recli.providers.base import Provider
    from recli.transport.settings import Settings


@dataclass(frozen=True, slots=True)
class ConfigLocation:
    """A place in a configuration; `key` without `profile` is a key of the top level."""

    origin: str
    profile: str | None = None
    key: str | None = None

    def at(self, key: str) -> ConfigLocation:
        """Return the place of a key of this profile."""
        return replace(self, key=key)

    @property
    def dotted(self) -> str:
        """The path of tables and key, as `recli config set` takes it; empty for the whole file."""
        parts = ("profiles", self.profile, self.key) if self.profile else (self.key,)
        return ".".join(part for part in parts if part)

    def error(self, problem: str, *, hint: str | None = None) -> ConfigError:
        """Return the error that says what is wrong here."""
        place = f"{self.origin}: {self.dotted}" if self.dotted else self.origin
        return ConfigError(f"{place}: {problem}", hint=hint)

    def unknown(self, what: str, name: str, known: Iterable[str]) -> ConfigError:
        """Return the error for a name that is not known here, with the nearest or all that are."""
        names = list(known)
        near = nearest(name, names)
        problem = f"there is no {what} {quote_name(name)}"
        if near is not None:
            return self.error(f"{problem}; did you mean {near}?")
        hint = f"known: {some_of(names, 10)}" if names else None
        return self.error(problem, hint=hint)


class SecretSource(StrEnum):
    """Where a value may be kept instead of the configuration file."""

    ENV = "env"
    COMMAND = "command"
    FILE = "file"
    KEYRING = "keyring"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A value that is kept elsewhere: `target` is a name, a path, or a command.

    A command is a line for the shell, or the program and its arguments.
    """

    source: SecretSource
    target: str | tuple[str, ...]


Value = str | int | float | bool | Secret | SecretRef
"""What may stand behind a key; a secret key's own text is a `Secret`."""


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """A profile as it was written: keys and types are checked, nothing is fetched yet.

    `origin` names the file, or what stands for it, in errors; `folder` is where relative paths
    begin, None for the working folder. Keys that were not written are not in `values`.
    """

    name: str
    provider: str
    values: Mapping[str, Value] = field(repr=False)
    origin: str
    folder: Path | None = None

    @property
    def location(self) -> ConfigLocation:
        """Where the profile stands, for errors."""
        return ConfigLocation(self.origin, self.name)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that a file says; `path` is None where there is no file.

    `groups` are names for several profiles: each with names and patterns of them.
    """

    path: Path | None = None
    default_profile: str | None = None
    timezone: str | None = None
    country: str | None = None
    profiles: Mapping[str, ProfileTable] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def country_of(self, profile: str) -> str | None:
        """Return the country that a profile's numbers are in, if it is known."""
        table = self.profiles.get(profile)
        country = None if table is None else table.values.get("country")
        return country if isinstance(country, str) else self.country


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile ready for use: its provider with all keys, and how to connect."""

    name: str
    provider: Provider
    settings: Settings


def profile_label(profile: str, provider: str) -> str:
    """Return a profile's name with its provider's, if they differ: `main (plivo)`."""
    return profile if profile == provider else f"{profile} ({provider})"
