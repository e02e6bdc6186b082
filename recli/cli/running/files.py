"""Rows to a file: checked before anybody is asked, and put under its name at the end or not at all.

How a file appears whole is known to `recli.output.atomic`.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from recli.cli.options.groups import Fields
from recli.cli.running.run import Asked, Run, planned
from recli.cli.session import Session
from recli.cli.signals import Ended
from recli.engine.report import Story
from recli.errors import ExitCode, UsageError
from recli.output.atomic import check_target
from recli.output.choose import check_format, file_writer, format_of
from recli.output.columns import Columns
from recli.output.writer import Format, Writer


@dataclass(frozen=True, slots=True)
class File:
    """A file to write, and how."""

    path: Path
    form: Format
    gz: bool
    columns: Columns
    guard: bool
    overwrite: bool
    keep_partial: bool


class _NotWholeError(Exception):
    """Leave the block in which a file is written, so that it doesn't take its name."""


def file_of(
    path: Path, fields: Fields, chosen: Format | None, *, overwrite: bool, keep_partial: bool
) -> File:
    """Check a file's name, format, columns and place."""
    if chosen is Format.TABLE:
        raise UsageError("a table is for a terminal", hint="choose csv, jsonl, json or parquet")
    form, gz = format_of(path, chosen)
    check_format(form)
    columns = Columns.parse(fields.columns, raw=fields.raw)
    check_target(path, overwrite=overwrite)
    guard = not fields.no_csv_guard
    return File(path, form, gz, columns, guard, overwrite, keep_partial)


def to_file(session: Session, file: File, asked: Asked, story: Story) -> ExitCode:
    """Write a run's rows to a file and return the exit code."""
    raw = file.columns.uses_raw
    with planned(session, asked, story) as plan, Run(plan, story, raw=raw) as run:
        try:
            _write(file, run)
        except _NotWholeError:
            code = run.finish()
            session.teller.warn(_left(file, run.delivered))
            return code
        except (Ended, KeyboardInterrupt):
            session.teller.warn(_state(file))
            raise
        return run.finish()


def writing(file: File) -> AbstractContextManager[Writer]:
    """Open the file for rows, for as long as the block lasts."""
    return file_writer(
        file.path,
        file.form,
        file.columns,
        gz=file.gz,
        overwrite=file.overwrite,
        guard=file.guard,
    )


def _write(file: File, run: Run) -> None:
    with writing(file) as writer:
        run.feed(writer, alone=True)
        if not run.whole and not (file.keep_partial and run.delivered):
            raise _NotWholeError


def _left(file: File, delivered: int) -> str:
    came = f": {delivered:,} recordings came; --keep-partial keeps them" if delivered else ""
    return _state(file) + came


def _state(file: File) -> str:
    return f"{file.path} was left as it was" if file.path.exists() else f"there is no {file.path}"
