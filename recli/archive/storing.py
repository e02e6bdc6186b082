"""Whole files get their final names: a group at a time, so that a kill at any step loses nothing.

The steps, each on the disk before the next: the catalog says what is to be (`storing`), the files
are renamed, the manifest gets their lines, the catalog says what is. `settle` carries out, at the
next start, whatever a killed run left between two of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from recli.archive import manifest
from recli.archive.catalog import Catalog
from recli.archive.layout import make_folder, naming, sync_folder
from recli.archive.manifest import Position, Stored
from recli.archive.names import Template, marked
from recli.archive.partial import Fetched
from recli.archive.rows import from_ms, to_ms
from recli.archive.states import Job, key_of, numbers_at
from recli.output.cells import time_text

Step = Callable[[str], None]
"""Is told of each step when it is done; tests end the process there."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A file with its place, between its partial name and its final one."""

    number: int
    source: Path
    stored: Stored


class Storing:
    """Store groups of files; for the one thread that has the catalog."""

    def __init__(self, catalog: Catalog, template: Template, step: Step) -> None:
        self._catalog = catalog
        self._layout = catalog.layout
        self._template = template
        self._step = step

    def store(
        self,
        files: Sequence[tuple[Job, Fetched]],
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
        placed: list[_Placed] = []
        lost: list[tuple[int]] = []
        rows = self._catalog.all(
            "SELECT number, profile, identity, id, audio_path, audio_bytes, audio_sha256,"
            " audio_fetched_at FROM recordings WHERE audio = 'storing'"
        )
        with naming(self._layout.folder):
            for number, profile, identity, name, path, size, digest, fetched_at in rows:
                at = time_text(from_ms(int(fetched_at or 0)))
                stored = Stored(str(path), int(size or 0), str(digest), str(name), str(profile), at)
                key = key_of(int(number or 0), str(profile), str(identity))
                extension = stored.path.rpartition(".")[2]
                source = self._layout.partial / f"{key}.{extension}"
                final = self._layout.folder / stored.path
                if _is(final, stored) or _is(source, stored):
                    placed.append(_Placed(int(number or 0), source, stored))
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

    def _places(self, files: Sequence[tuple[Job, Fetched]], now: datetime) -> list[_Placed]:
        placed: list[_Placed] = []
        taken: set[str] = set()
        for job, fetched in files:
            path = self._free_path(job, fetched.extension, taken)
            taken.add(path.casefold())
            stored = Stored(
                path, fetched.bytes, fetched.sha256, job.row.id, job.row.profile, time_text(now)
            )
            placed.append(_Placed(job.number, fetched.path, stored))
        return placed

    def _free_path(self, job: Job, extension: str, taken: set[str]) -> str:
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

    def _rename(self, placed: Sequence[_Placed]) -> None:
        folders: set[Path] = set()
        with naming(self._layout.folder):
            for one in placed:
                final = self._layout.folder / one.stored.path
                if final.parent not in folders:
                    make_folder(final.parent)
                    folders.add(final.parent)
                one.source.replace(final)
                self._step("file renamed")
            for folder in folders:
                sync_folder(folder)

    def _finish(self, placed: Sequence[_Placed], notes: Callable[[], None]) -> None:
        position = None
        if placed:
            with naming(self._layout.folder):
                files = [one.stored for one in placed]
                position = manifest.append(
                    self._layout.manifest, files, known_position(self._catalog)
                )
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


def known_position(catalog: Catalog) -> Position:
    """Return how far the catalog knows the manifest."""
    found = catalog.first("SELECT bytes, last_sha256 FROM manifest")
    return Position(int(found[0] or 0), str(found[1])) if found else Position()


def keep_position(catalog: Catalog, position: Position) -> None:
    """Note how far the catalog knows the manifest."""
    catalog.change(
        "INSERT OR REPLACE INTO manifest VALUES (1, ?, ?)", (position.bytes, position.last_sha256)
    )


def _is(path: Path, stored: Stored) -> bool:
    """Say whether a file is the one that was stored."""
    try:
        if path.is_symlink() or path.stat().st_size != stored.bytes:
            return False
        with path.open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest() == stored.sha256
    except FileNotFoundError:
        return False
