"""What people write for times, lengths and zones, and what it comes to."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.errors import UsageError
from recli.times import YEARS, parse_duration, parse_instant, parse_zone

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2024, 3, 15, 12, 30, 45, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(text, zone=ROME, *, now=NOW, end=False):
    return parse_instant(text, now=now, zone=zone, end=end)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-01", "2023-12-31T23:00"),
        (" 2024-01-01\n", "2023-12-31T23:00"),
        ("2024-01-01T10:30", "2024-01-01T09:30"),
        ("2024-01-01t10:30z", "2024-01-01T10:30"),
        ("2024-01-01 10:30", "2024-01-01T09:30"),
        ("2024-07-01 10:30", "2024-07-01T08:30"),
        ("2024-01-01 10:30:05", "2024-01-01T09:30:05"),
        ("2024-01-01T10:30:05.25", "2024-01-01T09:30:05.250"),
        ("2024-01-01T10:30:05.1234567", "2024-01-01T09:30:05.123456"),
        ("2024-01-01T10:30Z", "2024-01-01T10:30"),
        ("2024-01-01T10:30:00Z", "2024-01-01T10:30"),
        ("2024-01-01T10:30+02:00", "2024-01-01T08:30"),
        ("2024-01-01T10:30:00.5-0330", "2024-01-01T14:00:00.500"),
        ("2024-01-01 10:30-00:00", "2024-01-01T10:30"),
        ("today", "2024-03-14T23:00"),
        ("Yesterday", "2024-03-13T23:00"),
        ("now", "2024-03-15T12:30:45.123456"),
        ("90m", "2024-03-15T11:00:45.123456"),
        ("36h", "2024-03-14T00:30:45.123456"),
        ("7d", "2024-03-08T12:30:45.123456"),
        ("2w", "2024-03-01T12:30:45.123456"),
        ("5s", "2024-03-15T12:30:40.123456"),
        ("P1M", "2024-02-15T12:30:45.123456"),
        ("P1Y2M", "2023-01-15T12:30:45.123456"),
        ("P2W", "2024-03-01T12:30:45.123456"),
        ("PT36H", "2024-03-14T00:30:45.123456"),
        ("p1dt0.5h", "2024-03-14T12:00:45.123456"),
        ("@1704067200", "2024-01-01T00:00"),
        ("@1704067200.5", "2024-01-01T00:00:00.500"),
        ("@0", "1970-01-01T00:00"),
        ("1970-01-02", "1970-01-01T23:00"),
        ("9998-12-30", "9998-12-29T23:00"),
    ],
)
def test_every_accepted_form_is_read_on_the_clock_of_the_zone(text, expected):
    moment = read(text)

    assert moment == utc(expected)
    assert moment.tzinfo is UTC


FAR = ["UTC", "Europe/Rome", "Pacific/Kiritimati", "Pacific/Pago_Pago", "-12:00", "+14:00"]


@pytest.mark.parametrize("zone", FAR)
@pytest.mark.parametrize(
    ("text", "is_late"),
    [
        ("9999-12-31", True), ("9999-12-31T23:59-12:00", True), ("9999-01-01 00:00", True),
        ("0001-01-01", False), ("0001-01-01T00:00Z", False), ("0001-01-01T00:00+14:00", False),
        ("1969-12-31", False),
    ],
)  # fmt: skip
def test_dates_without_recordings_mean_the_first_or_last_moment_in_every_zone(text, is_late, zone):
    begin, end = (read(text, parse_zone(zone), end=end) for end in (False, True))
    bound = utc("9998-12-31T23:59:59.999999") if is_late else utc("1970-01-01")

    assert bound in {begin, end}
    assert end - begin == datetime.resolution


@pytest.mark.parametrize("zone", FAR)
@pytest.mark.parametrize("text", ["1970-01-01", "9998-12-31", "9998-12-31T23:59:59"])
def test_dates_at_the_ends_stay_within_them(text, zone):
    moments = [read(text, parse_zone(zone), end=end) for end in (False, True)]

    assert all(utc("1970-01-01") <= moment < utc("9999-01-01") for moment in moments)
    for moment in moments:
        moment.astimezone(timezone(timedelta(hours=14)))
        moment.astimezone(timezone(timedelta(hours=-14)))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "tomorrow", "yesterday 10:00", "01/02/2024", "1.2.2024", "01-02-2024",
        "2024/01/02", "2024-1-1", "2024-01", "2024", "20240101", "2024-13-01", "2024-02-30",
        "2023-02-29", "2024-00-10", "0000-01-01", "2024-01-01Z", "2024-01-01T10",
        "2024-01-01T24:00", "2024-01-01T23:59:60", "2024-01-01T10:60", "2024-01-01T10:30+25:00",
        "2024-01-01T10:30+02:60", "2024-01-01T10:30 CET", "2024-01-01T10:30:00,5",
        "2024-01-01T10:30:00.", "2024-01-01  10:30", "-7d", "7", "7D", "1.5h", "7 d", "1h30m", "7y",
        "P", "PT", "P1", "P1DT", "-P1M", "P-1M", "+P1D", "P1.5M", "P1D1Y", "PT1S1H",
        "P0001-01-01T00:00:00", "@", "@x", "@-1", "@1e9", "@1704067200000", "@nan", "@inf",
        "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661", "\uff17d",
        "2024-01-01\x00", "\ud800", "@99999999999999999999",
        "9999-12-31T24:00", "0001-01-01T10:30+25:00", "9999-02-30", "999999999w", "P999999999Y",
        "P9999M999999999D", "PT999999999H", "P3000Y", "1" * 5000 + "d", "@" + "9" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_one_line_that_names_it_and_the_accepted_forms(text):
    for end in (False, True):
        with pytest.raises(UsageError) as refused:
            read(text, end=end)

        message = str(refused.value)
        assert repr(text[:59])[:-1] in message
        assert "2024-01-01T10:30" in message
        assert "PT36H" in message
        assert "@1704067200" in message
        assert message.isprintable()
        assert len(message) < 400


def test_a_date_that_can_be_read_in_two_ways_is_called_ambiguous():
    with pytest.raises(UsageError, match="ambiguous time: '01/02/2024'"):
        read("01/02/2024")


@given(st.text() | st.from_regex(r"[0-9PTYMWDHS@:.+-]{1,25}", fullmatch=True), st.booleans())
def test_any_text_is_a_moment_in_utc_or_refused(text, end):
    try:
        moment = read(text, end=end)
    except UsageError:
        return

    assert moment.utcoffset() == timedelta(0)
    assert moment.year in YEARS


@given(
    st.datetimes(utc("1970-01-03").replace(tzinfo=None), utc("9998-12-29").replace(tzinfo=None)),
    st.sampled_from(["Europe/Rome", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_what_a_clock_shows_is_found_again_unless_the_clock_skips_it(wall, name):
    zone = ZoneInfo(name)

    found = read(wall.isoformat(timespec="microseconds"), zone)
    shown = found.astimezone(zone).replace(tzinfo=None)

    if shown != wall:
        assert shown > wall
        assert (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < wall


def test_a_bare_date_that_ends_a_range_includes_the_whole_day():
    assert read("2024-01-01", end=True) == read("2024-01-02")
    assert read("today", end=True) == read("2024-03-16")
    assert read("yesterday", end=True) == read("2024-03-15")
    assert read("2024-01-01T10:30", end=True) == read("2024-01-01T10:30")
    assert read("now", end=True) == NOW


def test_today_is_the_day_of_the_zone_and_not_of_utc():
    late = utc("2024-03-15T23:30")

    assert read("today", now=late) == utc("2024-03-15T23:00")
    assert read("today", UTC, now=late) == utc("2024-03-15T00:00")


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2024-03-31", "Europe/Rome", 23),
        ("2024-10-27", "Europe/Rome", 25),
        ("2024-10-26", "Europe/Rome", 24),
        ("2024-03-31", "Asia/Beirut", 23),  # its midnight does not exist
        ("2018-11-04", "America/Sao_Paulo", 23),  # nor does this one
        ("2018-02-17", "America/Sao_Paulo", 25),  # the day itself comes back for an hour
        ("2024-11-03", "America/Havana", 25),  # its midnight comes twice
        ("2024-11-02", "America/Havana", 24),
        ("2024-10-06", "Australia/Lord_Howe", 23.5),
        ("2011-12-30", "Pacific/Apia", 0),  # a day that never was
    ],
)
def test_days_on_which_clocks_change_are_as_long_as_they_were(day, zone, hours):
    start, end = read(day, ZoneInfo(zone)), read(day, ZoneInfo(zone), end=True)

    assert (end - start) / HOUR == hours


def test_a_day_that_comes_back_after_its_midnight_ends_at_the_second_midnight():
    st_johns = ZoneInfo("America/St_Johns")  # at 00:01 on 2010-11-07 it was 23:01 again

    assert read("2010-11-06", st_johns, end=True) == utc("2010-11-07T03:30")
    assert read("2010-11-07", st_johns) == utc("2010-11-07T02:30")


def test_a_time_that_clocks_skip_is_the_moment_of_the_skip():
    skip = utc("2024-03-31T01:00")

    for text in (
        "2024-03-31T02:00",
        "2024-03-31T02:30",
        "2024-03-31T02:59:59.999",
        "2024-03-31 03:00",
    ):
        assert read(text) == skip
        assert read(text, end=True) == skip


def test_of_a_time_that_comes_twice_the_reading_that_loses_nothing_is_meant():
    assert read("2024-10-27T02:30") == utc("2024-10-27T00:30")
    assert read("2024-10-27T02:30", end=True) == utc("2024-10-27T01:30")
    assert read("2024-10-27T02:30+01:00") == utc("2024-10-27T01:30")


def test_ages_are_exact_and_iso_durations_keep_the_time_of_day():
    after = utc("2024-03-31T12:00")  # 14:00 in Rome, some hours into summer time

    assert read("1d", now=after) == utc("2024-03-30T12:00")
    assert read("PT24H", now=after) == utc("2024-03-30T12:00")
    assert read("P1D", now=after) == utc("2024-03-30T13:00")
    assert read("P1DT24H", now=after) == utc("2024-03-29T13:00")
    assert read("P1M", now=after) == utc("2024-02-29T13:00")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90), ("0", 0), ("1.5", 1.5), ("90s", 90), ("0.25s", 0.25), ("2m", 120), ("1H", 3600),
        ("1m30s", 90), ("1h30m", 5400), ("1.5h", 5400), ("1d", 86400), ("1:31", 91), ("0:05", 5),
        ("90:00", 5400), ("1:02:03", 3723), ("1:02:03.5", 3723.5), ("PT1M31S", 91), ("pt1.5m", 90),
        ("P1DT1S", 86401), (" 5 ", 5),
    ],
)  # fmt: skip
def test_lengths_are_read_as_seconds(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "", "-1", "-1s", "nan", "NaN", "inf", "-inf", "infinity", "1e3", "1e999", "s", "1x",
        "30s1m", "1:75", "1:5", ":30", "1:99:00", "1:2:03", "1:02:03:04", "1:02:60", "P1M", "P1Y",
        "PT", "-PT5S",
        "5 m", "\u0665", "5\x00", "1_000", "0x10", "9" * 5000, "1,5",
    ],
)  # fmt: skip
def test_other_lengths_are_refused_with_the_accepted_forms(text):
    with pytest.raises(UsageError) as refused:
        parse_duration(text)

    assert repr(text[:59])[:-1] in str(refused.value)
    assert "1:02:03 or PT1M31S" in str(refused.value)


@given(st.text() | st.from_regex(r"[0-9PTMWDHSmhsd:.]{1,20}", fullmatch=True))
def test_any_text_is_a_length_of_zero_or_more_or_refused(text):
    try:
        seconds = parse_duration(text)
    except UsageError:
        return

    assert 0 <= seconds < float("inf")


def test_the_module_loads_nothing_slow():
    code = (
        "import sys, recli.times; "
        "print(*sorted({'zoneinfo', 'isodate', 'dateutil', 'difflib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
