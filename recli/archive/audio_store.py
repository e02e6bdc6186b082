"""Whole files get their final names: a group at a time, so that a kill at any step loses nothing.

The steps, each on the disk before the next: the catalog says what is to be (`storing`), the files
are renamed, the manifest gets their lines, the catalog says what is. `settle` carries out, at the
next start, whatever a killed run left between two of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from itertools import islice
from pathlib import Path

from recli.archive import log
from recli.archive.audio_queue import DownloadTask, key_of, numbers_at
from recli.archive.catalog import Catalog
from recli.archive.file_names import NameTemplate, marked
from recli.archive.layout import Layout, as_output_error
from recli.archive.log import LogLine, LogPosition, StoredAudio
from recli.archive.partial import DownloadedFile, is_under_way
from recli.archive.rows import from_ms, to_ms
from recli.files import make_private_folder, sync_folder
from recli.text import rfc3339

Step = Callable[[str], None]
"""Is told of each step when it is done; tests end the process there."""


@dataclass(frozen=True, slots=True)
class _PendingMove:
    """A file with its place, between its partial name and its final one."""

    number: int
    source: Path
    stored: StoredAudio


class AudioStore:
    """Store groups of files; for the one thread that has the catalog."""

    def __init__(self, catalog: Catalog, template: NameTemplate, step: Step) -> None:
        self._catalog = catalog
        self._layout = catalog.layout
        self._template = template
        self._step = step

    def store(
        self,
        files: Sequence[tuple[DownloadTask, DownloadedFile]],
        now: datetime,
        notes: Callable[[], None] = lambda: None,
    ) -> None:
        """Give a group of whole files their names; `notes` are written together with them."""
        placed = self._places(files, now)
        if placed:
            with self._catalog.changing():
                self._catalog.change_all(
                    "UPDATE recordings SET audio = 'storing', audio_path = ?, audio_bytes = ?,"
                    " audio_sha256 = ?, audio_fetched_at = ?, audio_error = NULL WHERE number = ?",
                    [
                        (p.stored.path, p.stored.bytes, p.stored.sha256, to_ms(now), p.number)
                        for p in placed
                    ],
                )
            self._step("intended")
            self._rename(placed)
            self._step("renamed")
        self._finish(placed, notes)

    def settle(self) -> None:
        """Carry out what a killed run left between two steps."""
        placed: list[_PendingMove] = []
        lost: list[tuple[int]] = []
        rows = self._catalog.all(
            "SELECT number, profile, identity, id, audio_path, audio_bytes, audio_sha256,"
            " audio_fetched_at FROM recordings WHERE audio = 'storing'"
        )
        with as_output_error(self._layout.folder):
            for number, profile, identity, name, path, size, digest, fetched_at in rows:
                at = rfc3339(from_ms(int(fetched_at or 0)))
                stored = StoredAudio(
                    str(path), int(size or 0), str(digest), str(name), str(profile), at
                )
                key = key_of(int(number or 0), str(profile), str(identity))
                extension = stored.path.rpartition(".")[2]
                source = self._layout.partial / f"{key}.{extension}"
                final = self._layout.folder / stored.path
                if _is(final, stored) or _is(source, stored):
                    placed.append(_PendingMove(int(number or 0), source, stored))
                else:
                    lost.append((int(number or 0),))
        if lost:
            with self._catalog.changing():
                self._catalog.change_all(
                    "UPDATE recordings SET audio = 'wanted', audio_path = NULL, audio_bytes = NULL,"
                    " audio_sha256 = NULL, audio_fetched_at = NULL WHERE number = ?",
                    lost,
                )
        if placed:
            self._rename([one for one in placed if one.source.exists()])
            self._finish(placed, lambda: None)

    def _places(
        self, files: Sequence[tuple[DownloadTask, DownloadedFile]], now: datetime
    ) -> list[_PendingMove]:
        placed: list[_PendingMove] = []
        taken: set[str] = set()
        for job, fetched in files:
            path = self._free_path(job, fetched.extension, taken)
            taken.add(path.casefold())
            stored = StoredAudio(
                path, fetched.bytes, fetched.sha256, job.row.id, job.row.profile, rfc3339(now)
            )
            placed.append(_PendingMove(job.number, fetched.path, stored))
        return placed

    def _free_path(self, job: DownloadTask, extension: str, taken: set[str]) -> str:
        """Return the first of a recording's paths that nothing stands at, or where it stood."""
        if job.path is not None:
            return job.path
        wanted = path = self._template.path(job.row, job.identity, extension)
        number = 0
        while (
            path.casefold() in taken
            or (self._layout.folder / path).exists()
            or any(other != job.number for other in numbers_at(self._catalog, path))
        ):
            number += 1
            path = marked(wanted, job.row.profile, job.identity, number)
        return path

    def _rename(self, placed: Sequence[_PendingMove]) -> None:
        folders: set[Path] = set()
        with as_output_error(self._layout.folder):
            for one in placed:
                final = self._layout.folder / one.stored.path
                if final.parent not in folders:
                    make_private_folder(final.parent)
                    folders.add(final.parent)
                one.source.replace(final)
                self._step("file renamed")
            for folder in folders:
                sync_folder(folder)

    def _finish(self, placed: Sequence[_PendingMove], notes: Callable[[], None]) -> None:
        position = None
        if placed:
            with as_output_error(self._layout.folder):
                files = [one.stored for one in placed]
                position = log.append(self._layout.manifest, files, known_position(self._catalog))
            self._step("manifest written")
        with self._catalog.changing():
            for one in placed:
                self._catalog.change(
                    "UPDATE recordings SET audio = 'stored' WHERE number = ?", (one.number,)
                )
            if position is not None:
                keep_position(self._catalog, position)
            notes()
        self._step("stored")


def known_position(catalog: Catalog) -> LogPosition:
    """Return how far the catalog knows the manifest."""
    found = catalog.first("SELECT bytes, last_sha256 FROM manifest")
    return LogPosition(int(found[0] or 0), str(found[1])) if found else LogPosition()


def keep_position(catalog: Catalog, position: LogPosition) -> None:
    """Note how far the catalog knows the manifest."""
    catalog.change(
        "INSERT OR REPLACE INTO manifest VALUES (1, ?, ?)", (position.bytes, position.last_sha256)
    )


def _is(path: Path, stored: StoredAudio) -> bool:
    """Say whether a file is the one that was stored."""
    try:
        if path.is_symlink() or path.stat().st_size != stored.bytes:
            return False
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest() == stored.sha256
    except FileNotFoundError:
        return False


_BATCH = 1000
"""Lines taken up in one transaction: a catalog that was lost finds all of them."""


def recover(catalog: Catalog, step: Step) -> list[str]:
    """Bring catalog, manifest and files together; return what was found that nobody can mend."""
    with as_output_error(catalog.layout.folder):
        warnings = _read_on(catalog)
    AudioStore(catalog, NameTemplate.parse(), step).settle()
    return warnings


def sweep(catalog: Catalog) -> dict[str, Path]:
    """Take away partial files that belong to no recording whose audio may still come.

    Returns those that are whole, by their keys.
    """
    left: dict[str, Path] = {}
    folder = catalog.layout.partial
    if not folder.is_dir():
        return left
    with as_output_error(catalog.layout.folder):
        for path in folder.iterdir():
            key = path.name.partition(".")[0]
            number = key.partition("-")[0]
            known = catalog.first(
                "SELECT profile, identity FROM recordings WHERE number = ?"
                " AND audio NOT IN ('stored', 'gone')",
                (int(number) if number.isdecimal() and len(number) < 19 else -1,),
            )
            if known is None or key_of(int(number), str(known[0]), str(known[1])) != key:
                path.unlink(missing_ok=True)
            elif not is_under_way(path):
                left[key] = path
    return left


def _read_on(catalog: Catalog) -> list[str]:
    """Take up the lines that were written after the catalog last knew the manifest."""
    layout = catalog.layout
    known = known_position(catalog)
    size = layout.manifest.stat().st_size if layout.manifest.exists() else 0
    changed = f"{layout.manifest} was changed by something other than recli"
    if known.bytes and (
        size < known.bytes
        or log.last_line_sha256(layout.manifest, known.bytes) != known.last_sha256
    ):
        if size != known.bytes:
            _cut_torn(layout)
        return [f"{changed}: `recli verify` names the place"]
    position, chained = known, True
    for lines in _batches(log.read(layout.manifest, known)):
        with catalog.changing():
            for line in lines:
                chained = chained and line.chained and line.stored is not None
                if line.stored is not None and chained:
                    _claim(catalog, line.stored)
            position = LogPosition(lines[-1].end, lines[-1].sha256)
            keep_position(catalog, position)
    log.cut(layout.manifest, position.bytes)
    return [] if chained else [f"{changed}: `recli verify` names the place"]


def _batches(lines: Iterator[LogLine]) -> Iterator[list[LogLine]]:
    while batch := list(islice(lines, _BATCH)):
        yield batch


def _cut_torn(layout: Layout) -> None:
    """Give a manifest that was changed a line feed at its end, so that lines can follow."""
    end = 0
    for line in log.read(layout.manifest):
        end = line.end
    log.cut(layout.manifest, end)


def _claim(catalog: Catalog, stored: StoredAudio) -> None:
    """Say of a recording that the manifest has its file; keep it for one that is not known yet."""
    try:
        fetched_at = to_ms(datetime.fromisoformat(stored.fetched_at))
    except (ValueError, TypeError):  # nobody's but a forger's
        fetched_at = 0
    cells = (stored.path, stored.bytes, stored.sha256, fetched_at, stored.profile, stored.id)
    known = catalog.change(
        "UPDATE recordings SET audio = 'stored', audio_path = ?, audio_bytes = ?,"
        " audio_sha256 = ?, audio_fetched_at = ?, audio_error = NULL"
        " WHERE profile = ? AND id = ?",
        cells,
    )
    if not known:
        catalog.change(
            "INSERT OR REPLACE INTO unclaimed (path, bytes, sha256, fetched_at, profile, id)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            cells,
        )
