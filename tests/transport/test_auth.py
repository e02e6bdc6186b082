"""Tokens: shared, renewed, never fetched more often than they must be, refused once."""

import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from recli.errors import Blocked, Denied, ProviderError, Refused, TokenExpired, Transient
from recli.redact import Redactor
from recli.transport.auth import TokenProvider
from recli.transport.clock import Clock
from recli.transport.token_cache import StoredToken, TokenCache
from recli.wire import QueryToken, Request, Response, Secret, TokenPair


class Issuer:
    """A provider that gives out numbered tokens, and writes down what it was asked."""

    def __init__(self, *, life_s: float = 1800) -> None:
        self.asked: list[str] = []
        self.life_s = life_s
        self.count = 0
        self.faults: dict[str, list[Exception]] = {"login": [], "refresh": []}
        self.refreshable: set[str] = set()
        self.lock = threading.Lock()

    def auth(self) -> QueryToken:
        return QueryToken(
            parameter="access_token",
            account="https://pbx.example|client",
            login=lambda: Request("/login", method="POST", json={"password": "x"}),
            refresh=lambda token: Request("/refresh", method="POST", json={"t": token.reveal()}),
            read=self._read,
        )

    def _read(self, request: Request, response: Response) -> TokenPair:
        with self.lock:
            kind = request.path[1:]
            self.asked.append(kind)
            if self.faults[kind]:
                raise self.faults[kind].pop(0)
            if kind == "refresh":
                assert request.json is not None
                old = str(request.json["t"])
                if old not in self.refreshable:
                    raise TokenExpired("p", "unknown refresh token")
                self.refreshable.discard(old)
            self.count += 1
            fresh = f"refresh-{self.count}"
            self.refreshable.add(fresh)
            return TokenPair(Secret(f"access-{self.count}"), Secret(fresh), self.life_s, 86400)


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def tokens(issuer, clock, tmp_path):
    def make_tokens(folder=tmp_path / "tokens", redactor=None):
        return TokenProvider(
            issuer.auth(), lambda request: Response(200), folder, clock, redactor or Redactor()
        )

    return make_tokens


def test_a_token_is_fetched_once_and_shared_by_later_runs(issuer, tokens):
    first = tokens()
    values = {first.current().reveal() for _ in range(5)}
    values.add(tokens().current().reveal())

    assert values == {"access-1"}
    assert issuer.asked == ["login"]


def test_a_token_is_renewed_shortly_before_it_dies(issuer, tokens, clock):
    one = tokens()
    one.current()
    clock.advance(1769)
    before = one.current().reveal()
    clock.advance(2)
    after = one.current().reveal()

    assert (before, after) == ("access-1", "access-2")
    assert issuer.asked == ["login", "refresh"]


def test_a_later_run_renews_what_an_earlier_one_left(issuer, tokens, clock):
    tokens().current()
    clock.advance(80_000)

    assert tokens().current().reveal() == "access-2"
    assert issuer.asked == ["login", "refresh"]


def test_a_login_comes_when_both_are_dead(issuer, tokens, clock):
    tokens().current()
    clock.advance(90_000)

    assert tokens().current().reveal() == "access-2"
    assert issuer.asked == ["login", "login"]


@pytest.mark.parametrize(
    "error", [TokenExpired("p", "x"), Refused("p", "x"), Denied("p", "x"), ProviderError("p", "x")]
)
def test_a_refused_refresh_leads_to_a_login(issuer, tokens, error):
    one = tokens()
    dead = one.current()
    issuer.faults["refresh"] = [error]

    assert one.renew(dead).reveal() == "access-2"
    assert issuer.asked == ["login", "refresh", "login"]


def test_a_refresh_that_failed_for_now_costs_no_login(issuer, tokens):
    one = tokens()
    dead = one.current()
    issuer.faults["refresh"] = [Transient("p", "too many tokens")]

    with pytest.raises(Transient):
        one.renew(dead)
    assert one.renew(dead).reveal() == "access-2"
    assert issuer.asked == ["login", "refresh", "refresh"]


def test_a_token_that_somebody_else_renewed_is_taken_over(issuer, tokens):
    one, other = tokens(), tokens()
    dead = one.current()
    other.current()
    other.renew(dead)

    assert one.renew(dead).reveal() == "access-2"
    assert issuer.asked == ["login", "refresh"]


def test_threads_that_meet_a_dead_token_renew_it_once(issuer, tokens):
    one = tokens()
    dead = one.current()
    start = threading.Barrier(12)
    values = []

    def renew():
        start.wait(5)
        values.append(one.renew(dead).reveal())

    threads = [threading.Thread(target=renew) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(5)

    assert values == ["access-2"] * 12
    assert issuer.asked == ["login", "refresh"]


@pytest.mark.parametrize("error", [Refused("p", "wrong"), Blocked("p", "blocked")])
def test_refused_credentials_are_asked_once_whoever_comes(issuer, tokens, error):
    one = tokens()
    issuer.faults["login"] = [error]
    start = threading.Barrier(16)
    caught = []

    def ask():
        start.wait(5)
        try:
            one.current()
        except (Refused, Denied) as problem:
            caught.append(type(problem))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(5)
    with pytest.raises(type(error)):
        one.renew(Secret("any"))

    assert caught == [type(error)] * 16
    assert issuer.asked == ["login"]


def test_a_login_that_is_denied_says_nothing_of_the_credentials(issuer, tokens):
    issuer.faults["login"] = [Denied("p", "HTTP 403", hint="ask")]
    with pytest.raises(Blocked, match="HTTP 403") as caught:
        tokens().current()

    assert caught.value.hint == "ask"


def test_tokens_without_a_folder_live_in_memory(issuer, tokens):
    one = tokens(folder=None)
    one.current()

    assert one.renew(one.current()).reveal() == "access-2"
    assert issuer.asked == ["login", "refresh"]


def test_folder_and_files_are_for_the_owner_only(tokens, tmp_path):
    folder = tmp_path / "tokens"
    folder.mkdir(mode=0o755)
    old = os.umask(0)
    try:
        tokens().current()
    finally:
        os.umask(old)
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes[".json"] == 0o600
    assert set(modes) <= {".json", ".lock"}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"access"',
        "{}",
        '{"access": 5, "refresh": "r", "access_expires_s": 9e12, "refresh_expires_s": 9e12}',
        '{"access": "", "refresh": "r", "access_expires_s": 9e12, "refresh_expires_s": 9e12}',
        '{"access": "a", "refresh": null, "access_expires_s": 9e12, "refresh_expires_s": 9e12}',
        '{"access": "a", "refresh": "r", "access_expires_s": "9", "refresh_expires_s": "9"}',
        '{"access": "a", "refresh": "r", "access_expires_s": null, "refresh_expires_s": 9e12}',
        '{"access": "a", "refresh": "", "access_expires_s": NaN, "refresh_expires_s": NaN}',
        "[" * 50_000,
        "\x00\xff",
    ],
)
def test_a_damaged_file_is_as_good_as_none(issuer, tokens, tmp_path, text):
    tokens().current()
    (path,) = (tmp_path / "tokens").glob("*.json")
    path.write_text(text, "latin-1")

    assert tokens().current().reveal() == "access-2"
    assert issuer.asked == ["login", "login"]
    assert json.loads(path.read_text())["access"] == "access-2"


def test_unknown_keys_in_the_file_are_no_damage(issuer, tokens, tmp_path):
    tokens().current()
    (path,) = (tmp_path / "tokens").glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "later": 1}))

    assert tokens().current().reveal() == "access-1"


def test_a_folder_that_is_a_file_costs_a_login_in_each_run_and_no_error(issuer, tokens, tmp_path):
    place = tmp_path / "file"
    place.write_text("")
    one = tokens(folder=place / "tokens")

    assert one.renew(one.current()).reveal() == "access-2"
    assert issuer.asked == ["login", "refresh"]


def test_a_folder_that_cannot_be_written_to_is_no_error(issuer, tokens, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr("recli.files.os.open", refuse)
    one = tokens()
    one.current()
    dead = one.renew(one.current())

    assert one.renew(dead).reveal() == "access-3"
    assert issuer.asked == ["login", "refresh", "refresh"]
    assert list((tmp_path / "tokens").glob("*.json")) == []


def test_a_lock_that_cannot_be_made_is_no_error(issuer, tokens, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr("recli.transport.token_cache.FileLock.acquire", refuse)

    assert tokens().current().reveal() == "access-1"


def test_a_write_that_failed_leaves_no_half_file_and_no_dead_pair_to_go_back_to(
    issuer, tokens, monkeypatch
):
    one = tokens()
    dead = one.current()
    monkeypatch.setattr(
        "recli.transport.token_cache.json.dump",
        lambda *args: (_ for _ in ()).throw(OSError(28, "")),
    )
    second = one.renew(dead)

    assert one.renew(second).reveal() == "access-3"
    assert issuer.asked == ["login", "refresh", "refresh"]


def test_tokens_are_hidden_from_the_moment_they_are_known(tokens):
    redactor = Redactor()
    tokens(redactor=redactor).current()
    other = Redactor()
    tokens(redactor=other).current()

    assert "access-1" not in redactor("see access-1 and refresh-1")
    assert other("see access-1 and refresh-1") == "see *** and ***"


def test_a_pair_shows_no_secret_in_its_repr():
    assert "abc" not in repr(StoredToken("abcdef", "abcghi", 1.0, 2.0))


def test_accounts_have_files_of_their_own_that_do_not_name_them(tmp_path, clock):
    for account in ("https://a.example|client", "https://b.example|client"):
        kept = TokenCache(tmp_path, account)
        with kept.locked():
            kept.store(StoredToken(account, "", 1, 2))
    names = [path.name for path in tmp_path.glob("*.json")]

    assert len(names) == 2
    assert not any("example" in name or "client" in name for name in names)


PROCESS = """
import sys
from pathlib import Path
from recli.redact import Redactor
from recli.transport.clock import Clock
from recli.transport.clock import Clock
from recli.transport.auth import TokenProvider
from recli.wire import QueryToken, Request, Response, Secret, TokenPair

folder, log = Path(sys.argv[1]), Path(sys.argv[2])

def read(request, response):
    with log.open("a") as stream:
        stream.write(request.path + "\\n")
    count = len(log.read_text().splitlines())
    return TokenPair(Secret(f"access-{count}"), Secret(f"refresh-{count}"), 1800, 86400)

auth = QueryToken(
    "t", "account", lambda: Request("/login"), lambda secret: Request("/refresh"), read
)
tokens = TokenProvider(auth, lambda request: Response(200), folder, Clock(), Redactor())
sys.stdin.readline()
print(tokens.current().reveal())
"""


def test_processes_that_start_at_once_log_in_once(tmp_path):
    log = tmp_path / "log"
    log.write_text("")
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(tmp_path / "tokens"), str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    told = [run.communicate(timeout=30)[0].strip() for run in runs]

    assert told == ["access-1"] * 3
    assert log.read_text() == "/login\n"


def test_a_kept_token_does_not_hide_that_the_secret_is_another_now(tmp_path):
    kept = TokenCache(tmp_path, "account")
    with kept.locked():
        kept.store(StoredToken("abcdef", "abcghi", 4e9, 4e9, "the old secret's proof"))
    asked = []

    def send(request):
        asked.append(request.path)
        return Response(200)

    pair = TokenPair(Secret("fresh-access"), Secret("fresh-refresh"), 1800, 86400)
    auth = QueryToken(
        "access_token",
        "account",
        login=lambda: Request("/login"),
        refresh=lambda _: Request("/refresh"),
        read=lambda *_: pair,
        proof="the new secret's proof",
    )

    token = TokenProvider(auth, send, tmp_path, Clock(), Redactor()).current()

    assert token.reveal() == "fresh-access"
    assert asked == ["/login"]
