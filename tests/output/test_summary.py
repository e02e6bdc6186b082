"""Counts and hours, by profile, direction and calendar."""

import io
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from recli.model import Direction, Recording
from recli.output.summary import Summary

ROME = ZoneInfo("Europe/Rome")
START = datetime(2024, 1, 2, 12, tzinfo=UTC)


def recording(day=0, *, profile="main", duration_s=3600.0, direction=Direction.INBOUND):
    return Recording(
        "plivo", profile, str(day), START + timedelta(days=day),
        duration_s=duration_s, direction=direction,
    )  # fmt: skip


def text_of(rows, *, width=80, zone=ROME, encoding="utf-8"):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    summary = Summary(stream, width=width, zone=zone)
    summary.write(rows)
    assert raw.getvalue() == b""
    summary.close()
    return raw.getvalue().decode(encoding)


def test_a_summary_counts_recordings_and_hours_with_bars_that_compare_them():
    rows = [
        recording(), recording(2, direction=None), recording(2, duration_s=None),
        recording(2, profile="old", duration_s=1800, direction=Direction.OUTBOUND),
    ]  # fmt: skip

    assert text_of(rows, width=40) == (
        "4 recordings, 2.5 hours, 1 without a\n"
        "length, 2024-01-02 to 2024-01-04\n"
        "(Europe/Rome)\n"
        "\n"
        "profile  count  hours\n"
        "main         3    2.0  █████████████████\n"
        "old          1    0.5  █████▋\n"
        "\n"
        "direction  count  hours\n"
        "inbound        2    1.0  ███████████████\n"
        "outbound       1    0.5  ███████▌\n"
        "unknown        1    1.0  ███████▌\n"
        "\n"
        "day         count  hours\n"
        "2024-01-02      1    1.0  ████▋\n"
        "2024-01-03      0    0.0\n"
        "2024-01-04      3    1.5  ██████████████\n"
    )


def test_an_encoding_without_blocks_gets_number_signs():
    text = text_of([recording(), recording(1), recording(1, profile="日本")], encoding="ascii")

    assert "main              2    2.0  ####" in text
    assert "\\u65e5\\u672c" in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("days", "title", "first", "lines"),
    [
        (31, "day", "2024-01-02", 31),
        (32, "week of", "2024-01-01", 5),
        (180, "week of", "2024-01-01", 26),
        (400, "month", "2024-01", 14),
        (2000, "year", "2024", 6),
    ],
)
def test_long_spans_are_told_in_longer_periods_without_gaps(days, title, first, lines):
    rows = [recording(day) for day in range(days)]

    section = text_of(rows).split("\n\n")[-1].splitlines()

    assert section[0].startswith(title)
    assert section[1].startswith(first)
    assert len(section) - 1 == lines
    assert sum(int(line.removeprefix(line.split()[0]).split()[0]) for line in section[1:]) == days


def test_a_year_in_which_nothing_was_recorded_has_no_line():
    section = text_of([recording(), recording(-20000)]).split("\n\n")[-1].splitlines()

    assert [line.split()[0] for line in section] == ["year", "1969", "2024"]


@pytest.mark.parametrize("width", [20, 40, 41, 60, 80, 120, 200, 1])
def test_no_line_is_wider_than_the_terminal(width):
    rows = [recording(day % 40, profile="日本\x1b[2J" * (day % 30)) for day in range(900)]

    lines = text_of([*rows, Recording("plivo", "x" * 500, "1")], width=width).splitlines()

    assert max(map(cell_len, lines)) <= width
    assert not any("\x1b" in line for line in lines)


def test_days_are_those_of_the_readers_clock():
    late = recording()._replace(started_at=datetime(2024, 1, 2, 23, 30, tzinfo=UTC))

    assert "2024-01-03 " in text_of([late])
    assert "2024-01-02 " in text_of([late], zone=UTC)


def test_recordings_without_a_day_are_counted_as_unknown():
    text = text_of([recording(), Recording("plivo", "main", "2")])

    assert text.rstrip().splitlines()[-1].startswith("unknown         1    0.0")


def test_the_dictionary_holds_every_day_and_is_json():
    summary = Summary(io.StringIO(), width=80, zone=ROME)
    summary.write(recording(day, duration_s=0.1) for day in range(40))
    summary.write([Recording("plivo", "old", "x")])

    told = json.loads(json.dumps(summary.as_dict()))

    assert told["recordings"] == 41
    assert told["duration_s"] == 4.0
    assert told["without_duration"] == 1
    assert told["timezone"] == "Europe/Rome"
    assert told["first_started_at"] == "2024-01-02T12:00:00.000Z"
    assert told["last_started_at"] == "2024-02-10T12:00:00.000Z"
    assert told["profiles"] == [
        {"profile": "main", "recordings": 40, "duration_s": 4.0, "without_duration": 0},
        {"profile": "old", "recordings": 1, "duration_s": 0.0, "without_duration": 1},
    ]
    assert [one["direction"] for one in told["directions"]] == ["inbound", "unknown"]
    assert len(told["days"]) == 41
    assert told["days"][0]["day"] == "2024-01-02"
    assert told["days"][-1]["day"] is None


def test_a_summary_of_nothing_says_so():
    summary = Summary(io.StringIO(), width=80, zone=ROME)

    assert text_of([]) == "0 recordings, 0.0 hours\n"
    assert summary.as_dict()["days"] == []
    assert summary.as_dict()["first_started_at"] is None


@pytest.mark.parametrize(
    "moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_the_first_and_last_moments_that_there_are_do_not_crash_a_summary(moment):
    for zone in (ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")):
        rows = [recording()._replace(started_at=moment)]

        assert text_of(rows, zone=zone).startswith("1 recording,")
        assert text_of([*rows, recording()], zone=zone).startswith("2 recordings,")


def test_a_long_label_leaves_most_of_the_width_to_figures_and_bar():
    line = text_of([recording(profile="p" * 70)]).splitlines()[3]

    assert line == f"{'p' * 25}…      1    1.0  {'█' * 38}"
