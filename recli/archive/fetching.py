"""All wanted audio of all profiles: fed to the lanes, and stored in groups as it comes.

What failed before comes first, then the oldest. A provider that is down, or refuses everything,
costs a few tries and no recording one of its runs.
"""

import queue
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from recli.archive import states
from recli.archive.catalog import Catalog
from recli.archive.lane import Done, Lane
from recli.archive.layout import make_folder, naming
from recli.archive.outcome import AudioOutcome, Failure, ProfileAudio, longest_streak
from recli.archive.partial import Fetched
from recli.archive.rows import to_ms
from recli.archive.states import AudioState, Job
from recli.archive.storing import Storing
from recli.errors import Gone, NotReady, ProviderError
from recli.transport.transport import Transport

_GROUP = 64
"""Files stored at once, at most: they share the waiting for the disk."""
_GATHER_S = 0.25
"""How long a whole file waits for others; it is safe meanwhile."""
_PATIENCE_MS = 48 * 3600 * 1000
"""Audio that is not ready counts as failed only so long after its recording was first seen."""
_CLOSING_S = 1.0
Failed = tuple[Job, AudioState, ProviderError]


class _Course:
    """One profile's way through its recordings, phase by phase.

    Too many failures in a row end a phase. When the last one ended so, the provider may be down:
    the rest is left for another run.
    """

    def __init__(self, catalog: Catalog, lane: Lane, said: ProfileAudio, retries: int) -> None:
        self.lane = lane
        self.said = said
        self._catalog = catalog
        self._retries = retries
        self._phase = Phase.AGAIN
        self._phases = [Phase.AGAIN, Phase.OLDEST]
        self._jobs: Iterator[Job] = iter(())
        self._fed: Job | None = None
        self._streak = 0
        self.pending: list[Failed] = []
        """Failures of a streak: whether they count is known at its end."""

    def feed(self) -> None:
        """Put in as many jobs as the lane takes."""
        while self.lane.hungry:
            job = next(self._jobs, None)
            if job is not None:
                self._fed = job
                self.lane.put(job)
            elif self._phases:
                self._begin(self._phases.pop(0))
            else:
                return

    def well(self) -> list[Failed]:
        """Note that the provider answered; return the failures that were the recordings' own."""
        self._streak = 0
        counted, self.pending = self.pending, []
        return counted

    def badly(self, failed: Failed, longest: int) -> None:
        """Note a failure that may be everybody's; after too many in a row its phase ends."""
        job, _, error = failed
        if self.said.error is not None and longest == 1:
            return  # the first one was refused, this one not even sent
        self.pending.append(failed)
        if job.phase is not self._phase:
            return
        self._streak += 1
        if self._streak < longest:
            return
        self._streak = 0
        self._jobs = iter(())
        if self._phase is Phase.OLDEST and longest > 1:
            self._phases = [Phase.NEWEST]
        if self._phases and longest > 1:
            self.lane.skip()
        else:
            self._phases = []
            self.said.error = error
            self.lane.stop()

    def _begin(self, phase: Phase) -> None:
        self._phase, self._streak = phase, 0
        above = {"above": self._fed.place} if phase is Phase.NEWEST and self._fed else {}
        self._jobs = states.jobs(
            self._catalog, self.said.profile, phase, retries=self._retries, **above
        )


class Fetching:
    """Fetch audio for an archive; for the one thread that has the catalog."""

    def __init__(  # noqa: PLR0913  # what a run may want different, by name
        self,
        catalog: Catalog,
        storing: Storing,
        retries: int,
        *,
        redact: Callable[[str], str],
        progress: Callable[[AudioOutcome], None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._storing = storing
        self._retries = retries
        self._redact = redact
        self._progress = progress
        self._now_s = now_s
        self._done: queue.SimpleQueue[tuple[Lane, Done]] = queue.SimpleQueue()
        self._courses: dict[str, _Course] = {}
        self.outcome = AudioOutcome()

    def run(self, transports: Mapping[str, Transport], left: Mapping[str, Path]) -> AudioOutcome:
        """Fetch until nothing is wanted; `OutputError` if the disk refuses, all else whole.

        `left` are the files that earlier runs left whole.
        """
        partial = self._catalog.layout.partial
        for transport in transports.values():
            name = transport.provider.profile
            standing = states.standing(self._catalog, name, self._retries)
            said = ProfileAudio(name, standing.wanted, unfinished=standing.unfinished)
            self.outcome.profiles[name] = said
            lane = Lane(transport, partial, left, lambda *done: self._done.put(done))
            self._courses[name] = _Course(self._catalog, lane, said, self._retries)
            if standing.wanted:
                with naming(self._catalog.layout.folder):
                    make_folder(partial)
        try:
            self._go_on()
        finally:
            for course in self._courses.values():
                course.lane.stop()
            for course in self._courses.values():
                course.lane.close(_CLOSING_S)
        self._count()
        return self.outcome

    def _go_on(self) -> None:
        fatal: BaseException | None = None
        while True:
            if fatal is None:
                for course in self._courses.values():
                    course.feed()
            if not self._under_way:
                break
            files, failures, problem = self._group()
            if problem is not None and fatal is None:
                fatal = problem
                for course in self._courses.values():
                    course.lane.stop()
            self._store(files, failures)
            self._progress(self.outcome)
        if fatal is not None:
            raise fatal
        rest = [each for course in self._courses.values() for each in self._rest(course)]
        self._store([], rest)

    def _group(
        self,
    ) -> tuple[list[tuple[Job, Fetched]], list[Failed], BaseException | None]:
        """Wait for what comes, and take what has come by then."""
        files: list[tuple[Job, Fetched]] = []
        failures: list[Failed] = []
        fatal: BaseException | None = None
        until_s = None
        while len(files) + len(failures) < _GROUP and self._under_way and fatal is None:
            now_s = time.monotonic()
            until_s = now_s + _GATHER_S if until_s is None and (files or failures) else until_s
            try:
                wait_s = None if until_s is None else max(until_s - now_s, 0)
                lane, done = self._done.get(timeout=wait_s)
            except queue.Empty:
                break
            lane.under_way -= 1
            course = self._courses[lane.profile]
            if done.fetched is not None:
                files.append((done.job, done.fetched))
                failures += course.well()
            elif isinstance(done.error, ProviderError):
                failures += self._judged(course, done.job, done.error)
            else:
                fatal = done.error
            course.feed()
        return files, failures, fatal

    @property
    def _under_way(self) -> bool:
        return any(course.lane.under_way for course in self._courses.values())

    def _judged(self, course: _Course, job: Job, error: ProviderError) -> list[Failed]:
        """Return the failures that are certain after one more."""
        state = AudioState.FAILED
        if isinstance(error, Gone):
            state = AudioState.GONE
        elif isinstance(error, NotReady):
            state = AudioState.NOT_READY
        longest = longest_streak(error, course.lane.transport)
        if longest is None:
            return [*course.well(), (job, state, error)]
        course.badly((job, state, error), longest)
        return []

    def _rest(self, course: _Course) -> list[Failed]:
        """Return the failures at the end, once nothing more will tell whose they are."""
        return course.well()

    def _store(self, files: list[tuple[Job, Fetched]], failures: list[Failed]) -> None:
        if not files and not failures:
            return
        now = datetime.fromtimestamp(self._now_s(), UTC)

        def notes() -> None:
            for job, state, error in failures:
                early = to_ms(now) - job.first_seen_ms < _PATIENCE_MS
                counted = state is AudioState.FAILED or not early
                problem = self._redact(error.message)
                states.failed(self._catalog, job.number, state, problem, counted=counted)

        self._storing.store(files, now, notes)
        for job, fetched in files:
            said = self.outcome.profiles[job.row.profile]
            said.stored += 1
            said.bytes += fetched.bytes
        for job, state, error in failures:
            said = self.outcome.profiles[job.row.profile]
            if state is AudioState.NOT_READY:
                said.not_ready += 1
                continue
            said.gone += state is AudioState.GONE
            said.failed += state is AudioState.FAILED
            said.tell(Failure(job.row.id, self._redact(error.message)))

    def _count(self) -> None:
        """Complete the outcome with what the catalog knows."""
        for name, said in self.outcome.profiles.items():
            standing = states.standing(self._catalog, name, self._retries)
            said.given_up = standing.given_up
            tried = said.stored + said.failed + said.gone + said.not_ready
            said.left = max(0, said.planned - tried)
