"""How far each recording's audio has come, in the catalog: which is wanted, and what became of it.

A recording is tried in one run after the other until its audio is stored, is gone at the provider,
or has failed in as many runs as are allowed; a row that the provider changes starts anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from recli.archive.catalog import UNFINISHED, UNSETTLED, Catalog
from recli.archive.rows import FIELDS, Cell, from_cells
from recli.model import Recording

_PAGE = 100
_HELD = ", ".join(FIELDS)
_FINAL = "(state IS NULL OR state = 'complete')"
_BEFORE_ALL, _AFTER_ALL = -(1 << 62), 1 << 62


class AudioState(StrEnum):
    """What became of a recording's audio so far."""

    WANTED = "wanted"
    NOT_READY = "not-ready"
    FAILED = "failed"
    STORING = "storing"  # its file is whole and gets its final name
    STORED = "stored"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class QueuePass:
    """What a run fetches at a time: the oldest first, as providers delete it, or from the end.

    `again` is what failed or was not ready in earlier runs, else what was never tried.
    """

    again: bool
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class DownloadTask:
    """A recording whose audio is to be fetched."""

    number: int
    identity: str
    row: Recording
    first_seen_ms: int
    path: str | None
    """Where its file was stored before, if it was and is no longer what it should be."""
    phase: QueuePass

    @property
    def key(self) -> str:
        """Return its name among the partial files, which holds for this recording only."""
        return key_of(self.number, self.row.profile, self.identity)


@dataclass(frozen=True, slots=True)
class AudioCounts:
    """How many of a profile's recordings stand where; `given_up` failed in all runs allowed."""

    wanted: int
    unfinished: int
    given_up: int
    known_bytes: int
    unknown_size: int


def key_of(number: int, profile: str, identity: str) -> str:
    """Return the name of a recording among the partial files."""
    digest = sha256(f"{profile}\0{identity}".encode()).hexdigest()
    return f"{number}-{digest[:16]}"


def download_tasks(
    catalog: Catalog, profile: str, phase: QueuePass, retries: int
) -> Iterator[DownloadTask]:
    """Yield what is to be fetched in a phase, in its order."""
    states = (AudioState.NOT_READY, AudioState.FAILED) if phase.again else (AudioState.WANTED,)
    marks = ", ".join("?" * len(states))
    beyond, order = ("<", "DESC") if phase.backwards else (">", "ASC")
    statement = (
        f"SELECT {_HELD}, audio_path, identity, first_seen_at, number,"
        f" ifnull(started_at, {_BEFORE_ALL}) FROM recordings"
        f" WHERE profile = ? AND {UNSETTLED} AND audio IN ({marks}) AND {_FINAL}"
        f" AND audio_runs < ? AND (ifnull(started_at, {_BEFORE_ALL}), number) {beyond} (?, ?)"
        f" ORDER BY started_at {order}, number {order} LIMIT {_PAGE}"
    )
    after: tuple[Cell, Cell] = (_AFTER_ALL if phase.backwards else _BEFORE_ALL - 1, 0)
    while rows := catalog.all(statement, (profile, *states, retries, *after)):
        for cells in rows:
            path, identity, first_seen_ms, number, _ = cells[-5:]
            yield DownloadTask(
                int(number or 0),
                str(identity),
                from_cells(cells),
                int(first_seen_ms or 0),
                str(path) if path is not None else None,
                phase,
            )
        after = (rows[-1][-1], rows[-1][-2])


def failed(
    catalog: Catalog, number: int, state: AudioState, problem: str, *, counted: bool
) -> None:
    """Note that a recording's audio was not to be had; `counted` runs are limited in number."""
    catalog.change(
        "UPDATE recordings SET audio = ?, audio_error = ?, audio_runs = audio_runs + ?"
        " WHERE number = ? AND (? OR audio <> ? OR audio_error IS NOT ?)",
        (state, problem, int(counted), number, int(counted), state, problem),
    )


def audio_counts(catalog: Catalog, profile: str, retries: int) -> AudioCounts:
    """Count where a profile's recordings stand that have no audio yet."""
    cells = catalog.first(
        f"SELECT count(*) FILTER (WHERE {_FINAL} AND audio_runs < ?1),"
        f" count(*) FILTER (WHERE {UNFINISHED}),"
        f" count(*) FILTER (WHERE {_FINAL} AND audio_runs >= ?1),"
        f" total(size_bytes) FILTER (WHERE {_FINAL} AND audio_runs < ?1),"
        f" count(*) FILTER (WHERE {_FINAL} AND audio_runs < ?1 AND size_bytes IS NULL)"
        f" FROM recordings WHERE profile = ?2 AND {UNSETTLED}",
        (retries, profile),
    )
    return AudioCounts(*(int(cell or 0) for cell in cells or (0,) * 5))


def try_again(catalog: Catalog, profile: str) -> None:
    """Give audio that was given up another chance."""
    given_up = catalog.number(
        f"SELECT count(*) FROM recordings WHERE profile = ? AND {UNSETTLED} AND audio_runs",
        (profile,),
    )
    if given_up:
        catalog.change(
            f"UPDATE recordings SET audio_runs = 0 WHERE profile = ? AND {UNSETTLED}",
            (profile,),
        )


def find_missing(catalog: Catalog, profile: str) -> int:
    """Want the audio again whose file is not there or has another length; return how many."""
    missing: list[tuple[Cell]] = []
    statement = (
        "SELECT number, audio_path, audio_bytes FROM recordings"
        " WHERE profile = ? AND audio = 'stored'"
    )
    for rows in catalog.steps(statement, (profile,)):
        for number, path, size in rows:
            file = catalog.layout.folder / str(path)
            if not file.is_file() or file.stat().st_size != size:
                missing.append((number,))
    if missing:
        with catalog.changing():
            catalog.change_all("UPDATE recordings SET audio = 'wanted' WHERE number = ?", missing)
    return len(missing)


def enable_audio(catalog: Catalog, profile: str) -> None:
    """Note that a profile's audio is wanted, for whoever proves the archive whole."""
    if not catalog.number("SELECT audio FROM profiles WHERE profile = ?", (profile,)):
        catalog.change("UPDATE profiles SET audio = 1 WHERE profile = ?", (profile,))


def numbers_at(catalog: Catalog, path: str) -> Sequence[Cell]:
    """Return the recordings whose file is at a path, letters of either case being the same."""
    return [
        row[0]
        for row in catalog.all(
            "SELECT number FROM recordings WHERE audio_path = ? COLLATE NOCASE", (path,)
        )
    ]
