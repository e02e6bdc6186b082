"""The options that commands share, in groups: each field is an option and what help says of it.

Whose and which recordings is said in `recli.cli.options`.
"""

import inspect
from collections import defaultdict
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

from recli.cli import completion
from recli.cli.console import Colour
from recli.cli.context import CommandContext, command_context
from recli.errors import UsageError
from recli.model import Direction, State

if TYPE_CHECKING:
    from typer._click import Context
    from typer._click.formatting import HelpFormatter


class SectionedHelp(TyperCommand):
    """A command whose help has a section for each group of options."""

    def format_options(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the options, those of no group last."""
        sections: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
                sections[getattr(parameter, "rich_help_panel", None) or kind].append(record)
        rest = sections.pop("Options", [])
        for title, records in [*sections.items(), ("Options", rest)]:
            if records:
                with formatter.section(title):
                    formatter.write_dl(records, col_max=26)


ARCHIVE = "Archive"


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """Whether and how recordings are kept in an archive."""

    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive",
            metavar="DIR",
            help="Keep recordings in this archive: what it lacks is added. -o then gets the rows"
            " that are new in this run.",
            rich_help_panel=ARCHIVE,
        ),
    ] = None
    audio: Annotated[
        bool, typer.Option("--audio", help="Also fetch the sound.", rich_help_panel=ARCHIVE)
    ] = False
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="List everything again, not only what may be new, and try audio again that was"
            " given up or is no longer there.",
            rich_help_panel=ARCHIVE,
        ),
    ] = False
    overlap: Annotated[
        str,
        typer.Option(
            "--overlap",
            metavar="LENGTH",
            help="How far behind the last complete listing a new one starts.",
            rich_help_panel=ARCHIVE,
            show_default=True,
        ),
    ] = "48h"
    audio_retries: Annotated[
        int,
        typer.Option(
            "--audio-retries",
            metavar="N",
            min=1,
            max=1000,
            help="Runs in which a recording's audio may fail before it is given up.",
            rich_help_panel=ARCHIVE,
            show_default=True,
        ),
    ] = 5
    name_template: Annotated[
        str | None,
        typer.Option(
            "--name-template",
            metavar="TEXT",
            help="Where audio lies, over the row's fields.  [default:"
            " {profile}/{started_at:%Y/%m/%d}/{started_at:%H%M%S}-{from_number}-{to_number}-{id}"
            ".{ext}]",
            rich_help_panel=ARCHIVE,
        ),
    ] = None
    wait_lock: Annotated[
        str,
        typer.Option(
            "--wait-lock",
            metavar="LENGTH",
            help="How long to wait for another run that writes to the archive.",
            rich_help_panel=ARCHIVE,
            show_default=True,
        ),
    ] = "0s"
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only say what a run would add, and the room on the disk.",
            rich_help_panel=ARCHIVE,
        ),
    ] = False

    def check_alone(self) -> None:
        """Raise UsageError if anything is said of an archive and none is named."""
        if self != ArchiveOptions():
            raise UsageError("this needs an archive: name it with --archive DIR")


PROFILES = "Whose recordings"
FILTERS = "Which recordings"

_TIMES = "a date, time, age (7d) or duration (P1M)"


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """Which profiles a run uses."""

    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="A profile of the configuration; repeatable.",
            rich_help_panel=PROFILES,
            autocompletion=completion.profiles,
        ),
    ] = None
    provider: Annotated[
        list[str] | None,
        typer.Option(
            "--provider",
            "-P",
            metavar="NAME",
            help="All profiles of a provider; repeatable.",
            rich_help_panel=PROFILES,
            autocompletion=completion.providers,
        ),
    ] = None
    everybody: Annotated[
        bool, typer.Option("--all", "-a", help="All profiles.", rich_help_panel=PROFILES)
    ] = False
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The configuration file.  [default: `recli config path`]",
            rich_help_panel=PROFILES,
        ),
    ] = None
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="Made-up recordings of all five providers, served on this machine: no"
            " configuration, no network.",
            rich_help_panel=PROFILES,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """Which recordings are wanted; all that is given must hold."""

    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help=f"Started at or after: {_TIMES}.",
            rich_help_panel=FILTERS,
            autocompletion=completion.since,
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="TIME",
            help="Started before; a date alone means through the end of that day.",
            rich_help_panel=FILTERS,
            autocompletion=completion.until,
        ),
    ] = None
    from_number: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="NUMBER", help="Caller; * is any run.", rich_help_panel=FILTERS
        ),
    ] = None
    to_number: Annotated[
        str | None,
        typer.Option("--to", metavar="NUMBER", help="Called party.", rich_help_panel=FILTERS),
    ] = None
    number: Annotated[
        str | None,
        typer.Option("--number", metavar="NUMBER", help="Either side.", rich_help_panel=FILTERS),
    ] = None
    direction: Annotated[
        Direction | None,
        typer.Option(
            "--direction",
            metavar="WAY",
            help="inbound, outbound or internal.",
            rich_help_panel=FILTERS,
            case_sensitive=False,
        ),
    ] = None
    min_duration: Annotated[
        str | None,
        typer.Option(
            "--min-duration",
            metavar="LENGTH",
            help="At least so long: 90, 90s, 1m30s, 1:30.",
            rich_help_panel=FILTERS,
        ),
    ] = None
    max_duration: Annotated[
        str | None,
        typer.Option(
            "--max-duration", metavar="LENGTH", help="At most so long.", rich_help_panel=FILTERS
        ),
    ] = None
    owner: Annotated[
        str | None,
        typer.Option("--owner", metavar="NAME", help="Whose call it was.", rich_help_panel=FILTERS),
    ] = None
    call_id: Annotated[
        str | None,
        typer.Option(
            "--call-id",
            metavar="ID",
            help="The provider's id of the call.",
            rich_help_panel=FILTERS,
        ),
    ] = None
    state: Annotated[
        State | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="recording, saving, complete or error.",
            rich_help_panel=FILTERS,
            case_sensitive=False,
        ),
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", metavar="N", min=1, help="The newest N.", rich_help_panel=FILTERS
        ),
    ] = None
    tz: Annotated[
        str | None,
        typer.Option(
            "--tz",
            metavar="ZONE",
            help="Zone of times in tables, and of times given without an offset.  [default: the"
            " configuration's timezone, else the system's]",
            rich_help_panel=FILTERS,
            autocompletion=completion.zones,
        ),
    ] = None


OUTPUT = "Rows"
NETWORK = "Connection"
LOGGING = "Messages"


class LogFormat(StrEnum):
    """How lines of a log file look."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What of each row is written, and how."""

    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            "-c",
            metavar="A,B,…",
            help="Fields in this order; raw.KEY reaches into the provider's own object.",
            rich_help_panel=OUTPUT,
            autocompletion=completion.columns,
        ),
    ] = None
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Add the provider's own object.", rich_help_panel=OUTPUT),
    ] = False
    no_csv_guard: Annotated[
        bool,
        typer.Option(
            "--no-csv-guard",
            help="Leave text in CSV that a spreadsheet would run as a formula without a ' before"
            " it.",
            rich_help_panel=OUTPUT,
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """How hard providers are asked."""

    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            metavar="N",
            min=0,
            max=1000,
            help="Further tries of a request that failed.",
            rich_help_panel=NETWORK,
            show_default=True,
        ),
    ] = 5
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout",
            metavar="LENGTH",
            help="Longest silence of a server.  [default: the profile's timeout_s, 30]",
            rich_help_panel=NETWORK,
        ),
    ] = None
    max_wait: Annotated[
        str,
        typer.Option(
            "--max-wait",
            metavar="LENGTH",
            help="Longest time that a profile waits in all, between tries.",
            rich_help_panel=NETWORK,
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
            rich_help_panel=NETWORK,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class LoggingOptions:
    """What is told beside the rows."""

    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="No progress and no notes: warnings and errors only.",
            rich_help_panel=LOGGING,
        ),
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Each request on standard error: method, URL, status, seconds.",
            rich_help_panel=LOGGING,
        ),
    ] = False
    color: Annotated[
        Colour,
        typer.Option(
            "--color",
            metavar="WHEN",
            help="auto, always or never.",
            rich_help_panel=LOGGING,
            case_sensitive=False,
        ),
    ] = Colour.AUTO
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write how the run went as JSON, also when it fails.",
            rich_help_panel=LOGGING,
        ),
    ] = None
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file",
            metavar="FILE",
            help="Add everything that is told, each request included.",
            rich_help_panel=LOGGING,
        ),
    ] = None
    log_format: Annotated[
        LogFormat,
        typer.Option(
            "--log-format",
            metavar="FORMAT",
            help="text or json.",
            rich_help_panel=LOGGING,
            case_sensitive=False,
            show_default=True,
        ),
    ] = LogFormat.TEXT


def takes(body: Callable[..., object]) -> Callable[..., object]:
    """Make a function that Typer can read of one whose parameters are groups of options.

    The first parameter of `body` is the command context; each that is annotated with a
    dataclass is taken apart, all others are left as they are.
    """
    hints = get_type_hints(body, include_extras=True)
    groups: dict[str, type] = {}
    flat = [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    flat[0] = flat[0].replace(annotation=typer.Context)
    for name, parameter in inspect.signature(body).parameters.items():
        hint = hints[name]
        if hint is CommandContext:
            continue
        if is_dataclass(hint) and isinstance(hint, type):
            groups[name] = hint
            flat += _members(hint)
        else:
            kind = inspect.Parameter.KEYWORD_ONLY
            flat.append(parameter.replace(annotation=hint, kind=kind))

    def command(ctx: typer.Context, **given: Any) -> object:  # whatever the options hold
        for name, group in groups.items():
            given[name] = group(**{each.name: given.pop(each.name) for each in fields(group)})
        return body(command_context(ctx), **given)

    command.__name__ = body.__name__
    command.__doc__ = body.__doc__
    command.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in flat}
    return command


def _members(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]
