"""How a run went, in words: what failed and is missing, and one closing line.

What the words go to is decided elsewhere.
"""

from collections.abc import Sequence
from pathlib import Path

from recli.cli.console import Console, profile_label
from recli.cli.remedies import recli_command
from recli.engine.result import Completeness, ProfileResult
from recli.errors import PartialError, ProviderError, RecliError
from recli.text import duration_text


def tell_failures(
    outcomes: Sequence[ProfileResult], console: Console, config: Path | None = None
) -> None:
    """Tell each profile's error and each gap, in lines that stand alone.

    `config` is the file where the command line named one, so that hints name it as well.
    """
    for outcome in outcomes:
        whose = profile_label(outcome.profile, outcome.provider)
        for gap in outcome.gaps:
            console.error(PartialError(gap.removeprefix(f"{outcome.profile}: ")), whose)
        if outcome.error is not None:
            console.error(_with_hint(outcome.error, outcome.profile, config), whose)


def closing_line(
    outcomes: Sequence[ProfileResult], done: str, passed_s: float, *, limit: bool
) -> str:
    """Say what was done, with whose recordings, how long it took, and whether that is all."""
    sources = "1 profile" if len(outcomes) == 1 else f"{len(outcomes)} profiles"
    return f"{done} from {sources} in {duration_text(passed_s)}; {_completeness(outcomes, limit)}"


def _completeness(outcomes: Sequence[ProfileResult], limit: bool) -> str:
    short = [each.profile for each in outcomes if not each.is_complete]
    if short:
        return f"incomplete: {', '.join(short)}"
    if limit:
        return "more may match than --limit"
    ended = [each.profile for each in outcomes if each.completeness is not Completeness.PROVEN]
    if not ended:
        return "complete (proven)"
    if len(ended) == len(outcomes):
        return "ended as documented (no total to prove it complete)"
    return f"complete (proven, but for {', '.join(ended)}: no total to prove it)"


def _with_hint(error: RecliError, profile: str, config: Path | None) -> RecliError:
    if error.hint is None and isinstance(error, ProviderError):
        error.hint = recli_command(config, "providers", "--check", "--profile", profile)
    return error
