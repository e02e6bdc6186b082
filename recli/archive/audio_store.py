"""Whole files get their final names: a batch at a time, so that a kill at any step loses nothing.

The steps, each on the disk before the next: the catalog says what is to be (`storing`), the files
are renamed, the manifest gets their lines, the catalog says what is. `recover` finishes, at the
next start, what a killed run left between two of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from itertools import islice
from pathlib import Path

from recli.archive import log
from recli.archive.audio_queue import DownloadTask, partial_key
from recli.archive.catalog import Catalog
from recli.archive.file_checker import is_system_file
from recli.archive.file_names import NameTemplate, alternative_path
from recli.archive.layout import as_output_error
from recli.archive.log import LogPosition, StoredAudio
from recli.archive.partial import DownloadedFile, is_incomplete
from recli.archive.rows import Cell, from_ms, to_ms
from recli.files import make_private_folder, sync_folder
from recli.text import rfc3339

Step = Callable[[str], None]
"""Is called after each step; tests end the process there."""
_FILE_COLUMNS = (
    "audio_path = ?, audio_bytes = ?, audio_sha256 = ?, audio_fetched_at = ?, audio_error = NULL"
)
_BATCH = 1000
"""Lines of the manifest in one transaction."""


@dataclass(frozen=True, slots=True)
class _PendingMove:
    """A file between its partial name, `source`, and its final one."""

    number: int
    source: Path
    stored: StoredAudio


class AudioStore:
    """Store batches of files; for the thread that has the catalog."""

    def __init__(self, catalog: Catalog, template: NameTemplate, step: Step) -> None:
        self._catalog = catalog
        self._layout = catalog.layout
        self._template = template
        self._step = step

    def store(
        self,
        files: Sequence[tuple[DownloadTask, DownloadedFile]],
        now: datetime,
        save_more: Callable[[], None],
    ) -> None:
        """Give whole files their names; `save_more` runs in the transaction that says so."""
        moves: list[_PendingMove] = []
        paths: set[str] = set()
        for task, file in files:
            path = self._free_path(task, file.extension, paths)
            paths.add(path.casefold())
            stored = StoredAudio(
                path, file.bytes, file.sha256, task.row.id, task.row.profile, rfc3339(now)
            )
            moves.append(_PendingMove(task.number, file.path, stored))
        if moves:
            with self._catalog.transaction():
                self._catalog.execute_many(
                    f"UPDATE recordings SET audio = 'storing', {_FILE_COLUMNS} WHERE number = ?",
                    [(*_file_cells(move.stored, to_ms(now)), move.number) for move in moves],
                )
            self._step("intended")
            self._rename(moves)
            self._step("renamed")
        self._finish(moves, save_more)

    def finish_pending(self) -> None:
        """Finish what a killed run left between two steps."""
        moves: list[_PendingMove] = []
        lost: list[tuple[int]] = []
        rows = self._catalog.fetch_all(
            "SELECT number, profile, identity, id, audio_path, audio_bytes, audio_sha256,"
            " audio_fetched_at FROM recordings WHERE audio = 'storing'"
        )
        with as_output_error(self._layout.folder):
            for number, profile, identity, name, path, size, digest, fetched_ms in rows:
                at = rfc3339(from_ms(int(fetched_ms or 0)))
                stored = StoredAudio(
                    str(path), int(size or 0), str(digest), str(name), str(profile), at
                )
                key = partial_key(int(number or 0), str(profile), str(identity))
                source = self._layout.partial / f"{key}{Path(stored.path).suffix}"
                final = self._layout.folder / stored.path
                if _is_same(final, stored) or _is_same(source, stored):
                    moves.append(_PendingMove(int(number or 0), source, stored))
                else:
                    lost.append((int(number or 0),))
        if lost:
            with self._catalog.transaction():
                self._catalog.execute_many(
                    "UPDATE recordings SET audio = 'wanted', audio_path = NULL, audio_bytes = NULL,"
                    " audio_sha256 = NULL, audio_fetched_at = NULL WHERE number = ?",
                    lost,
                )
        if moves:
            self._rename([move for move in moves if move.source.exists()])
            self._finish(moves, lambda: None)

    def _free_path(self, task: DownloadTask, extension: str, taken: set[str]) -> str:
        """Return where the file was stored before, else the first of its paths that is free."""
        if task.path is not None:
            return task.path
        wanted = path = self._template.path(task.row, task.identity, extension)
        number = 0
        while (
            path.casefold() in taken
            or (self._layout.folder / path).exists()
            or self._catalog.fetch_number(
                "SELECT count(*) FROM recordings"
                " WHERE audio_path = ? COLLATE NOCASE AND number <> ?",
                (path, task.number),
            )
        ):
            number += 1
            path = alternative_path(wanted, task.row.profile, task.identity, number)
        return path

    def _rename(self, moves: Sequence[_PendingMove]) -> None:
        folders: set[Path] = set()
        with as_output_error(self._layout.folder):
            for move in moves:
                final = self._layout.folder / move.stored.path
                if final.parent not in folders:
                    make_private_folder(final.parent)
                    folders.add(final.parent)
                move.source.replace(final)
                self._step("file renamed")
            for folder in folders:
                sync_folder(folder)

    def _finish(self, moves: Sequence[_PendingMove], save_more: Callable[[], None]) -> None:
        position = None
        if moves:
            with as_output_error(self._layout.folder):
                files = [move.stored for move in moves]
                position = log.append(self._layout.manifest, files, read_position(self._catalog))
            self._step("manifest written")
        with self._catalog.transaction():
            self._catalog.execute_many(
                "UPDATE recordings SET audio = 'stored' WHERE number = ?",
                [(move.number,) for move in moves],
            )
            if position is not None:
                _save_position(self._catalog, position)
            save_more()
        self._step("stored")


def recover(catalog: Catalog, step: Step) -> list[str]:
    """Bring catalog, manifest and files together; return warnings of what can't be repaired."""
    with as_output_error(catalog.layout.folder):
        is_chained = _import_new_lines(catalog)
    AudioStore(catalog, NameTemplate.parse(), step).finish_pending()
    if is_chained:
        return []
    manifest = catalog.layout.manifest
    return [f"{manifest} was changed by something other than recli: `recli verify` names the place"]


def clean_partial(catalog: Catalog) -> dict[str, Path]:
    """Remove partial files that are of no more use; return those that are whole, by their keys."""
    completed: dict[str, Path] = {}
    folder = catalog.layout.partial
    if not folder.is_dir():
        return completed
    with as_output_error(catalog.layout.folder):
        for path in folder.iterdir():
            if is_system_file(path.name) or path.is_dir():
                continue
            key = path.name.partition(".")[0]
            number = key.partition("-")[0]
            row = catalog.fetch_one(
                "SELECT profile, identity FROM recordings WHERE number = ?"
                " AND audio NOT IN ('stored', 'gone')",
                (int(number) if number.isdecimal() and len(number) < 19 else -1,),
            )
            if row is None or partial_key(int(number), str(row[0]), str(row[1])) != key:
                path.unlink(missing_ok=True)
            elif not is_incomplete(path):
                completed[key] = path
    return completed


def read_position(catalog: Catalog) -> LogPosition:
    """Return up to where the catalog has taken in the manifest."""
    row = catalog.fetch_one("SELECT bytes, last_sha256 FROM manifest")
    return LogPosition(int(row[0] or 0), str(row[1])) if row else LogPosition()


def _save_position(catalog: Catalog, position: LogPosition) -> None:
    catalog.execute(
        "INSERT OR REPLACE INTO manifest VALUES (1, ?, ?)", (position.bytes, position.last_sha256)
    )


def _import_new_lines(catalog: Catalog) -> bool:
    """Take in lines that the catalog does not have; return whether the manifest is unbroken."""
    manifest = catalog.layout.manifest
    known = read_position(catalog)
    size = manifest.stat().st_size if manifest.exists() else 0
    if known.bytes and (
        size < known.bytes or log.last_line_sha256(manifest, known.bytes) != known.last_sha256
    ):
        if size != known.bytes:  # it may end within a line, after which none can follow
            log.cut(manifest, max((line.end for line in log.read(manifest)), default=0))
        return False
    position, is_chained = known, True
    unread = log.read(manifest, known)
    while lines := list(islice(unread, _BATCH)):
        with catalog.transaction():
            for line in lines:
                is_chained = is_chained and line.chained and line.stored is not None
                if line.stored is not None and is_chained:
                    _claim(catalog, line.stored)
            position = LogPosition(lines[-1].end, lines[-1].sha256)
            _save_position(catalog, position)
    log.cut(manifest, position.bytes)
    return is_chained


def _claim(catalog: Catalog, stored: StoredAudio) -> None:
    """Assign a file to its recording, or keep it until that is listed."""
    try:
        fetched_ms = to_ms(datetime.fromisoformat(stored.fetched_at))
    except (ValueError, TypeError):  # recli did not write this line
        fetched_ms = 0
    cells = (*_file_cells(stored, fetched_ms), stored.profile, stored.id)
    known = catalog.execute(
        f"UPDATE recordings SET audio = 'stored', {_FILE_COLUMNS}"
        # An id that the provider gave to several calls is of the newest, unless a run had begun.
        " WHERE number = (SELECT number FROM recordings WHERE profile = ? AND id = ?"
        " ORDER BY audio_path IS ? DESC, number DESC LIMIT 1)",
        (*cells, stored.path),
    )
    if not known:
        catalog.execute(
            "INSERT OR REPLACE INTO unclaimed (path, bytes, sha256, fetched_at, profile, id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            cells,
        )


def _file_cells(stored: StoredAudio, fetched_ms: int) -> tuple[Cell, ...]:
    return stored.path, stored.bytes, stored.sha256, fetched_ms


def _is_same(path: Path, stored: StoredAudio) -> bool:
    """Return whether a file has the bytes that were stored."""
    try:
        if path.is_symlink() or path.stat().st_size != stored.bytes:
            return False
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest() == stored.sha256
    except FileNotFoundError:
        return False
