"""`recli list`: rows to standard output as they come."""

from pathlib import Path
from typing import Annotated

import typer

from recli.cli.options.choosing import WHOSE, Which, Whose
from recli.cli.options.groups import ROWS, Fields, Line, Tell
from recli.cli.options.taking import taking
from recli.cli.session import Session
from recli.cli.shell import complete
from recli.errors import ExitCode
from recli.output.writer import Format

_Format = Annotated[
    Format | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="table, csv, jsonl or json.  [default: table on a terminal, else jsonl]",
        rich_help_panel=ROWS,
        case_sensitive=False,
        autocompletion=complete.formats,
    ),
]
_Summary = Annotated[
    bool,
    typer.Option(
        "--summary",
        help="Instead of rows, how many recordings and hours there are by profile, direction and"
        " day.",
        rich_help_panel=ROWS,
    ),
]


_Archive = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="DIR",
        help="List what this archive holds, without a network.",
        rich_help_panel=WHOSE,
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
    form: _Format = None,
    summary: _Summary = False,
    archive: _Archive = None,
) -> ExitCode:
    """List recordings, newest first.

    Without --since, everything that the provider keeps is listed; at Plivo that takes about 200
    requests, because its listings reach back 29 days at a time.
    """
    from recli.cli.running.rows import shape_of, to_stdout
    from recli.cli.running.run import Asked, telling

    with telling(session, tell) as story:
        shape = shape_of(session, fields, form, tell.color, summary=summary)
        if archive is not None:
            from recli.cli.running.offline import from_archive

            return from_archive(session, archive, shape, whose=whose, which=which, story=story)
        return to_stdout(session, shape, Asked(whose, which, line), story)
