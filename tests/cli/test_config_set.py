"""`recli config set`, `show` and `path`: comments stay, and no secret is shown."""

import io
import stat
from pathlib import Path

import pytest

from recli.cli.console import Environment
from recli.cli.main import main
from tests.cli.conftest import NOW, Stream, write_config

_SECRET = ("profiles.main.auth_token", "--stdin")
TEXT = """\
# mine
default_profile = "main"  # the usual one

# the account in Rome
[profiles.main]
provider = "plivo"  # since 2019
auth_id = "MA1"
auth_token = "old-hush-hush"  # renew in June
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_config(tmp_path / "recli.toml", TEXT)


@pytest.fixture
def fed(tmp_path: Path):
    """Run a command with something on standard input."""

    def run(typed: str, *argv: str) -> tuple[int, str, str]:
        out, err = Stream(), Stream()
        environ = {"HOME": str(tmp_path), "TZ": "UTC"}
        environment = Environment(io.StringIO(typed), out, err, environ, lambda: NOW, lambda: 0.0)
        return main(list(argv), environment), out.text, err.text

    return run


def test_a_key_is_set_and_comments_stay(recli, file):
    done = recli("config", "set", "profiles.main.timeout_s", "10", "--config", str(file))

    assert (done.code, done.out, done.err) == (0, "", "")
    assert file.read_text() == f"{TEXT}timeout_s = 10\n"


def test_a_secret_comes_over_standard_input_and_nothing_is_printed(fed, file):
    said = fed("new-hush-hush\nrest\n", "config", "set", "--config", str(file), *_SECRET)

    assert said == (0, "", "")
    assert file.read_text() == TEXT.replace("old-hush-hush", "new-hush-hush")


def test_an_empty_standard_input_changes_nothing(fed, file):
    code, _, err = fed("\n", "config", "set", "--config", str(file), *_SECRET)

    assert code == 2
    assert "standard input is empty" in err
    assert file.read_text() == TEXT


def test_a_secret_on_the_command_line_is_refused_unshown(recli, file):
    done = recli("config", "set", "profiles.main.auth_token", "very-secret", "--config", str(file))

    assert done.code == 2
    assert "process list" in done.err
    assert "--stdin" in done.err
    assert "very-secret" not in done.err
    assert file.read_text() == TEXT


def test_a_secret_may_be_kept_elsewhere(recli, file):
    done = recli(
        "config", "set", "profiles.main.auth_token", "command:pass show x", "--config", str(file)
    )

    assert done.code == 0
    assert '{ command = "pass show x" }  # renew in June' in file.read_text()


@pytest.mark.parametrize("argv", [("KEY",), ("KEY", "VALUE", "--stdin")])
def test_a_value_is_given_once(recli, file, argv):
    done = recli("config", "set", *argv, "--config", str(file))

    assert done.code == 2
    assert "hint: recli config set KEY VALUE" in done.err


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(recli, tmp_path):
    done = recli("config", "set", "timezone", "Europe/Rome")
    made = tmp_path / ".config" / "recli" / "config.toml"

    assert done.code == 0
    assert made.read_text() == 'timezone = "Europe/Rome"\n'
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700


def test_a_bad_value_leaves_the_file_alone(recli, file):
    done = recli("config", "set", "profiles.main.timeout_s", "soon", "--config", str(file))

    assert done.code == 2
    assert "profiles.main.timeout_s: must be a number" in done.err
    assert file.read_text() == TEXT


def test_show_hides_the_secrets_in_the_file_and_tells_where_others_are(recli, file):
    file.write_text(
        f'{TEXT}[profiles.pbx]\nprovider = "yeastar"\nclient_secret = {{ env = "X" }}\n'
    )
    done = recli("config", "show", "--config", str(file))

    assert done.code == 0
    assert 'auth_token = "***"' in done.out
    assert 'client_secret = { env = "X" }' in done.out
    assert "old-hush-hush" not in done.out


def test_path_tells_where_the_file_would_be(recli, tmp_path):
    done = recli("config", "path")

    assert done.out == f"{tmp_path}/.config/recli/config.toml\n"
