"""In which order a profile's audio is fetched, and when to stop.

A provider that is down, or refuses everything, costs a few attempts, and no recording that failed
for the first time one of its runs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from recli.archive import audio_queue
from recli.archive.audio_queue import AudioState, DownloadTask, QueuePass
from recli.archive.audio_result import ProfileAudio
from recli.archive.catalog import Catalog
from recli.archive.download_workers import DownloadWorkers
from recli.errors import Denied, Gone, NotReady, ProviderError, Refused, Transient
from recli.transport.client import Client
from recli.wire import QueryToken

_UNAVAILABLE_LIMIT, _DENIED_LIMIT = 3, 20
"""So many failures in a row for such a reason mean that all others would fail too."""


@dataclass(frozen=True, slots=True)
class DownloadFailure:
    """A recording whose audio was not to be had; `counted` if the cause may be the recording."""

    task: DownloadTask
    error: ProviderError
    counted: bool = True

    @property
    def state(self) -> AudioState:
        """Return what the error makes of the recording's audio."""
        if isinstance(self.error, Gone):
            return AudioState.MISSING
        return AudioState.NOT_READY if isinstance(self.error, NotReady) else AudioState.FAILED

    @property
    def is_recording_s(self) -> bool:
        """Return whether the error is about this recording, as far as it tells."""
        is_transient = isinstance(self.error.__cause__, Transient)
        return not (is_transient or isinstance(self.error, Refused | Denied))


class DownloadSchedule:
    """Submit one profile's tasks: earlier failures first, then what was never tried, by start.

    Too many failures in a row end a pass; what is left of it is tried after the other one, the
    newest first. If that ends so too, the remainder is left for another run.
    """

    def __init__(
        self, catalog: Catalog, workers: DownloadWorkers, result: ProfileAudio, retries: int
    ) -> None:
        self.workers = workers
        self.result = result
        self._catalog = catalog
        self._retries = retries
        self._passes = [QueuePass(retry=True), QueuePass(retry=False)]
        self._pass = self._passes[0]
        self._tasks: Iterator[DownloadTask] = iter(())
        self._unsaved: set[int] = set()
        """Recordings that were submitted and whose outcome the catalog does not have yet."""
        self._skipped: frozenset[int] = frozenset()
        self._streak = 0
        self._undecided: list[DownloadFailure] = []
        """Failures in a row, whose cause may be the provider or the recordings."""
        self._reason: ProviderError | None = None

    def feed(self) -> None:
        """Submit as many tasks as the workers take."""
        while self.workers.has_capacity:
            task = next(self._tasks, None)
            if task is not None:
                if task.number not in self._skipped:
                    self._unsaved.add(task.number)
                    self.workers.submit(task)
            elif self._passes:
                self._pass, self._streak = self._passes.pop(0), 0
                self._skipped = frozenset(self._unsaved)
                self._tasks = audio_queue.download_tasks(
                    self._catalog, self.result.profile, self._pass, self._retries
                )
            else:
                return

    def mark_saved(self, tasks: Iterable[DownloadTask]) -> None:
        """Note that the catalog has the outcome of these tasks."""
        self._unsaved.difference_update(task.number for task in tasks)

    def record_success(self) -> list[DownloadFailure]:
        """Note that the provider answered; return the failures that were the recordings' own."""
        self._streak = 0
        failures, self._undecided = self._undecided, []
        return failures

    def record_failure(self, failure: DownloadFailure) -> list[DownloadFailure]:
        """Note a failure; return the failures that are decided after it."""
        limit = failure_limit(failure.error, self.workers.client)
        if failure.state is AudioState.MISSING:
            return [failure]
        if limit is None:
            return [*self.record_success(), failure]
        if limit == 1:  # the login was refused, not the recording
            self._reason = self._reason or failure.error
            self._end_pass(stop=True)
            return []
        self._undecided.append(failure)
        if failure.task.queue_pass == self._pass:
            self._streak += 1
            if self._streak >= limit:
                self._reason = failure.error
                self._end_pass(stop=False)
        return []

    def flush_failures(self) -> list[DownloadFailure]:
        """Return the failures that are undecided at the end.

        If others were not tried because of them, those of a first attempt go uncounted.
        """
        failures = self.record_success()
        if self.result.error is None:
            return failures
        return [replace(failure, counted=failure.task.queue_pass.retry) for failure in failures]

    def set_stop_reason(self) -> None:
        """Set the result's error if recordings were left."""
        if self.result.left and self.result.error is None:
            self.result.error = self._reason

    def _end_pass(self, *, stop: bool) -> None:
        """Cancel the rest of a pass; `stop` leaves the remainder for another run."""
        self._streak = 0
        self._tasks = iter(())
        self.mark_saved(self.workers.cancel_pending())
        if not self._pass.newest_first:
            self._passes.append(replace(self._pass, newest_first=True))
        if stop or not self._passes:
            self._passes = []
            self.result.error = self._reason
            self.workers.stop()


def failure_limit(error: ProviderError, client: Client) -> int | None:
    """Return after how many such errors in a row a profile's other recordings are left.

    None: it says nothing of the others. A login that was refused must not be tried again.
    """
    if isinstance(error, Refused):
        return 1 if isinstance(client.provider.auth, QueryToken) else _DENIED_LIMIT
    if isinstance(error, Denied):
        return _DENIED_LIMIT
    return _UNAVAILABLE_LIMIT if isinstance(error.__cause__, Transient) else None
