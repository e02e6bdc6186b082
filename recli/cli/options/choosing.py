"""The options that say whose and which recordings: each field is an option and its help.

Values are read as text here and checked in `recli.cli.options.asking` and
`recli.cli.running.people`, where an error can name what is accepted.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from recli.cli.shell import complete
from recli.model import Direction, State

WHOSE = "Whose recordings"
WHICH = "Which recordings"

_TIMES = "a date, time, age (7d) or duration (P1M)"


@dataclass(frozen=True, slots=True)
class Whose:
    """Which profiles a run uses."""

    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="A profile of the configuration; repeatable.",
            rich_help_panel=WHOSE,
            autocompletion=complete.profiles,
        ),
    ] = None
    provider: Annotated[
        list[str] | None,
        typer.Option(
            "--provider",
            "-P",
            metavar="NAME",
            help="All profiles of a provider; repeatable.",
            rich_help_panel=WHOSE,
            autocompletion=complete.providers,
        ),
    ] = None
    everybody: Annotated[
        bool, typer.Option("--all", "-a", help="All profiles.", rich_help_panel=WHOSE)
    ] = False
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The configuration file.  [default: `recli config path`]",
            rich_help_panel=WHOSE,
        ),
    ] = None
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="Made-up recordings of all five providers, served on this machine: no"
            " configuration, no network.",
            rich_help_panel=WHOSE,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class Which:
    """Which recordings are wanted; all that is given must hold."""

    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help=f"Started at or after: {_TIMES}.",
            rich_help_panel=WHICH,
            autocompletion=complete.since,
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="TIME",
            help="Started before; a date alone means through the end of that day.",
            rich_help_panel=WHICH,
            autocompletion=complete.until,
        ),
    ] = None
    from_number: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="NUMBER", help="Caller; * is any run.", rich_help_panel=WHICH
        ),
    ] = None
    to_number: Annotated[
        str | None,
        typer.Option("--to", metavar="NUMBER", help="Called party.", rich_help_panel=WHICH),
    ] = None
    number: Annotated[
        str | None,
        typer.Option("--number", metavar="NUMBER", help="Either side.", rich_help_panel=WHICH),
    ] = None
    direction: Annotated[
        Direction | None,
        typer.Option(
            "--direction",
            metavar="WAY",
            help="inbound, outbound or internal.",
            rich_help_panel=WHICH,
            case_sensitive=False,
            autocompletion=complete.directions,
        ),
    ] = None
    min_duration: Annotated[
        str | None,
        typer.Option(
            "--min-duration",
            metavar="LENGTH",
            help="At least so long: 90, 90s, 1m30s, 1:30.",
            rich_help_panel=WHICH,
        ),
    ] = None
    max_duration: Annotated[
        str | None,
        typer.Option(
            "--max-duration", metavar="LENGTH", help="At most so long.", rich_help_panel=WHICH
        ),
    ] = None
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="NAME", help="Whose call it was.", rich_help_panel=WHICH),
    ] = None
    call_id: Annotated[
        str | None,
        typer.Option(
            "--call-id", metavar="ID", help="The provider's id of the call.", rich_help_panel=WHICH
        ),
    ] = None
    state: Annotated[
        State | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="recording, saving, complete or error.",
            rich_help_panel=WHICH,
            case_sensitive=False,
            autocompletion=complete.states,
        ),
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", metavar="N", min=1, help="The newest N.", rich_help_panel=WHICH
        ),
    ] = None
    tz: Annotated[
        str | None,
        typer.Option(
            "--tz",
            metavar="ZONE",
            help="Zone of times in tables, and of times given without an offset.  [default: the"
            " configuration's timezone, else the system's]",
            rich_help_panel=WHICH,
            autocompletion=complete.zones,
        ),
    ] = None
