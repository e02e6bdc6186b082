"""Recordings into the catalog: new ones are added, changed ones updated."""

from collections.abc import Iterable, Sequence

from recli.archive.catalog import UNFINISHED, Catalog
from recli.archive.queries import fetch_identities, placeholders
from recli.archive.rows import (
    FIELD_LIST,
    FIELDS,
    PUBLIC_FIELDS,
    STATE,
    Cell,
    Cells,
    phone_keys,
    to_cells,
    to_ms,
    to_storable_text,
)
from recli.model import Query, Recording, State
from recli.providers.base import Provider

_UNFINISHED_STATES = {State.RECORDING.value, State.SAVING.value}
_INSERT = (
    f"INSERT INTO recordings ({FIELD_LIST}, identity, first_seen_at, fresh)"
    f" VALUES ({placeholders(FIELDS)}, ?, ?, ?)"
)
_UPDATE = (
    f"UPDATE recordings SET {', '.join(f'{name} = ?' for name in FIELDS)},"
    " lost = 0, fresh = fresh OR ? WHERE number = ?"
)
# A new catalog of an old archive finds its files in the manifest.
_CLAIM = """
UPDATE recordings SET audio = 'stored', audio_path = unclaimed.path,
    audio_bytes = unclaimed.bytes, audio_sha256 = unclaimed.sha256,
    audio_fetched_at = unclaimed.fetched_at
FROM unclaimed WHERE number = ?
    AND unclaimed.profile = recordings.profile AND unclaimed.id = recordings.id
"""


class RowImporter:
    """Add one profile's rows, and remember which unfinished ones have come."""

    def __init__(self, catalog: Catalog, provider: Provider) -> None:
        self.added = 0
        """New rows."""
        self.changed = 0
        """Rows that differ from what the archive had."""
        self._catalog = catalog
        self._provider = provider
        self._unfinished: set[str] = set()

    def add(self, rows: Sequence[Recording], *, now_ms: int, to_export: bool) -> list[Recording]:
        """Add rows, all or none; return the new ones.

        With `to_export`, they and those that have become final wait to be exported.
        """
        given = {to_storable_text(self._provider.identity(row.id)): row for row in rows}
        columns = f"{FIELD_LIST}, audio, lost, number, identity"
        stored = {
            str(cells[-1]): cells
            for cells in fetch_identities(
                self._catalog, columns, self._provider.profile, list(given)
            )
        }
        new: list[tuple[str, Cells]] = []
        changed: list[tuple[Sequence[Cell], Cells]] = []
        for identity, row in given.items():
            cells = to_cells(row)
            if cells[STATE] in _UNFINISHED_STATES:
                self._unfinished.add(identity)
            before = stored.get(identity)
            if before is None:
                new.append((identity, cells))
            elif tuple(before[: len(FIELDS)]) != cells or before[-3]:  # -3: lost
                changed.append((before, cells))
        back = [(before[-2],) for before in stored.values() if before[-4] == "gone"]
        if new or changed or back:
            with self._catalog.transaction():
                for identity, cells in new:
                    self._insert(cells, (identity, now_ms, int(to_export)))
                for before, cells in changed:
                    self._update(before, cells, to_export=to_export)
                # What is listed again may have audio again.
                self._catalog.execute_many(
                    "UPDATE recordings SET audio = 'wanted', audio_runs = 0 WHERE number = ?", back
                )
        self.added += len(new)
        return [given[identity] for identity, _ in new]

    def mark_missing(self, query: Query) -> None:
        """After a complete listing, stop waiting for unfinished rows that it did not bring."""
        since = to_ms(query.since) if query.since else None
        until = to_ms(query.until or query.now)
        rows = self._catalog.fetch_all(
            "SELECT number, identity FROM recordings"
            f" WHERE profile = ? AND {UNFINISHED} AND (? IS NULL OR started_at >= ?)"
            " AND (started_at IS NULL OR started_at < ?)",
            (self._provider.profile, since, since, until),
        )
        missing = [(number,) for number, identity in rows if identity not in self._unfinished]
        self._catalog.execute_many("UPDATE recordings SET lost = 1 WHERE number = ?", missing)

    def _insert(self, cells: Cells, more: Cells) -> None:
        self._catalog.execute(_INSERT, (*cells, *more))
        number = self._catalog.fetch_number("SELECT last_insert_rowid()")
        self._add_phone_keys(number, phone_keys(cells))
        if self._catalog.execute(_CLAIM, (number,)):
            self._catalog.execute(
                "DELETE FROM unclaimed WHERE profile = ? AND id = ?",
                (self._provider.profile, cells[FIELDS.index("id")]),
            )

    def _update(self, before: Sequence[Cell], cells: Cells, *, to_export: bool) -> None:
        number = before[-2]
        became_final = (
            before[STATE] in _UNFINISHED_STATES and cells[STATE] not in _UNFINISHED_STATES
        )
        self._catalog.execute(_UPDATE, (*cells, int(to_export and became_final), number))
        if tuple(before[:PUBLIC_FIELDS]) == cells[:PUBLIC_FIELDS]:
            return  # only a provider's own counters, such as days in storage, have changed
        self.changed += 1
        self._catalog.execute(
            "UPDATE recordings SET audio = 'wanted', audio_runs = 0, audio_error = NULL"
            " WHERE number = ? AND audio NOT IN ('stored', 'storing', 'wanted')",
            (number,),
        )
        keys = phone_keys(cells)
        if phone_keys(tuple(before)) != keys:
            self._catalog.execute("DELETE FROM sides WHERE number = ?", (number,))
            self._add_phone_keys(number, keys)

    def _add_phone_keys(self, number: Cell, keys: Iterable[str]) -> None:
        rows = [(key, number) for key in keys]
        self._catalog.execute_many("INSERT INTO sides (key, number) VALUES (?, ?)", rows)
