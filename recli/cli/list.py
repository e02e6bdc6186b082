"""`recli list`: rows to standard output, from the providers or from an archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from recli.cli import completion
from recli.cli.command import takes
from recli.cli.console import is_terminal
from recli.cli.context import CommandContext
from recli.cli.options import (
    OUTPUT,
    PROFILES,
    FilterOptions,
    LoggingOptions,
    NetworkOptions,
    OutputOptions,
    ProfileOptions,
    flag,
    option,
)
from recli.errors import ConfigError, ExitCode, UsageError
from recli.output.writers import Format

if TYPE_CHECKING:
    from recli.cli.request import RunOptions
    from recli.cli.sinks import StdoutSink
    from recli.config.profile import Configuration
    from recli.engine.report import RunReport


_NEWEST = 50
"""How many rows a terminal gets that asks for no number and no time."""


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What is listed instead of the providers' recordings, and how."""

    section: ClassVar = OUTPUT

    form: Format | None = option(
        "--format -f FORMAT",
        "table, csv, jsonl or json.  [default: table on a terminal, else jsonl]",
        complete=completion.formats,
    )
    summary: bool = flag(
        "--summary",
        "Instead of rows, how many recordings and hours there are by profile, direction and day.",
    )
    archive: Path | None = option(
        "--archive DIR",
        "List what this archive holds, without a network.",
        rich_help_panel=PROFILES,
    )


@takes
def list_command(
    context: CommandContext,
    *,
    profiles: ProfileOptions,
    filters: FilterOptions,
    output: OutputOptions,
    network: NetworkOptions,
    logging: LoggingOptions,
    listing: ListOptions,
) -> ExitCode:
    """List recordings, newest first.

    On a terminal, without -n, --since, --until or --id, the newest 50 are shown. Elsewhere
    everything that the provider keeps is listed; at Plivo that takes about 200 requests, because
    its listings reach back 29 days at a time.
    """
    from recli.cli.request import RunOptions
    from recli.cli.run_report import reporting
    from recli.cli.sinks import stdout_sink

    with reporting(context, logging) as report:
        sink = stdout_sink(context, output, listing.form, logging.color, summary=listing.summary)
        asked = (filters.limit, filters.since, filters.until, filters.ids)
        if is_terminal(context.environment.stdout) and not (any(asked) or listing.summary):
            filters = replace(filters, limit=_NEWEST)
            sink = replace(sink, unasked_limit=_NEWEST)
        options = RunOptions(profiles, filters, network)
        if listing.archive is not None:
            return _list_archive(context, listing.archive, sink, options, report)
        return list_to_stdout(context, sink, options, report)


def list_to_stdout(
    context: CommandContext, sink: "StdoutSink", options: "RunOptions", report: "RunReport"
) -> ExitCode:
    """List the providers' recordings and return the exit code."""
    from recli.api import list_recordings
    from recli.cli.request import prepared_run
    from recli.cli.run_report import show_result
    from recli.cli.signals import Terminated

    with (
        prepared_run(context, options, report, yields=sink.shares_terminal) as run,
        sink.open(run.zone, run.profile_names) as writer,
    ):
        try:
            list_recordings(
                run.request, writer, in_order=not sink.summary, raw=sink.needs_raw, report=report
            )
        except (Terminated, KeyboardInterrupt):
            if sink.is_document:
                context.console.warn("nothing was written: it comes whole or not at all")
            raise
        if report.is_complete or report.delivered:  # a failure without rows writes nothing
            sink.end(writer)
    return show_result(context, run, report)


def _list_archive(
    context: CommandContext,
    folder: Path,
    sink: "StdoutSink",
    options: "RunOptions",
    report: "RunReport",
) -> ExitCode:
    from recli.api import archived_rows
    from recli.archive.archive import ArchiveReader
    from recli.cli.parsing import parse_query, resolve_timezone
    from recli.cli.summary_line import missing_ids_text
    from recli.engine.match import id_key, missing_ids
    from recli.text import duration_text, plural

    if options.profiles.sandbox:
        raise UsageError("--archive and --sandbox exclude each other: choose one")
    environment = context.environment
    begun_s = environment.monotonic_s()
    configuration = _configuration(context, options)
    zone = resolve_timezone(options.filters.tz, configuration.timezone, environment.environ)
    query = report.query = parse_query(options.filters, now=report.started_at, zone=zone)
    if query.params:
        raise UsageError("--param is a provider's own filter, which an archive can't apply")
    with ArchiveReader.open(folder) as archive:
        known = archive.profiles()
        selected = _selected(folder, options.profiles, known, configuration.groups)
        found: set[tuple[str, str]] = set()
        with sink.open(zone, tuple(known)) as writer:
            for rows in archived_rows(archive, query, selected, configuration.country_of):
                writer.write(rows)
                if query.ids is not None:
                    found.update((row.profile, id_key(row.id)) for row in rows)
            sink.end(writer)
    missing = missing_ids(query.ids or (), known, found)
    if missing and query.limit is None:
        context.console.warn(missing_ids_text(missing))
    report.exit_code = ExitCode.OK
    passed = duration_text(environment.monotonic_s() - begun_s)
    if context.console.verbose or is_terminal(environment.stderr):
        context.console.note(f"{plural(writer.written)} from {folder} in {passed}")
    return ExitCode.OK


def _selected(
    folder: Path,
    options: ProfileOptions,
    known: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
) -> list[str] | None:
    """Return the archive's profiles that are meant, None for all; `known` has their providers."""
    from recli.config.names import expand_name, split_names
    from recli.providers import canonical

    if not (options.profiles or options.providers):
        return None
    selected: list[str] = []
    for name in split_names(options.profiles or (), "--profile"):
        found = expand_name(name, known, groups)
        if not found:
            raise _not_archived(folder, "profile", name, list(known))
        selected += found
    for name in split_names(options.providers or (), "--provider"):
        profiles = [profile for profile, provider in known.items() if provider == canonical(name)]
        if not profiles:
            raise _not_archived(folder, "provider", name, sorted({*known.values()}))
        selected += profiles
    return list(dict.fromkeys(selected))


def _not_archived(folder: Path, kind: str, name: str, known: Sequence[str]) -> UsageError:
    from recli.text import nearest, quote_name, some_of

    problem = f"{folder} has no recordings of a {kind} {quote_name(name)}"
    near = nearest(name, known)
    if near is not None:
        return UsageError(f"{problem}; did you mean {near}?")
    return UsageError(problem, hint=f"it has {some_of(known, 10) or 'none at all'}")


def _configuration(context: CommandContext, options: "RunOptions") -> "Configuration":
    """Return the configuration; one that can't be read matters only if it was named."""
    from recli.config.load import config_path, is_explicit, load
    from recli.config.profile import Configuration

    environ, config = context.environment.environ, options.profiles.config
    try:
        return load(config_path(config, environ), explicit=is_explicit(config, environ))
    except ConfigError:
        if config is not None:
            raise
        return Configuration()
