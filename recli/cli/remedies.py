"""Hints for a profile that can't be used: a command, a key or a variable for each failure.

Hints that a provider or the transport gives itself are kept: they know more.
"""

import shlex
from pathlib import Path

from recli.config.keys import keys_of
from recli.config.profile import ConfigLocation, ProfileTable, SecretRef, SecretSource
from recli.config.secrets import export_command
from recli.errors import Denied, Gone, RecliError, Refused, RefusedBefore, Transient


def with_remedy(error: RecliError, table: ProfileTable, config: Path | None) -> RecliError:
    """Give an error of a profile the hint that mends it, where it has none that helps here.

    `config` is the file where the command line named one, so that commands name it as well.
    """
    cause = error.__cause__
    if isinstance(cause, Transient):
        error.hint = cause.hint or _transient_hint(cause, table, config)
    elif error.hint is None:
        error.hint = _hint(error, table, config)
    return error


def retry_hint(error: RecliError) -> str:
    """Return the end of a hint that lets refused credentials be sent again, where that is due."""
    is_due = isinstance(error, RefusedBefore)
    return "; or --retry-refused, if the credentials are right now" if is_due else ""


def _set_command(table: ProfileTable, key: str, config: Path | None) -> str:
    """Return the command that sets a key of a profile, without its value."""
    return recli_command(config, "config", "set", ConfigLocation("", table.name, key).dotted)


def recli_command(config: Path | None, *words: str) -> str:
    """Return a command line of recli's as a shell takes it, with the file that was named."""
    named = () if config is None else (f"--config={config}",)
    leading = 2 if words[0] == "config" else 1
    return shlex.join(("recli", *words[:leading], *named, *words[leading:]))


def _hint(error: RecliError, table: ProfileTable, config: Path | None) -> str | None:
    match error:
        case Refused():
            secrets = (key.name for key in keys_of(table.provider).values() if key.secret)
            hints = [
                _secret_hint(table, key, table.values[key], config)
                for key in secrets
                if key in table.values
            ]
            return f"{'; '.join(hints)}{retry_hint(error)}"
        case Denied():
            return f"what it needs: recli providers {table.provider}"
        case Gone():
            return f"correct the address: {_set_command(table, 'base_url', config)} URL"
        case _:
            return None


def _transient_hint(error: Transient, table: ProfileTable, config: Path | None) -> str:
    if error.busy:
        command = recli_command(config, "providers", "--check", "--profile", table.name)
        return f"leave it alone for some minutes, then: {command}"
    return (
        f"is the network there, and base_url right? {_set_command(table, 'base_url', config)} URL"
    )


def _secret_hint(table: ProfileTable, key: str, value: object, config: Path | None) -> str:
    if not isinstance(value, SecretRef):
        return f"{_set_command(table, key, config)} --stdin"
    target = value.target
    match value.source:
        case SecretSource.ENV:
            return f"give {key} anew: {export_command(str(target))}"
        case SecretSource.KEYRING:
            return shlex.join(("keyring", "set", "recli", str(target)))
        case SecretSource.FILE:
            return f"put the right {key} into {target}"
        case SecretSource.COMMAND:
            return f"let the command of {table.location.at(key).dotted} print the right {key}"
