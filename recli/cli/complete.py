"""What may follow on a half-written command line: names of profiles, providers, columns, formats.

Completion never fails and never asks anybody: a configuration that can't be read has no names.
"""

import os
from collections.abc import Iterable


def profiles(incomplete: str) -> list[str]:
    """Return the configuration's profiles."""
    from recli.config.read import load
    from recli.config.where import locate
    from recli.errors import RecliError

    try:
        configuration = load(locate(None, os.environ), explicit=False)
    except RecliError:
        return []
    return _beginning(configuration.profiles, incomplete)


def providers(incomplete: str) -> list[str]:
    """Return the providers' names."""
    from recli.providers import names

    return _beginning(names(), incomplete)


def columns(incomplete: str) -> list[str]:
    """Return the fields that can follow in a list of them."""
    from recli.model import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    taken = set(before.split(","))
    return [
        f"{before}{comma}{name}"
        for name in (*COLUMNS, "raw")
        if name.startswith(last) and name not in taken
    ]


def formats(incomplete: str) -> list[str]:
    """Return the output formats."""
    from recli.output.writer import Format

    return _beginning(Format, incomplete)


def directions(incomplete: str) -> list[str]:
    """Return the ways that a call can go."""
    from recli.model import Direction

    return _beginning(Direction, incomplete)


def states(incomplete: str) -> list[str]:
    """Return the states of recordings."""
    from recli.model import State

    return _beginning(State, incomplete)


def colours(incomplete: str) -> list[str]:
    """Return when colour can be used."""
    from recli.cli.world import Colour

    return _beginning(Colour, incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [str(name) for name in names if name.startswith(incomplete)]
