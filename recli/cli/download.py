"""`recli download`: the audio of recordings into a folder, or of one to a pipe."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, cast

import typer

from recli.cli import completion
from recli.cli.command import takes
from recli.cli.console import is_terminal
from recli.cli.context import CommandContext
from recli.cli.options import (
    OUTPUT,
    FilterOptions,
    LoggingOptions,
    NetworkOptions,
    ProfileOptions,
    option,
)
from recli.errors import ExitCode, UsageError
from recli.output.writers import Format
from recli.text import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from recli.archive.file_names import NameTemplate
    from recli.archive.folder_downloads import StoredFile
    from recli.cli.id_input import GivenIds
    from recli.cli.request import PreparedRun, RunOptions
    from recli.cli.sinks import StdoutSink
    from recli.engine.report import RunReport
    from recli.model import Recording

_PIPE = Path("-")
_FAILED = {ExitCode.REFUSED, ExitCode.FAILED}
_Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID]...",
        help="These recordings, as `ID` or `PROFILE:ID`; - reads ids from standard input, one a"
        " line, or JSON Lines as `recli list` prints them.",
    ),
]


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """Where audio is written to, and what is said of it."""

    section: ClassVar = OUTPUT

    target: Path = option(
        "--output -o DIR",
        "The folder to write to; made if need be. - writes one file to standard output.",
        default=Path(),
    )
    name_template: str | None = option(
        "--name-template TEXT",
        "Path below DIR, made of the row's fields.  [default: {profile}/"
        "{started_at:%Y/%m/%d}/{started_at:%H%M%S}-{from_number}-{to_number}-{id}.{ext}]",
    )
    form: Format | None = option(
        "--format -f FORMAT",
        "How the files that were stored are listed on standard output: table, csv, jsonl or json."
        "  [default: table on a terminal, else jsonl]",
        complete=completion.formats,
    )


class StoredRow(NamedTuple):
    """A file that was stored, as it is listed; `sha256` in hex."""

    provider: str
    profile: str
    id: str
    path: str
    bytes: int
    sha256: str


@takes
def download_command(
    context: CommandContext,
    *,
    recordings: _Ids = None,
    profiles: ProfileOptions,
    filters: FilterOptions,
    network: NetworkOptions,
    logging: LoggingOptions,
    download: DownloadOptions,
) -> ExitCode:
    """Download the audio of recordings into a folder.

    Each file is checked and appears whole or not at all; what is there already is left alone, so
    the same command fetches what an earlier one could not. Standard output lists the files that
    were stored.
    """
    from recli.archive.file_names import NameTemplate
    from recli.cli.request import RunOptions
    from recli.cli.run_report import reporting

    with reporting(context, logging) as report:
        given = download.name_template
        template = NameTemplate.parse(*(() if given is None else (given,)), folder="")
        ids = _given_ids(context, recordings or [])
        if recordings and not ids.ids:
            report.exit_code = ExitCode.OK
            context.console.note("standard input has no ids: there is nothing to download")
            return report.exit_code
        profiles, filters = ids.apply_to(profiles, filters)
        options = RunOptions(profiles, filters, network)
        if download.target == _PIPE:
            if given is not None or download.form is not None:
                raise UsageError(
                    "-o - writes the audio itself: --name-template and --format are for a folder"
                )
            return _download_to_pipe(context, options, report)
        sink = _sink(context, download.form, logging)
        return _download_to_folder(context, download.target, template, sink, options, report)


def _given_ids(context: CommandContext, recordings: list[str]) -> "GivenIds":
    """Return the ids of the command line and of standard input."""
    from recli.cli.id_input import GivenIds, read_ids

    given = tuple(each for each in recordings if each != "-")
    if len(given) == len(recordings):
        return GivenIds(given)
    stdin = context.environment.stdin
    if stdin is None or stdin.closed:
        raise UsageError("standard input is closed", hint="name the ids instead of -")
    read = read_ids(stdin)
    return replace(read, ids=(*given, *read.ids), starts=() if given else read.starts)


def _sink(context: CommandContext, form: Format | None, logging: LoggingOptions) -> "StdoutSink":
    """Open standard output for rows of stored files."""
    from recli.cli.options import OutputOptions
    from recli.cli.sinks import stdout_sink
    from recli.output.columns import Column, ColumnKind, Columns

    kinds = {"bytes": ColumnKind.INTEGER}
    columns = Columns(
        tuple(
            Column(name, position, kinds.get(name, ColumnKind.TEXT))
            for position, name in enumerate(StoredRow._fields)
        )
    )
    sink = stdout_sink(context, OutputOptions(), form, logging.color)
    if sink.form is Format.TABLE:
        columns = Columns(tuple(it for it in columns.items if it.name in {"path", "bytes"}))
    return replace(sink, columns=columns, chosen=columns)


def _download_to_folder(  # noqa: PLR0917  # the parts of one command line
    context: CommandContext,
    folder: Path,
    template: "NameTemplate",
    sink: "StdoutSink",
    options: "RunOptions",
    report: "RunReport",
) -> ExitCode:
    from recli.api import download_recordings
    from recli.cli.download_progress import DownloadObserver
    from recli.cli.request import prepared_run
    from recli.cli.run_report import show_result
    from recli.cli.summary_line import downloaded_text

    with (
        prepared_run(context, options, report, observe=DownloadObserver) as run,
        _stored_rows(sink, run, report) as on_stored,
    ):
        result = download_recordings(
            run.request, folder, template=template, on_stored=on_stored, report=report
        )
    done = downloaded_text(result.audio)
    return show_result(context, run, report, done, result.audio)


@contextmanager
def _stored_rows(
    sink: "StdoutSink", run: "PreparedRun", report: "RunReport"
) -> "Iterator[Callable[[StoredFile], None]]":
    """Yield what writes a row for a stored file; on a terminal, rows come after the progress."""
    held: list[StoredRow] = []
    is_held = is_terminal(sink.context.environment.stdout)
    with sink.open(run.zone, run.profile_names) as writer:

        def on_stored(stored: "StoredFile") -> None:
            row, path = stored.row, str(stored.path)
            line = StoredRow(row.provider, row.profile, row.id, path, stored.bytes, stored.sha256)
            if is_held:
                held.append(line)
            else:
                writer.write(cast("list[Recording]", [line]))

        try:
            yield on_stored
        finally:
            run.request.observer.run_finished()
            if held:
                writer.write(cast("list[Recording]", held))
        if writer.written or (sink.form is not Format.TABLE and report.exit_code not in _FAILED):
            sink.end(writer)


def _download_to_pipe(
    context: CommandContext, options: "RunOptions", report: "RunReport"
) -> ExitCode:
    from recli.api import download_to_stream
    from recli.cli.request import prepared_run
    from recli.cli.run_report import show_result

    if is_terminal(context.environment.stdout):
        hint = "recli download … -o - | play -, or -o DIR"
        raise UsageError("audio is not for a terminal", hint=hint)
    out = context.out
    with prepared_run(context, options, report) as run:
        stored = download_to_stream(run.request, out.buffer, report=report)
        out.flush()
    done = f"{size_text(stored.bytes)} of audio" if stored is not None else None
    return show_result(context, run, report, done)
