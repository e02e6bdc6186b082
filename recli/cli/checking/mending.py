"""What mends a profile that can't be used: a command, a key or a variable for each kind of failure.

Hints that a provider or the transport gives itself are kept: they know more.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from recli.config.keys import keys_of
from recli.config.spot import Spot
from recli.config.tables import ProfileTable, Reference, Source
from recli.errors import Denied, Gone, RecliError, Refused, Transient


def mended(error: RecliError, table: ProfileTable, config: Path | None) -> RecliError:
    """Give an error of a profile the hint that mends it, where it has none that helps here.

    `config` is the file where the command line named one, so that commands name it as well.
    """
    cause = error.__cause__
    if isinstance(cause, Transient):
        error.hint = cause.hint or _passing(cause, table, config)
    elif error.hint is None:
        error.hint = _hint(error, table, config)
    return error


def again(table: ProfileTable, config: Path | None) -> str:
    """Return the command that tries a profile."""
    return command(config, "providers", "--check", "--profile", table.name)


def setting(table: ProfileTable, key: str, config: Path | None) -> str:
    """Return the command that sets a key of a profile, without its value."""
    return command(config, "config", "set", Spot("", table.name, key).dotted)


def command(config: Path | None, *words: str) -> str:
    """Return a command line of recli's as a shell takes it, with the file that was named."""
    named = () if config is None else (f"--config={config}",)
    leading = 2 if words[0] == "config" else 1
    return shlex.join(("recli", *words[:leading], *named, *words[leading:]))


def _hint(error: RecliError, table: ProfileTable, config: Path | None) -> str | None:
    match error:
        case Refused():
            return "; ".join(_secrets(table, config))
        case Denied():
            return f"what it needs: recli providers {table.provider}"
        case Gone():
            return f"correct the address: {setting(table, 'base_url', config)} URL"
        case _:
            return None


def _passing(error: Transient, table: ProfileTable, config: Path | None) -> str:
    if error.busy:
        return f"leave it alone for some minutes, then: {again(table, config)}"
    return f"is the network there, and base_url right? {setting(table, 'base_url', config)} URL"


def _secrets(table: ProfileTable, config: Path | None) -> Sequence[str]:
    """Return how to give each secret of a profile anew, where it is kept."""
    keys = [key for key in keys_of(table.provider).values() if key.secret]
    return [
        _anew(table, key.name, table.values[key.name], config)
        for key in keys
        if key.name in table.values
    ]


def _anew(table: ProfileTable, key: str, value: object, config: Path | None) -> str:
    if not isinstance(value, Reference):
        return f"{setting(table, key, config)} --stdin"
    target = value.target
    match value.source:
        case Source.ENV:
            return f"give {key} anew: read -rs {target} && export {target}"
        case Source.KEYRING:
            return shlex.join(("keyring", "set", "recli", str(target)))
        case Source.FILE:
            return f"put the right {key} into {target}"
        case Source.COMMAND:
            return f"let the command of {table.spot.at(key).dotted} print the right {key}"
