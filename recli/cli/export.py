"""`recli export`: rows to a file that appears whole or not at all."""

from pathlib import Path
from typing import Annotated

import typer

from recli.cli import completion
from recli.cli.context import CommandContext
from recli.cli.options import (
    OUTPUT,
    ArchiveOptions,
    FilterOptions,
    LoggingOptions,
    NetworkOptions,
    OutputOptions,
    ProfileOptions,
    takes,
)
from recli.errors import ExitCode, UsageError
from recli.output.writers import Format

_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to; - is standard output. The extension says the format: .csv .jsonl .json"
        " .parquet, and .gz on top of the text ones.",
        rich_help_panel=OUTPUT,
    ),
]
_Format = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="csv, jsonl, json or parquet, whatever the extension.",
        rich_help_panel=OUTPUT,
        case_sensitive=False,
        autocompletion=completion.formats,
    ),
]
_Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace FILE if it is there.", rich_help_panel=OUTPUT)
]
_KeepPartial = Annotated[
    bool,
    typer.Option(
        "--keep-partial",
        help="Keep the file also if some of what was asked for is missing (exit code 3).",
        rich_help_panel=OUTPUT,
    ),
]


@takes
def export_command(
    context: CommandContext,
    *,
    whose: ProfileOptions,
    which: FilterOptions,
    fields: OutputOptions,
    line: NetworkOptions,
    archiving: ArchiveOptions,
    tell: LoggingOptions,
    target: _Output = None,
    form: _Format = None,
    overwrite: _Overwrite = False,
    keep_partial: _KeepPartial = False,
) -> ExitCode:
    """Export recordings to a file, newest first, or into an archive with their audio.

    The rows are written beside FILE and take its name when the run has ended well. Until then,
    and after a run that failed, that was interrupted or that misses something, FILE is what it
    was before: see --keep-partial.

    An archive can be brought up to date as often as you like: each run adds what is new, what was
    unfinished and what failed. With --archive, -o or -f write the rows that are new in this run.
    """
    from recli.cli.run import ListRequest, reporting

    asked = ListRequest(whose, which, line)
    if archiving.archive is None:
        archiving.check_alone()
        if target is None:
            hint = "recli export -o FILE.csv, or recli export --archive DIR"
            raise UsageError("where to? name a file or an archive", hint=hint)
    with reporting(context, tell) as story:
        if archiving.archive is not None:
            from recli.cli.export_archive import archive_settings, estimate_run, run_to_archive
            from recli.cli.sinks import archive_delivery

            manner = archive_settings(archiving, archiving.archive)
            if archiving.dry_run:
                return estimate_run(context, manner, asked, story)
            how = archive_delivery(
                context, target, fields, form, overwrite=overwrite, colour=tell.color
            )
            return run_to_archive(context, manner, asked, story, how)
        from recli.cli.sinks import file_sink, run_to_file, run_to_stdout, stdout_sink

        if target is None or str(target) == "-":
            shape = stdout_sink(context, fields, form, tell.color, summary=False)
            return run_to_stdout(context, shape, asked, story)
        file = file_sink(target, fields, form, overwrite=overwrite, keep_partial=keep_partial)
        return run_to_file(context, file, asked, story)
