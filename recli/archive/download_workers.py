"""Threads that download one profile's audio."""

import queue
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from recli.archive.audio_download import download
from recli.archive.audio_queue import DownloadTask
from recli.archive.partial import DownloadedFile, PartialDownload, completed_file
from recli.transport.client import Client
from recli.transport.rate_limiter import Stopped

_WAITING_PER_THREAD = 2
"""Tasks that wait for each thread, so that none is idle while a batch of files is stored."""
_CHECKING_THREADS = 4
"""Threads beyond those that may send, at most: they check files and flush them to the disk."""


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """What came of a task: a whole file, or an error; neither if it was not tried."""

    task: DownloadTask
    file: DownloadedFile | None = None
    error: BaseException | None = None


class DownloadWorkers:
    """Run download tasks, and pass what comes of each to `report`, from any thread.

    `completed` are the files that earlier runs downloaded whole, by the keys of their tasks. All
    methods are for the thread that feeds the workers.
    """

    def __init__(
        self,
        client: Client,
        partial: Path,
        completed: Mapping[str, Path],
        report: Callable[[str, DownloadResult], None],
    ) -> None:
        self.client = client
        self.profile = client.provider.profile
        self.unreported = 0
        """Tasks that were submitted and whose result the feeding thread has not taken."""
        self._partial = partial
        self._completed = completed
        self._report = report
        sending = max(1, client.media_parallel)
        self._parallel = sending + min(sending, _CHECKING_THREADS)
        self._tasks: queue.Queue[DownloadTask | None] = queue.Queue()
        self._stopped = Event()
        self._threads: list[Thread] = []

    @property
    def has_capacity(self) -> bool:
        """Return whether another task may be submitted: memory stays flat."""
        most = self._parallel * (1 + _WAITING_PER_THREAD)
        return self.unreported < most and not self._stopped.is_set()

    def submit(self, task: DownloadTask) -> None:
        """Queue a task."""
        self.unreported += 1
        if len(self._threads) < self._parallel:
            name = f"recli-audio-{self.profile}-{len(self._threads) + 1}"
            thread = Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._tasks.put(task)

    def cancel_pending(self) -> list[DownloadTask]:
        """Take tasks that no thread has begun out of the queue, and return them."""
        pending: list[DownloadTask] = []
        with suppress(queue.Empty):
            while (task := self._tasks.get_nowait()) is not None:
                pending.append(task)
        self.unreported -= len(pending)
        return pending

    def stop(self) -> None:
        """Begin nothing more; running downloads end soon, the rest is reported untried."""
        self._stopped.set()

    def close(self, timeout_s: float) -> None:
        """End the threads; one that waits for an answer for longer is left behind."""
        self.stop()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(timeout_s / len(self._threads))

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            self._report(self.profile, self._run(task))

    def _run(self, task: DownloadTask) -> DownloadResult:
        part = PartialDownload(self._partial, task.key, self.client.provider.name)
        try:
            self._check_cancelled()
            if task.key in self._completed:
                return DownloadResult(task, completed_file(self._completed[task.key]))
            file = download(self.client, task.row, part, self._check_cancelled)
            return DownloadResult(task, file)
        except Stopped:
            return DownloadResult(task)
        except BaseException as error:  # noqa: BLE001  # it is the feeding thread's to judge
            return DownloadResult(task, error=error)

    def _check_cancelled(self) -> None:
        if self._stopped.is_set():
            raise Stopped
