from datetime import timedelta

import pytest

from recli.archive.download_workers import DownloadWorkers
from recli.model import State

from .conftest import NOW, SOUND, added, fetch, opened, plivo, proven, row, states, transport_of
from .media import Reply

pytestmark = pytest.mark.slow

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MISSING = Reply(b'{"error": "not found"}', 404)


def test_a_failure_is_told_and_comes_first_in_the_next_run(folder, media, monkeypatch):
    added(folder, media, ["a", "b"], Reply(SOUND))
    media.put("b.wav", Reply(b'{"error": "is being moved"}'))
    said = fetch(folder, media)
    assert (said.stored, said.failed) == (1, 1)
    assert "is being moved" in said.failures[0].problem
    assert states(folder)["b"][:2] == ("failed", 1)

    added(folder, media, ["c"], Reply(SOUND))
    media.put("b.wav", Reply(SOUND))
    submitted: list[str] = []
    submit = DownloadWorkers.submit

    def record(workers, task):
        submitted.append(task.row.id)
        submit(workers, task)

    monkeypatch.setattr(DownloadWorkers, "submit", record)  # threads may overtake each other
    said = fetch(folder, media)

    assert (said.stored, said.failed) == (2, 0)
    assert submitted == ["b", "c"]


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
    assert fetch(folder, media, retries=3, retry_given_up=True).stored == 1


def test_a_given_up_recording_that_the_provider_changes_is_tried_again(folder, media):
    added(folder, media, ["a"], Reply(b"<html>", 200))
    fetch(folder, media, retries=1)
    url = media.put("new.wav", Reply(SOUND))
    with opened(folder) as archive:
        archive.add(plivo(media.url), [row("a", media_url=url, raw={"recording_url": url})])

    assert fetch(folder, media, retries=1).stored == 1


def test_a_missing_recording_is_gone_and_not_asked_for_again(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    media.put("a.wav", MISSING)
    said = fetch(folder, media, NOW + 4 * DAY)
    media.seen.clear()
    again = fetch(folder, media, NOW + 5 * DAY)

    assert (said.stored, said.gone, said.failed) == (1, 1, 0)
    assert not said.is_complete
    assert (again.gone, again.is_complete, media.seen) == (0, True, [])


def test_a_recent_recording_is_not_gone_because_it_is_missing_today(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    media.put("a.wav", MISSING)
    said = [fetch(folder, media, NOW + hour * HOUR, retries=2) for hour in range(4)]
    media.put("a.wav", Reply(SOUND))
    later = fetch(folder, media, NOW + DAY, retries=2)

    assert [(each.gone, each.failed, each.is_complete) for each in said] == [(0, 1, False)] * 4
    assert (later.stored, later.is_complete) == (1, True)


def test_a_gone_recording_that_is_listed_again_is_asked_for_again(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    media.put("a.wav", MISSING)
    assert fetch(folder, media, NOW + 4 * DAY).gone == 1
    added(folder, media, ["a"], Reply(SOUND))

    assert fetch(folder, media, NOW + 5 * DAY).stored == 1


@pytest.mark.parametrize("status", [404, 403, 500, 200])
def test_an_outage_of_many_nights_gives_up_nothing(folder, media, status):
    names = [f"n{number:02}" for number in range(40)]
    added(folder, media, names, Reply(b'{"error": "down"}', status))
    said = [fetch(folder, media, NOW + night * DAY) for night in range(4, 11)]
    for name in names:
        media.put(f"{name}.wav", Reply(SOUND))
    later = fetch(folder, media, NOW + 11 * DAY)

    assert not any(each.is_complete or each.gone or each.given_up for each in said)
    assert (later.stored, later.is_complete) == (40, True)


def test_one_that_is_missing_in_all_runs_is_gone_in_the_end(folder, media):
    added(folder, media, ["a"], MISSING)
    said = [fetch(folder, media, NOW + night * DAY, retries=3) for night in range(4, 8)]

    assert [(each.gone, each.is_complete) for each in said] == [
        (0, False),
        (0, False),
        (1, False),
        (0, True),
    ]


def test_audio_that_is_not_ready_counts_as_failed_only_days_later(folder, media):
    with opened(folder) as archive:
        archive.add(plivo(media.url), [row("a", raw={})])
    said = fetch(folder, media, retries=1)
    assert (said.not_ready, said.is_complete) == (1, True)
    assert states(folder)["a"][:2] == ("not-ready", 0)

    fetch(folder, media, NOW + 3 * DAY, retries=1)
    assert fetch(folder, media, NOW + 3 * DAY, retries=1).given_up == 1


def test_recordings_that_go_on_are_not_asked_for(folder, media):
    with opened(folder) as archive:
        url = media.put("a.wav", Reply(SOUND))
        unfinished = row("a", state=State.RECORDING, raw={"recording_url": url})
        archive.add(plivo(media.url), [unfinished])
    said = fetch(folder, media)

    assert (said.planned, said.unfinished, said.is_complete) == (0, 1, True)
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


def test_bad_files_that_were_never_tried_hold_up_no_newer_ones(folder, media):
    bad, good = [f"bad{number}" for number in range(9)], [f"good{number}" for number in range(9)]
    added(folder, media, [*bad, *good], Reply(SOUND))
    for name in bad:
        media.put(f"{name}.wav", Reply(b"broken here", 503))
    one_at_a_time(folder, media)

    stored = [path for path, _ in media.seen if path.startswith("/good")]
    assert {name for name, state in states(folder).items() if state[0] == "stored"} == set(good)
    assert len(stored) == len(good)


def test_many_that_fail_beside_others_are_given_up_in_the_end(folder, media):
    names = [f"n{number}" for number in range(9)]
    added(folder, media, names, Reply(b"broken here", 503))
    for run in range(16):
        added(folder, media, [f"new{run}"], Reply(SOUND))
        one_at_a_time(folder, media)
    media.seen.clear()
    said = one_at_a_time(folder, media)

    assert (said.given_up, said.is_complete, media.seen) == (9, False, [])


def test_what_failed_in_the_last_run_is_tried_again_from_both_ends(folder, media):
    names = [f"n{number:02}" for number in range(30)]
    added(folder, media, names, Reply(b"down", 403))
    for _ in range(2):
        fetch(folder, media)
    for number, name in enumerate(names):
        media.put(f"{name}.wav", Reply(b"down", 503) if number < 12 else Reply(SOUND))
    one_at_a_time(folder, media, retries=9)

    assert [state[0] for state in states(folder).values()].count("stored") == 18


def test_those_that_were_not_tried_are_told_with_the_reason(folder, media):
    added(folder, media, [f"n{number}" for number in range(20)], Reply(b"broken here", 503))
    said = one_at_a_time(folder, media)

    assert said.left == 20 - said.failed > 0
    assert said.error is not None
    assert "broken here" in said.error.message
    assert {state[:2] for state in states(folder).values()} == {("wanted", 0), ("failed", 0)}


def one_at_a_time(folder, media, retries=2):
    with opened(folder) as archive:
        transports = {"main": transport_of(plivo(media.url), jobs=1, retries=0)}
        return archive.fetch_audio(transports, retries=retries).profiles["main"]
