"""`recli export`: rows to a file that appears whole or not at all."""

from pathlib import Path
from typing import Annotated

import typer

from recli.cli import complete
from recli.cli.options import ROWS, Fields, Line, Tell, Which, Whose
from recli.cli.session import Session
from recli.cli.taking import taking
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
    tell: Tell,
    target: _Output = None,
    form: _Format = None,
    overwrite: _Overwrite = False,
    keep_partial: _KeepPartial = False,
) -> ExitCode:
    """Export recordings to a file, newest first: whole or not at all.

    The rows are written beside FILE and take its name when the run has ended well. Until then,
    and after a run that failed, that was interrupted or that misses something, FILE is what it
    was before: see --keep-partial.
    """
    from recli.cli.run import Asked, telling

    if target is None:
        raise UsageError("where to? name a file", hint="recli export -o FILE.csv")
    with telling(session, tell) as story:
        asked = Asked(whose, which, line)
        if str(target) == "-":
            from recli.cli.rows import shape_of, to_stdout

            shape = shape_of(session, fields, form, tell.color, summary=False)
            return to_stdout(session, shape, asked, story)
        from recli.cli.files import file_of, to_file

        file = file_of(target, fields, form, overwrite=overwrite, keep_partial=keep_partial)
        return to_file(session, file, asked, story)
