from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recli.engine.sorting import NewestFirst
from recli.model import Recording

NOW = datetime(2024, 6, 30, tzinfo=UTC)


def row(number: int | None) -> Recording:
    started_at = None if number is None else NOW - timedelta(seconds=number)
    return Recording("p", "b", str(number), started_at, raw={"id": number})


def numbers(newest: NewestFirst) -> list[str]:
    return [each.id for batch in newest.batches() for each in batch]


@given(st.lists(st.lists(st.integers(0, 10_000), max_size=50), max_size=40), st.integers(1, 60))
def test_the_newest_of_any_batches_come_in_order(batches, limit):
    newest = NewestFirst(limit, raw=True)
    for batch in batches:
        newest.add([row(number) for number in batch])

    everything = sorted(number for batch in batches for number in batch)
    assert numbers(newest) == [str(number) for number in everything[:limit]]


def test_rows_without_a_time_come_last():
    newest = NewestFirst(None, raw=True)
    newest.add([row(None), row(5), row(1)])

    assert numbers(newest) == ["1", "5", "None"]


def test_what_nobody_shows_is_let_go():
    kept, let_go = NewestFirst(None, raw=True), NewestFirst(None, raw=False)
    for newest in (kept, let_go):
        newest.add([row(1)])

    assert next(kept.batches())[0].raw == {"id": 1}
    assert next(let_go.batches())[0].raw is None
