"""`recli export --archive`: listings into an archive, its audio, and the rows that are new."""

from functools import partial
from pathlib import Path
from shutil import disk_usage

from recli.api import ArchiveSettings, archive_recordings, estimate_archive
from recli.archive.file_names import NameTemplate
from recli.cli.context import CommandContext
from recli.cli.options import ArchiveOptions
from recli.cli.parsing import parse_option_length
from recli.cli.request import RunOptions, prepared_run
from recli.cli.run_report import show_result
from recli.cli.sinks import FileSink, StdoutSink
from recli.cli.summary_line import stored_text
from recli.engine.report import RunReport
from recli.errors import ExitCode
from recli.text import plural, size_text


def archive_settings(options: ArchiveOptions) -> ArchiveSettings:
    """Check the archive's options."""
    template = options.name_template
    return ArchiveSettings(
        audio=options.audio,
        full=options.full,
        overlap_s=parse_option_length("--overlap", options.overlap),
        retries=options.audio_retries,
        template=NameTemplate.parse() if template is None else NameTemplate.parse(template),
        wait_lock_s=parse_option_length("--wait-lock", options.wait_lock),
    )


def export_to_archive(  # noqa: PLR0917  # the parts of one command line
    context: CommandContext,
    folder: Path,
    settings: ArchiveSettings,
    options: RunOptions,
    report: RunReport,
    sink: StdoutSink | FileSink | None,
) -> ExitCode:
    """Bring an archive up to date, write the new rows to `sink`, and return the exit code."""
    with prepared_run(context, options, report) as run:
        export_new = None
        if sink is not None:
            export_new = partial(sink.write_all, zone=run.zone, profiles=run.profile_names)
        result = archive_recordings(
            run.request, folder, settings, export_new=export_new, report=report
        )
    done = f"{plural(result.added, 'new recording')}, {result.changed:,} changed"
    if result.audio is None:
        return show_result(context, run, report, done)
    done += f", {stored_text(result.audio)}"
    return show_result(context, run, report, done, result.audio)


def show_estimate(
    context: CommandContext,
    folder: Path,
    settings: ArchiveSettings,
    options: RunOptions,
    report: RunReport,
) -> ExitCode:
    """Say on standard output what a run would add, changing nothing."""
    with prepared_run(context, options, report) as run:
        estimate = estimate_archive(run.request, folder, settings, report=report)
    text = plural(estimate.rows, "new recording")
    if settings.audio:
        text += f"; {plural(estimate.files, 'audio file')}, {size_text(estimate.bytes)}"
        if estimate.unsized:
            text += f" and {estimate.unsized:,} of unknown size"
    context.write(f"{text}; {size_text(_free_bytes(folder))} free at {folder}\n")
    return show_result(context, run, report)


def _free_bytes(folder: Path) -> int:
    """Return the free space on the disk that a folder is, or would be, on."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return disk_usage(folder).free
