"""One profile's downloads: a queue, and as many threads as the provider takes.

The threads touch the network and partial files only; the catalog belongs to whoever feeds them.
"""

import queue
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from recli.archive.download import download
from recli.archive.partial import Fetched, Part, left_whole
from recli.archive.states import Job
from recli.transport.gate import Stopped
from recli.transport.transport import Transport

_DEEP = 2
"""Jobs that wait for each thread, so that none is idle while a group of files is stored."""
_CHECKING = 4
"""Threads beyond those that may be on the line, at most: they check and bring to the disk."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job: a whole file, or an error; neither if it was not tried."""

    job: Job
    fetched: Fetched | None = None
    error: BaseException | None = None


class Lane:
    """Download one profile's jobs; what comes of each is put to `report`, from any thread.

    `left` are the files that earlier runs left whole, by the keys of their jobs.
    """

    def __init__(
        self,
        transport: Transport,
        partial: Path,
        left: Mapping[str, Path],
        report: Callable[["Lane", Done], None],
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
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._stopped = Event()
        self._threads: list[Thread] = []

    @property
    def hungry(self) -> bool:
        """Say whether another job may be put in: memory stays flat."""
        return self.under_way < self._parallel * (1 + _DEEP) and not self._stopped.is_set()

    def put(self, job: Job) -> None:
        """Put a job in."""
        self.under_way += 1
        if len(self._threads) < self._parallel:
            name = f"recli-audio-{self.profile}-{len(self._threads) + 1}"
            thread = Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def skip(self) -> list[Job]:
        """Take out again what waits here, and return it; for the feeding thread."""
        waiting: list[Job] = []
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

    def _done(self, job: Job) -> Done:
        if self._stopped.is_set():
            return Done(job)
        part = Part(self._partial, job.key, self.transport.provider.name)
        try:
            if job.key in self._left:
                return Done(job, left_whole(self._left[job.key]))
            return Done(job, download(self.transport, job.row, part, self._going_on))
        except Stopped:
            return Done(job)
        except BaseException as error:  # noqa: BLE001  # it is the feeding thread's to judge
            return Done(job, error=error)

    def _going_on(self) -> None:
        if self._stopped.is_set():
            raise Stopped
