"""What a killed run left, put right at the next start: torn lines, files between two names.

Damage that no kill does, such as a manifest that somebody changed, is told and never hidden: the
chain goes on from what the catalog knows, so that `verify` finds the place for ever.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from recli.archive import manifest
from recli.archive.catalog import Catalog
from recli.archive.layout import Layout, naming
from recli.archive.manifest import Line, Position, Stored
from recli.archive.names import Template
from recli.archive.partial import is_under_way
from recli.archive.rows import to_ms
from recli.archive.states import key_of
from recli.archive.storing import Step, Storing, keep_position, known_position

_BATCH = 1000
"""Lines taken up in one transaction: a catalog that was lost finds all of them."""


def recover(catalog: Catalog, step: Step) -> list[str]:
    """Bring catalog, manifest and files together; return what was found that nobody can mend."""
    with naming(catalog.layout.folder):
        warnings = _read_on(catalog)
    Storing(catalog, Template.parse(), step).settle()
    return warnings


def sweep(catalog: Catalog) -> dict[str, Path]:
    """Take away partial files that belong to no recording whose audio may still come.

    Returns those that are whole, by their keys.
    """
    left: dict[str, Path] = {}
    folder = catalog.layout.partial
    if not folder.is_dir():
        return left
    with naming(catalog.layout.folder):
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
        or manifest.last_line_sha256(layout.manifest, known.bytes) != known.last_sha256
    ):
        if size != known.bytes:
            _cut_torn(layout)
        return [f"{changed}: `recli verify` names the place"]
    position, chained = known, True
    for lines in _batches(manifest.read(layout.manifest, known)):
        with catalog.changing():
            for line in lines:
                chained = chained and line.chained and line.stored is not None
                if line.stored is not None and chained:
                    _claim(catalog, line.stored)
            position = Position(lines[-1].end, lines[-1].sha256)
            keep_position(catalog, position)
    manifest.cut(layout.manifest, position.bytes)
    return [] if chained else [f"{changed}: `recli verify` names the place"]


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, _BATCH)):
        yield batch


def _cut_torn(layout: Layout) -> None:
    """Give a manifest that was changed a line feed at its end, so that lines can follow."""
    end = 0
    for line in manifest.read(layout.manifest):
        end = line.end
    manifest.cut(layout.manifest, end)


def _claim(catalog: Catalog, stored: Stored) -> None:
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
