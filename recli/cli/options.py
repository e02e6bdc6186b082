"""The options that commands share, in groups: each field is an option and what help says of it.

Values are read as text here and checked in `recli.cli.asking` and its neighbours, where an error
can name what is accepted.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from recli.cli import complete
from recli.cli.world import Colour
from recli.model import Direction, State

WHOSE = "Whose recordings"
WHICH = "Which recordings"
ROWS = "Rows"
LINE = "Connection"
TELL = "Messages"

_TIMES = "a date, time, age (7d) or duration (P1M)"


class LogFormat(StrEnum):
    """How lines of a log file look."""

    TEXT = "text"
    JSON = "json"


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


@dataclass(frozen=True, slots=True)
class Fields:
    """What of each row is written, and how."""

    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            "-c",
            metavar="A,B,…",
            help="Fields in this order; raw.KEY reaches into the provider's own object.",
            rich_help_panel=ROWS,
            autocompletion=complete.columns,
        ),
    ] = None
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Add the provider's own object.", rich_help_panel=ROWS),
    ] = False
    no_csv_guard: Annotated[
        bool,
        typer.Option(
            "--no-csv-guard",
            help="Leave text in CSV that a spreadsheet would run as a formula without a ' before"
            " it.",
            rich_help_panel=ROWS,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class Line:
    """How hard providers are asked."""

    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            metavar="N",
            min=0,
            max=1000,
            help="Further tries of a request that failed.",
            rich_help_panel=LINE,
            show_default=True,
        ),
    ] = 5
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout",
            metavar="LENGTH",
            help="Longest silence of a server.  [default: the profile's timeout_s, 30]",
            rich_help_panel=LINE,
        ),
    ] = None
    max_wait: Annotated[
        str,
        typer.Option(
            "--max-wait",
            metavar="LENGTH",
            help="Longest time that a profile waits in all, between tries.",
            rich_help_panel=LINE,
            show_default=True,
        ),
    ] = "15m"
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            min=1,
            max=256,
            help="Requests at a time for each profile; a provider's documented limit holds as"
            " well.  [default: what the provider allows]",
            rich_help_panel=LINE,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Tell:
    """What is told beside the rows."""

    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="No progress and no notes: warnings and errors only.",
            rich_help_panel=TELL,
        ),
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Each request on standard error: method, URL, status, seconds.",
            rich_help_panel=TELL,
        ),
    ] = False
    color: Annotated[
        Colour,
        typer.Option(
            "--color",
            metavar="WHEN",
            help="auto, always or never.",
            rich_help_panel=TELL,
            case_sensitive=False,
            autocompletion=complete.colours,
        ),
    ] = Colour.AUTO
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write how the run went as JSON, also when it fails.",
            rich_help_panel=TELL,
        ),
    ] = None
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file",
            metavar="FILE",
            help="Add everything that is told, each request included.",
            rich_help_panel=TELL,
        ),
    ] = None
    log_format: Annotated[
        LogFormat,
        typer.Option(
            "--log-format",
            metavar="FORMAT",
            help="text or json.",
            rich_help_panel=TELL,
            case_sensitive=False,
            show_default=True,
        ),
    ] = LogFormat.TEXT
