"""Rows out of the catalog: offline, newest first, in flat memory.

The database narrows them down by what it has indexes for; whoever asks applies the whole query.
"""

from collections.abc import Iterator, Sequence

from recli.archive.catalog import Catalog
from recli.archive.rows import FIELDS, Cell, from_cells, number_digits, to_ms
from recli.model import Query, Recording

_LAST = "\U0010ffff"
_HELD = ", ".join(FIELDS)


def matching_rows(
    catalog: Catalog,
    query: Query,
    profiles: Sequence[str] | None = None,
    providers: Sequence[str] | None = None,
) -> Iterator[list[Recording]]:
    """Yield the rows that may match a query, newest first: all that do are among them.

    `profiles` and `providers` name whose rows are wanted; None means everybody's.
    """
    tests, values = _equal(query)
    for column, names in (("profile", profiles), ("provider", providers)):
        if names is not None:
            tests.append(f"{column} IN ({', '.join('?' * len(names))})")
            values += names
    for compared, moment in ((">=", query.since), ("<=", query.until)):
        if moment is not None:
            tests.append(f"started_at {compared} ?")
            values.append(to_ms(moment))
    for number in (query.from_number, query.to_number, query.number):
        if number is not None:
            _test_number(number, tests, values)
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    order = " ORDER BY started_at DESC, number DESC"
    statement = f"SELECT {_HELD} FROM recordings{where}{order}"
    for cells in catalog.steps(statement, values):
        yield [from_cells(each) for each in cells]


def unexported_rows(catalog: Catalog) -> Iterator[list[Recording]]:
    """Yield the rows that wait to be given out, newest first."""
    statement = f"SELECT {_HELD} FROM recordings WHERE fresh ORDER BY started_at DESC, number DESC"
    for cells in catalog.steps(statement):
        yield [from_cells(each) for each in cells]


def _equal(query: Query) -> tuple[list[str], list[Cell]]:
    """Return tests for the fields that a query wants to be equal to something, and their values."""
    wanted = {name: getattr(query, name) for name in ("direction", "owner", "call_id", "state")}
    given = {name: str(value) for name, value in wanted.items() if value is not None}
    return [f"{name} = ?" for name in given], list(given.values())


def _test_number(wanted: str, tests: list[str], values: list[Cell]) -> None:
    """Add what every row with such a number passes; `*` stands for any run."""
    start, star, _ = wanted.partition("*")
    key = number_digits(start)
    if not key:
        return
    compared = "key >= ? AND key < ?" if star else "key = ?"
    tests.append(f"number IN (SELECT number FROM sides WHERE {compared})")
    values += [key, key + _LAST] if star else [key]
