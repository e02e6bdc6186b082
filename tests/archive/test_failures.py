from datetime import timedelta

from recli.model import State

from .conftest import NOW, SOUND, added, fetch, opened, plivo, proven, row, states
from .media import Reply

DAY = timedelta(days=1)


def test_a_failure_is_told_and_comes_first_in_the_next_run(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    media.put("b.wav", Reply(b'{"error": "is being moved"}'))
    said = fetch(folder, media)
    assert (said.stored, said.failed) == (1, 1)
    assert "is being moved" in said.failures[0].problem
    assert states(folder)["b"][:2] == ("failed", 1)

    added(folder, media, ["c"], Reply(SOUND))
    media.put("b.wav", Reply(SOUND))
    media.seen.clear()
    said = fetch(folder, media)

    assert (said.stored, said.failed) == (2, 0)
    assert [path for path, _ in media.seen] == ["/b.wav", "/c.wav"]


def test_a_recording_is_given_up_after_so_many_runs_visibly(folder, media):
    added(folder, media, ["a"], Reply(b"<html>", 200))
    for run in (1, 2, 3):
        assert fetch(folder, media, retries=3).failed == 1
        assert states(folder)["a"][:2] == ("failed", run)
    media.seen.clear()
    said = fetch(folder, media, retries=3)

    assert (said.failed, said.given_up, media.seen) == (0, 1, [])
    assert len(proven(folder)) == 1
    assert fetch(folder, media, retries=4).failed == 1
    media.put("a.wav", Reply(SOUND))
    assert fetch(folder, media, retries=3, again=True).stored == 1


def test_a_given_up_recording_that_the_provider_changes_is_tried_again(folder, media):
    added(folder, media, ["a"], Reply(b"<html>", 200))
    fetch(folder, media, retries=1)
    url = media.put("new.wav", Reply(SOUND))
    with opened(folder) as archive:
        archive.add(plivo(media.url), [row("a", media_url=url, raw={"recording_url": url})])

    assert fetch(folder, media, retries=1).stored == 1


def test_a_missing_recording_is_gone_and_not_asked_for_again(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    media.put("a.wav", Reply(b'{"error": "not found"}', 404))
    said = fetch(folder, media)
    media.seen.clear()
    again = fetch(folder, media)

    assert (said.stored, said.gone, said.failed) == (1, 1, 0)
    assert not said.whole
    assert (again.gone, again.whole, media.seen) == (0, True, [])


def test_audio_that_is_not_ready_counts_as_failed_only_days_later(folder, media):
    with opened(folder) as archive:
        archive.add(plivo(media.url), [row("a", raw={})])
    said = fetch(folder, media, retries=1)
    assert (said.not_ready, said.whole) == (1, True)
    assert states(folder)["a"][:2] == ("not-ready", 0)

    fetch(folder, media, NOW + 3 * DAY, retries=1)
    assert fetch(folder, media, NOW + 3 * DAY, retries=1).given_up == 1


def test_recordings_that_go_on_are_not_asked_for(folder, media):
    with opened(folder) as archive:
        url = media.put("a.wav", Reply(SOUND))
        unfinished = row("a", state=State.RECORDING, raw={"recording_url": url})
        archive.add(plivo(media.url), [unfinished])
    said = fetch(folder, media)

    assert (said.planned, said.unfinished, said.whole) == (0, 1, True)
    assert media.seen == []


def test_one_file_that_may_not_be_had_stops_no_other(folder, media):
    names = [f"n{number:02}" for number in range(12)]
    added(folder, media, names, Reply(SOUND))
    for name in names[:5]:
        media.put(f"{name}.wav", Reply(b"{}", 403))
    said = fetch(folder, media)

    assert (said.stored, said.failed, said.error) == (7, 5, None)


def test_a_provider_that_is_down_costs_few_tries_and_no_runs(folder, media):
    names = [f"n{number:02}" for number in range(60)]
    added(folder, media, names, Reply(b"down", 503))
    said = fetch(folder, media)

    tried = {path for path, _ in media.seen}
    assert said.error is not None
    assert "down" in said.error.message
    assert said.left > 30
    assert len(tried) < 30
    assert {runs for _, runs, _ in states(folder).values()} == {0}


def test_bad_files_at_the_front_do_not_hold_up_the_rest(folder, media):
    bad, good = [f"bad{number}" for number in range(6)], [f"good{number}" for number in range(6)]
    added(folder, media, bad, Reply(b"broken here", 500))
    fetch(folder, media)
    added(folder, media, good, Reply(SOUND))
    for _ in range(3):
        said = fetch(folder, media)

    assert {name for name, state in states(folder).items() if state[0] == "stored"} == set(good)
    assert said.error is None or said.stored == 0
