"""How a profile's listing went: the numbers of a report and the source of the exit code."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from recli.errors import ExitCode, RecliError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Completeness(StrEnum):
    """Whether all claimed rows came, the listing ended as documented, or rows are missing."""

    PROVEN = "proven"
    ENDED = "ended"
    SHORT = "short"


@dataclass(slots=True)
class ProfileResult:
    """The result of a profile's listing so far.

    `claimed` is how many recordings the provider says there are, before recli's own filters;
    `received` counts distinct recordings, `rows` those that match and were delivered. `scans` is 1,
    and one more for each window that was scanned again. `found_ids` are those of a query by id that
    came, as `id_key` returns them. `pages` counts answers; while the run `is_waited_for`, no page
    has come for some seconds, and the request is at its `current_try`.
    """

    profile: str
    provider: str
    rows: int = 0
    received: int = 0
    claimed: int | None = None
    scans: int = 1
    completeness: Completeness = Completeness.ENDED
    requests: int = 0
    retries: int = 0
    waited_s: float = 0.0
    duration_s: float = 0.0
    warnings: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    found_ids: set[str] = field(default_factory=set)
    error: RecliError | None = None
    is_finished: bool = False
    pages: int = 0
    is_waited_for: bool = False
    current_try: int = 1

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is known to be missing."""
        return self.error is None and not self.gaps


def exit_code(results: Sequence[ProfileResult]) -> ExitCode:
    """Return the exit code of a run with these results."""
    if all(result.is_complete for result in results):
        return ExitCode.OK
    if any(result.rows or result.is_complete or result.gaps for result in results):
        return ExitCode.PARTIAL
    codes = {result.error.exit_code for result in results if result.error is not None}
    if codes != {ExitCode.REFUSED}:
        codes.discard(ExitCode.REFUSED)
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED
