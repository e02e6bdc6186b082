"""All wanted audio of all profiles: fed to the lanes, and stored in groups as it comes.

A provider that is down, or refuses everything, costs a few tries, and no recording that failed
for the first time one of its runs.
"""

import queue
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from recli.archive import audio_queue
from recli.archive.audio_download import download
from recli.archive.audio_queue import AudioState, DownloadTask, QueuePass
from recli.archive.audio_result import AudioFailure, AudioResult, ProfileAudio, longest_streak
from recli.archive.audio_store import AudioStore
from recli.archive.catalog import Catalog
from recli.archive.layout import as_output_error
from recli.archive.partial import DownloadedFile, PartialDownload, completed_file
from recli.archive.rows import to_ms
from recli.errors import Gone, NotReady, ProviderError
from recli.files import make_private_folder
from recli.transport.client import Client
from recli.transport.rate_limiter import Stopped

_DEEP = 2
"""Jobs that wait for each thread, so that none is idle while a group of files is stored."""
_CHECKING = 4
"""Threads beyond those that may be on the line, at most: they check and bring to the disk."""


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """What came of a job: a whole file, or an error; neither if it was not tried."""

    job: DownloadTask
    fetched: DownloadedFile | None = None
    error: BaseException | None = None


class DownloadWorkers:
    """Download one profile's jobs; what comes of each is put to `report`, from any thread.

    `left` are the files that earlier runs left whole, by the keys of their jobs.
    """

    def __init__(
        self,
        transport: Client,
        partial: Path,
        left: Mapping[str, Path],
        report: Callable[["DownloadWorkers", DownloadResult], None],
    ) -> None:
        self.transport = transport
        self.profile = transport.provider.profile
        self.under_way = 0
        """Jobs that were put in and have not been taken up; for the feeding thread."""
        self._partial = partial
        self._left = left
        self._report = report
        on_the_line = max(1, transport.media_parallel)
        self._parallel = on_the_line + min(on_the_line, _CHECKING)
        self._jobs: queue.Queue[DownloadTask | None] = queue.Queue()
        self._stopped = Event()
        self._threads: list[Thread] = []

    @property
    def hungry(self) -> bool:
        """Say whether another job may be put in: memory stays flat."""
        return self.under_way < self._parallel * (1 + _DEEP) and not self._stopped.is_set()

    def put(self, job: DownloadTask) -> None:
        """Put a job in."""
        self.under_way += 1
        if len(self._threads) < self._parallel:
            name = f"recli-audio-{self.profile}-{len(self._threads) + 1}"
            thread = Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def skip(self) -> list[DownloadTask]:
        """Take out again what waits here, and return it; for the feeding thread."""
        waiting: list[DownloadTask] = []
        with suppress(queue.Empty):
            while (job := self._jobs.get_nowait()) is not None:
                waiting.append(job)
        self.under_way -= len(waiting)
        return waiting

    def stop(self) -> None:
        """Try nothing more; what is under way ends soon, the rest is reported untried."""
        self._stopped.set()

    def close(self, timeout_s: float) -> None:
        """End the threads; one that is silent on the line for longer is left to itself."""
        self.stop()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout_s / len(self._threads))

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._report(self, self._done(job))

    def _done(self, job: DownloadTask) -> DownloadResult:
        if self._stopped.is_set():
            return DownloadResult(job)
        part = PartialDownload(self._partial, job.key, self.transport.provider.name)
        try:
            if job.key in self._left:
                return DownloadResult(job, completed_file(self._left[job.key]))
            return DownloadResult(job, download(self.transport, job.row, part, self._going_on))
        except Stopped:
            return DownloadResult(job)
        except BaseException as error:  # noqa: BLE001  # it is the feeding thread's to judge
            return DownloadResult(job, error=error)

    def _going_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped


@dataclass(frozen=True, slots=True)
class DownloadFailure:
    """A recording whose audio was not to be had; `counted` if it may be the recording's own."""

    job: DownloadTask
    state: AudioState
    error: ProviderError
    counted: bool = True


class DownloadSchedule:
    """What failed before comes first, then what was never tried, the oldest of each.

    Too many failures in a row end a phase, and what is left of it is tried from its other end,
    after the rest. If that ends so too, the remainder is left for another run.
    """

    def __init__(
        self, catalog: Catalog, lane: DownloadWorkers, said: ProfileAudio, retries: int
    ) -> None:
        self.lane = lane
        self.said = said
        self._catalog = catalog
        self._retries = retries
        self._phases = [QueuePass(again=True), QueuePass(again=False)]
        self._phase = self._phases[0]
        self._jobs: Iterator[DownloadTask] = iter(())
        self._open: set[int] = set()
        """Recordings that were put in and of which the catalog does not know yet."""
        self._skipped: frozenset[int] = frozenset()
        self._streak = 0
        self._pending: list[DownloadFailure] = []
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

    def known(self, jobs: Iterable[DownloadTask]) -> None:
        """Note that the catalog knows what became of these."""
        self._open.difference_update(job.number for job in jobs)

    def well(self) -> list[DownloadFailure]:
        """Note that the provider answered; return the failures that were the recordings' own."""
        self._streak = 0
        counted, self._pending = self._pending, []
        return counted

    def badly(self, failed: DownloadFailure, longest: int) -> None:
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

    def rest(self) -> list[DownloadFailure]:
        """Return the failures at the end, when nothing came after them that tells whose they are.

        If others were left for them, a recording that failed for the first time goes uncounted.
        """
        if self.said.error is None:
            return self.well()
        return [
            DownloadFailure(each.job, each.state, each.error, counted=each.job.phase.again)
            for each in self.well()
        ]

    def say_why(self) -> None:
        """Say why recordings were left, if any were."""
        if self.said.left and self.said.error is None:
            self.said.error = self._reason

    def _begin(self, phase: QueuePass) -> None:
        self._phase, self._streak = phase, 0
        self._skipped = frozenset(self._open)
        self._jobs = audio_queue.download_tasks(
            self._catalog, self.said.profile, phase, self._retries
        )

    def _end(self, *, for_good: bool) -> None:
        """End a phase before its time."""
        self._streak = 0
        self._jobs = iter(())
        self._open.difference_update(job.number for job in self.lane.skip())
        if not self._phase.backwards:
            self._phases.append(QueuePass(self._phase.again, backwards=True))
        if for_good or not self._phases:
            self._phases = []
            self.said.error = self._reason
            self.lane.stop()


_GROUP = 64
"""Files stored at once, at most: they share the waiting for the disk."""
_GATHER_S = 0.25
"""How long a whole file waits for others; it is safe meanwhile."""
_PATIENCE_MS = 48 * 3600 * 1000
"""Audio that is not ready counts as failed only so long after its recording was first seen."""
_CLOSING_S = 1.0


class AudioDownloader:
    """Fetch audio for an archive; for the one thread that has the catalog."""

    def __init__(  # noqa: PLR0913  # what a run may want different, by name
        self,
        catalog: Catalog,
        storing: AudioStore,
        retries: int,
        *,
        redact: Callable[[str], str],
        progress: Callable[[AudioResult], None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._storing = storing
        self._retries = retries
        self._redact = redact
        self._progress = progress
        self._now_s = now_s
        self._done: queue.SimpleQueue[tuple[DownloadWorkers, DownloadResult]] = queue.SimpleQueue()
        self._courses: dict[str, DownloadSchedule] = {}
        self.outcome = AudioResult()

    def run(self, transports: Mapping[str, Client], left: Mapping[str, Path]) -> AudioResult:
        """Fetch until nothing is wanted; `OutputError` if the disk refuses, all else whole.

        `left` are the files that earlier runs left whole.
        """
        partial = self._catalog.layout.partial
        for transport in transports.values():
            name = transport.provider.profile
            standing = audio_queue.audio_counts(self._catalog, name, self._retries)
            said = ProfileAudio(name, standing.wanted, unfinished=standing.unfinished)
            self.outcome.profiles[name] = said
            lane = DownloadWorkers(transport, partial, left, lambda *done: self._done.put(done))
            self._courses[name] = DownloadSchedule(self._catalog, lane, said, self._retries)
            if standing.wanted:
                with as_output_error(self._catalog.layout.folder):
                    make_private_folder(partial)
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
    ) -> tuple[
        list[tuple[DownloadTask, DownloadedFile]], list[DownloadFailure], BaseException | None
    ]:
        """Wait for what comes, and take what has come by then."""
        files: list[tuple[DownloadTask, DownloadedFile]] = []
        failures: list[DownloadFailure] = []
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

    def _judged(
        self, course: DownloadSchedule, job: DownloadTask, error: ProviderError
    ) -> list[DownloadFailure]:
        """Return the failures that are certain after one more."""
        state = AudioState.FAILED
        if isinstance(error, Gone):
            state = AudioState.GONE
        elif isinstance(error, NotReady):
            state = AudioState.NOT_READY
        longest = longest_streak(error, course.lane.transport)
        if longest is None:
            return [*course.well(), DownloadFailure(job, state, error)]
        course.badly(DownloadFailure(job, state, error), longest)
        return []

    def _store(
        self, files: list[tuple[DownloadTask, DownloadedFile]], failures: list[DownloadFailure]
    ) -> None:
        if not files and not failures:
            return
        now = datetime.fromtimestamp(self._now_s(), UTC)

        def notes() -> None:
            for each in failures:
                early = to_ms(now) - each.job.first_seen_ms < _PATIENCE_MS
                counted = each.counted and (each.state is AudioState.FAILED or not early)
                problem = self._redact(each.error.message)
                audio_queue.failed(
                    self._catalog, each.job.number, each.state, problem, counted=counted
                )

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
            said.tell(AudioFailure(each.job.row.id, self._redact(each.error.message)))
        for course in self._courses.values():
            course.known(job for job, _ in files)
            course.known(each.job for each in failures)

    def _count(self) -> None:
        """Complete the outcome with what the catalog knows."""
        for name, said in self.outcome.profiles.items():
            standing = audio_queue.audio_counts(self._catalog, name, self._retries)
            said.given_up = standing.given_up
            tried = said.stored + said.failed + said.gone + said.not_ready
            said.left = max(0, said.planned - tried)
            self._courses[name].say_why()
