"""The options that several commands share: each is a field of a group, declared once.

A command names the groups that it takes as parameters; `recli.cli.command.takes` does the rest.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import typer

from recli.archive import DEFAULT_AUDIO_RETRIES, DEFAULT_OVERLAP_HOURS
from recli.cli import completion
from recli.cli.console import Colour
from recli.cli.log_file import LogFormat
from recli.model import Direction, State
from recli.output.writers import TimeStyle

PROFILES, FILTERS, OUTPUT = "Profiles", "Filters", "Output"
NETWORK, LOGGING, ARCHIVE = "Network", "Logging", "Archive"


def option(declaration: str, about: str, default: object = None, **settings: Any) -> Any:
    """Declare a field of a group by the names and metavar of its option: `--limit -n N`.

    `complete` returns what the shell may offer; `writes` says that the value is a file which the
    command writes. Other `settings` are those of `typer.Option`.
    """
    *names, metavar = declaration.split()
    settings["autocompletion"] = settings.pop("complete", None)
    writes = settings.pop("writes", False)
    info = typer.Option(*names, metavar=metavar, help=about, case_sensitive=False, **settings)
    return field(default=default, metadata={"option": info, "writes": writes and names[0]})


def flag(names: str, about: str, **settings: Any) -> Any:
    """Declare a field of a group that is False unless its option is given."""
    info = typer.Option(*names.split(), help=about, **settings)
    return field(default=False, metadata={"option": info})


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """Whose recordings a run is about."""

    section: ClassVar = PROFILES

    profiles: list[str] | None = option(
        "--profile -p NAME",
        "A profile or group of the configuration; repeatable, as a,b and with * as a wildcard.",
        complete=completion.profiles,
    )
    providers: list[str] | None = option(
        "--provider -P NAME",
        "All profiles of a provider; repeatable, also as a,b.",
        complete=completion.provider_lists,
    )
    all_profiles: bool = flag("--all -a", "All profiles.")
    retry_refused: bool = flag(
        "--retry-refused", "Send credentials again that were refused in an earlier run."
    )
    config: Path | None = option(
        "--config FILE", "The configuration file.  [default: `recli config path`]"
    )
    sandbox: bool = flag(
        "--sandbox",
        "Made-up recordings of all five providers, served on this machine: no configuration, no"
        " network.",
    )


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """Which recordings are wanted; all filters that are given must hold."""

    section: ClassVar = FILTERS

    since: str | None = option(
        "--since DATE",
        "Started at or after: a date, time, age (7d) or duration (P1M).",
        complete=completion.times,
    )
    until: str | None = option(
        "--until DATE",
        "Started before; a date alone means through the end of that day.",
        complete=completion.times,
    )
    from_number: str | None = option(
        "--from NUMBER", "Caller; * matches any run of characters, \\* a star."
    )
    to_number: str | None = option("--to NUMBER", "Called party.")
    number: str | None = option("--number NUMBER", "Caller or called party.")
    country: str | None = option(
        "--country CODE",
        "Where numbers without a country code are, such as US or IT.  [default: the"
        " configuration's country]",
    )
    direction: Direction | None = option("--direction DIRECTION", "inbound, outbound or internal.")
    min_duration: str | None = option(
        "--min-duration DURATION", "At least this long: 90, 90s, 1m30s, 1:30."
    )
    max_duration: str | None = option("--max-duration DURATION", "At most this long.")
    owner: str | None = option("--owner NAME", "The user that the recording belongs to.")
    call_id: str | None = option("--call-id ID", "The provider's id of the call.")
    ids: list[str] | None = option(
        "--id ID", "This recording, as `ID` or `PROFILE:ID`; repeatable."
    )
    state: State | None = option("--state STATE", "recording, saving, complete or error.")
    params: list[str] | None = option(
        "--param KEY=VALUE",
        "A provider's own filter, sent as it stands; repeatable, for profiles of one provider."
        " `recli providers NAME` lists them.",
        complete=completion.params,
    )
    limit: int | None = option("--limit -n N", "Only the newest N.", min=1)
    tz: str | None = option(
        "--tz ZONE",
        "Zone of times in tables, and of times given without an offset.  [default: the"
        " configuration's timezone, else the system's]",
        complete=completion.zones,
    )


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Which fields are written, and how."""

    section: ClassVar = OUTPUT

    columns: str | None = option(
        "--columns -c A,B,…",
        "Fields in this order; raw.KEY reaches into the provider's own object.",
        complete=completion.columns,
    )
    raw: bool = flag("--raw", "Add the provider's own object.")
    times: TimeStyle = option(
        "--times ZONE",
        "Times in CSV and JSON: utc, or local with the offset of --tz.",
        default=TimeStyle.UTC,
    )
    no_csv_guard: bool = flag(
        "--no-csv-guard",
        "Don't put ' before text in CSV that a spreadsheet would run as a formula.",
    )


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Timeouts, retries and parallel requests."""

    section: ClassVar = NETWORK

    retries: int | None = option(
        "--retries N",
        "How often a failed request is sent again.  [default: 5; 2 while a server has never"
        " answered at all]",
        min=0,
        max=1000,
    )
    timeout: str | None = option(
        "--timeout DURATION",
        "Longest silence of a server.  [default: the profile's timeout_s, 30; 10 until its first"
        " answer]",
    )
    patience: str = option(
        "--patience DURATION",
        "How long the rows of other profiles wait for one that doesn't answer: its own then follow"
        " at the end.",
        default="20s",
    )
    max_wait: str = option(
        "--max-wait DURATION",
        "Longest time that a profile waits between retries, in all.",
        default="15m",
    )
    jobs: int | None = option(
        "--jobs N",
        "Requests at a time for each profile; a provider's documented limit holds as well."
        "  [default: what the provider allows]",
        min=1,
        max=256,
    )


@dataclass(frozen=True, slots=True)
class LoggingOptions:
    """What is written beside the rows."""

    section: ClassVar = LOGGING

    quiet: bool = flag("--quiet -q", "No progress and no notes: warnings and errors only.")
    verbose: bool = flag(
        "--verbose -v", "Each request on standard error: method, URL, status, seconds."
    )
    color: Colour = option("--color WHEN", "auto, always or never.", default=Colour.AUTO)
    report: Path | None = option(
        "--report FILE", "Write how the run went as JSON, also when it fails.", writes=True
    )
    ping: str | None = option(
        "--ping URL",
        "Request this address when the run has succeeded, and URL/fail when it failed, as"
        " healthchecks.io expects. Or where it is kept: env:NAME, file:PATH.",
    )
    ping_fail: str | None = option(
        "--ping-fail URL", "Request this address when the run failed, in place of URL/fail."
    )
    metrics: Path | None = option(
        "--metrics FILE.prom",
        "Write how the run went for Prometheus: node_exporter's textfile collector reads it.",
        writes=True,
    )
    log_file: Path | None = option(
        "--log-file FILE", "Append all messages to this file, each request included.", writes=True
    )
    log_format: LogFormat = option("--log-format FORMAT", "text or json.", default=LogFormat.TEXT)


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """The archive that recordings are added to, and how."""

    section: ClassVar = ARCHIVE

    archive: Path | None = option(
        "--archive DIR",
        "Add to this archive what it lacks. -o then gets the rows that are new in this run.",
    )
    audio: bool = flag("--audio", "Also download the audio.")
    full: bool = flag(
        "--full",
        "List everything again, not only what may be new, and try audio again that was given up or"
        " is no longer in the archive.",
    )
    overlap: str = option(
        "--overlap DURATION",
        "How far before the end of the last complete listing a new one starts.",
        default=f"{DEFAULT_OVERLAP_HOURS}h",
    )
    audio_retries: int = option(
        "--audio-retries N",
        "Runs in which a recording's audio may fail before it is given up.",
        default=DEFAULT_AUDIO_RETRIES,
        min=1,
        max=1000,
    )
    name_template: str | None = option(
        "--name-template TEXT",
        "Audio path, made of the row's fields.  [default: {profile}/"
        "{started_at:%Y/%m/%d}/{started_at:%H%M%S}-{from_number}-{to_number}-{id}.{ext}]",
    )
    wait_lock: str = option(
        "--wait-lock DURATION",
        "How long to wait for another run that writes to the archive.",
        default="0s",
    )
    dry_run: bool = flag("--dry-run", "Only say what a run would add, and the free disk space.")
