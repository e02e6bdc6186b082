"""One profile's way through the recordings whose audio is wanted, and what a failure on it means.

A failure may be the recording's own or everybody's, as when a provider is down: what comes after
it tells. It must hold up no other recording for good, nor go uncounted for ever.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recli.archive import states
from recli.archive.catalog import Catalog
from recli.archive.lane import Lane
from recli.archive.outcome import ProfileAudio
from recli.archive.states import AudioState, Job, Phase
from recli.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording whose audio was not to be had; `counted` if it may be the recording's own."""

    job: Job
    state: AudioState
    error: ProviderError
    counted: bool = True


class Course:
    """What failed before comes first, then what was never tried, the oldest of each.

    Too many failures in a row end a phase, and what is left of it is tried from its other end,
    after the rest. If that ends so too, the remainder is left for another run.
    """

    def __init__(self, catalog: Catalog, lane: Lane, said: ProfileAudio, retries: int) -> None:
        self.lane = lane
        self.said = said
        self._catalog = catalog
        self._retries = retries
        self._phases = [Phase(again=True), Phase(again=False)]
        self._phase = self._phases[0]
        self._jobs: Iterator[Job] = iter(())
        self._open: set[int] = set()
        """Recordings that were put in and of which the catalog does not know yet."""
        self._skipped: frozenset[int] = frozenset()
        self._streak = 0
        self._pending: list[Failed] = []
        """Failures of a streak: whose they are is known at its end."""
        self._reason: ProviderError | None = None

    def feed(self) -> None:
        """Put in as many jobs as the lane takes."""
        while self.lane.hungry:
            job = next(self._jobs, None)
            if job is None and not self._phases:
                return
            if job is None:
                self._begin(self._phases.pop(0))
            elif job.number not in self._skipped:
                self._open.add(job.number)
                self.lane.put(job)

    def known(self, jobs: Iterable[Job]) -> None:
        """Note that the catalog knows what became of these."""
        self._open.difference_update(job.number for job in jobs)

    def well(self) -> list[Failed]:
        """Note that the provider answered; return the failures that were the recordings' own."""
        self._streak = 0
        counted, self._pending = self._pending, []
        return counted

    def badly(self, failed: Failed, longest: int) -> None:
        """Note a failure that may be everybody's; after `longest` in a row its phase ends."""
        if longest == 1:  # a login: no recording was asked for
            self._reason = self._reason or failed.error
            self._end(for_good=True)
            return
        self._pending.append(failed)
        if failed.job.phase != self._phase:
            return
        self._streak += 1
        if self._streak >= longest:
            self._reason = failed.error
            self._end(for_good=False)

    def rest(self) -> list[Failed]:
        """Return the failures at the end, when nothing came after them that tells whose they are.

        If others were left for them, a recording that failed for the first time goes uncounted.
        """
        if self.said.error is None:
            return self.well()
        return [
            Failed(each.job, each.state, each.error, counted=each.job.phase.again)
            for each in self.well()
        ]

    def say_why(self) -> None:
        """Say why recordings were left, if any were."""
        if self.said.left and self.said.error is None:
            self.said.error = self._reason

    def _begin(self, phase: Phase) -> None:
        self._phase, self._streak = phase, 0
        self._skipped = frozenset(self._open)
        self._jobs = states.jobs(self._catalog, self.said.profile, phase, self._retries)

    def _end(self, *, for_good: bool) -> None:
        """End a phase before its time."""
        self._streak = 0
        self._jobs = iter(())
        self._open.difference_update(job.number for job in self.lane.skip())
        if not self._phase.backwards:
            self._phases.append(Phase(self._phase.again, backwards=True))
        if for_good or not self._phases:
            self._phases = []
            self.said.error = self._reason
            self.lane.stop()
