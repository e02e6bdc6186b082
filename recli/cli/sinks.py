"""Rows to standard output: in which form, for whom, and how the last of them leaves.

Files are for `recli.cli.export`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TextIO

from recli.archive.archive import ArchiveWriter
from recli.cli.console import Colour, is_file, is_terminal
from recli.cli.context import CommandContext
from recli.cli.options import OutputOptions
from recli.cli.run import ListRequest, Run, RunPlan, prepare_run
from recli.cli.signals import Terminated
from recli.engine.report import RunReport
from recli.errors import ExitCode, OutputError, UsageError
from recli.files import check_target
from recli.output.base import Writer
from recli.output.columns import Columns
from recli.output.streams import stdout_stream, write_text
from recli.output.summary import Summary
from recli.output.writers import Format, check_format, file_writer, format_of, make_writer


@dataclass(frozen=True, slots=True)
class StdoutSink:
    """How rows go to standard output; `chosen` None leaves a table's columns to its width."""

    form: Format
    columns: Columns
    chosen: Columns | None
    guard: bool
    summary: bool
    colour: Colour
    context: CommandContext

    @property
    def unread(self) -> bool:
        """Whether nobody reads rows on the terminal where progress would show."""
        return is_file(self.context.environment.stdout)

    @property
    def raw(self) -> bool:
        """Whether the providers' own objects are shown."""
        return not self.summary and self.columns.uses_raw

    def writer(self, stream: TextIO, zone: tzinfo, profiles: tuple[str, ...]) -> Writer:
        """Make the writer for this run."""
        environment = self.context.environment
        if self.summary:
            return Summary(stream, width=environment.width, zone=zone)
        if self.form is not Format.TABLE:
            # Who reads along gets each page at once; a file gets larger pieces.
            return make_writer(
                self.form, stream, self.columns, autoflush=not self.unread, guard=self.guard
            )
        from recli.output.table import TableWriter

        return TableWriter(
            stream,
            self.chosen,
            width=environment.width,
            zone=zone,
            colour=environment.colours(self.colour, environment.stdout),
            profiles=profiles,
        )

    def end(self, writer: Writer, stream: TextIO) -> None:
        """End the document, and say what a table can't."""
        console = self.context.console
        if isinstance(writer, Summary) and self.form is Format.JSON:
            import json

            write_text(stream, json.dumps(writer.as_dict(), indent=2, ensure_ascii=False) + "\n")
        elif writer.written or self.form is not Format.TABLE:
            writer.close()
        if self.form is Format.TABLE and not writer.written:
            console.note("no recordings match")
        hidden: tuple[str, ...] = getattr(writer, "hidden", ())
        if hidden and self.chosen is not None:
            console.note(f"no room for {', '.join(hidden)}: --format csv or jsonl has all columns")


def stdout_sink(
    context: CommandContext,
    fields: OutputOptions,
    form: Format | None,
    colour: Colour,
    *,
    summary: bool,
) -> StdoutSink:
    """Check format and columns, and that there is somebody to write to."""
    chosen = None
    if fields.columns is not None or fields.raw:
        chosen = Columns.parse(fields.columns, raw=fields.raw)
    if form is Format.PARQUET:
        raise UsageError("Parquet is for files", hint="recli export -o FILE.parquet")
    if summary and form not in {None, Format.TABLE, Format.JSON}:
        raise UsageError(f"--summary is no {form}", hint="--format json, or leave --format out")
    usual = Format.TABLE if summary or is_terminal(context.environment.stdout) else Format.JSONL
    columns = chosen or Columns.parse(None, raw=False)
    guard = not fields.no_csv_guard
    return StdoutSink(form or usual, columns, chosen, guard, summary, colour, context)


def run_to_stdout(
    context: CommandContext, shape: StdoutSink, asked: ListRequest, story: RunReport
) -> ExitCode:
    """List to standard output and return the exit code."""
    with output(context) as stream, prepare_run(context, asked, story) as plan:
        names = tuple(profile.name for profile in plan.profiles)
        writer = shape.writer(stream, plan.zone, names)
        with Run(plan, story, in_order=not shape.summary, raw=shape.raw) as run:
            run.feed(writer, alone=shape.unread or shape.summary)
        if run.whole or run.delivered:  # a failure that brought nothing leaves nothing
            shape.end(writer, stream)
        stream.flush()
        return run.finish()


@contextmanager
def output(context: CommandContext) -> Iterator[TextIO]:
    """Open standard output for as long as the block lasts; what is in its buffer goes out."""
    stream = stdout_stream(context.environment.stdout)
    try:
        yield stream
    finally:
        with suppress(OSError, ValueError, OutputError):  # told already, or there is no more
            stream.flush()


@dataclass(frozen=True, slots=True)
class FileSink:
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


def file_sink(
    path: Path, fields: OutputOptions, chosen: Format | None, *, overwrite: bool, keep_partial: bool
) -> FileSink:
    """Check a file's name, format, columns and place."""
    if chosen is Format.TABLE:
        raise UsageError("a table is for a terminal", hint="choose csv, jsonl, json or parquet")
    form, gz = format_of(path, chosen)
    check_format(form)
    columns = Columns.parse(fields.columns, raw=fields.raw)
    check_target(path, overwrite=overwrite)
    guard = not fields.no_csv_guard
    return FileSink(path, form, gz, columns, guard, overwrite, keep_partial)


def run_to_file(
    context: CommandContext, file: FileSink, asked: ListRequest, story: RunReport
) -> ExitCode:
    """Write a run's rows to a file and return the exit code."""
    raw = file.columns.uses_raw
    with prepare_run(context, asked, story) as plan, Run(plan, story, raw=raw) as run:
        try:
            _write(file, run)
        except _NotWholeError:
            code = run.finish()
            context.console.warn(_left(file, run.delivered))
            return code
        except (Terminated, KeyboardInterrupt):
            context.console.warn(_state(file))
            raise
        return run.finish()


def writing(file: FileSink) -> AbstractContextManager[Writer]:
    """Open the file for rows, for as long as the block lasts."""
    return file_writer(
        file.path,
        file.form,
        file.columns,
        gz=file.gz,
        overwrite=file.overwrite,
        guard=file.guard,
    )


def _write(file: FileSink, run: Run) -> None:
    with writing(file) as writer:
        run.feed(writer, alone=True)
        if not run.whole and not (file.keep_partial and run.delivered):
            raise _NotWholeError


def _left(file: FileSink, delivered: int) -> str:
    came = f": {delivered:,} recordings came; --keep-partial keeps them" if delivered else ""
    return _state(file) + came


def _state(file: FileSink) -> str:
    return f"{file.path} was left as it was" if file.path.exists() else f"there is no {file.path}"


def archive_delivery(
    context: CommandContext,
    target: Path | None,
    fields: OutputOptions,
    form: Format | None,
    *,
    overwrite: bool,
    colour: Colour,
) -> Callable[[ArchiveWriter, RunPlan], None] | None:
    """Check where new rows are to go, and return what brings them there; None: nowhere."""
    if target is None and form is None:
        return None
    if target is not None and str(target) != "-":
        file = file_sink(target, fields, form, overwrite=overwrite, keep_partial=False)

        def to_file(archive: ArchiveWriter, _: RunPlan) -> None:
            with writing(file) as writer:
                for rows in archive.unexported_rows():
                    writer.write(rows)

        return to_file
    shape = stdout_sink(context, fields, form, colour, summary=False)
    context.check_out()

    def to_stdout(archive: ArchiveWriter, plan: RunPlan) -> None:
        with output(context) as stream:
            names = tuple(profile.name for profile in plan.profiles)
            writer = shape.writer(stream, plan.zone, names)
            for rows in archive.unexported_rows():
                writer.write(rows)
            shape.end(writer, stream)
            stream.flush()

    return to_stdout
