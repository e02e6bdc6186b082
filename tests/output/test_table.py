"""Tables: widths, streaming, clocks, and names that would rather be something else."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from recli.model import COLUMNS, Direction, Recording, State
from recli.output.columns import Columns
from recli.output.table import SAMPLE_ROWS, TableWriter

ROME = ZoneInfo("Europe/Rome")
START = datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
UUID = "677f6cbd-cc22-41d5-8f15-21cc3e2434e3"
HOSTILE = "\x1b]0;title\x07\x1b[2J\u202eexe\r\n\t\x9b31m\ud800 日本語👩\u200d👧 " * 3


def recording(**fields) -> Recording:
    usual = {
        "provider": "plivo",
        "profile": "main",
        "id": UUID,
        "started_at": START,
        "duration_s": 91.2,
        "direction": Direction.INBOUND,
        "from_number": "+14155550001",
        "to_number": "+393331234567",
        "state": State.COMPLETE,
    }
    return Recording(**{**usual, **fields})


def full(**fields) -> Recording:
    return recording(
        ended_at=START + timedelta(minutes=2), from_name="Ann Lee", to_name="Bob",
        owner="ann@x.example", local_number="100", remote_number="200",
        call_id=f"call-{UUID}", format="mp3",
        size_bytes=123456, file_name="a.mp3", media_url="https://media.example/a.mp3",
        added_at=START, expires_at=START, reference="R-1", **fields,
    )  # fmt: skip


def table(rows, *, columns=None, width=120, zone=ROME, colour=False, profiles=(), raw=False):
    stream = io.StringIO()
    chosen = None if columns is None else Columns.parse(columns, raw=raw)
    writer = TableWriter(stream, chosen, width=width, zone=zone, colour=colour, profiles=profiles)
    writer.write(rows)
    writer.close()
    return stream.getvalue()


def test_a_table_of_120_cells_shows_whole_ids_numbers_and_the_readers_clock():
    text = table([recording(), recording(duration_s=3723, direction=Direction.OUTBOUND)])

    assert text == (
        "started Europe/Rome  way  from          to               length  id\n"
        f"2024-01-02 04:04:05  in   +14155550001  +393331234567      1:31  {UUID}\n"
        f"2024-01-02 04:04:05  out  +14155550001  +393331234567   1:02:03  {UUID}\n"
    )


def test_a_table_of_80_cells_shows_whole_ids_and_cuts_numbers_in_the_middle():
    text = table([recording()], width=80)

    assert text == (
        "Europe/Rome  from       to          length  id\n"
        f"01-02 04:04  +141…0001  +393…567      1:31  {UUID}\n"
    )


def test_a_table_of_80_cells_with_profiles_leaves_ids_out_and_says_so():
    stream = io.StringIO()
    writer = TableWriter(
        stream, None, width=80, zone=ROME, colour=False, profiles=("main", "a-longer-name")
    )
    writer.write([recording()])

    assert writer.hidden == ("id",)
    assert "+14155550001  +393331234567" in stream.getvalue()


def test_an_id_longer_than_those_before_is_never_cut():
    rows = [recording(id="1")] * SAMPLE_ROWS + [recording()]

    assert table(rows, width=70).endswith(f"  {UUID}\n")
    assert f"\n{UUID}  +14155550001\n" in table(rows, width=70, columns="id,from_number")


def test_a_call_of_hours_after_short_ones_is_shown_to_the_second():
    rows = [recording()] * SAMPLE_ROWS + [recording(duration_s=18000), recording(duration_s=86399)]

    text = table(rows)

    assert "  5:00:00  " in text
    assert "  23:59:59  " in text


def test_a_table_of_60_cells_still_says_when_who_and_how_long():
    text = table([recording()], width=60)

    assert text.splitlines()[1] == "2024-01-02 04:04  in   +14155550001  +393331234567      1:31"


def test_a_table_of_200_cells_shows_what_else_there_is():
    header, line = table([full()], width=200).splitlines()

    assert " ".join(header.split()) == (
        "started Europe/Rome way from from name to to name length owner bytes call id format id"
    )
    assert " ".join(line.split()) == (
        "2024-01-02 04:04:05 in +14155550001 Ann Lee +393331234567 Bob 1:31 ann@x.example "
        f"123456 call-{UUID} mp3 {UUID}"
    )


def test_what_no_row_says_has_no_column():
    header = table([recording(direction=None, to_number=None)], width=200).splitlines()[0]

    assert header.split() == ["started", "Europe/Rome", "from", "length", "id"]


def test_local_and_remote_numbers_stand_in_where_there_is_no_from_and_to():
    row = recording(from_number=None, to_number=None, local_number="100", remote_number="+44123")

    text = table([row])

    assert "local" in text
    assert "+44123" in text


def test_profiles_and_states_show_when_they_tell_rows_apart():
    one = table([recording()])
    two = table([recording(), recording(profile="backup", state=State.RECORDING)])
    told = table([recording()], profiles=("main", "other"))

    assert "profile" not in one
    assert "state" not in one
    assert "profile" in two
    assert "recording" in two
    assert "profile" in told


@pytest.mark.parametrize("width", [1, 7, 20, 40, 60, 79, 80, 81, 100, 120, 200, 500])
@pytest.mark.parametrize("columns", [None, "id", ",".join(COLUMNS), "media_url,raw.a,id,raw"])
@pytest.mark.parametrize("profiles", [(), ("main", "a-very-long-profile-name-" * 3)])
def test_no_line_is_ever_wider_than_the_terminal(width, columns, profiles):
    hostile = full(raw={"a": HOSTILE})._replace(
        id=HOSTILE, from_name=HOSTILE, from_number="+1" * 99, owner="日本" * 40, duration_s=1e300,
        size_bytes=10**30, profile="p" * 99, call_id="é" * 90,
    )  # fmt: skip
    early, late = [full(), full(profile="backup", state=State.ERROR)] * 25, [hostile, full()]

    for rows in ([*early, *late], [*late, *early]):
        lines = table(rows, columns=columns, width=width, profiles=profiles).splitlines()

        assert len(lines) == len(rows) + 1
        assert max(cell_len(line) for line in lines if UUID not in line) <= max(width, 8)
        assert max(map(cell_len, lines)) <= max(width, len(UUID) + len("call-"))


def test_hostile_names_reach_the_terminal_as_marks_only():
    row = full(raw={"k\x1b": HOSTILE})._replace(profile=HOSTILE, id=HOSTILE, from_number=HOSTILE)

    text = table([row], columns=f"{','.join(COLUMNS)},raw", width=3000)

    assert "␛]0;title␇␛[2J⟨U+202E⟩exe␍␊␉⟨U+009B⟩31m⟨U+D800⟩" in text
    assert all(char == "\n" or (char.isprintable() and char != "\u202e") for char in text)
    assert text.count("\n") == 2


def test_chosen_columns_come_in_their_order_with_ids_whole():
    row = recording(from_name="A name that is much longer than what there is room for")

    text = table([row], columns="from_name,id,duration_s", width=60)

    assert text.splitlines() == [
        f"{'from name':12}  {'id':36}    length",
        f"A name that…  {UUID}      1:31",
    ]


def test_chosen_columns_without_room_are_named():
    writer = TableWriter(
        io.StringIO(), Columns.parse(None, raw=False), width=60, zone=UTC, colour=False
    )
    writer.write([full()])

    assert writer.hidden
    assert writer.hidden == COLUMNS[-len(writer.hidden) :]


def test_raw_columns_are_text_or_compact_json():
    row = recording(raw={"name": "Big Room", "tags": ["a", {"b": None}], "n": 1})

    text = table([row], columns="raw.name,raw.tags,raw.tags.0,raw.gone,raw", width=200)

    assert text.splitlines()[1] == (
        'Big Room  ["a",{"b":null}]  a                     '
        '{"name":"Big Room","tags":["a",{"b":null}],"n":1}'
    )


def test_rows_appear_while_more_are_still_to_come():
    stream = io.StringIO()
    seen: list[int] = []

    def rows():
        for _ in range(SAMPLE_ROWS + 3):
            seen.append(stream.getvalue().count("\n"))
            yield recording()

    writer = TableWriter(stream, None, width=80, zone=ROME, colour=False)
    writer.write(rows())

    assert seen[SAMPLE_ROWS - 1 :] == [0, SAMPLE_ROWS + 1, SAMPLE_ROWS + 2, SAMPLE_ROWS + 3]
    assert writer.written == SAMPLE_ROWS + 3


def test_the_first_page_appears_at_once_and_the_header_once():
    stream = io.StringIO()
    writer = TableWriter(stream, None, width=100, zone=ROME, colour=False)

    writer.write([recording()])
    first = stream.getvalue()
    writer.write([])
    writer.write([recording(id="2")])
    writer.close()

    assert first.count("\n") == 2
    assert stream.getvalue().count("\n") == 3
    assert stream.getvalue().count("started") == 1
    assert writer.written == 2


def test_a_table_without_rows_is_empty():
    assert table([]) == ""


def test_a_terminal_made_narrower_is_not_overrun():
    widths = iter([120, 60])
    stream = io.StringIO()
    writer = TableWriter(stream, None, width=lambda: next(widths), zone=ROME, colour=False)

    writer.write([recording()])
    writer.write([recording()])

    lines = stream.getvalue().splitlines()
    assert UUID in lines[1]
    assert len(lines[1]) > 60 >= cell_len(lines[2])


@given(
    st.lists(
        st.builds(
            Recording,
            st.text(),
            st.text(),
            st.text(st.characters(codec=None, exclude_categories=())),
            started_at=st.none() | st.datetimes(timezones=st.just(UTC)),
            duration_s=st.none() | st.floats(),
            from_number=st.none() | st.text(),
            owner=st.none() | st.text(),
            size_bytes=st.none() | st.integers(),
        ),
        max_size=4,
    ),
    st.integers(1, 200),
)
def test_whatever_rows_hold_each_is_one_line_that_fits(rows, width):
    lines = table(rows, width=width).split("\n")

    assert len(lines) == (len(rows) + 2 if rows else 1)
    assert max(map(cell_len, lines)) <= max(width, len("id"))
