"""Recordings into the catalog: new ones are added, changed ones updated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from recli.archive.catalog import UNFINISHED, Catalog
from recli.archive.queries import fetch_identities, placeholders
from recli.archive.reused_ids import (
    AUDIO,
    COLUMNS,
    LOST,
    NUMBER,
    UNFINISHED_STATES,
    earlier_row,
    give_up_identity,
    is_another_call,
    take_identity_back,
)
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
from recli.model import Query, Recording
from recli.providers.base import Provider

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


@dataclass(slots=True)
class _Batch:
    """What a batch of rows brings, each with the row that the catalog has.

    `reused` has rows whose id came with another call, and the row of that call if there is one;
    `gone` are the numbers of listed rows whose audio was believed gone.
    """

    gone: list[tuple[Cell]]
    new: list[tuple[str, Cells]] = field(default_factory=list)
    changed: list[tuple[Sequence[Cell], Cells]] = field(default_factory=list)
    reused: list[tuple[Sequence[Cell], Sequence[Cell] | None]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is to be done."""
        return not (self.gone or self.new or self.changed or self.reused)


class RowImporter:
    """Add one profile's rows, and remember which unfinished ones have come."""

    def __init__(self, catalog: Catalog, provider: Provider) -> None:
        self.added = 0
        """New rows."""
        self.changed = 0
        """Rows that differ from what the archive had."""
        self.reused: dict[str, bool] = {}
        """Ids that came as other calls than before; whether the earlier call's audio is kept."""
        self._catalog = catalog
        self._provider = provider
        self._unfinished: set[str] = set()

    def add(self, rows: Sequence[Recording], *, now_ms: int, to_export: bool) -> list[Recording]:
        """Add rows, all or none; return the new ones.

        With `to_export`, they and those that have become final wait to be exported.
        """
        given = {to_storable_text(self._provider.identity(row.id)): row for row in rows}
        batch = self._compare(given)
        if batch.is_empty:
            return []
        catalog = self._catalog
        with catalog.transaction():
            for other, earlier in batch.reused:
                self.reused[str(other[FIELDS.index("id")])] = give_up_identity(catalog, other)
                if earlier is not None:
                    take_identity_back(catalog, earlier, str(other[-1]))
            for identity, cells in batch.new:
                self._insert(cells, (identity, now_ms, int(to_export)))
            for before, cells in batch.changed:
                self._update(before, cells, to_export=to_export)
            # What is listed again may have audio again.
            catalog.execute_many(
                "UPDATE recordings SET audio = 'wanted', audio_runs = 0"
                " WHERE number = ? AND audio = 'gone' AND NOT lost",
                batch.gone,
            )
        self.added += len(batch.new)
        return [given[identity] for identity, _ in batch.new]

    def _compare(self, given: Mapping[str, Recording]) -> _Batch:
        """Compare rows, by their identities, with those that the catalog has."""
        profile = self._provider.profile
        found = fetch_identities(self._catalog, COLUMNS, profile, list(given))
        stored = {str(cells[-1]): cells for cells in found}
        batch = _Batch(
            gone=[(before[NUMBER],) for before in stored.values() if before[AUDIO] == "gone"]
        )
        for identity, row in given.items():
            cells = to_cells(row)
            if cells[STATE] in UNFINISHED_STATES:
                self._unfinished.add(identity)
            before = stored.get(identity)
            if before is None:
                batch.new.append((identity, cells))
            elif tuple(before[: len(FIELDS)]) == cells:
                if before[LOST]:
                    batch.changed.append((before, cells))
            elif not is_another_call(before, cells):
                batch.changed.append((before, cells))
            else:
                earlier = earlier_row(self._catalog, profile, identity, cells)
                batch.reused.append((before, earlier))
                if earlier is None:
                    batch.new.append((identity, cells))
                else:
                    batch.changed.append((earlier, cells))
        return batch

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
        number = before[NUMBER]
        became_final = before[STATE] in UNFINISHED_STATES and cells[STATE] not in UNFINISHED_STATES
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
