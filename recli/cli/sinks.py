"""Where rows go: standard output or a file, and in which format."""

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TextIO, cast

from recli.cli.console import Colour, is_file, is_terminal
from recli.cli.context import CommandContext
from recli.cli.options import OutputOptions
from recli.errors import OutputError, UsageError
from recli.files import check_target
from recli.model import Recording
from recli.output.base import Writer
from recli.output.columns import Columns
from recli.output.csv_rows import csv_text
from recli.output.streams import write_text
from recli.output.summary import Summary
from recli.output.writers import (
    Format,
    TimeStyle,
    check_format,
    file_writer,
    format_of,
    make_writer,
)

_SPOOL_BYTES = 16 << 20
"""How much of a JSON document is held in memory before it goes to a temporary file."""
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class StdoutSink:
    """Rows on standard output; `chosen` None lets a table choose the columns that fit.

    `unasked_limit` is how many rows are shown of what may be more, though nobody asked for so few.
    """

    context: CommandContext
    stream: TextIO
    form: Format
    columns: Columns
    chosen: Columns | None
    guard: bool
    summary: bool
    colour: Colour
    has_local_times: bool
    unasked_limit: int | None = None

    @property
    def shares_terminal(self) -> bool:
        """Whether rows may appear where the progress line is."""
        return not self.summary and not is_file(self.context.environment.stdout)

    @property
    def is_document(self) -> bool:
        """Whether all of it makes sense only whole: an interrupted run writes nothing."""
        return self.summary or self.form is Format.JSON

    @property
    def needs_raw(self) -> bool:
        """Whether the providers' own objects are written."""
        return not self.summary and self.columns.uses_raw

    @contextmanager
    def open(self, zone: tzinfo, profiles: tuple[str, ...]) -> Iterator[Writer]:
        """Yield the writer; rows in the buffer are written out however the block ends.

        JSON is one document: it goes out when it is whole, or not at all.
        """
        try:
            if self.is_document and not self.summary:
                with SpooledTemporaryFile(
                    _SPOOL_BYTES, "w+", encoding="utf-8", newline=""
                ) as whole:
                    yield self._writer(cast("TextIO", whole), zone, profiles)
                    whole.seek(0)
                    while text := whole.read(_CHUNK):
                        write_text(self.stream, text)
            else:
                yield self._writer(self.stream, zone, profiles)
            self.stream.flush()
        finally:
            with suppress(OSError, ValueError, OutputError):
                self.stream.flush()

    def end(self, writer: Writer) -> None:
        """End the document, and note what a table can't show."""
        console = self.context.console
        if isinstance(writer, Summary) and self.form is Format.JSON:
            text = json.dumps(writer.as_dict(), indent=2, ensure_ascii=False)
            write_text(self.stream, f"{text}\n")
        elif isinstance(writer, Summary) and self.form is Format.CSV:
            write_text(self.stream, csv_text(writer.table(), guard=self.guard))
        elif writer.written or self.form is not Format.TABLE:
            writer.close()
        if self.form is Format.TABLE and not writer.written:
            console.note("no recordings match")
        hidden: tuple[str, ...] = getattr(writer, "hidden", ())
        if hidden and self.chosen is not None:
            console.note(f"no room for {', '.join(hidden)}: --format csv or jsonl has all columns")
        elif hidden:
            console.note("no room for the ids: a wider terminal or --columns profile,id shows them")
        if writer.written == self.unasked_limit:
            more = "-n N, --since DATE or a pipe (| less) shows more"
            console.note(f"these are the newest {writer.written}: {more}")

    def write_all(
        self, batches: Iterable[list[Recording]], zone: tzinfo, profiles: tuple[str, ...]
    ) -> None:
        """Write rows and end the document."""
        with self.open(zone, profiles) as writer:
            for rows in batches:
                writer.write(rows)
            self.end(writer)

    def _writer(self, stream: TextIO, zone: tzinfo, profiles: tuple[str, ...]) -> Writer:
        environment = self.context.environment
        if self.summary:
            return Summary(stream, width=environment.width, zone=zone)
        from recli.output.records import NARROW_CELLS, RecordWriter
        from recli.output.table import TableWriter

        if self.form is not Format.TABLE:
            # A reader of a pipe gets each page at once; a file gets larger pieces.
            autoflush = self.shares_terminal
            return make_writer(
                self.form,
                stream,
                self.columns,
                autoflush=autoflush,
                guard=self.guard,
                zone=zone if self.has_local_times else None,
            )
        colour = environment.colours(self.colour, environment.stdout)
        if environment.width() < NARROW_CELLS:
            return RecordWriter(stream, self.chosen, zone=zone, colour=colour, profiles=profiles)
        return TableWriter(
            stream,
            self.chosen,
            width=environment.width,
            zone=zone,
            colour=colour,
            profiles=profiles,
        )


def stdout_sink(
    context: CommandContext,
    output: OutputOptions,
    form: Format | None,
    colour: Colour,
    *,
    summary: bool = False,
) -> StdoutSink:
    """Check format and columns, and open standard output."""
    chosen = None
    if output.columns is not None or output.raw:
        chosen = Columns.parse(output.columns, raw=output.raw)
    if form is Format.PARQUET:
        raise UsageError("Parquet is for files", hint="recli export -o FILE.parquet")
    if summary and form is Format.JSONL:
        raise UsageError(
            f"--summary can't be written as {form}",
            hint="--format json or csv, or leave --format out",
        )
    if form is None:
        terminal = summary or is_terminal(context.environment.stdout)
        form = Format.TABLE if terminal else Format.JSONL
    columns = chosen or Columns.parse(None, raw=False)
    guard = not output.no_csv_guard
    has_local_times = output.times is TimeStyle.LOCAL
    return StdoutSink(
        context, context.out, form, columns, chosen, guard, summary, colour, has_local_times
    )


@dataclass(frozen=True, slots=True)
class FileSink:
    """Rows in a file that appears whole or not at all."""

    path: Path
    form: Format
    gz: bool
    columns: Columns
    guard: bool
    overwrite: bool
    has_local_times: bool

    def open(self, zone: tzinfo) -> AbstractContextManager[Writer]:
        """Open the file for as long as the block lasts."""
        return file_writer(
            self.path,
            self.form,
            self.columns,
            gz=self.gz,
            overwrite=self.overwrite,
            guard=self.guard,
            zone=zone if self.has_local_times else None,
        )

    def write_all(
        self,
        batches: Iterable[list[Recording]],
        zone: tzinfo,
        profiles: tuple[str, ...],  # noqa: ARG002  # as for standard output
    ) -> None:
        """Write the file."""
        with self.open(zone) as writer:
            for rows in batches:
                writer.write(rows)

    def unchanged_text(self) -> str:
        """Say that a failed run left the file as it was."""
        if self.path.exists():
            return f"{self.path} was left as it was"
        return f"{self.path} was not written"


def file_sink(
    path: Path, output: OutputOptions, form: Format | None, *, overwrite: bool
) -> FileSink:
    """Check a file's name, format, columns and folder."""
    if form is Format.TABLE:
        raise UsageError("a table is for a terminal", hint="choose csv, jsonl, json or parquet")
    form, gz = format_of(path, form)
    check_format(form)
    columns = Columns.parse(output.columns, raw=output.raw)
    check_target(path, overwrite=overwrite)
    has_local_times = output.times is TimeStyle.LOCAL
    if has_local_times and form is Format.PARQUET:
        raise UsageError(
            "--times local is for CSV and JSON: Parquet's times are moments, and readers show"
            " them in any zone",
            hint="leave --times out",
        )
    return FileSink(path, form, gz, columns, not output.no_csv_guard, overwrite, has_local_times)
