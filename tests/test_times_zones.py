"""Zones by name and offset, and the zone of the system."""

import os
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata
from dateutil.tz import tzlocal

from recli.errors import UsageError
from recli.times import parse_zone, system_zone, zone_name

ROME = ZoneInfo("Europe/Rome")
HOUR = timedelta(hours=1)


def test_zones_are_names_offsets_utc_and_local(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    assert parse_zone("Europe/Rome") == ROME
    assert parse_zone(" utc ") is UTC
    assert parse_zone("Z") is UTC
    assert parse_zone("+00:00") is UTC
    assert parse_zone("+05:30") == timezone(timedelta(hours=5, minutes=30))
    assert parse_zone("-0330") == timezone(-timedelta(hours=3, minutes=30))
    assert parse_zone("Local") == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Europe/Roma", "Europe/Rome"),
        ("europe/rome", "Europe/Rome"),
        ("Rome", "Europe/Rome"),
        ("new york", "America/New_York"),
        ("Asia/Calcuta", "Asia/Calcutta"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest_names(name, near):
    with pytest.raises(UsageError, match=f"'{name}'.*did you mean.*{near}.*IANA name"):
        parse_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "Europe", "../../../etc/passwd", "/etc/passwd", "\x00", "a\nb",
        "/usr/share/zoneinfo/Europe/Rome",
        "\ud800", "right/Europe/Rome", "+25:00", "+02:60", "+2", "x" * 5000, "zone.tab", ".",
        "Europe/",
    ],
)  # fmt: skip
def test_what_is_no_zone_is_refused_in_one_short_line(name):
    with pytest.raises(UsageError) as refused:
        parse_zone(name)

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


def rome_file() -> Path:
    return Path(tzdata.__file__).parent / "zoneinfo" / "Europe" / "Rome"


def test_the_systems_zone_is_tz_or_else_the_file_with_its_summer_time(tmp_path):
    linked, copied = tmp_path / "linked", tmp_path / "copied"
    linked.symlink_to(rome_file())
    copied.write_bytes(rome_file().read_bytes())
    july = datetime(2024, 7, 1)  # noqa: DTZ001 - on the clock of the zone that is asked

    assert system_zone({}, linked) == ROME
    assert system_zone({"TZ": "Asia/Tokyo"}, linked) == ZoneInfo("Asia/Tokyo")
    assert system_zone({"TZ": ":Asia/Tokyo"}, linked) == ZoneInfo("Asia/Tokyo")
    assert system_zone({"TZ": ""}, linked) is UTC
    assert system_zone({}, copied).utcoffset(july) == 2 * HOUR
    assert system_zone({"TZ": str(copied)}, linked).utcoffset(july) == 2 * HOUR


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs tzset")
def test_posix_rules_and_missing_files_are_left_to_the_c_library(monkeypatch, tmp_path):
    january, july = datetime(2024, 1, 1), datetime(2024, 7, 1)  # noqa: DTZ001 - as above
    monkeypatch.setenv("TZ", "XXX-3YYY,M3.5.0,M10.5.0")
    time.tzset()
    try:
        zone = system_zone(os.environ)
        summer = zone.utcoffset(july)
        winter = zone.utcoffset(january)
        missing = system_zone({}, tmp_path / "nothing").utcoffset(january)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert (winter, summer, missing) == (3 * HOUR, 4 * HOUR, 3 * HOUR)


def test_a_zone_is_named_as_people_write_it():
    assert zone_name(ZoneInfo("Europe/Rome")) == "Europe/Rome"
    assert zone_name(UTC) == "UTC"
    assert zone_name(timezone(timedelta(hours=2))) == "UTC+02:00"
    assert zone_name(tzlocal()) == "local"
