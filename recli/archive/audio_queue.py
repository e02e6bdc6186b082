"""Which audio is wanted, and how fetching it went, in the catalog.

A recording is tried in one run after the other until its audio is stored, is gone at the provider,
or has failed in as many runs as are allowed; a row that the provider changes starts anew.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from recli.archive.catalog import AUDIO_MISSING, FINISHED, UNFINISHED, Catalog
from recli.archive.queries import placeholders
from recli.archive.rows import FIELD_LIST, Cell, from_cells
from recli.model import Recording

_PAGE = 100
_EARLIEST, _LATEST = -(1 << 62), 1 << 62
_START = f"ifnull(started_at, {_EARLIEST})"


class AudioState(StrEnum):
    """What became of a recording's audio so far."""

    WANTED = "wanted"
    NOT_READY = "not-ready"
    FAILED = "failed"
    STORING = "storing"  # its file is whole and gets its final name
    STORED = "stored"
    MISSING = "missing"  # the provider says that there is none, which is not believed yet
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class QueuePass:
    """What to fetch: earlier runs' failures (`retry`) or what was never tried; by start."""

    retry: bool
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class DownloadTask:
    """A recording whose audio is to be fetched; `path` is where its file was stored before.

    `number` tells it from others with the same id: its own in the catalog, else its start.
    """

    number: int
    identity: str
    row: Recording
    first_seen_ms: int = 0
    path: str | None = None
    queue_pass: QueuePass = QueuePass(retry=False)  # it can't be changed

    @property
    def key(self) -> str:
        """Return the recording's own name among the partial files."""
        return partial_key(self.number, self.row.profile, self.identity)


@dataclass(frozen=True, slots=True)
class AudioCounts:
    """A profile's recordings without audio; the last two are of the wanted ones."""

    wanted: int
    unfinished: int
    given_up: int
    known_bytes: int
    unsized: int


def partial_key(number: int, profile: str, identity: str) -> str:
    """Return the name of a recording among the partial files."""
    digest = sha256(f"{profile}\0{identity}".encode()).hexdigest()
    return f"{number}-{digest[:16]}"


def download_tasks(
    catalog: Catalog, profile: str, queue_pass: QueuePass, retries: int
) -> Iterator[DownloadTask]:
    """Yield what is to be fetched in a pass, in its order."""
    states = [AudioState.WANTED]
    if queue_pass.retry:
        states = [AudioState.NOT_READY, AudioState.FAILED, AudioState.MISSING]
    after, order = (">", "ASC")
    position: tuple[Cell, Cell] = (_EARLIEST - 1, 0)
    if queue_pass.newest_first:
        after, order, position = "<", "DESC", (_LATEST, 0)
    statement = (
        f"SELECT {FIELD_LIST}, audio_path, identity, first_seen_at, number, {_START}"
        " FROM recordings"
        f" WHERE profile = ? AND {AUDIO_MISSING} AND audio IN ({placeholders(states)})"
        f" AND {FINISHED} AND audio_runs < ? AND ({_START}, number) {after} (?, ?)"
        f" ORDER BY started_at {order}, number {order} LIMIT {_PAGE}"
    )
    while rows := catalog.fetch_all(statement, (profile, *states, retries, *position)):
        for cells in rows:
            path, identity, first_seen_ms, number, _ = cells[-5:]
            yield DownloadTask(
                int(number or 0),
                str(identity),
                from_cells(cells),
                int(first_seen_ms or 0),
                None if path is None else str(path),
                queue_pass,
            )
        position = (rows[-1][-1], rows[-1][-2])


def save_failure(catalog: Catalog, number: int, state: AudioState, problem: str) -> None:
    """Note that a recording's audio was not to be had."""
    catalog.execute(
        "UPDATE recordings SET audio = ?, audio_error = ?"
        " WHERE number = ? AND (audio <> ? OR audio_error IS NOT ?)",
        (state, problem, number, state, problem),
    )


def count_run(catalog: Catalog, numbers: Iterable[int]) -> None:
    """Note that a run has failed to fetch the audio of these recordings: runs are limited."""
    catalog.execute_many(
        "UPDATE recordings SET audio_runs = audio_runs + 1 WHERE number = ?",
        [(number,) for number in numbers],
    )


def mark_gone(catalog: Catalog, numbers: Iterable[int], after_runs: int) -> int:
    """Believe that audio is gone which a provider has missed in so many runs; return how many."""
    return sum(
        catalog.execute(
            "UPDATE recordings SET audio = 'gone'"
            " WHERE number = ? AND audio = 'missing' AND audio_runs >= ?",
            (number, after_runs),
        )
        for number in numbers
    )


def audio_counts(catalog: Catalog, profile: str, retries: int) -> AudioCounts:
    """Count a profile's recordings that have no audio yet."""
    wanted = f"{FINISHED} AND audio_runs < ?1"
    cells = catalog.fetch_one(
        f"SELECT count(*) FILTER (WHERE {wanted}),"
        f" count(*) FILTER (WHERE {UNFINISHED}),"
        f" count(*) FILTER (WHERE {FINISHED} AND audio_runs >= ?1),"
        f" total(size_bytes) FILTER (WHERE {wanted}),"
        f" count(*) FILTER (WHERE {wanted} AND size_bytes IS NULL)"
        f" FROM recordings WHERE profile = ?2 AND {AUDIO_MISSING}",
        (retries, profile),
    )
    return AudioCounts(*(int(cell or 0) for cell in cells or (0,) * 5))


def reset_failures(catalog: Catalog, profile: str) -> None:
    """Forget in how many runs audio has failed, so that what was given up is tried again."""
    catalog.execute(
        "UPDATE recordings SET audio_runs = 0"
        f" WHERE profile = ? AND {AUDIO_MISSING} AND audio_runs",
        (profile,),
    )


def requeue_missing_files(catalog: Catalog, profile: str) -> None:
    """Want the audio again whose file is not there or has another length."""
    missing: list[tuple[Cell]] = []
    statement = (
        "SELECT number, audio_path, audio_bytes FROM recordings"
        " WHERE profile = ? AND audio = 'stored'"
    )
    for rows in catalog.fetch_batches(statement, (profile,)):
        for number, path, size in rows:
            file = catalog.layout.folder / str(path)
            if not file.is_file() or file.stat().st_size != size:
                missing.append((number,))
    if missing:
        with catalog.transaction():
            catalog.execute_many("UPDATE recordings SET audio = 'wanted' WHERE number = ?", missing)


def enable_audio(catalog: Catalog, profile: str) -> None:
    """Note that a profile's audio is wanted: `recli verify` names recordings without it."""
    catalog.execute("UPDATE profiles SET audio = 1 WHERE profile = ? AND NOT audio", (profile,))
