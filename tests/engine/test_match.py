from datetime import UTC, datetime, timedelta

import pytest

from recli.engine.match import matcher
from recli.model import Direction, Query, Recording, State

NOW = datetime(2024, 1, 2, tzinfo=UTC)


def row(**fields) -> Recording:
    return Recording("p", "profile", "1", **fields)


def matches(recording: Recording, **query) -> bool:
    return matcher(Query(now=NOW, **query))(recording)


def test_times_are_about_the_start_and_half_open():
    tick = timedelta(microseconds=1)

    assert matches(row(started_at=NOW), since=NOW)
    assert not matches(row(started_at=NOW - tick), since=NOW)
    assert matches(row(started_at=NOW - tick), until=NOW)
    assert not matches(row(started_at=NOW), until=NOW)


@pytest.mark.parametrize(
    "query",
    [
        {"since": NOW},
        {"until": NOW},
        {"from_number": "*"},
        {"to_number": "*"},
        {"number": "*"},
        {"direction": Direction.INBOUND},
        {"min_duration_s": 0},
        {"max_duration_s": 9},
        {"owner": "x"},
        {"call_id": "x"},
        {"state": State.COMPLETE},
    ],
)
def test_a_row_that_does_not_say_a_filtered_field_does_not_match(query):
    assert not matches(row(), **query)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ("+14155550001", "14155550001"),
        ("14155550001", "+14155550001"),
        ("+1 (415) 555-0001", "+14155550001"),
        ("+14155550001", "+1.415.555.0001"),
        ("+1415*", "+14155550001"),
        ("*0001", "+1 415 555 0001"),
        ("*555*", "+14155550001"),
        ("*", "anonymous"),
        ("sip:ann@phone.example", "sip:ann@phone.example"),
    ],
)
def test_numbers_compare_without_what_people_write_into_them(wanted, number):
    assert matches(row(from_number=number), from_number=wanted)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [("4155550001", "+14155550001"), ("+1415", "+14155550001"), ("1*2", "1345"), ("1?3", "123")],
)
def test_a_number_matches_as_a_whole(wanted, number):
    assert not matches(row(from_number=number), from_number=wanted)


@pytest.mark.parametrize("side", ["from_number", "to_number", "local_number", "remote_number"])
def test_number_means_either_side(side):
    assert matches(row(**{side: "+390244548866"}), number="+39*")


def test_one_of_several_parties_is_enough():
    parties = row(to_number="1001, 1002")

    assert matches(parties, to_number="1002")
    assert matches(parties, number="1001")
    assert not matches(parties, to_number="100")


def test_from_and_to_mean_their_own_side():
    assert not matches(row(to_number="1"), from_number="1")
    assert not matches(row(from_number="1"), to_number="1")


def test_durations_include_both_ends():
    recording = row(duration_s=7.56)

    assert matches(recording, min_duration_s=7.56, max_duration_s=7.56)
    assert not matches(recording, min_duration_s=7.561)
    assert not matches(recording, max_duration_s=7.559)


def test_all_parts_must_hold():
    recording = row(direction=Direction.INBOUND, owner="ann", call_id="c", state=State.COMPLETE)
    both = {"direction": Direction.INBOUND, "owner": "ann", "call_id": "c"}

    assert matches(recording, **both, state=State.COMPLETE)
    assert not matches(recording, **both, state=State.ERROR)
