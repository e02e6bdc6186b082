"""`recli export --archive`: listings into an archive, its audio, and the rows that are new.

How an archive is kept whole is known to `recli.archive`; here is the order of the steps.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from shutil import disk_usage

from recli.archive.archive import ArchiveReader, ArchiveWriter, RunEstimate
from recli.archive.audio_result import AudioResult
from recli.archive.file_names import NameTemplate
from recli.cli.audio_summary import audio_stored_text, report_audio
from recli.cli.context import CommandContext
from recli.cli.options import ArchiveOptions
from recli.cli.parsing import parse_option_length
from recli.cli.progress import progress
from recli.cli.run import ListRequest, Run, RunPlan, prepare_run
from recli.engine.report import RunReport
from recli.engine.result import Completeness
from recli.errors import ExitCode
from recli.model import Query, Recording
from recli.output.streams import write_text
from recli.providers.base import Provider
from recli.text import plural, size_text

_PROFILE = attrgetter("profile")
Deliver = Callable[[ArchiveWriter, RunPlan], None]
"""Give out the rows that are new in this run."""


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """How an archive is written to, checked."""

    folder: Path
    audio: bool
    full: bool
    overlap_s: float
    retries: int
    template: NameTemplate
    wait_lock_s: float


class _ArchiveRows:
    """Take rows as they come into an archive; a `Writer` in form."""

    def __init__(self, add: Callable[[Provider, list[Recording]], object], plan: RunPlan) -> None:
        self.written = 0
        self._add = add
        self._providers = {each.name: each.provider for each in plan.profiles}

    def write(self, rows: Iterable[Recording]) -> None:
        """Add rows, those of each profile at once."""
        for profile, some in groupby(sorted(rows, key=_PROFILE), key=_PROFILE):
            batch = list(some)
            self._add(self._providers[profile], batch)
            self.written += len(batch)

    def close(self) -> None:
        """Do nothing: each batch is safe when it was added."""


def archive_settings(said: ArchiveOptions, folder: Path) -> ArchiveSettings:
    """Check what the command line says of the archive."""
    template = (
        NameTemplate.parse()
        if said.name_template is None
        else NameTemplate.parse(said.name_template)
    )
    overlap_s = parse_option_length("--overlap", said.overlap)
    wait_s = parse_option_length("--wait-lock", said.wait_lock)
    return ArchiveSettings(
        folder, said.audio, said.full, overlap_s, said.audio_retries, template, wait_s
    )


def run_to_archive(
    context: CommandContext,
    manner: ArchiveSettings,
    asked: ListRequest,
    story: RunReport,
    deliver: Deliver | None,
) -> ExitCode:
    """Bring an archive up to date and return the exit code."""
    with (
        prepare_run(context, asked, story) as plan,
        ArchiveWriter.open(manner.folder, wait_lock_s=manner.wait_lock_s) as archive,
    ):
        for warning in archive.warnings:
            context.console.warn(warning)
        queries = _queries(archive, plan, manner)
        with Run(plan, story, in_order=False, queries=queries) as run:
            add = partial(archive.add, to_export=deliver is not None)
            run.feed(_ArchiveRows(add, plan), alone=True)
            added, changed = _listed(archive, plan, run, queries)
            if deliver is not None:
                deliver(archive, plan)
                archive.mark_exported()
            audio = _fetched(archive, manner, run, context) if manner.audio else None
        done = f"{plural(added, 'new recording')}, {changed:,} changed"
        if audio is not None:
            done += f", {audio_stored_text(audio)}"
        code = run.finish(done)
        if audio is not None:
            report_audio(audio, context.console)
            code = _with_audio(code, audio)
        story.sections["archive"] = _section(manner, added, changed, audio)
        story.exit_code = code
        return code


def estimate_run(
    context: CommandContext, manner: ArchiveSettings, asked: ListRequest, story: RunReport
) -> ExitCode:
    """Say on standard output what a run would bring, changing nothing."""
    with (
        prepare_run(context, asked, story) as plan,
        ArchiveReader.open_or_empty(manner.folder) as contents,
    ):
        estimate = RunEstimate()
        for profile in plan.profiles if manner.audio else ():
            contents.estimate_pending(estimate, profile.name, manner.retries)
        queries = _queries(contents, plan, manner)
        with Run(plan, story, in_order=False, queries=queries) as run:
            foreseen = partial(contents.estimate_rows, estimate, audio=manner.audio)
            run.feed(_ArchiveRows(foreseen, plan), alone=True)
        stream = context.out
        write_text(stream, f"{_foreseen(estimate, manner)}\n")
        stream.flush()
        return run.finish(plural(run.delivered, "recording"))


def _queries(
    archive: ArchiveWriter | ArchiveReader, plan: RunPlan, manner: ArchiveSettings
) -> dict[str, Query]:
    """Return what to list of each profile: what may be new."""
    narrowed = partial(archive.incremental_query, full=manner.full, overlap_s=manner.overlap_s)
    return {each.name: narrowed(each.provider, plan.query) for each in plan.profiles}


def _listed(
    archive: ArchiveWriter, plan: RunPlan, run: Run, queries: Mapping[str, Query]
) -> tuple[int, int]:
    """Tell the archive how each listing ended; return how many rows are new and have changed."""
    outcomes = {each.profile: each for each in run.outcomes}
    added = changed = 0
    for profile in plan.profiles:
        outcome = outcomes[profile.name]
        complete = outcome.is_finished and outcome.completeness is not Completeness.SHORT
        archive.mark_listed(profile.provider, queries[profile.name], complete=complete)
        new, other = archive.counts(profile.provider)
        added, changed = added + new, changed + other
    return added, changed


def _fetched(
    archive: ArchiveWriter, manner: ArchiveSettings, run: Run, context: CommandContext
) -> AudioResult:
    latest = AudioResult()

    def say(passed_s: float) -> str:
        stored, planned_files = latest.stored, latest.planned
        rate = latest.bytes / passed_s if passed_s > 0 else 0.0
        return f"{stored:,} of {planned_files:,} audio files, {size_text(rate)}/s"

    def told(outcome: AudioResult) -> None:
        latest.profiles = outcome.profiles

    with progress(context, say):
        return archive.fetch_audio(
            run.transports,
            template=manner.template,
            retries=manner.retries,
            retry_given_up=manner.full,
            redact=context.console.redact,
            progress=told,
        )


def _with_audio(code: ExitCode, audio: AudioResult) -> ExitCode:
    """Return the exit code of a run whose audio went so."""
    if code is ExitCode.OK:
        return ExitCode.OK if audio.is_complete else ExitCode.PARTIAL
    return ExitCode.PARTIAL if audio.stored else code


def _free_bytes(folder: Path) -> int:
    """Return the room on the disk that a folder is, or would be, on."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return disk_usage(folder).free


def _foreseen(estimate: RunEstimate, manner: ArchiveSettings) -> str:
    said = plural(estimate.rows, "new recording")
    if manner.audio:
        said += f"; {plural(estimate.files, 'audio file')}, {size_text(estimate.bytes)}"
        if estimate.unsized:
            said += f" and {estimate.unsized:,} of unknown size"
    return f"{said}; {size_text(_free_bytes(manner.folder))} free at {manner.folder}"


def _section(
    manner: ArchiveSettings, added: int, changed: int, audio: AudioResult | None
) -> dict[str, object]:
    said: dict[str, object] = {"folder": str(manner.folder), "new": added, "changed": changed}
    if audio is None:
        return said
    names = ("planned", "stored", "bytes", "failed", "gone", "not_ready", "given_up", "left")
    said["audio"] = {
        profile: {
            **{name: getattr(each, name) for name in names},
            "failures": [{"id": one.id, "problem": one.problem} for one in each.failures],
        }
        for profile, each in audio.profiles.items()
    }
    return said
