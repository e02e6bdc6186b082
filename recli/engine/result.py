"""How a profile's listing went: the numbers that a report shows and an exit code comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from recli.errors import ExitCode, RecliError, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence


class Completeness(StrEnum):
    """What can be said of a listing: all that was claimed came; it ended as documented; neither."""

    PROVEN = "proven"
    ENDED = "ended"
    SHORT = "short"


@dataclass(slots=True)
class ProfileResult:
    """A profile's listing so far; `claimed` is what the provider says there is, before filters.

    `received` counts distinct recordings, `rows` those of them that match and were given out.
    """

    profile: str
    provider: str
    rows: int = 0
    received: int = 0
    claimed: int | None = None
    walks: int = 1
    completeness: Completeness = Completeness.ENDED
    requests: int = 0
    retries: int = 0
    waited_s: float = 0.0
    warnings: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    error: RecliError | None = None
    finished: bool = False

    @property
    def whole(self) -> bool:
        """Say whether nothing is known to be missing."""
        return self.error is None and not self.gaps


def exit_code(outcomes: Sequence[ProfileResult]) -> ExitCode:
    """Return what a run that ended with these outcomes says to its caller."""
    if all(outcome.whole for outcome in outcomes):
        return ExitCode.OK
    if any(outcome.rows or outcome.whole or outcome.gaps for outcome in outcomes):
        return ExitCode.PARTIAL
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if all(error.exit_code == ExitCode.REFUSED for error in errors):
        return ExitCode.REFUSED
    if any(isinstance(error, Refused) for error in errors) and len(errors) == 1:
        return ExitCode.REFUSED
    codes = {error.exit_code for error in errors} - {ExitCode.REFUSED}
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED
