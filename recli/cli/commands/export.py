"""`recli export`: rows to a file that appears whole or not at all."""

from pathlib import Path
from typing import Annotated

import typer

from recli.cli.options.archiving import Archiving
from recli.cli.options.choosing import Which, Whose
from recli.cli.options.groups import ROWS, Fields, Line, Tell
from recli.cli.options.taking import taking
from recli.cli.session import Session
from recli.cli.shell import complete
from recli.errors import ExitCode, UsageError
from recli.output.writer import Format

_Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Where to; - is standard output. The extension says the format: .csv .jsonl .json"
        " .parquet, and .gz on top of the text ones.",
        rich_help_panel=ROWS,
    ),
]
_Format = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="csv, jsonl, json or parquet, whatever the extension.",
        rich_help_panel=ROWS,
        case_sensitive=False,
        autocompletion=complete.formats,
    ),
]
_Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace FILE if it is there.", rich_help_panel=ROWS)
]
_KeepPartial = Annotated[
    bool,
    typer.Option(
        "--keep-partial",
        help="Keep the file also if some of what was asked for is missing (exit code 3).",
        rich_help_panel=ROWS,
    ),
]


@taking
def command(
    session: Session,
    *,
    whose: Whose,
    which: Which,
    fields: Fields,
    line: Line,
    archiving: Archiving,
    tell: Tell,
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
    from recli.cli.running.run import Asked, telling

    asked = Asked(whose, which, line)
    if archiving.archive is None:
        archiving.check_alone()
        if target is None:
            hint = "recli export -o FILE.csv, or recli export --archive DIR"
            raise UsageError("where to? name a file or an archive", hint=hint)
    with telling(session, tell) as story:
        if archiving.archive is not None:
            from recli.cli.running.archiving import foresee, manner_of, to_archive
            from recli.cli.running.handing_out import delivery

            manner = manner_of(archiving, archiving.archive)
            if archiving.dry_run:
                return foresee(session, manner, asked, story)
            how = delivery(session, target, fields, form, overwrite=overwrite, colour=tell.color)
            return to_archive(session, manner, asked, story, how)
        from recli.cli.running.files import file_of, to_file
        from recli.cli.running.rows import shape_of, to_stdout

        if target is None or str(target) == "-":
            shape = shape_of(session, fields, form, tell.color, summary=False)
            return to_stdout(session, shape, asked, story)
        file = file_of(target, fields, form, overwrite=overwrite, keep_partial=keep_partial)
        return to_file(session, file, asked, story)
