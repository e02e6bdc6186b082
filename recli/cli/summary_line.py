"""How a run went, in words: what failed, what audio is missing, and one closing line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from recli.archive.audio_result import AudioResult, ProfileAudio
from recli.cli.console import Console
from recli.cli.failures import Failure, show_grouped
from recli.cli.remedies import recli_command, retry_hint
from recli.config.profile import profile_label
from recli.engine.report import RunReport
from recli.engine.result import Completeness, ProfileResult
from recli.errors import PartialError, ProviderError, RecliError
from recli.text import duration_text, plural, size_text, some_of

_NAMES_ALL = "--report FILE names more, and `recli verify DIR` all that an archive lacks"
_SHOWN_FAILURES = 5
"""Audio failures of one profile that are shown; `recli verify` names all."""


def show_failures(
    results: Sequence[ProfileResult], console: Console, config: Path | None = None
) -> None:
    """Show the profiles' gaps, then their errors; hints repeat the configuration file `config`."""
    failures = []
    for result in results:
        label = profile_label(result.profile, result.provider)
        for gap in result.gaps:
            console.error(PartialError(gap.removeprefix(f"{result.profile}: ")), label)
        error = result.error
        if error is None:
            continue
        if error.hint is None and isinstance(error, ProviderError):
            words = ("providers", "--check", "--profile", result.profile)
            error.hint = recli_command(config, *words) + retry_hint(error)
        failures.append(Failure(result.profile, result.provider, error))
    show_grouped(failures, console)


def closing_line(
    report: RunReport, done: str, passed_s: float, audio: AudioResult | None = None
) -> str:
    """Say what was done, for how many profiles, how long it took, and whether that is all.

    What is missing comes first: the line may be all that somebody reads.
    """
    sources = plural(len(report.results), "profile")
    missing = "; ".join(_missing_parts(report, audio))
    if missing:
        return f"{missing}; {done} in {duration_text(passed_s)}"
    return f"{done} from {sources} in {duration_text(passed_s)}; {_completeness(report)}"


def _missing_parts(report: RunReport, audio: AudioResult | None) -> Iterator[str]:
    results, audios = report.results, audio.profiles if audio is not None else {}
    failed = [it.profile for it in results if it.error is not None]
    short = [it.profile for it in results if it.error is None and not it.is_complete]
    silent = [name for name, it in audios.items() if not it.is_complete]
    for names, what in (
        (failed, "failed"),
        (short, "incomplete"),
        (silent, "without all their audio" if len(silent) > 1 else "without all its audio"),
    ):
        if names:
            yield f"{len(names):,} of {plural(len(results), 'profile')} {what}: {some_of(names)}"
    if audio is not None and report.missing_ids and not report.is_limited:
        yield f"{plural(len(report.missing_ids), 'recording')} not found"


def _completeness(report: RunReport) -> str:
    if report.is_limited:
        return "more may match"
    unproven = [it.profile for it in report.results if it.completeness != Completeness.PROVEN]
    if not unproven:
        return "complete (proven)"
    if len(unproven) == len(report.results):
        return "ended as documented (no total to prove it complete)"
    return f"complete (proven, but for {', '.join(unproven)}: no total to prove it)"


def missing_ids_text(ids: Sequence[str]) -> str:
    """Say which ids that were asked for are those of no recording."""
    return f"no recording that matches was found with the id {some_of(ids)}"


def stored_text(audio: AudioResult) -> str:
    """Say how many audio files were stored, and their size."""
    return f"{plural(audio.stored, 'audio file')} ({size_text(audio.bytes)})"


def downloaded_text(audio: AudioResult) -> str:
    """Say how many audio files a run stored in a folder, were there before, or are to come."""
    present = sum(each.present for each in audio.profiles.values())
    unfinished = sum(each.unfinished for each in audio.profiles.values())
    text = stored_text(audio)
    text += f", {present:,} there already" if present else ""
    text += f", {unfinished:,} still being recorded" if unfinished else ""
    return f"{text}," if present or unfinished else text


def show_missing_audio(result: AudioResult, console: Console) -> None:
    """Show by profile what audio is missing, and why."""
    for profile, audio in result.profiles.items():
        if audio.error is not None:
            error = RecliError(f"audio: {audio.error.message}", hint=audio.error.hint)
            console.error(error, profile)
        if not audio.is_complete:
            hint = "--full tries again what was given up" if audio.given_up else None
            console.error(PartialError(f"audio: {_missing_text(audio)}", hint=hint), profile)
        for failure in audio.failures[:_SHOWN_FAILURES]:
            console.error(PartialError(f"audio of {failure.id}: {failure.problem}"), profile)
        others = audio.failed + audio.gone - _SHOWN_FAILURES
        if others > 0:
            problem = f"audio of {plural(others, 'other recording')}: failed or gone"
            console.error(PartialError(problem, hint=_NAMES_ALL), profile)


def show_odd_audio(result: AudioResult, console: Console) -> None:
    """Note by profile which stored files have a header that is wrong."""
    for profile, audio in result.profiles.items():
        if audio.odd:
            first = audio.odd[0]
            others = f", and {plural(len(audio.odd) - 1, 'other')}" if audio.odd[1:] else ""
            console.note(f"{profile}: audio of {first.id}{others} stored: {first.problem}")


def _missing_text(audio: ProfileAudio) -> str:
    counts = (
        ("failed", audio.failed),
        ("gone at the provider", audio.gone),
        ("given up", audio.given_up),
        ("not tried", audio.left),
        ("not ready yet", audio.not_ready),
    )
    missing = [f"{count:,} {what}" for what, count in counts if count]
    return ", ".join([f"{audio.stored:,} stored", *missing])
