from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from recli.archive.archive import ArchiveReader
from recli.archive.rows import from_cells, from_ms, to_cells, to_ms
from recli.engine.match import matcher
from recli.model import Direction, Query, State

from .conftest import NOW, before, opened, plivo, row


def found(folder, **asked):
    query = Query(now=NOW, **asked)
    match = matcher(query) if query.active else lambda _: True
    with ArchiveReader.open(folder) as contents:
        return [each.id for rows in contents.rows(query) for each in rows if match(each)]


@settings(deadline=None)
@given(
    text=st.text(),
    number=st.integers(0, 2**63 - 1) | st.none(),
    length=st.floats(0, 1e9) | st.none(),
    raw=st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5),
    direction=st.sampled_from(Direction) | st.none(),
    state=st.sampled_from(State) | st.none(),
)
def test_a_row_comes_back_as_it_went_in(  # noqa: PLR0917  # hypothesis gives them by name
    text, number, length, raw, direction, state
):
    made = row(
        text,
        owner=text or None,
        size_bytes=number,
        duration_s=length,
        raw=raw,
        direction=direction,
        state=state,
        added_at=NOW,
    )

    assert from_cells(to_cells(made)) == made


def test_times_are_cut_to_milliseconds():
    moment = datetime(2024, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)

    assert from_ms(to_ms(moment)) == moment.replace(microsecond=678_000)
    assert from_ms(to_ms(datetime(1960, 1, 1, tzinfo=UTC))).year == 1960


def test_what_sqlite_can_not_hold_is_replaced_and_raw_keeps_it(folder):
    made = row("r1", owner="bad \ud800 text", raw={"owner": "bad \ud800 text"})
    with opened(folder) as archive:
        archive.add(plivo(), [made])

    with ArchiveReader.open(folder) as contents:
        (kept,) = (each for rows in contents.rows(Query(now=NOW)) for each in rows)
    assert kept.owner == "bad \ufffd text"
    assert kept.raw == made.raw


def test_rows_are_found_by_what_a_query_asks_for(folder):
    rows = [
        row("a", start=before(1), from_number="+1 (415) 555-0001", to_number="1001"),
        row("b", start=before(2), from_number="1001", to_number="+39 02 1234", owner="ann"),
        row("c", start=before(3), local_number="+14155550001", direction=Direction.INBOUND),
        row("d", start=None, from_number="sip:Bob@example.com", call_id="c-1"),
        row("e", start=before(5), state=State.RECORDING, duration_s=30.0),
    ]
    with opened(folder) as archive:
        archive.add(plivo(), rows)

    assert found(folder) == ["a", "b", "c", "e", "d"]
    assert found(folder, since=before(2)) == ["a", "b"]
    assert found(folder, until=before(2)) == ["c", "e"]
    assert found(folder, number="14155550001") == ["a", "c"]
    assert found(folder, number="+1 415*") == ["a", "c"]
    assert found(folder, number="*0001") == ["a", "c"]
    assert found(folder, from_number="1001") == ["b"]
    assert found(folder, to_number="+39*1234") == ["b"]
    assert found(folder, from_number="sip:Bob@*") == ["d"]
    assert found(folder, owner="ann") == ["b"]
    assert found(folder, call_id="c-1") == ["d"]
    assert found(folder, state=State.RECORDING) == ["e"]
    assert found(folder, direction=Direction.INBOUND) == ["c"]
    assert found(folder, min_duration_s=20) == ["e"]


def test_rows_of_one_profile_or_provider_are_found_alone(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("a")])
        other = plivo(auth_id="MA2")
        object.__setattr__(other, "profile", "second")
        archive.add(other, [row("b", profile="second")])

    with ArchiveReader.open(folder) as contents:
        one = [each.id for rows in contents.rows(Query(now=NOW), ["second"]) for each in rows]
        both = [each.id for rows in contents.rows(Query(now=NOW)) for each in rows]
        profiles = contents.profiles()

    assert one == ["b"]
    assert sorted(both) == ["a", "b"]
    assert profiles == {"main": "plivo", "second": "plivo"}
