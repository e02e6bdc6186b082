"""Failures of many profiles on standard error: equal ones are shown as one, with the profiles."""

import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass

from recli.cli.console import Console
from recli.config.profile import profile_label
from recli.errors import ConfigError, RecliError
from recli.text import some_of

_GROUPED_FROM = 5
"""Equal failures from which on they are shown as one."""
_HOST = re.compile(r"(?=\S*[.:])[\w.:\[\]-]+(?<!:) ")
"""How the transport's messages begin: with the host, `sbc.example.com gave no answer`."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with one profile."""

    profile: str
    provider: str
    error: RecliError

    @property
    def kind(self) -> str:
        """The message without what is this profile's own: its name and its host."""
        if isinstance(self.error, ConfigError):
            return self.error.message.replace(f"profiles.{self.profile}", "profiles.NAME", 1)
        host = _HOST.match(self.error.message)
        return self.error.message[host.end() :] if host else self.error.message


def show_grouped(failures: Iterable[Failure], console: Console) -> None:
    """Show failures in their order, equal ones together where the first of them stands."""
    for error, label in grouped_errors(failures, console):
        console.error(error, label)


def grouped_errors(failures: Iterable[Failure], console: Console) -> list[tuple[RecliError, str]]:
    """Return an error and its label for each group of equal failures, and for each single one.

    The names of all profiles of a group are told as a detail.
    """
    groups: dict[tuple[type[RecliError], str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((type(failure.error), failure.kind), []).append(failure)
    errors: list[tuple[RecliError, str]] = []
    for group in groups.values():
        if len(group) >= _GROUPED_FROM:
            errors.append((_group_error(group), ""))
            names = ", ".join(failure.profile for failure in group)
            console.detail(f"the {len(group):,} profiles are {names}")
        else:
            errors += [(it.error, profile_label(it.profile, it.provider)) for it in group]
    return errors


def _group_error(group: Sequence[Failure]) -> RecliError:
    """Return the error of many profiles; it ends as that of the first."""
    first = group[0]
    error = copy(first.error)
    names = [failure.profile for failure in group]
    error.message = f"{_group_text(group)}: {some_of(names)}"
    if error.hint is not None and any(failure.error.hint != error.hint for failure in group):
        error.hint = f"for {first.profile}: {error.hint}"
    return error


def _group_text(group: Sequence[Failure]) -> str:
    """Say how many profiles failed in what way: `20 refused the credentials`."""
    first = group[0]
    messages = {failure.error.message for failure in group}
    if messages == {first.kind} and not isinstance(first.error, ConfigError):
        return f"{len(group):,} {first.kind}"
    if len(messages) == 1 or isinstance(first.error, ConfigError):
        text = first.error.message if len(messages) == 1 else first.kind
        return f"{len(group):,} profiles: {text}"
    return f"the hosts of {len(group):,} profiles {first.kind}"
