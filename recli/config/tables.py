"""What a configuration holds: profile tables as they were written, and profiles ready for use.

Plain values; secrets are wrapped as soon as they are read, so that no `repr` shows one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from recli.config.spot import Spot
from recli.providers.base import Provider
from recli.transport.settings import Settings
from recli.wire import Secret


class Source(StrEnum):
    """Where a value may be kept instead of the configuration file."""

    ENV = "env"
    COMMAND = "command"
    FILE = "file"
    KEYRING = "keyring"


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is kept elsewhere: `target` is a name, a path, or a command.

    A command is a line for the shell, or the program and its arguments.
    """

    source: Source
    target: str | tuple[str, ...]


Value = str | int | float | bool | Secret | Reference
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
    def spot(self) -> Spot:
        """Where the profile stands, for errors."""
        return Spot(self.origin, self.name)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that a file says; `path` is None where there is no file."""

    path: Path | None = None
    default_profile: str | None = None
    timezone: str | None = None
    profiles: Mapping[str, ProfileTable] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile ready for use: its provider with all keys, and how to connect."""

    name: str
    provider: Provider
    settings: Settings
