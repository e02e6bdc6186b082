"""The options that commands share, in groups: each field is an option and what help says of it.

Whose and which recordings is said in `recli.cli.options.choosing`.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from recli.cli.shell import complete
from recli.cli.world import Colour

ROWS = "Rows"
LINE = "Connection"
TELL = "Messages"


class LogFormat(StrEnum):
    """How lines of a log file look."""

    TEXT = "text"
    JSON = "json"


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
