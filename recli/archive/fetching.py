"""All wanted audio of all profiles: fed to the lanes, and stored in groups as it comes.

A provider that is down, or refuses everything, costs a few tries, and no recording that failed
for the first time one of its runs.
"""

import queue
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from recli.archive import states
from recli.archive.catalog import Catalog
from recli.archive.course import Course, Failed
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
        self._courses: dict[str, Course] = {}
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
            self._courses[name] = Course(self._catalog, lane, said, self._retries)
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
        rest = [each for course in self._courses.values() for each in course.rest()]
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

    def _judged(self, course: Course, job: Job, error: ProviderError) -> list[Failed]:
        """Return the failures that are certain after one more."""
        state = AudioState.FAILED
        if isinstance(error, Gone):
            state = AudioState.GONE
        elif isinstance(error, NotReady):
            state = AudioState.NOT_READY
        longest = longest_streak(error, course.lane.transport)
        if longest is None:
            return [*course.well(), Failed(job, state, error)]
        course.badly(Failed(job, state, error), longest)
        return []

    def _store(self, files: list[tuple[Job, Fetched]], failures: list[Failed]) -> None:
        if not files and not failures:
            return
        now = datetime.fromtimestamp(self._now_s(), UTC)

        def notes() -> None:
            for each in failures:
                early = to_ms(now) - each.job.first_seen_ms < _PATIENCE_MS
                counted = each.counted and (each.state is AudioState.FAILED or not early)
                problem = self._redact(each.error.message)
                states.failed(self._catalog, each.job.number, each.state, problem, counted=counted)

        self._storing.store(files, now, notes)
        for job, fetched in files:
            said = self.outcome.profiles[job.row.profile]
            said.stored += 1
            said.bytes += fetched.bytes
        for each in failures:
            said = self.outcome.profiles[each.job.row.profile]
            if each.state is AudioState.NOT_READY:
                said.not_ready += 1
                continue
            said.gone += each.state is AudioState.GONE
            said.failed += each.state is AudioState.FAILED
            said.tell(Failure(each.job.row.id, self._redact(each.error.message)))
        for course in self._courses.values():
            course.known(job for job, _ in files)
            course.known(each.job for each in failures)

    def _count(self) -> None:
        """Complete the outcome with what the catalog knows."""
        for name, said in self.outcome.profiles.items():
            standing = states.standing(self._catalog, name, self._retries)
            said.given_up = standing.given_up
            tried = said.stored + said.failed + said.gone + said.not_ready
            said.left = max(0, said.planned - tried)
            self._courses[name].say_why()
