from recli.archive.file_names import NameTemplate

from .conftest import SOUND, added, audio_files, fetch, opened, plivo, proven, row
from .media import Reply


def test_full_fetches_a_file_again_that_is_not_there_or_was_cut(folder, media):
    added(folder, media, ["a", "b", "c"], Reply(SOUND))
    fetch(folder, media)
    one, other, third = sorted(audio_files(folder))
    (folder / one).unlink()
    (folder / other).write_bytes(b"cut")
    kept = (folder / third).stat().st_mtime_ns
    assert fetch(folder, media).stored == 0
    said = fetch(folder, media, retry_given_up=True)

    assert said.stored == 2
    assert (folder / third).stat().st_mtime_ns == kept
    assert sorted(audio_files(folder)) == [one, other, third]
    assert proven(folder) == []


def test_a_foreign_file_in_a_recording_s_place_is_left_alone(folder, media):
    added(folder, media, ["a"], Reply(SOUND))
    place = folder / "audio" / "a.wav"
    place.parent.mkdir()
    place.write_text("somebody's")
    fetch(folder, media, template=NameTemplate.parse("{id}"))

    assert place.read_text() == "somebody's"
    assert len(audio_files(folder)) == 2


def test_names_that_run_together_are_kept_apart(folder, media):
    one = row("3", from_number="12", raw={"recording_url": media.put("a", Reply(SOUND))})
    other = row("23", from_number="1", raw={"recording_url": media.put("b", Reply(SOUND))})
    with opened(folder) as archive:
        archive.add(plivo(media.url), [one, other])
    fetch(folder, media, template=NameTemplate.parse("{from_number}{id}"))

    assert len(audio_files(folder)) == 2
    assert proven(folder) == []


def test_names_full_of_ways_up_stay_inside(folder, media):
    url = media.put("a", Reply(SOUND))
    nasty = row("../../../etc/x", from_number="..\\..\\", raw={"recording_url": url})
    with opened(folder) as archive:
        archive.add(plivo(media.url), [nasty])
    fetch(folder, media)

    (path,) = audio_files(folder)
    assert path.startswith("audio/main/2026/03/05/")
    assert {each.name for each in folder.parent.iterdir()} == {folder.name}


def test_a_catalog_that_was_lost_finds_its_files_again(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    fetch(folder, media)
    for path in folder.glob("catalog.db*"):
        path.unlink()
    media.seen.clear()
    added(folder, media, ["a", "b"], Reply(SOUND))
    fetch(folder, media)

    assert media.seen == []
    assert proven(folder) == []
