import sqlite3
from datetime import timedelta

import pytest

from recli.archive.names import Template
from recli.errors import Refused
from recli.model import State
from recli.sandbox.behaviour import Fault

from .conftest import (
    NOW,
    audio_files,
    before,
    export,
    opened,
    plivo,
    proven,
    provider_of,
    row,
    transport_of,
)
from .media import Media, Reply
from .test_download import SOUND

PROVIDERS = ("plivo", "bandwidth", "yeastar", "enswitch", "imagicle")
DAY = timedelta(days=1)


@pytest.fixture
def media():
    with Media() as running:
        yield running


def transport_to(sandbox, name):
    return transport_of(provider_of(name, sandbox.profiles()[name]))


def states(folder):
    database = sqlite3.connect(folder / "catalog.db")
    found = database.execute("SELECT id, audio, audio_runs, audio_error FROM recordings").fetchall()
    database.close()
    return {name: (state, runs, error) for name, state, runs, error in found}


def fetch(folder, media, at=NOW, **given):
    with opened(folder, at=at) as archive:
        transports = {"main": transport_of(plivo(media.url))}
        return archive.fetch_audio(transports, **given).profiles["main"]


def added(folder, media, names, reply):
    """Add recordings whose audio is answered so, the oldest first."""
    rows = [
        row(name, start=before(100 - at), raw={"recording_url": media.put(f"{name}.wav", reply)})
        for at, name in enumerate(names)
    ]
    with opened(folder) as archive:
        archive.add(plivo(media.url), rows)


@pytest.mark.parametrize("name", PROVIDERS)
def test_all_audio_of_every_provider_is_stored_as_the_source_has_it(folder, sandbox, name):
    with opened(folder) as archive:
        said = export(archive, transport_to(sandbox, name))

    account = sandbox.accounts[name]
    database = sqlite3.connect(folder / "catalog.db")
    stored = database.execute(
        "SELECT id, audio_path FROM recordings WHERE audio = 'stored'"
    ).fetchall()
    database.close()
    assert said.whole
    assert said.stored == len(stored) >= 10
    for key, path in stored:
        assert (folder / path).read_bytes() == account.get(key).sound()
    assert len(audio_files(folder)) == said.stored
    assert list((folder / "partial").iterdir()) == []


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_second_run_asks_little_fetches_nothing_and_changes_no_file(folder, sandbox, name):
    with opened(folder) as archive:
        export(archive, transport_to(sandbox, name))
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    sandbox.requests.clear()
    with opened(folder) as archive:
        said = export(archive, transport_to(sandbox, name), NOW + timedelta(minutes=9))

    asked = [seen.path for seen in sandbox.requests if "token" not in seen.path]
    assert said.stored == said.failed == 0
    assert len(asked) <= 2
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == kept


def test_yeastar_s_token_may_die_between_the_two_steps(folder, sandbox, behaviour):
    behaviour.yeastar_token_uses = 3
    with opened(folder) as archive:
        said = export(archive, transport_to(sandbox, "yeastar"))

    assert (said.stored, said.failed) == (12, 0)


def test_plivo_s_audio_may_ask_for_credentials(folder, sandbox, behaviour):
    behaviour.plivo_media_auth = True
    table = sandbox.profiles()["plivo"]
    with opened(folder) as archive:
        said = export(archive, transport_of(provider_of("plivo", table)))

    assert said.failed == 0
    assert said.stored >= 11


@pytest.mark.parametrize(
    "fault",
    [Fault.error_as_audio("audio/x-wav"), Fault.html(), Fault.empty(), Fault.truncated()],
)
@pytest.mark.parametrize("name", ["imagicle", "yeastar", "enswitch"])
def test_an_answer_that_is_no_audio_is_never_stored(folder, sandbox, behaviour, name, fault):
    with opened(folder) as archive:
        transport = transport_to(sandbox, name)
        export(archive, transport, audio=False)
        behaviour.fault = lambda _: fault
        said = archive.fetch_audio({name: transport}).profiles[name]

    assert said.stored == 0
    assert not said.whole
    assert audio_files(folder) == {}
    behaviour.fault = None
    with opened(folder) as archive:
        said = export(archive, transport_to(sandbox, name))
    assert said.stored >= 10
    assert proven(folder) == []


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


def test_a_refused_login_is_tried_once(folder, sandbox):
    with opened(folder) as archive:
        export(archive, transport_to(sandbox, "yeastar"), audio=False)
        table = {**sandbox.profiles()["yeastar"], "client_secret": "another-secret"}
        sandbox.requests.clear()
        wrong = transport_of(provider_of("yeastar", table))
        said = archive.fetch_audio({"yeastar": wrong}).profiles["yeastar"]

    logins = [seen for seen in sandbox.requests if seen.path.endswith("get_token")]
    assert isinstance(said.error, Refused)
    assert len(logins) == 1
    assert (said.left, said.stored) == (12, 0)


def test_one_profile_that_fails_leaves_the_others(folder, sandbox, media):
    with opened(folder) as archive:
        good = transport_to(sandbox, "imagicle")
        export(archive, good, audio=False)
        archive.add(plivo(media.url), [row("a", raw={"recording_url": media.url + "/none"})])
        bad = transport_of(plivo(media.url))
        outcome = archive.fetch_audio({"main": bad, "imagicle": good})

    assert outcome.profiles["main"].gone == 1
    assert outcome.profiles["imagicle"].stored == 12
    assert outcome.total("stored") == 12


def test_full_fetches_a_file_again_that_is_not_there_or_was_cut(folder, media):
    added(folder, media, ["a", "b", "c"], Reply(SOUND))
    fetch(folder, media)
    one, other, third = sorted(audio_files(folder))
    (folder / one).unlink()
    (folder / other).write_bytes(b"cut")
    kept = (folder / third).stat().st_mtime_ns
    assert fetch(folder, media).stored == 0
    said = fetch(folder, media, again=True)

    assert said.stored == 2
    assert (folder / third).stat().st_mtime_ns == kept
    assert sorted(audio_files(folder)) == [one, other, third]
    assert proven(folder) == []


def test_a_foreign_file_in_a_recording_s_place_is_left_alone(folder, media):
    added(folder, media, ["a"], Reply(SOUND))
    place = folder / "audio" / "a.wav"
    place.parent.mkdir()
    place.write_text("somebody's")
    fetch(folder, media, template=Template.parse("{id}"))

    assert place.read_text() == "somebody's"
    assert len(audio_files(folder)) == 2


def test_names_that_run_together_are_kept_apart(folder, media):
    one = row("3", from_number="12", raw={"recording_url": media.put("a", Reply(SOUND))})
    other = row("23", from_number="1", raw={"recording_url": media.put("b", Reply(SOUND))})
    with opened(folder) as archive:
        archive.add(plivo(media.url), [one, other])
    fetch(folder, media, template=Template.parse("{from_number}{id}"))

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


def test_what_an_error_says_is_redacted(folder, media):
    added(folder, media, ["a"], Reply(b'{"error": "bad token s3cret"}'))
    said = fetch(folder, media, redact=lambda text: text.replace("s3cret", "***"))

    assert "s3cret" not in said.failures[0].problem
    assert "s3cret" not in str(states(folder))


def test_progress_is_told_with_the_counts_so_far(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    seen = []
    fetch(folder, media, progress=lambda outcome: seen.append(outcome.total("bytes")))

    assert seen[-1] == 2 * len(SOUND)


def test_gone_is_what_a_provider_says_it_is(folder, sandbox):
    account = sandbox.accounts["enswitch"]
    with opened(folder) as archive:
        transport = transport_to(sandbox, "enswitch")
        export(archive, transport, audio=False)
        account.delete(account.ids()[0])
        said = archive.fetch_audio({"enswitch": transport}).profiles["enswitch"]

    assert said.gone == 1
