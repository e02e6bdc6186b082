"""Rows to standard output: in which form, for whom, and how the last of them leaves.

Files are for `recli.cli.commands.export`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import TextIO

from recli.cli.options.groups import Fields
from recli.cli.running.run import Asked, Run, planned
from recli.cli.session import Session
from recli.cli.world import Colour, is_file, is_terminal
from recli.engine.report import Story
from recli.errors import ExitCode, OutputError, UsageError
from recli.output.choose import make_writer
from recli.output.columns import Columns
from recli.output.streams import put, stdout_stream
from recli.output.summary import Summary
from recli.output.writer import Format, Writer


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows go to standard output; `chosen` None leaves a table's columns to its width."""

    form: Format
    columns: Columns
    chosen: Columns | None
    guard: bool
    summary: bool
    colour: Colour
    session: Session

    @property
    def unread(self) -> bool:
        """Whether nobody reads rows on the terminal where progress would show."""
        return is_file(self.session.world.stdout)

    @property
    def raw(self) -> bool:
        """Whether the providers' own objects are shown."""
        return not self.summary and self.columns.uses_raw

    def writer(self, stream: TextIO, zone: tzinfo, profiles: tuple[str, ...]) -> Writer:
        """Make the writer for this run."""
        world = self.session.world
        if self.summary:
            return Summary(stream, width=world.width, zone=zone)
        if self.form is not Format.TABLE:
            # Who reads along gets each page at once; a file gets larger pieces.
            return make_writer(
                self.form, stream, self.columns, prompt=not self.unread, guard=self.guard
            )
        from recli.output.table import TableWriter

        return TableWriter(
            stream,
            self.chosen,
            width=world.width,
            zone=zone,
            colour=world.colours(self.colour, world.stdout),
            profiles=profiles,
        )

    def end(self, writer: Writer, stream: TextIO) -> None:
        """End the document, and say what a table can't."""
        teller = self.session.teller
        if isinstance(writer, Summary) and self.form is Format.JSON:
            import json

            put(stream, json.dumps(writer.as_dict(), indent=2, ensure_ascii=False) + "\n")
        elif writer.written or self.form is not Format.TABLE:
            writer.close()
        if self.form is Format.TABLE and not writer.written:
            teller.note("no recordings match")
        hidden: tuple[str, ...] = getattr(writer, "hidden", ())
        if hidden and self.chosen is not None:
            teller.note(f"no room for {', '.join(hidden)}: --format csv or jsonl has all columns")


def shape_of(
    session: Session, fields: Fields, form: Format | None, colour: Colour, *, summary: bool
) -> Shape:
    """Check format and columns, and that there is somebody to write to."""
    chosen = None
    if fields.columns is not None or fields.raw:
        chosen = Columns.parse(fields.columns, raw=fields.raw)
    if form is Format.PARQUET:
        raise UsageError("Parquet is for files", hint="recli export -o FILE.parquet")
    if summary and form not in {None, Format.TABLE, Format.JSON}:
        raise UsageError(f"--summary is no {form}", hint="--format json, or leave --format out")
    usual = Format.TABLE if summary or is_terminal(session.world.stdout) else Format.JSONL
    columns = chosen or Columns.parse(None, raw=False)
    guard = not fields.no_csv_guard
    return Shape(form or usual, columns, chosen, guard, summary, colour, session)


def to_stdout(session: Session, shape: Shape, asked: Asked, story: Story) -> ExitCode:
    """List to standard output and return the exit code."""
    with output(session) as stream, planned(session, asked, story) as plan:
        names = tuple(profile.name for profile in plan.profiles)
        writer = shape.writer(stream, plan.zone, names)
        with Run(plan, story, in_order=not shape.summary, raw=shape.raw) as run:
            run.feed(writer, alone=shape.unread or shape.summary)
        if run.whole or run.delivered:  # a failure that brought nothing leaves nothing
            shape.end(writer, stream)
        stream.flush()
        return run.finish()


@contextmanager
def output(session: Session) -> Iterator[TextIO]:
    """Open standard output for as long as the block lasts; what is in its buffer goes out."""
    stream = stdout_stream(session.world.stdout)
    try:
        yield stream
    finally:
        with suppress(OSError, ValueError, OutputError):  # told already, or there is no more
            stream.flush()
