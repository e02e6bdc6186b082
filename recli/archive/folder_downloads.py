"""Audio into a plain folder, while the listing goes on: one queue for each profile.

What fails is told and left for another run of the same command.
"""

import queue
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from recli.archive.audio_folder import AudioFolder
from recli.archive.audio_queue import AudioState, DownloadTask
from recli.archive.audio_result import AudioFailure, AudioResult, ProfileAudio
from recli.archive.download_schedule import DownloadFailure, failure_limit
from recli.archive.download_workers import DownloadResult, DownloadWorkers
from recli.archive.partial import DownloadedFile
from recli.archive.rows import to_ms
from recli.errors import Denied, ExitCode, NotReady, ProviderError, Refused
from recli.model import Recording, State
from recli.transport.client import Client

_CLOSE_TIMEOUT_S = 1.0
_MOST_WAITING = 50_000
"""Rows of all profiles that may wait for their turn: beyond it the listing waits too."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A recording's audio that was stored by this run."""

    row: Recording
    path: Path
    bytes: int
    sha256: str


@dataclass(slots=True)
class _ProfileQueue:
    """One profile's rows that wait, the threads that fetch them, and how it goes."""

    workers: DownloadWorkers
    result: ProfileAudio
    waiting: deque[DownloadTask] = field(default_factory=deque)
    streak: int = 0
    may_turn: bool = True

    def feed(self) -> None:
        while self.waiting and self.workers.has_capacity:
            self.workers.submit(self.waiting.popleft())

    def record_failure(self, error: ProviderError) -> None:
        """Note a failure; too many in a row turn the queue round, and end it the second time."""
        limit = failure_limit(error, self.workers.client)
        self.streak = 0 if limit is None else self.streak + 1
        if limit is None or self.streak < limit:
            return
        self.waiting.extendleft(reversed(self.workers.cancel_pending()))
        if self.may_turn and limit > 1:  # a login that was refused must not be tried again
            self.waiting.reverse()
            self.may_turn, self.streak = False, 0
            return
        self.result.error = self.result.error or error
        self.waiting.clear()
        self.workers.stop()


class FolderDownloader:
    """A `Writer` of rows that fetches their audio; for the thread that has the folder.

    `on_stored` is called for each file, `progress` after each group of results; `redact` hides
    secrets in messages. A recording that is still going on is left out, but fails if the rows were
    asked for `by_id`.
    """

    def __init__(  # noqa: PLR0913  # what a run may want different, by name
        self,
        folder: AudioFolder,
        clients: Mapping[str, Client],
        *,
        on_stored: Callable[[StoredFile], None],
        progress: Callable[[AudioResult], None],
        redact: Callable[[str], str],
        by_id: bool = False,
    ) -> None:
        self.written = 0
        self._by_id = by_id
        self.result = AudioResult()
        self.errors: list[ProviderError] = []
        """Why audio was not to be had, one error for each recording."""
        self._folder = folder
        self._on_stored = on_stored
        self._progress = progress
        self._redact = redact
        self._reports: queue.SimpleQueue[tuple[str, DownloadResult]] = queue.SimpleQueue()
        self._keys: set[str] = set()
        completed = folder.completed()
        self._queues = {}
        for name, client in clients.items():
            workers = DownloadWorkers(
                client, folder.partial, completed, lambda *report: self._reports.put(report)
            )
            result = self.result.profiles[name] = ProfileAudio(name)
            self._queues[name] = _ProfileQueue(workers, result)

    def write(self, rows: Iterable[Recording]) -> None:
        """Queue the audio of rows that have none in the folder, and store what came meanwhile."""
        for row in rows:
            self.written += 1
            self._add(row)
        self._collect(block=False)
        while sum(len(each.waiting) for each in self._queues.values()) > _MOST_WAITING:
            self._collect(block=True)  # those that wait have others of theirs under way
        self._progress(self.result)

    def close(self) -> None:
        """Fetch and store all that is queued."""
        while any(each.workers.unreported for each in self._queues.values()):
            self._collect(block=True)
            self._progress(self.result)
        for each in self._queues.values():
            result = each.result
            tried = result.stored + result.present + result.failed + result.gone
            result.left = result.planned - tried

    def stop(self) -> None:
        """End all downloads soon: what is stored is whole."""
        for each in self._queues.values():
            each.workers.stop()
        for each in self._queues.values():
            each.workers.close(_CLOSE_TIMEOUT_S)

    def _add(self, row: Recording) -> None:
        each = self._queues[row.profile]
        is_unfinished = row.state in {State.RECORDING, State.SAVING}
        if is_unfinished and not self._by_id:
            each.result.unfinished += 1
            return
        identity = each.workers.client.provider.identity(row.id)
        number = to_ms(row.started_at) if row.started_at is not None else 0
        task = DownloadTask(number, identity, row)
        if task.key in self._keys:
            return
        self._keys.add(task.key)
        each.result.planned += 1
        if is_unfinished:
            error = NotReady(row.provider, "is still recording it")
            self._record(each, DownloadFailure(task, error))
            return
        if self._folder.find(task) is not None:
            each.result.present += 1
            return
        if each.result.error is None:
            each.waiting.append(task)
            each.feed()

    def _collect(self, *, block: bool) -> None:
        """Take a result if there is one, or wait for it, and those that are there with it."""
        while any(each.workers.unreported for each in self._queues.values()):
            try:
                profile, result = self._reports.get(block)
            except queue.Empty:
                break
            block = False
            each = self._queues[profile]
            each.workers.unreported -= 1
            if result.file is not None:
                each.streak = 0
                self._store(each, result.task, result.file)
            elif isinstance(result.error, ProviderError):
                self._record(each, DownloadFailure(result.task, result.error))
            elif result.error is not None:
                raise result.error
            each.feed()
        self._folder.sync()

    def _store(self, each: _ProfileQueue, task: DownloadTask, file: DownloadedFile) -> None:
        path = self._folder.store(task, file)
        each.result.add_stored(task.row.id, file.bytes, file.note)
        self._on_stored(StoredFile(task.row, path, file.bytes, file.sha256))

    def _record(self, each: _ProfileQueue, failure: DownloadFailure) -> None:
        result, error = each.result, failure.error
        result.gone += failure.state is AudioState.MISSING
        result.failed += failure.state is not AudioState.MISSING
        result.add_failure(AudioFailure(failure.task.row.id, self._redact(error.message)))
        self.errors.append(error)
        each.record_failure(error)


def fetch_one(
    folder: AudioFolder,
    clients: Mapping[str, Client],
    row: Recording,
    stream: BinaryIO,
    redact: Callable[[str], str],
) -> StoredFile:
    """Fetch one recording's audio by way of a folder, and copy it; ProviderError if it has none."""
    files: list[StoredFile] = []
    downloader = FolderDownloader(
        folder, clients, on_stored=files.append, progress=lambda _: None, redact=redact, by_id=True
    )
    try:
        downloader.write([row])
        downloader.close()
    finally:
        downloader.stop()
    if downloader.errors:
        raise downloader.errors[0]
    with files[0].path.open("rb") as audio:
        copyfileobj(audio, stream)
    return files[0]


def download_exit_code(
    listed: ExitCode, audio: AudioResult, errors: Sequence[ProviderError]
) -> ExitCode:
    """Return the exit code of a run whose listing ended with `listed`."""
    if listed is ExitCode.OK and audio.is_complete:
        return ExitCode.OK
    if any(each.stored or each.present for each in audio.profiles.values()):
        return ExitCode.PARTIAL
    if not errors:
        return listed
    all_refused = all(isinstance(error, Refused | Denied) for error in errors)
    return ExitCode.REFUSED if all_refused else ExitCode.FAILED
