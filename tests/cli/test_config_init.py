"""`recli config init`: by flags for scripts, and by questions on a terminal of its own."""

import io
import os
import pty
import signal
import stat
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recli.cli.console import Environment
from recli.cli.main import main
from tests.cli.conftest import NOW, Stream, write_config
from tests.cli.process import DEADLINE_S, Terminal, start
from tests.sandbox_faults import FaultySandbox

pytestmark = pytest.mark.slow

ID, TOKEN = "MASANDBOX0123456789A", "sandbox-plivo-token"
Init = Callable[..., tuple[int, str, str]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the configuration file will be."""
    return tmp_path / ".config" / "recli" / "config.toml"


@pytest.fixture
def plivo(account: FaultySandbox) -> tuple[str, ...]:
    """The flags that all profiles of the account's Plivo need."""
    return ("--set", f"base_url={account.url}/plivo", "--set", f"auth_id={ID}")


@pytest.fixture
def init(tmp_path: Path) -> Init:
    """Run `config init --non-interactive` with something on standard input."""

    def run(*argv: str, typed: str = "", **environ: str) -> tuple[int, str, str]:
        out, err = Stream(), Stream()
        said = {"HOME": str(tmp_path), "TZ": "UTC", "PATH": os.environ["PATH"], **environ}
        environment = Environment(io.StringIO(typed), out, err, said, lambda: NOW, lambda: 0.0)
        code = main(["config", "init", "--non-interactive", *argv], environment)
        return int(code), out.text, err.text

    return run


class Person(Terminal):
    """Somebody at the terminal, who answers when a question has come."""

    def __init__(self, process, leader: int) -> None:
        super().__init__(process, leader)
        self._keyboard = leader
        self._seen = 0

    def answers(self, question: str, answer: str) -> None:
        self.expect(question)
        os.write(self._keyboard, f"{answer}\n".encode())

    def expect(self, words: str) -> None:
        while words not in self.text[self._seen :]:
            assert self._read(DEADLINE_S), f"{words!r} did not come; {self.text!r} did"
        self._seen = self.text.index(words, self._seen) + len(words)


@contextmanager
def person(home: Path, *argv: str, **more: str) -> Iterator[Person]:
    leader, follower = pty.openpty()
    streams = {"stdin": follower, "stdout": follower, "stderr": follower}
    # In a session without a terminal of its own, so that nobody else's keyboard is read.
    process = start(
        "config", "init", *argv, home=home, more=more, start_new_session=True, **streams
    )
    os.close(follower)
    try:
        yield Person(process, leader)
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        os.close(leader)


def test_questions_lead_to_a_profile_that_was_tried(account, tmp_path, file):
    with person(tmp_path, "--set", f"base_url={account.url}/plivo") as someone:
        someone.answers("Provider: ", "1")
        someone.answers("Name of the new profile [plivo]: ", "main")
        someone.answers("auth_id: ", ID)
        someone.answers("Where [environment]: ", "file")
        someone.answers("auth_token (not shown): ", TOKEN)
        someone.expect("It works.")
        someone.expect("next: recli list -p main --since yesterday")
        code = someone.read_to_the_end()

    text = file.read_text()
    assert code == 0
    assert TOKEN not in someone.text
    assert 'default_profile = "main"' in text
    assert f'auth_token = "{TOKEN}"  # Auth Token.' in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(account.requests) == 1


def test_refused_credentials_are_not_tried_again_and_not_written(account, tmp_path, file, plivo):
    with person(tmp_path, "-P", "plivo", "--name", "main", *plivo) as someone:
        someone.answers("Where [environment]: ", "file")
        someone.answers("auth_token (not shown): ", "wrong-token")
        someone.expect("main can't be used: refused the credentials (HTTP 401")
        someone.answers("What now [again]: ", "again")
        someone.answers(f"auth_id [{ID}]: ", "")
        someone.answers("Where [file]: ", "")
        someone.answers("auth_token (not shown): ", "wrong-token")
        someone.expect("plivo refused these before: they were not tried again")
        someone.answers("What now [again]: ", "stop")
        code = someone.read_to_the_end()

    assert code == 4
    assert "Nothing was written." in someone.text
    assert "wrong-token" not in someone.text
    assert len(account.requests) == 1
    assert not file.parent.exists()


def test_refused_credentials_can_be_put_right_in_the_same_run(account, tmp_path, file, plivo):
    with person(tmp_path, "-P", "plivo", "--name", "main", *plivo) as someone:
        someone.answers("Where [environment]: ", "file")
        someone.answers("auth_token (not shown): ", "wrong-token")
        someone.answers("What now [again]: ", "")
        someone.answers(f"auth_id [{ID}]: ", "")
        someone.answers("Where [file]: ", "")
        someone.answers("auth_token (not shown): ", TOKEN)
        code = someone.read_to_the_end()

    assert code == 0
    assert f'auth_token = "{TOKEN}"' in file.read_text()
    assert [request.status for request in account.requests] == [401, 200]


def test_refused_credentials_are_written_where_that_is_asked_for(account, tmp_path, file, plivo):
    with person(tmp_path, "-P", "plivo", "--name", "main", *plivo) as someone:
        someone.answers("Where [environment]: ", "file")
        someone.answers("auth_token (not shown): ", "wrong-token")
        someone.answers("What now [again]: ", "save")
        code = someone.read_to_the_end()

    assert code == 0
    assert 'auth_token = "wrong-token"' in file.read_text()


def test_a_secret_in_the_environment_is_tried_once_and_how_to_set_it_told(
    account, tmp_path, file, plivo
):
    with person(tmp_path, "-P", "plivo", "--name", "main", *plivo) as someone:
        someone.answers("Where [environment]: ", "")
        someone.answers("Name of the variable [PLIVO_AUTH_TOKEN]: ", "MY_TOKEN")
        someone.answers("auth_token (not shown; or nothing): ", TOKEN)
        someone.expect("It works.")
        someone.expect("read -rs MY_TOKEN && export MY_TOKEN")
        code = someone.read_to_the_end()

    assert code == 0
    assert 'auth_token = { env = "MY_TOKEN" }' in file.read_text()
    assert TOKEN not in file.read_text()


def test_a_variable_that_nobody_has_set_leaves_the_profile_untried(account, tmp_path, file, plivo):
    with person(tmp_path, "-P", "plivo", "--name", "main", *plivo) as someone:
        someone.answers("Where [environment]: ", "")
        someone.answers("Name of the variable [", "MY_TOKEN")
        someone.answers("auth_token (not shown; or nothing): ", "")
        someone.expect("Not tried: MY_TOKEN must be set for that.")
        code = someone.read_to_the_end()

    assert code == 0
    assert account.requests == []


def test_wrong_answers_are_asked_again(account, tmp_path, file):
    write_config(_made(file), '[profiles.main]\nprovider = "plivo"\n')
    with person(tmp_path) as someone:
        someone.answers("Provider: ", "skype")
        someone.expect("answer with a number from 1 to 5, or a name")
        someone.answers("Provider: ", "imag")
        someone.answers("Name of the new profile [imagicle]: ", "Main")
        someone.answers("main is there already. Replace it? [y/N]: ", "n")
        someone.answers("Name of the new profile [imagicle]: ", "not a name")
        someone.expect("can't be a profile's name")
        someone.answers("Name of the new profile [imagicle]: ", "")
        someone.answers("base_url: ", "http://imagicle.example.com")
        someone.expect("credentials would go to imagicle.example.com over plain http")
        someone.answers("base_url: ", "imagicle.example.com")
        someone.expect("must begin with https://")
        someone.answers("base_url: ", f"{account.url}/imagicle")
        someone.answers("username: ", "sandbox")
        someone.answers("Where [environment]: ", "file")
        someone.answers("password (not shown): ", "")
        someone.answers("password (not shown): ", "sandbox-imagicle-password")
        someone.answers("Use imagicle where no profile is named? [y/N]: ", "y")
        code = someone.read_to_the_end()

    assert code == 0
    assert "[profiles.imagicle]" in file.read_text()
    assert 'default_profile = "imagicle"' in file.read_text()


def test_keys_that_belong_together_are_asked_for_again(account, tmp_path, file):
    address = f"base_url={account.url}/enswitch"
    with person(tmp_path, "-P", "enswitch", "--name", "e", "--set", address) as someone:
        someone.answers("username: ", "sandbox")
        someone.answers("Where [environment]: ", "file")
        someone.answers("password (not shown): ", "sandbox-enswitch-password")
        someone.answers("customer: ", "")
        someone.expect("give customer or recordgroup")
        someone.answers("What now [again]: ", "")
        someone.answers("username [sandbox]: ", "")
        someone.answers("Where [file]: ", "")
        someone.answers("password (not shown): ", "sandbox-enswitch-password")
        someone.answers("base_url [", "")
        someone.answers("customer: ", "1207")
        someone.answers("recordgroup: ", "")
        code = someone.read_to_the_end()

    assert code == 0, someone.text
    assert 'customer = "1207"' in file.read_text()


def test_an_end_of_input_writes_nothing(tmp_path, file):
    with person(tmp_path, "-P", "plivo", "--name", "main") as someone:
        someone.expect("auth_id: ")
        os.write(someone._keyboard, b"\x04")
        code = someone.read_to_the_end()

    assert code == 2
    assert "stopped at a question: nothing was written" in someone.text
    assert not file.parent.exists()


@pytest.mark.parametrize("question", ["auth_id: ", "auth_token (not shown): "])
def test_an_interrupt_writes_nothing_and_leaves_the_terminal_as_it_was(tmp_path, file, question):
    with person(tmp_path, "-P", "plivo", "--name", "main") as someone:
        if question != "auth_id: ":
            someone.answers("auth_id: ", ID)
            someone.answers("Where [environment]: ", "file")
        someone.expect(question)
        someone.process.send_signal(signal.SIGINT)
        code = someone.read_to_the_end()

    assert code == 130
    assert "Nothing was written." in someone.text
    assert not file.parent.exists()


def test_without_a_terminal_the_flag_for_scripts_is_named(recli, file):
    done = recli("config", "init")

    assert done.code == 2
    assert "hint: recli config init --non-interactive --provider NAME" in done.err
    assert not file.parent.exists()


def test_flags_and_standard_input_make_a_profile(init, plivo, file, account):
    code, out, err = init(
        "--provider", "plivo", *plivo, "--secret-stdin", "auth_token", typed=f"{TOKEN}\n"
    )

    assert (code, out) == (0, "")
    assert "next: recli list -p plivo --since yesterday" in err
    assert f'auth_token = "{TOKEN}"' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(account.requests) == 1


def test_several_secrets_are_lines_of_standard_input_in_their_order(init, file, account):
    keys = (
        "--set",
        f"base_url={account.url}/bandwidth",
        "--set",
        "user_id=u-sandboxuser0123456789ab",
    )
    stdin = ("--secret-stdin", "api_token", "--secret-stdin", "api_secret")
    typed = "t-sandboxtoken0123456789a\nsandbox-bandwidth-secret\n"
    code, _, err = init("--provider", "catapult", *keys, *stdin, typed=typed)

    assert code == 0, err
    assert 'api_secret = "sandbox-bandwidth-secret"' in file.read_text()


def test_a_secret_from_standard_input_goes_where_set_says(init, plivo, file, tmp_path):
    where = tmp_path / "kept" / "token"
    flags = ("--set", f"auth_token=file:{where}", "--secret-stdin", "auth_token")
    code, _, err = init("--provider", "plivo", *plivo, *flags, typed=f"{TOKEN}\n")

    assert code == 0, err
    assert where.read_text() == f"{TOKEN}\n"
    assert stat.S_IMODE(where.stat().st_mode) == 0o600
    assert TOKEN not in file.read_text()


def test_the_keyring_keeps_a_secret(init, plivo, file, monkeypatch):
    kept = {}
    keyring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    fail = types.ModuleType("keyring.backends.fail")
    fail.Keyring = type("Keyring", (), {})
    errors.KeyringError = errors.NoKeyringError = type("KeyringError", (Exception,), {})
    keyring.get_keyring = object
    keyring.set_password = lambda service, name, secret: kept.update({(service, name): secret})
    for name, module in (("keyring", keyring), ("keyring.errors", errors)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "keyring.backends", types.ModuleType("keyring.backends"))
    monkeypatch.setitem(sys.modules, "keyring.backends.fail", fail)
    flags = ("--set", "auth_token=keyring:plivo", "--secret-stdin", "auth_token")
    code, _, err = init("--provider", "plivo", *plivo, *flags, typed=f"{TOKEN}\n")

    assert code == 0, err
    assert kept == {("recli", "plivo"): TOKEN}
    assert 'auth_token = { keyring = "plivo" }' in file.read_text()


def test_without_the_keyring_extra_the_way_to_it_is_told(init, plivo, file, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    flags = ("--set", "auth_token=keyring:plivo", "--secret-stdin", "auth_token")
    code, _, err = init("--provider", "plivo", *plivo, *flags, typed=f"{TOKEN}\n")

    assert code == 2
    assert "hint: pip install 'recli[keyring]'" in err
    assert not file.exists()


def test_a_secret_among_the_arguments_is_refused_unshown(init, plivo, file):
    code, _, err = init("--provider", "plivo", *plivo, "--set", "auth_token=very-secret")

    assert code == 2
    assert "shows in the process list" in err
    assert "hint: --secret-stdin auth_token" in err
    assert "very-secret" not in err
    assert not file.exists()


def test_the_providers_own_variables_are_used_where_nothing_is_given(init, account, file):
    address = f"base_url={account.url}/plivo"
    code, _, err = init(
        "--provider", "plivo", "--set", address, PLIVO_AUTH_ID=ID, PLIVO_AUTH_TOKEN=TOKEN
    )

    assert code == 0, err
    assert 'auth_token = { env = "PLIVO_AUTH_TOKEN" }' in file.read_text()


def test_what_was_refused_is_not_written_by_a_script(init, plivo, file):
    stdin = ("--secret-stdin", "auth_token")
    code, _, err = init("--provider", "plivo", *plivo, *stdin, typed="wrong-token\n")

    assert code == 4
    assert "plivo was not written: refused the credentials" in err
    assert "hint: --no-check writes it without trying it" in err
    assert not file.exists()


def test_no_check_asks_nobody(init, plivo, file, account):
    flags = ("--set", "auth_token=env:NOWHERE", "--no-check")
    code, _, err = init("--provider", "plivo", *plivo, *flags)

    assert code == 0
    assert "set NOWHERE before you use it: read -rs NOWHERE && export NOWHERE" in err
    assert account.requests == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "--provider is missing"),
        (("--provider", "plivoo"), "did you mean plivo?"),
        (("--provider", "plivo"), "--set auth_id=MAXXXXXXXXXXXXXXXXXX"),
        (("--provider", "plivo", "--set", "auth_id=MA1"), "--secret-stdin auth_token"),
        (("--provider", "plivo", "--set", "auth_id"), "--set wants KEY=VALUE"),
        (("--provider", "plivo", "--set", "auth_idd=MA1"), "did you mean auth_id?"),
        (("--provider", "plivo", "--set", "jobs=many"), "must be a whole number"),
        (("--provider", "plivo", "--name", "a/b"), "can't be a profile's name"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_written(init, file, argv, said):
    code, _, err = init(*argv)

    assert code == 2
    assert said in err
    assert not file.exists()


def test_a_profile_is_added_and_all_else_stays_as_it_is(init, file):
    before = '# mine\ntimezone = "UTC"  # ours\n\n[profiles.a]\nprovider = "plivo"\n# the end\n'
    write_config(_made(file), before)
    flags = ("--set", "auth_id=MA1", "--set", "auth_token=env:T", "--no-check")
    code, _, err = init("--provider", "plivo", "--name", "b", *flags)

    assert code == 0, err
    assert file.read_text().startswith(f"{before}\n[profiles.b]\n")
    assert "default_profile" not in file.read_text()


def test_a_profile_that_is_there_is_kept_unless_it_is_to_be_replaced(init, file):
    before = '# mine\n[profiles.plivo]\nprovider = "plivo"\nauth_id = "MA0"\n\n# below\n'
    write_config(_made(file), before)
    flags = (
        "--provider",
        "plivo",
        "--set",
        "auth_id=MA1",
        "--set",
        "auth_token=env:T",
        "--no-check",
    )
    refused = init(*flags)
    kept = file.read_text()
    replaced = init(*flags, "--overwrite")
    after = file.read_text()

    assert refused[0] == 2
    assert "profiles.plivo: is there already" in refused[2]
    assert "hint: --overwrite, or another --name" in refused[2]
    assert kept == before
    assert replaced[0] == 0, replaced[2]
    assert 'auth_id = "MA1"' in after
    assert "MA0" not in after
    assert after.startswith("# mine\n[profiles.plivo]")
    assert after.endswith("\n\n# below\n")


def test_another_file_is_named_in_what_to_do_next(init, plivo, tmp_path):
    other = tmp_path / "other.toml"
    flags = ("--set", "auth_token=env:T", "--no-check", "--config", str(other))
    code, _, err = init("--provider", "plivo", *plivo, *flags)

    assert code == 0
    assert f"next: recli list --config={other} -p plivo --since yesterday" in err


def _made(file: Path) -> Path:
    file.parent.mkdir(parents=True)
    return file
