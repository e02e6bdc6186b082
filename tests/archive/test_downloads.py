import sqlite3
from datetime import timedelta

import pytest

from recli.errors import Refused
from tests.sandbox_faults import Fault

from .conftest import (
    NOW,
    SOUND,
    added,
    audio_files,
    export,
    fetch,
    opened,
    plivo,
    proven,
    provider_of,
    row,
    states,
    transport_of,
)
from .media import Reply

pytestmark = pytest.mark.slow

PROVIDERS = ("plivo", "bandwidth", "yeastar", "enswitch", "imagicle")
DAY = timedelta(days=1)


def transport_to(sandbox, name):
    return transport_of(provider_of(name, sandbox.profiles()[name]))


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
    assert said.is_complete
    assert said.stored == len(stored) >= 10
    for key, path in stored:
        assert (folder / path).read_bytes() == account.get(key).audio()
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

    asked = [request.path for request in sandbox.requests if "token" not in request.path]
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
    assert not said.is_complete
    assert audio_files(folder) == {}
    behaviour.fault = None
    with opened(folder) as archive:
        said = export(archive, transport_to(sandbox, name))
    assert said.stored >= 10
    assert proven(folder) == []


def test_a_refused_login_is_tried_once(folder, sandbox):
    with opened(folder) as archive:
        export(archive, transport_to(sandbox, "yeastar"), audio=False)
        table = {**sandbox.profiles()["yeastar"], "client_secret": "another-secret"}
        sandbox.requests.clear()
        wrong = transport_of(provider_of("yeastar", table))
        said = archive.fetch_audio({"yeastar": wrong}).profiles["yeastar"]

    logins = [request for request in sandbox.requests if request.path.endswith("get_token")]
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

    assert outcome.profiles["main"].failed == 1
    assert outcome.profiles["imagicle"].stored == 12
    assert outcome.stored == 12


def test_what_an_error_says_is_redacted(folder, media):
    added(folder, media, ["a"], Reply(b'{"error": "bad token s3cret"}'))
    said = fetch(folder, media, redact=lambda text: text.replace("s3cret", "***"))

    assert "s3cret" not in said.failures[0].problem
    assert "s3cret" not in str(states(folder))


def test_progress_is_told_with_the_counts_so_far(folder, media):
    added(folder, media, ["a", "b"], Reply(SOUND))
    seen = []
    fetch(folder, media, progress=lambda outcome: seen.append(outcome.bytes))

    assert seen[-1] == 2 * len(SOUND)


def test_gone_is_what_a_provider_says_it_is(folder, sandbox):
    account = sandbox.accounts["enswitch"]
    with opened(folder) as archive:
        transport = transport_to(sandbox, "enswitch")
        export(archive, transport, audio=False)
        account.delete(account.ids()[0])
        said = archive.fetch_audio({"enswitch": transport}).profiles["enswitch"]

    assert said.gone == 1
