"""Refused credentials: marked beside the tokens, and not sent again until they are others."""

import json
import stat
import threading
from dataclasses import replace

import pytest

from recli.config.workspace import forget_refusals
from recli.errors import Blocked, Denied, ProviderError, Refused, RefusedBefore
from recli.model import Query
from recli.providers import provider_class
from recli.transport.media import open_audio
from recli.transport.refusals import RefusalMark
from recli.wire import Request, Secret
from tests.transport.conftest import NOW, PROFILES, SECRET, answer, make

REFUSED = answer(b"{}", "401 Unauthorized")
PLIVO_PAGE = answer(b'{"meta": {"total_count": 0}, "objects": []}')
REFUSALS = {
    "plivo": REFUSED,
    "bandwidth": REFUSED,
    "imagicle": REFUSED,
    "yeastar": answer(b'{"errcode": 20002, "errmsg": "USER OR PASSWORD ERROR"}'),
    "enswitch": answer(b'{"responses": [{"code": "401", "message": "no"}], "data": null}'),
}


def list_once(client):
    """Return the error of a first listing request, else None."""
    try:
        client.fetch(next(client.provider.plan(Query(now=NOW, limit=1))))
    except ProviderError as error:
        return error
    return None


def marks(folder):
    return list(folder.glob("*.refused")) if folder.exists() else []


@pytest.mark.parametrize("name", PROFILES)
def test_a_later_run_does_not_send_refused_credentials_and_says_since_when(
    opened, staged, tmp_path, clock, name
):
    stage = staged(REFUSALS[name])
    first = list_once(opened(make(name, stage.url), folder=tmp_path / "tokens"))
    clock.advance(86_400)
    later = [list_once(opened(make(name, stage.url), folder=tmp_path / "tokens")) for _ in "12"]

    assert type(first) is Refused
    assert {type(error) for error in later} == {RefusedBefore}
    assert {str(error) for error in later} == {"refused on 2023-11-14, not asked again"}
    assert len(stage.asked) == 1


@pytest.mark.parametrize("name", PROFILES)
def test_a_changed_secret_is_sent(opened, staged, tmp_path, name):
    stage = staged(REFUSALS[name])
    provider = make(name, stage.url)
    list_once(opened(provider, folder=tmp_path))
    names = [key.name for key in provider_class(name).keys() if key.secret]  # noqa: SIM118
    changed = dict.fromkeys(names, Secret("another"))

    assert type(list_once(opened(replace(provider, **changed), folder=tmp_path))) is Refused
    assert len(stage.asked) == 2


def test_another_account_of_the_same_provider_is_asked(opened, staged, tmp_path):
    stage, other = staged(REFUSED), staged(REFUSED)
    list_once(opened(make("plivo", stage.url), folder=tmp_path))
    for provider in (make("plivo", stage.url, auth_id="MA2"), make("plivo", other.url)):
        assert type(list_once(opened(provider, folder=tmp_path))) is Refused


def test_a_profile_of_another_name_with_the_same_credentials_is_not_asked(opened, staged, tmp_path):
    stage = staged(REFUSED)
    list_once(opened(make("plivo", stage.url), folder=tmp_path))
    renamed = replace(make("plivo", stage.url), profile="other", max_call_hours=1)

    assert type(list_once(opened(renamed, folder=tmp_path))) is RefusedBefore


def test_forgotten_refusals_are_asked_again(opened, staged, tmp_path):
    stage = staged(REFUSED, PLIVO_PAGE)
    provider = make("plivo", stage.url)
    list_once(opened(provider, folder=tmp_path))
    forget_refusals(tmp_path, [_Profile(provider)])

    assert list_once(opened(provider, folder=tmp_path)) is None
    assert marks(tmp_path) == []


class _Profile:
    def __init__(self, provider):
        self.provider = provider


def test_a_mark_tells_nothing_of_the_secret_and_is_for_the_owner_only(opened, staged, tmp_path):
    folder = tmp_path / "tokens"
    stage = staged(REFUSED)
    list_once(opened(make("plivo", stage.url), folder=folder))
    (mark,) = marks(folder)
    twice = RefusalMark(folder, make("plivo", stage.url))
    before = json.loads(mark.read_text())
    twice.write(1.0)

    assert SECRET not in mark.read_text()
    assert before["proof"] != json.loads(mark.read_text())["proof"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600


def test_a_refusal_after_a_good_answer_is_no_mark(opened, staged, tmp_path):
    client = opened(make("plivo", staged(PLIVO_PAGE, REFUSED).url), folder=tmp_path)
    list_once(client)

    assert type(list_once(client)) is Refused
    assert marks(tmp_path) == []


@pytest.mark.parametrize("name", ["plivo", "bandwidth", "imagicle", "enswitch"])
def test_a_refusal_of_one_recordings_audio_is_no_mark(opened, staged, tmp_path, name):
    client = opened(make(name, staged(REFUSED).url), folder=tmp_path)
    request = Request("/x", resource="media", accept="audio/*")
    with pytest.raises(ProviderError), open_audio(client, request):
        pass

    assert marks(tmp_path) == []


def test_a_login_refused_on_the_way_to_audio_is_a_mark(opened, staged, tmp_path):
    client = opened(make("yeastar", staged(REFUSALS["yeastar"]).url), folder=tmp_path)
    request = Request("/x", resource="media", accept="audio/*")
    with pytest.raises(Refused), open_audio(client, request):
        pass

    assert len(marks(tmp_path)) == 1


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (answer(b'{"errcode": 70004, "errmsg": "IP BLOCKED"}'), Blocked),
        (answer(b"{}", "403 Forbidden"), Blocked),
        (answer(b'{"errcode": 60002, "errmsg": "TOO MANY TOKENS"}'), ProviderError),
    ],
)
def test_a_login_that_was_not_looked_at_is_no_mark(opened, staged, tmp_path, turn, kind):
    client = opened(make("yeastar", staged(turn).url), folder=tmp_path, retries=0)

    assert type(list_once(client)) is kind
    assert marks(tmp_path) == []


def test_a_missing_privilege_is_no_mark(opened, staged, tmp_path):
    client = opened(make("plivo", staged(answer(b"{}", "403 Forbidden")).url), folder=tmp_path)

    assert type(list_once(client)) is Denied
    assert marks(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"salt": "zz", "proof": "", "at_s": 1}',
        '{"salt": "00", "proof": "ä", "at_s": 1}',
        '{"salt": "00", "proof": "00", "at_s": NaN}',
        '{"salt": "00", "proof": "00", "at_s": 1e300}',
        '{"salt": 5, "proof": "00", "at_s": 1}',
        "[" * 4000,
        "\x00\xff",
    ],
)
def test_a_damaged_mark_is_as_good_as_none(opened, staged, tmp_path, text):
    stage = staged(REFUSED)
    list_once(opened(make("plivo", stage.url), folder=tmp_path))
    marks(tmp_path)[0].write_text(text, "latin-1")

    assert type(list_once(opened(make("plivo", stage.url), folder=tmp_path))) is Refused
    assert len(stage.asked) == 2


def test_without_a_folder_that_can_be_written_to_each_run_asks(opened, staged, tmp_path):
    (tmp_path / "file").touch()
    stage = staged(REFUSED)
    for folder in (None, None, tmp_path / "file" / "tokens", tmp_path / "file" / "tokens"):
        assert type(list_once(opened(make("plivo", stage.url), folder=folder))) is Refused
    assert len(stage.asked) == 4


def test_threads_that_are_refused_together_mark_once(opened, staged, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(RefusalMark, "write", lambda self, now_s: written.append(now_s))
    client = opened(make("yeastar", staged(REFUSALS["yeastar"]).url), folder=tmp_path, jobs=8)
    threads = [threading.Thread(target=list_once, args=(client,)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(5)

    assert len(written) == 1
