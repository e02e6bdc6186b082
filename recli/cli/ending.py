"""How a run went, in words: what failed and is missing, and one closing line.

What the words go to is decided elsewhere.
"""

from collections.abc import Sequence

from recli.cli.tell import Teller, who
from recli.engine.outcome import Completeness, Outcome
from recli.errors import Denied, PartialError, RecliError, Refused


def tell_failures(outcomes: Sequence[Outcome], teller: Teller) -> None:
    """Tell each profile's error and each gap, in lines that stand alone."""
    for outcome in outcomes:
        whose = who(outcome.profile, outcome.provider)
        for gap in outcome.gaps:
            teller.error(PartialError(gap.removeprefix(f"{outcome.profile}: ")), whose)
        if outcome.error is not None:
            teller.error(_with_hint(outcome.error, outcome.profile), whose)


def closing_line(
    outcomes: Sequence[Outcome], delivered: int, passed_s: float, *, limit: bool
) -> str:
    """Say how many came, from whom, how long it took, and whether that is all there is."""
    recordings = f"{delivered:,} recording{'' if delivered == 1 else 's'}"
    sources = "1 profile" if len(outcomes) == 1 else f"{len(outcomes)} profiles"
    return f"{recordings} from {sources} in {_took(passed_s)}; {_completeness(outcomes, limit)}"


def _completeness(outcomes: Sequence[Outcome], limit: bool) -> str:
    short = [each.profile for each in outcomes if not each.whole]
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


def _with_hint(error: RecliError, profile: str) -> RecliError:
    if error.hint is None and isinstance(error, Refused | Denied):
        error.hint = f"recli providers --check --profile {profile}"
    return error


def _took(passed_s: float) -> str:
    if passed_s < 60:
        return f"{passed_s:.1f} s"
    minutes, seconds = divmod(round(passed_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02} min"
