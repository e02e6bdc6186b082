"""All wanted audio of all profiles: downloaded by threads, and stored in batches as it comes."""

import queue
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from recli.archive import audio_queue
from recli.archive.audio_queue import AudioState, DownloadTask
from recli.archive.audio_result import AudioFailure, AudioResult, ProfileAudio
from recli.archive.audio_store import AudioStore
from recli.archive.catalog import Catalog
from recli.archive.download_schedule import DownloadFailure, DownloadSchedule
from recli.archive.download_workers import DownloadResult, DownloadWorkers
from recli.archive.layout import as_output_error
from recli.archive.partial import DownloadedFile
from recli.archive.rows import to_ms
from recli.errors import ProviderError
from recli.files import make_private_folder
from recli.transport.client import Client

_BATCH_FILES = 64
"""Files stored at once, at most: they share the waiting for the disk."""
_BATCH_WAIT_S = 0.25
"""How long a whole file waits for others; a killed run would not lose it."""
_NOT_READY_MS = 48 * 3600 * 1000
"""Audio that is not ready counts as failed only so long after its recording was first seen."""
_RECENT_MS = 72 * 3600 * 1000
"""How old a recording is at least before the provider is believed that its audio is gone."""
_OUTAGE_FAILURES = 3
"""So many failures in a run without a success are the provider's, whatever each one says."""
_CLOSE_TIMEOUT_S = 1.0


class AudioDownloader:
    """Fetch audio for an archive; for the thread that has the catalog."""

    def __init__(  # noqa: PLR0913  # what a run may want different, by name
        self,
        catalog: Catalog,
        store: AudioStore,
        retries: int,
        *,
        redact: Callable[[str], str],
        progress: Callable[[AudioResult], None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._retries = retries
        self._redact = redact
        self._progress = progress
        self._now_s = now_s
        self._result = AudioResult()
        self._schedules: dict[str, DownloadSchedule] = {}
        self._failures: dict[str, list[tuple[int, AudioState, bool]]] = {}
        """By profile: numbers of the failures that may count, their states, and whether each is
        about its recording."""
        self._reports: queue.SimpleQueue[tuple[str, DownloadResult]] = queue.SimpleQueue()

    def run(self, clients: Mapping[str, Client], completed: Mapping[str, Path]) -> AudioResult:
        """Fetch what all profiles lack; `completed` are whole files of earlier runs, by key."""
        partial = self._catalog.layout.partial
        for name, client in clients.items():
            counts = audio_queue.audio_counts(self._catalog, name, self._retries)
            result = ProfileAudio(name, counts.wanted, unfinished=counts.unfinished)
            self._result.profiles[name] = result
            workers = DownloadWorkers(
                client, partial, completed, lambda *report: self._reports.put(report)
            )
            self._schedules[name] = DownloadSchedule(self._catalog, workers, result, self._retries)
            if counts.wanted:
                with as_output_error(self._catalog.layout.folder):
                    make_private_folder(partial)
        try:
            self._download()
        finally:
            self._stop()
            for schedule in self._schedules.values():
                schedule.workers.close(_CLOSE_TIMEOUT_S)
        for name, result in self._result.profiles.items():
            self._count_failures(name, result)
            counts = audio_queue.audio_counts(self._catalog, name, self._retries)
            result.given_up = counts.given_up
            tried = result.stored + result.failed + result.gone + result.not_ready
            result.left = max(0, result.planned - tried)
            self._schedules[name].set_stop_reason()
        return self._result

    def _download(self) -> None:
        fatal: BaseException | None = None
        for schedule in self._schedules.values():
            schedule.feed()
        while self._is_busy:
            files, failures, error = self._collect()
            if error is not None and fatal is None:
                fatal = error
                self._stop()
            self._save(files, failures)
            self._progress(self._result)
            for schedule in self._schedules.values():
                schedule.feed()
        if fatal is not None:
            raise fatal
        for schedule in self._schedules.values():
            self._save([], schedule.flush_failures())

    def _collect(
        self,
    ) -> tuple[
        list[tuple[DownloadTask, DownloadedFile]], list[DownloadFailure], BaseException | None
    ]:
        """Wait for a result, and take those that come soon after it."""
        files: list[tuple[DownloadTask, DownloadedFile]] = []
        failures: list[DownloadFailure] = []
        deadline_s = None
        while len(files) + len(failures) < _BATCH_FILES and self._is_busy:
            now_s = time.monotonic()
            if deadline_s is None and (files or failures):
                deadline_s = now_s + _BATCH_WAIT_S
            try:
                wait_s = None if deadline_s is None else max(deadline_s - now_s, 0)
                profile, result = self._reports.get(timeout=wait_s)
            except queue.Empty:
                break
            schedule = self._schedules[profile]
            schedule.workers.unreported -= 1
            if result.file is not None:
                files.append((result.task, result.file))
                failures += schedule.record_success()
            elif isinstance(result.error, ProviderError):
                failures += schedule.record_failure(DownloadFailure(result.task, result.error))
            elif result.error is not None:
                return files, failures, result.error
            schedule.feed()
        return files, failures, None

    @property
    def _is_busy(self) -> bool:
        return any(schedule.workers.unreported for schedule in self._schedules.values())

    def _stop(self) -> None:
        for schedule in self._schedules.values():
            schedule.workers.stop()

    def _save(
        self, files: list[tuple[DownloadTask, DownloadedFile]], failures: list[DownloadFailure]
    ) -> None:
        """Store files and note failures, in one transaction, and count both."""
        if not files and not failures:
            return
        now = datetime.fromtimestamp(self._now_s(), UTC)
        self._store.store(files, now, lambda: self._save_failures(failures))
        for failure in failures:
            if failure.counted and not _is_too_early(failure, to_ms(now)):
                task = failure.task
                entry = (task.number, failure.state, failure.is_recording_s)
                self._failures.setdefault(task.row.profile, []).append(entry)
        for task, file in files:
            result = self._result.profiles[task.row.profile]
            result.add_stored(task.row.id, file.bytes, file.note)
        for failure in failures:
            result = self._result.profiles[failure.task.row.profile]
            if _waits(failure, to_ms(now)):
                result.not_ready += 1
                continue
            result.failed += 1
            problem = self._redact(failure.error.message)
            result.add_failure(AudioFailure(failure.task.row.id, problem))
        saved = [task for task, _ in files] + [failure.task for failure in failures]
        for schedule in self._schedules.values():
            schedule.mark_saved(saved)

    def _save_failures(self, failures: list[DownloadFailure]) -> None:
        for failure in failures:
            audio_queue.save_failure(
                self._catalog,
                failure.task.number,
                failure.state,
                self._redact(failure.error.message),
            )

    def _count_failures(self, profile: str, result: ProfileAudio) -> None:
        """Count the run for what failed, and believe that audio is gone, unless all of it failed.

        Where the provider gave no audio at all, it has an outage: nothing is given up over it.
        """
        failures = self._failures.get(profile, [])
        if not result.stored:
            failures = [failure for failure in failures if failure[2]]
            if result.error is not None or len(failures) >= _OUTAGE_FAILURES:
                return
        missing = [number for number, state, _ in failures if state is AudioState.MISSING]
        after_runs = 0 if result.stored >= len(missing) else self._retries
        if not failures:
            return
        with self._catalog.transaction():
            audio_queue.count_run(self._catalog, [number for number, *_ in failures])
            gone = audio_queue.mark_gone(self._catalog, missing, after_runs)
        result.gone += gone
        result.failed -= gone


def _waits(failure: DownloadFailure, now_ms: int) -> bool:
    """Return whether audio is not ready and may still be."""
    return failure.state is AudioState.NOT_READY and _is_too_early(failure, now_ms)


def _is_too_early(failure: DownloadFailure, now_ms: int) -> bool:
    """Return whether audio may come although the provider does not have it yet."""
    task = failure.task
    if failure.state is AudioState.NOT_READY:
        return abs(now_ms - task.first_seen_ms) < _NOT_READY_MS
    if failure.state is not AudioState.MISSING:
        return False
    moments = (task.row.started_at, task.row.ended_at, task.row.added_at)
    known_ms = [to_ms(moment) for moment in moments if moment is not None]
    return any(abs(now_ms - moment) < _RECENT_MS for moment in known_ms or [task.first_seen_ms])
