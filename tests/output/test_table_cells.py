"""Single cells: clocks, colours, and what an encoding can hold."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from recli.model import Recording, State
from recli.output.table import _PROFILE_COLOURS, TableWriter

ROME = ZoneInfo("Europe/Rome")


def recording(**fields) -> Recording:
    usual = {
        "provider": "plivo",
        "profile": "main",
        "id": "1" * 36,
        "started_at": datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        "duration_s": 91.2,
        "from_number": "+14155550001",
        "to_number": "+393331234567",
        "state": State.COMPLETE,
    }
    return Recording(**{**usual, **fields})


def table(rows, *, width=120, zone=ROME, colour=False, profiles=()):
    stream = io.StringIO()
    writer = TableWriter(stream, None, width=width, zone=zone, colour=colour, profiles=profiles)
    writer.write(rows)
    return stream.getvalue()


def test_without_colour_there_is_no_escape_and_with_it_a_profile_keeps_its_own():
    rows = [recording(), recording(profile="backup", state=State.ERROR)]
    names = ("main", "backup")  # their own colours are the same: one gives way
    plain, coloured = table(rows), table(rows, colour=True, profiles=names)
    again = table(rows[::-1], colour=True, profiles=names[::-1])
    alone = table([recording(), recording(profile="other")], colour=True)

    def code(text, name):
        return text[: text.index(f"m{name} ")].rpartition("\x1b[")[2]

    assert "\x1b" not in plain
    assert code(coloured, "backup") == code(again, "backup") != code(coloured, "main")
    assert code(coloured, "main") == code(again, "main")
    assert code(alone, "main") != code(alone, "other")
    assert "\x1b[31merror" in coloured
    assert coloured.replace("\x1b[0m", "").startswith("\x1b[1mstarted")


def test_every_colour_can_be_read_on_white_and_on_black():
    for colour in _PROFILE_COLOURS:
        on_white, on_black = contrasts(colour)

        assert min(on_white, on_black) >= 4, colour


def contrasts(colour):
    """Return the contrasts of one of xterm's 256 colours: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    steps, cube = (0, 95, 135, 175, 215, 255), colour - 16
    channels = (steps[cube // 36] / 255, steps[cube // 6 % 6] / 255, steps[cube % 6] / 255)
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_encoding_that_cannot_say_it_gets_escapes_instead_of_a_crash(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")

    writer = TableWriter(stream, None, width=100, zone=ROME, colour=False)
    writer.write([recording(from_name="日本\x1b", from_number="x" * 90)])
    stream.flush()

    text = raw.getvalue().decode(encoding)
    assert "xx~xx" in text
    assert max(map(len, text.splitlines())) <= 100


def test_clocks_change_in_the_middle_of_a_table():
    rows = [recording(started_at=datetime(2024, 3, 31, hour, 30, tzinfo=UTC)) for hour in (1, 0)]

    lines = table(rows).splitlines()

    assert lines[1].startswith("2024-03-31 03:30:00")
    assert lines[2].startswith("2024-03-31 01:30:00")


@pytest.mark.parametrize(
    ("zone", "width", "heading"),
    [
        (ROME, 120, "started Europe/Rome  "),
        (ROME, 80, "Europe/Rome  "),
        (UTC, 120, "started (UTC)  "),
        (ZoneInfo("America/Argentina/Buenos_Aires"), 120, "Buenos_Aires  "),
    ],
)
def test_the_zone_is_named_once_in_the_header_as_fully_as_fits(zone, width, heading):
    lines = table([recording()], zone=zone, width=width).splitlines()

    assert lines[0].startswith(heading)
    assert "Rome" not in "".join(lines[1:])


@pytest.mark.parametrize(
    "moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_the_first_and_last_moments_that_there_are_do_not_crash_a_table(moment):
    for zone in (ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")):
        assert table([recording(started_at=moment)], zone=zone).count("\n") == 2


def test_a_short_plain_looking_escape_does_not_slip_through():
    text = table([recording(from_number="\x1b[2J", id="\x07" * 3)], colour=True)

    assert "␛[2J" in text
    assert "␇␇␇" in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text


def test_profiles_that_are_still_to_come_have_room_for_their_names():
    rows = [recording()] * 60 + [recording(profile="a-longer-name")]

    text = table(rows, profiles=("main", "a-longer-name"))

    assert "a-longer-name  +1415" in text
