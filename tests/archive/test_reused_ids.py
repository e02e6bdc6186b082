from datetime import timedelta

import pytest

from recli.archive.archive import ArchiveReader
from recli.archive.reused_ids import is_another_call
from recli.archive.rows import to_cells
from recli.model import Query, State

from .conftest import NOW, SOUND, audio_files, fetch, opened, plivo, proven, row
from .media import Reply

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
IDS = ("614", "615", "616")


def calls(media, name, start, **given):
    """Make three rows whose audio has a content of its own."""
    rows = []
    for at, number in enumerate(IDS):
        sound = SOUND[:-1] + f"{name}"[-1:].encode()
        url = media.put(f"{name}{number}.wav", Reply(sound))
        raw = {"recording_url": url}
        rows.append(row(number, start=start + at * MINUTE, raw=raw, **given))
    return rows


def listing(folder, rows, at=NOW):
    with opened(folder, at=at) as archive:
        new = archive.add(plivo(), rows)
        said = archive.mark_listed(plivo(), Query(now=at), complete=False)
        return [each.id for each in new], said


def held(folder):
    with ArchiveReader.open(folder) as contents:
        return [each for rows in contents.rows(Query(now=NOW)) for each in rows]


def first(media):
    return calls(media, "a", NOW - 3 * DAY, from_number="1", to_number="2", size_bytes=len(SOUND))


def second(media):
    return calls(media, "b", NOW - DAY, from_number="3", to_number="4", size_bytes=len(SOUND))


def test_ids_that_come_back_as_other_calls_keep_both_with_their_audio(folder, media):
    listing(folder, first(media))
    fetch(folder, media)
    new, reused = listing(folder, second(media))
    assert fetch(folder, media).stored == 3
    again, told_again = listing(folder, second(media))

    assert new == list(IDS)
    assert len(reused) == 1
    assert reused[0].startswith("main: 3 ids came back as other calls: 614, 615, 616; ")
    assert (again, told_again) == ([], [])
    assert sorted(each.id for each in held(folder)) == sorted(IDS * 2)
    files = audio_files(folder)
    assert len(files) == 6
    assert sorted(content[-1:] for content in files.values()) == [b"a"] * 3 + [b"b"] * 3
    assert proven(folder) == []


def test_audio_of_an_earlier_call_is_never_that_of_the_later_one(folder, media):
    listing(folder, first(media))
    _, reused = listing(folder, second(media))
    said = fetch(folder, media)

    assert "3 of them without audio" in reused[0]
    assert said.stored == 3
    assert [content[-1:] for content in audio_files(folder).values()] == [b"b"] * 3


def test_an_earlier_call_that_is_listed_again_is_not_added_again(folder, media):
    listing(folder, first(media))
    listing(folder, second(media))
    new, _ = listing(folder, first(media))
    fetch(folder, media)

    assert new == []
    assert len(held(folder)) == 6
    assert sorted(content[-1:] for content in audio_files(folder).values()) == [b"a"] * 3


CALL = {"from_number": "1", "to_number": "2", "size_bytes": 100, "duration_s": 9.0}


@pytest.mark.parametrize(
    ("later", "start", "other"),
    [
        ({}, 2 * DAY, True),
        ({"from_number": "3", "to_number": "4"}, MINUTE, True),
        ({"size_bytes": 90}, 3 * HOUR, True),
        ({"size_bytes": None, "duration_s": None}, 3 * HOUR + MINUTE, True),
        ({"from_number": "3", "to_number": "4", "size_bytes": 90}, 0 * DAY, True),
        ({}, HOUR, False),  # read in another time zone
        ({}, 7 * MINUTE, False),  # corrected
        ({"size_bytes": 90}, 0 * DAY, False),  # stored in another form
        ({"from_number": "+1", "to_number": "+2"}, 0 * DAY, False),
        ({"from_number": "3"}, 0 * DAY, False),
    ],
)
def test_another_call_is_told_from_a_row_that_changed(later, start, other):
    before = to_cells(row("1", **CALL))
    now = to_cells(row("1", start=NOW + start, **{**CALL, **later}))

    assert is_another_call(before, now) is other


def test_a_call_that_went_on_is_the_same():
    before = to_cells(row("1", state=State.RECORDING, size_bytes=5, from_number="1"))
    now = to_cells(row("1", start=NOW + MINUTE, size_bytes=100, from_number="2"))

    assert not is_another_call(before, now)
