"""Rows into the catalog: new ones are added, changed ones updated, and the rest left untouched."""

from collections.abc import Callable, Sequence

from recli.archive.catalog import UNFINISHED, Catalog
from recli.archive.rows import (
    FIELDS,
    PUBLIC_FIELDS,
    Cell,
    Cells,
    side_keys,
    stored_text,
    to_cells,
    to_ms,
)
from recli.model import Query, Recording, State

_AT_ONCE = 400
"""Ids asked for in one statement; SQLite allows 999 values in its older builds."""
_STATE = FIELDS.index("state")
_OPEN_STATES = {State.RECORDING.value, State.SAVING.value}
_HELD = ", ".join(FIELDS)
_NEW = (
    f"INSERT INTO recordings ({_HELD}, identity, first_seen_at, fresh)"
    f" VALUES ({', '.join('?' * (len(FIELDS) + 3))})"
)
_CHANGED = f"UPDATE recordings SET {', '.join(f'{name} = ?' for name in FIELDS)}"


class RowImporter:
    """Add one profile's rows; remembers which unfinished ones it has met."""

    def __init__(self, catalog: Catalog, profile: str, identity: Callable[[str], str]) -> None:
        self._catalog = catalog
        self._profile = profile
        self._identity = identity
        self._met: set[str] = set()
        self.changed = 0
        """Rows that the provider told something else of than before."""
        self.added = 0
        """Rows that were not known."""

    def add(self, rows: Sequence[Recording], *, now_ms: int, fresh: bool) -> list[Recording]:
        """Add rows at once or not at all; return those that were not known.

        With `fresh`, they and those that have become final wait to be given out.
        """
        given = {stored_text(self._identity(row.id)): row for row in rows}
        known = self._known(list(given))
        new: list[tuple[str, Cells]] = []
        changed: list[tuple[Sequence[Cell], Cells]] = []
        for identity, row in given.items():
            cells = to_cells(row)
            if cells[_STATE] in _OPEN_STATES:
                self._met.add(identity)
            held = known.get(identity)
            if held is None:
                new.append((identity, cells))
            elif tuple(held[: len(FIELDS)]) != cells or held[-1]:
                changed.append((held, cells))
        if new or changed:
            with self._catalog.changing():
                for identity, cells in new:
                    self._insert(identity, cells, now_ms, fresh=fresh)
                for held, cells in changed:
                    self._update(held, cells, fresh=fresh)
        self.added += len(new)
        return [given[identity] for identity, _ in new]

    def close(self, query: Query) -> None:
        """After a complete listing, give up unfinished rows of its range that it did not bring."""
        since = to_ms(query.since) if query.since else None
        until = to_ms(query.until or query.now)
        rows = self._catalog.all(
            "SELECT number, identity FROM recordings"
            f" WHERE profile = ? AND {UNFINISHED} AND (? IS NULL OR started_at >= ?)"
            " AND (started_at IS NULL OR started_at < ?)",
            (self._profile, since, since, until),
        )
        gone = [(row[0],) for row in rows if row[1] not in self._met]
        if gone:
            self._catalog.change_all("UPDATE recordings SET lost = 1 WHERE number = ?", gone)

    def _known(self, identities: list[str]) -> dict[str, Sequence[Cell]]:
        found: dict[str, Sequence[Cell]] = {}
        for at in range(0, len(identities), _AT_ONCE):
            some = identities[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._catalog.all(
                f"SELECT {_HELD}, identity, number, lost FROM recordings"
                f" WHERE profile = ? AND identity IN ({marks})",
                [self._profile, *some],
            )
            found.update((str(row[-3]), row) for row in rows)
        return found

    def _insert(self, identity: str, cells: Cells, now_ms: int, *, fresh: bool) -> None:
        self._catalog.change(_NEW, (*cells, identity, now_ms, int(fresh)))
        number = self._catalog.number("SELECT last_insert_rowid()")
        self._put_sides(number, cells)
        # A catalog that was lost and is made anew finds its files in the manifest.
        claimed = self._catalog.first(
            "SELECT path, bytes, sha256, fetched_at FROM unclaimed WHERE profile = ? AND id = ?",
            (self._profile, cells[FIELDS.index("id")]),
        )
        if claimed is not None:
            self._catalog.change(
                "UPDATE recordings SET audio = 'stored', audio_path = ?, audio_bytes = ?,"
                " audio_sha256 = ?, audio_fetched_at = ? WHERE number = ?",
                (*claimed, number),
            )
            self._catalog.change(
                "DELETE FROM unclaimed WHERE profile = ? AND id = ?",
                (self._profile, cells[FIELDS.index("id")]),
            )

    def _update(self, held: Sequence[Cell], cells: Cells, *, fresh: bool) -> None:
        number = held[-2]
        told = tuple(held[:PUBLIC_FIELDS]) != cells[:PUBLIC_FIELDS]
        final = held[_STATE] in _OPEN_STATES and cells[_STATE] not in _OPEN_STATES
        self._catalog.change(
            f"{_CHANGED}, lost = 0, fresh = fresh OR ? WHERE number = ?",
            (*cells, int(fresh and final), number),
        )
        if not told:
            return  # a provider's own counters, such as days in storage
        self.changed += 1
        self._catalog.change(
            "UPDATE recordings SET audio = 'wanted', audio_runs = 0, audio_error = NULL"
            " WHERE number = ? AND audio NOT IN ('stored', 'storing', 'wanted')",
            (number,),
        )
        if side_keys(tuple(held[: len(FIELDS)])) != side_keys(cells):
            self._catalog.change("DELETE FROM sides WHERE number = ?", (number,))
            self._put_sides(int(number or 0), cells)

    def _put_sides(self, number: int, cells: Cells) -> None:
        sides = [(key, number) for key in side_keys(cells)]
        self._catalog.change_all("INSERT INTO sides (key, number) VALUES (?, ?)", sides)
