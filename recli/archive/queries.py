"""Recordings out of the catalog: newest first, in flat memory.

The database narrows them down by what it has indexes for; the caller applies the whole query.
"""

from collections.abc import Iterator, Sequence

from recli.archive.catalog import Catalog
from recli.archive.rows import FIELD_LIST, Cell, from_cells, to_ms
from recli.model import Query, Recording
from recli.phone import narrowing_tail

_BATCH = 400
"""Ids in one statement; SQLite allows 999 values in its older builds."""


def matching_rows(
    catalog: Catalog, query: Query, profiles: Sequence[str] | None = None
) -> Iterator[list[Recording]]:
    """Yield the rows that may match a query: all that do are among them.

    `profiles` names whose rows are wanted; None means all.
    """
    equal = {name: getattr(query, name) for name in ("direction", "owner", "call_id", "state")}
    given = {name: str(value) for name, value in equal.items() if value is not None}
    tests, values = [f"{name} = ?" for name in given], list[Cell](given.values())
    if profiles is not None:
        tests.append(f"profile IN ({placeholders(profiles)})")
        values += profiles
    for operator, moment in ((">=", query.since), ("<=", query.until)):
        if moment is not None:
            tests.append(f"started_at {operator} ?")
            values.append(to_ms(moment))
    for number in (query.from_number, query.to_number, query.number):
        tail = narrowing_tail(number or "")
        if tail:
            test = "key LIKE ? OR key GLOB '*[^0-9]*'"
            tests.append(f"number IN (SELECT number FROM sides WHERE {test})")
            values.append(f"%{tail}")
    return _newest_first(catalog, " AND ".join(tests) or "1", values)


def unexported_rows(catalog: Catalog) -> Iterator[list[Recording]]:
    """Yield the rows that wait to be exported."""
    return _newest_first(catalog, "fresh", ())


def fetch_identities(
    catalog: Catalog, columns: str, profile: str, identities: Sequence[str]
) -> Iterator[Sequence[Cell]]:
    """Yield columns of those recordings of a profile that have one of these identities."""
    for start in range(0, len(identities), _BATCH):
        batch = identities[start : start + _BATCH]
        yield from catalog.fetch_all(
            f"SELECT {columns} FROM recordings"
            f" WHERE profile = ? AND identity IN ({placeholders(batch)})",
            (profile, *batch),
        )


def placeholders(values: Sequence[object]) -> str:
    """Return as many question marks for SQL as there are values."""
    return ", ".join("?" * len(values))


def _newest_first(
    catalog: Catalog, condition: str, values: Sequence[Cell]
) -> Iterator[list[Recording]]:
    order = "started_at DESC, number DESC"
    statement = f"SELECT {FIELD_LIST} FROM recordings WHERE {condition} ORDER BY {order}"
    for batch in catalog.fetch_batches(statement, values):
        yield [from_cells(cells) for cells in batch]
