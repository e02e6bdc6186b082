"""Records: one field a line, nothing cut, for terminals too narrow for a table."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from recli.model import Direction, Recording, State
from recli.output.columns import Columns
from recli.output.records import RecordWriter

ROME = ZoneInfo("Europe/Rome")
UUID = "677f6cbd-cc22-41d5-8f15-21cc3e2434e3"


def recording(**fields) -> Recording:
    usual = {
        "provider": "plivo",
        "profile": "main",
        "id": UUID,
        "started_at": datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        "duration_s": 18000,
        "direction": Direction.INBOUND,
        "from_number": "+14155550001",
        "state": State.COMPLETE,
    }
    return Recording(**{**usual, **fields})


def records(*rows, columns=None, profiles=(), colour=False):
    stream = io.StringIO()
    chosen = None if columns is None else Columns.parse(columns, raw=False)
    writer = RecordWriter(stream, chosen, zone=ROME, colour=colour, profiles=profiles)
    for row in rows:
        writer.write([row])
    writer.close()
    return stream.getvalue()


def test_each_field_that_says_something_has_a_line_and_ids_are_whole():
    lines = records(recording()).splitlines()

    assert [line[15:] for line in lines] == [
        "2024-01-02 04:04:05+01:00", "inbound", "+14155550001", "5:00:00", UUID,
    ]  # fmt: skip
    assert [line[:15].rstrip() for line in lines] == [
        "started", "direction", "from number", "length", "id",
    ]  # fmt: skip


def test_an_empty_line_stands_between_two_records():
    text = records(recording(), recording(), recording(state=State.SAVING))

    assert text.count("\n\n") == 2
    assert not text.startswith("\n")
    assert "saving" in text


def test_profiles_are_named_when_there_are_several():
    assert "main" in records(recording(), profiles=("main", "other"))
    assert "main" not in records(recording(), profiles=("main",))


def test_chosen_columns_come_in_their_order_also_when_they_are_empty():
    text = records(recording(raw={"k": 1}), columns="id,owner,raw.k")

    assert text.splitlines() == [f"id     {UUID}", "owner", "raw.k  1"]


def test_hostile_text_stays_on_its_line():
    text = records(recording(from_name="a\nb\x1b[2J"))

    assert "a␊b␛[2J" in text
    assert "\x1b" not in text


def test_the_first_moment_that_there_is_does_not_crash_a_record():
    assert "Z" in records(recording(started_at=datetime.max.replace(tzinfo=UTC)))
