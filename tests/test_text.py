"""Texts are safe to show, and times, lengths and sizes are spelled in one way."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.text import (
    clock_text,
    duration_text,
    escape_control,
    nearest_names,
    plural,
    replace_surrogates,
    rfc3339,
    rfc3339_local,
    shorten,
    size_text,
    utc_text,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Ann Lee", "Ann Lee"),
        ("Łukasz 日本語 ❤️ é", "Łukasz 日本語 ❤️ é"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\tb\nc\r\x00\x07", "a␉b␊c␍␀␇"),
        ("\x7f", "␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("gpj\u202eexe", "gpj⟨U+202E⟩exe"),
        ("\u2066\u2069\u200e\u200f\u061c", "⟨U+2066⟩⟨U+2069⟩⟨U+200E⟩⟨U+200F⟩⟨U+061C⟩"),
        ("a\u2028b\u2029", "a⟨U+2028⟩b⟨U+2029⟩"),
        ("a\u200bb\u2060\ufeff\u00ad", "a⟨U+200B⟩b⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\U000e0041\U000e007f", "⟨U+E0041⟩⟨U+E007F⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
    ],
)
def test_what_a_terminal_obeys_or_hides_is_marked_and_nothing_else(text, shown):
    assert escape_control(text) == shown


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_nothing_that_comes_out_controls_a_terminal_or_cannot_be_encoded(text):
    shown = escape_control(text)

    shown.encode()
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(char) for char in shown} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip
    assert escape_control(shown) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), "2024-01-02T03:04:05.678Z"),
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00.000Z"),
        (datetime(2024, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC), "2024-01-02T03:04:05.999Z"),
        (datetime(33, 1, 2, tzinfo=UTC), "0033-01-02T00:00:00.000Z"),
        (
            datetime(2024, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))),
            "2023-12-31T22:30:00.000Z",
        ),
    ],
)
def test_a_time_is_written_in_utc_and_cut_to_milliseconds(value: datetime, text: str) -> None:
    assert rfc3339(value) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_is_what_isoformat_writes(value: datetime) -> None:
    written = rfc3339(value)

    assert written == value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(st.integers(0, 4_102_444_800_000))
def test_a_time_given_in_milliseconds_comes_out_to_the_millisecond(milliseconds: int) -> None:
    value = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)

    assert datetime.fromisoformat(rfc3339(value)) == value


def test_lone_surrogates_become_replacement_characters() -> None:
    assert replace_surrogates("a\ud800b\udfff\U0001f600") == "a\ufffdb\ufffd\U0001f600"


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0, "0:00"), (0.4, "0:00"), (5, "0:05"), (91.2, "1:31"), (59.5, "1:00"),
        (3599.6, "1:00:00"),
        (3723, "1:02:03"), (360000, "100:00:00"), (-1, "?"), (float("nan"), "?"), (1e300, "?"),
    ],
)  # fmt: skip
def test_lengths_read_like_a_clock(duration_s, text):
    assert clock_text(duration_s) == text


@pytest.mark.parametrize(
    ("duration_s", "text"), [(0, "0.0 s"), (2.46, "2.5 s"), (91, "1:31 min"), (3723, "1:02:03")]
)
def test_how_long_something_took_has_its_unit(duration_s, text):
    assert duration_text(duration_s) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2.5e13, "25.0 TB")]
)
def test_sizes_go_in_steps_of_a_thousand(size_bytes, text):
    assert size_text(size_bytes) == text


def test_a_count_agrees_with_its_noun():
    assert [plural(1), plural(2000, "file")] == ["1 recording", "2,000 files"]


def test_a_foreign_text_is_one_short_printable_line():
    assert shorten(" a\n\x1bb ") == "a \ufffdb"
    assert len(shorten("x" * 1000)) == 200


def test_the_nearest_names_come_best_first():
    assert nearest_names("Started At", ["started_on", "started_at"]) == ["started_at", "started_on"]
    assert nearest_names("wibble", ["started_at"]) == []


def test_a_time_for_people_is_utc_to_the_second():
    moment = datetime(2024, 1, 2, 3, 4, 5, 999_999, timezone(timedelta(hours=2)))

    assert utc_text(moment) == "2024-01-02 01:04:05Z"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Rome", "2024-10-27T02:30:00.123+01:00"),
        ("UTC", "2024-10-27T01:30:00.123+00:00"),
        ("America/New_York", "2024-10-26T21:30:00.123-04:00"),
    ],
)
def test_a_local_time_has_the_offset_of_its_zone_on_that_day(zone, text):
    moment = datetime(2024, 10, 27, 1, 30, 0, 123_999, tzinfo=UTC)

    assert rfc3339_local(moment, ZoneInfo(zone)) == text


@pytest.mark.parametrize("year", [1, 1800, 9999])
def test_a_local_time_that_rfc_3339_cannot_say_is_in_utc(year):
    moment = datetime(year, 12, 31, 23, 59, tzinfo=UTC)

    assert rfc3339_local(moment, ZoneInfo("Asia/Kolkata")) == rfc3339(moment)
