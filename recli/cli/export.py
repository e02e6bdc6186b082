"""`recli export`: rows to a file that appears whole or not at all, or into an archive."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from recli.cli import completion
from recli.cli.command import takes
from recli.cli.context import CommandContext
from recli.cli.options import (
    OUTPUT,
    ArchiveOptions,
    FilterOptions,
    LoggingOptions,
    NetworkOptions,
    OutputOptions,
    ProfileOptions,
    flag,
    option,
)
from recli.errors import ExitCode, UsageError
from recli.output.writers import Format

if TYPE_CHECKING:
    from recli.cli.request import RunOptions
    from recli.cli.sinks import FileSink, StdoutSink
    from recli.engine.report import RunReport


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The file that rows are written to."""

    section: ClassVar = OUTPUT

    target: Path | None = option(
        "--output -o FILE",
        "The file to write; - is standard output. The extension says the format: .csv .jsonl .json"
        " .parquet, and .gz on top of the text ones.",
        writes=True,
    )
    form: Format | None = option(
        "--format -f FORMAT",
        "csv, jsonl, json or parquet, whatever the extension.",
        complete=completion.formats,
    )
    overwrite: bool = flag("--overwrite", "Replace FILE if it exists.")
    keep_partial: bool = flag(
        "--keep-partial", "Keep the file also if some recordings are missing (exit code 3)."
    )


@takes
def export_command(
    context: CommandContext,
    *,
    profiles: ProfileOptions,
    filters: FilterOptions,
    output: OutputOptions,
    network: NetworkOptions,
    archive: ArchiveOptions,
    logging: LoggingOptions,
    export: ExportOptions,
) -> ExitCode:
    """Export recordings to a file, newest first, or into an archive with their audio.

    The rows are written beside FILE and take its name when the run has ended well. Until then,
    and after a run that failed, that was interrupted or that misses something, FILE is what it
    was before: see --keep-partial.

    An archive can be brought up to date as often as you like: each run adds what is new, what was
    unfinished and what failed. With --archive, -o or -f write the rows that are new in this run.
    """
    if archive.archive is None:
        if archive != ArchiveOptions():
            raise UsageError("this needs an archive: name it with --archive DIR")
        if export.target is None:
            hint = "recli export -o FILE.csv, or recli export --archive DIR"
            raise UsageError("where to? name a file or an archive", hint=hint)
    from recli.cli.export_archive import archive_settings, export_to_archive, show_estimate
    from recli.cli.list import list_to_stdout
    from recli.cli.request import RunOptions
    from recli.cli.run_report import reporting
    from recli.cli.sinks import FileSink

    if archive.dry_run and (logging.ping or logging.ping_fail or logging.metrics):
        raise UsageError("--dry-run fetches nothing: leave --ping, --ping-fail and --metrics out")
    options = RunOptions(profiles, filters, network)
    with reporting(context, logging) as report:
        if archive.archive is not None:
            settings = archive_settings(archive)
            if archive.dry_run:
                return show_estimate(context, archive.archive, settings, options, report)
            wants_rows = export.target is not None or export.form is not None
            sink = _sink(context, export, output, logging) if wants_rows else None
            return export_to_archive(context, archive.archive, settings, options, report, sink)
        sink = _sink(context, export, output, logging)
        if not isinstance(sink, FileSink):
            return list_to_stdout(context, sink, options, report)
        return _export_to_file(context, sink, options, report, keep_partial=export.keep_partial)


def _sink(
    context: CommandContext, export: ExportOptions, output: OutputOptions, logging: LoggingOptions
) -> "StdoutSink | FileSink":
    from recli.cli.sinks import file_sink, stdout_sink

    if export.target is None or str(export.target) == "-":
        return stdout_sink(context, output, export.form, logging.color)
    return file_sink(export.target, output, export.form, overwrite=export.overwrite)


def _export_to_file(
    context: CommandContext,
    sink: "FileSink",
    options: "RunOptions",
    report: "RunReport",
    *,
    keep_partial: bool,
) -> ExitCode:
    from recli.api import export_recordings, keeps_file
    from recli.cli.request import prepared_run
    from recli.cli.run_report import show_result
    from recli.cli.signals import Terminated

    with prepared_run(context, options, report) as run:
        try:
            export_recordings(
                run.request,
                sink.open(run.zone),
                raw=sink.columns.uses_raw,
                keep_partial=keep_partial,
                report=report,
            )
        except (Terminated, KeyboardInterrupt):
            context.console.warn(sink.unchanged_text())
            raise
    code = show_result(context, run, report)
    if not keeps_file(report, keep_partial=keep_partial):
        came = f": {report.delivered:,} recordings came; --keep-partial keeps them"
        context.console.warn(sink.unchanged_text() + (came if report.delivered else ""))
    return code
