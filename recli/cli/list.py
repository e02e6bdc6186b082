"""`recli list`: rows to standard output as they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recli.cli import completion
from recli.cli.context import CommandContext
from recli.cli.options import (
    OUTPUT,
    PROFILES,
    FilterOptions,
    LoggingOptions,
    NetworkOptions,
    OutputOptions,
    ProfileOptions,
    takes,
)
from recli.cli.parsing import parse_query, resolve_timezone
from recli.engine.report import RunReport
from recli.errors import ConfigError, ExitCode, UsageError
from recli.model import Query, Recording
from recli.output.base import Writer
from recli.output.writers import Format
from recli.providers import canonical
from recli.text import duration_text, nearest, plural, quote_name

if TYPE_CHECKING:
    from recli.cli.sinks import StdoutSink


def list_archive(
    context: CommandContext,
    folder: Path,
    shape: StdoutSink,
    *,
    whose: ProfileOptions,
    which: FilterOptions,
    story: RunReport,
) -> ExitCode:
    """List an archive's recordings to standard output and return the exit code."""
    from recli.archive.archive import ArchiveReader
    from recli.cli.sinks import output

    if whose.sandbox:
        raise UsageError("--archive lists what is kept, --sandbox what is made up: choose one")
    begun_s = context.environment.monotonic_s()
    zone = _zone(whose, which, context)
    query = story.query = parse_query(which, now=story.started_at, zone=zone)
    with output(context) as stream, ArchiveReader.open(folder) as contents:
        known = contents.profiles()
        profiles = [_profile(name, known, folder) for name in whose.profile or ()]
        providers = [_provider(name, known, folder) for name in whose.provider or ()]
        writer = shape.writer(stream, zone, tuple(known))
        rows = contents.rows(query, _names(profiles, providers, known))
        _write(rows, query, writer)
        shape.end(writer, stream)
        stream.flush()
    story.exit_code = ExitCode.OK
    passed_s = context.environment.monotonic_s() - begun_s
    line = f"{plural(writer.written)} from {folder} in {duration_text(passed_s)}"
    if context.console.verbose or context.environment.supports_ansi(context.environment.stderr):
        context.console.note(line)
    return ExitCode.OK


def _write(batches: Iterator[list[Recording]], query: Query, writer: Writer) -> None:
    from recli.engine.match import matcher

    match = matcher(query) if query.active else None
    left = query.limit
    for batch in batches:
        rows = batch if match is None else [row for row in batch if match(row)]
        if left is not None:
            rows = rows[:left]
            left -= len(rows)
        if rows:
            writer.write(rows)
        if left == 0:
            return


def _names(profiles: list[str], providers: list[str], known: dict[str, str]) -> list[str] | None:
    """Return whose rows are wanted; None means everybody's."""
    if not (profiles or providers):
        return None
    of_providers = [name for name, provider in known.items() if provider in providers]
    return [*profiles, *of_providers]


def _profile(name: str, known: dict[str, str], folder: Path) -> str:
    if name in known:
        return name
    near = nearest(name, known)
    problem = f"{folder} has no recordings of a profile {quote_name(name)}"
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?")
    raise UsageError(problem, hint=f"it has {', '.join(known) or 'none at all'}")


def _provider(name: str, known: dict[str, str], folder: Path) -> str:
    found = canonical(name)
    if found is None or found not in known.values():
        there = ", ".join(sorted(set(known.values()))) or "none at all"
        problem = f"{folder} has no recordings of a provider {quote_name(name)}"
        raise UsageError(problem, hint=f"it has {there}")
    return found


def _zone(whose: ProfileOptions, which: FilterOptions, context: CommandContext) -> tzinfo:
    """Return the reader's zone; a configuration is only asked if it can be read."""
    from recli.config.load import config_path, is_explicit, load

    environ = context.environment.environ
    configured = None
    if which.tz is None:
        named = is_explicit(whose.config, environ)
        try:
            configured = load(config_path(whose.config, environ), explicit=named).timezone
        except ConfigError:
            if whose.config is not None:
                raise
    return resolve_timezone(which.tz, configured, environ)


_Format = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="table, csv, jsonl or json.  [default: table on a terminal, else jsonl]",
        rich_help_panel=OUTPUT,
        case_sensitive=False,
        autocompletion=completion.formats,
    ),
]
_Summary = Annotated[
    bool,
    typer.Option(
        "--summary",
        help="Instead of rows, how many recordings and hours there are by profile, direction and"
        " day.",
        rich_help_panel=OUTPUT,
    ),
]


_Archive = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="DIR",
        help="List what this archive holds, without a network.",
        rich_help_panel=PROFILES,
    ),
]


@takes
def list_command(
    context: CommandContext,
    *,
    whose: ProfileOptions,
    which: FilterOptions,
    fields: OutputOptions,
    line: NetworkOptions,
    tell: LoggingOptions,
    form: _Format = None,
    summary: _Summary = False,
    archive: _Archive = None,
) -> ExitCode:
    """List recordings, newest first.

    Without --since, everything that the provider keeps is listed; at Plivo that takes about 200
    requests, because its listings reach back 29 days at a time.
    """
    from recli.cli.run import ListRequest, reporting
    from recli.cli.sinks import run_to_stdout, stdout_sink

    with reporting(context, tell) as story:
        shape = stdout_sink(context, fields, form, tell.color, summary=summary)
        if archive is not None:
            return list_archive(context, archive, shape, whose=whose, which=which, story=story)
        return run_to_stdout(context, shape, ListRequest(whose, which, line), story)
