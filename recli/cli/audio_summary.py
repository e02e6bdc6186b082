"""How fetching audio went, in words."""

from recli.archive.audio_result import AudioResult, ProfileAudio
from recli.cli.console import Console
from recli.errors import PartialError, RecliError
from recli.text import plural, size_text

_TOLD = 5
"""Failures of one profile that are told one by one; the catalog has all, for `recli verify`."""


def audio_stored_text(audio: AudioResult) -> str:
    """Say what was stored."""
    return f"{plural(audio.stored, 'audio file')} ({size_text(audio.bytes)})"


def report_audio(audio: AudioResult, console: Console) -> None:
    """Tell what audio is missing, and why, in lines that stand alone."""
    for profile, each in audio.profiles.items():
        if each.error is not None:
            hint = each.error.hint
            problem = f"audio: {each.error.message}"
            console.error(RecliError(problem, hint=hint), profile)
        missing = _missing(each)
        if not each.is_complete:
            console.error(PartialError(f"audio: {missing}"), profile)
        elif each.given_up:
            hint = "--full tries it again"
            console.warn(f"{profile}: audio: {missing}", hint=hint)
        for failure in each.failures[:_TOLD]:
            console.error(PartialError(f"audio of {failure.id}: {failure.problem}"), profile)
        others = each.failed + each.gone - _TOLD
        if others > 0:
            problem = f"audio of {plural(others, 'other recording')}: failed or gone"
            console.error(PartialError(problem, hint="`recli verify DIR` names all"), profile)


def _missing(each: ProfileAudio) -> str:
    counts = (
        ("failed", each.failed),
        ("gone at the provider", each.gone),
        ("given up", each.given_up),
        ("not tried", each.left),
        ("not ready yet", each.not_ready),
    )
    said = ", ".join(f"{number:,} {what}" for what, number in counts if number)
    return f"{each.stored:,} stored, {said}" if said else f"{each.stored:,} stored"
