"""`recli config get`, `unset`, `rename`, `remove` and `edit`."""

import stat
import sys
from shlex import quote

import pytest

from recli.config.load import load
from tests.cli.conftest import write_config

TEXT = """\
default_profile = "main"

# the account in Rome
[profiles.main]
provider = "plivo"  # since 2019
auth_id = "MA1"
auth_token = { env = "TOKEN" }

[profiles.own]
provider = "plivo"
auth_token = "hush-hush"
"""


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    return write_config(folder / "recli.toml", TEXT)


@pytest.fixture
def config(recli, file):
    def run(command, *words, **settings):
        return recli("config", command, "--config", str(file), *words, **settings)

    return run


def editor(tmp_path, lines):
    """Return the command of an editor that runs these lines of Python on its file, `path`."""
    script = tmp_path / "editor.py"
    script.write_text("import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n" + lines)
    return f"{quote(sys.executable)} {quote(str(script))}"


def replacing(tmp_path, old, new):
    return editor(tmp_path, f"path.write_text(path.read_text().replace({old!r}, {new!r}))\n")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("default_profile", "main"),
        ("profiles.main.provider", "plivo"),
        ("profiles.main.auth_token", "env:TOKEN"),
        ("profiles.main.timeout_s", "30"),
        ("profiles.main.verify_tls", "true"),
    ],
)
def test_get_prints_what_set_takes(config, key, value):
    done = config("get", key)

    assert (done.code, done.out, done.err) == (0, f"{value}\n", "")


@pytest.mark.parametrize("key", ["timezone", "profiles.own.auth_token", "profiles.x.jobs", "x"])
def test_get_of_what_is_not_there_or_secret_is_refused(config, key):
    done = config("get", key)

    assert (done.code, done.out) == (2, "")
    assert "hush" not in done.err


def test_unset_removes_a_key(config, file):
    done = config("unset", "profiles.main.auth_id")

    assert (done.code, done.out, done.err) == (0, "", "")
    assert file.read_text() == TEXT.replace('auth_id = "MA1"\n', "")


def test_remove_says_what_it_removed_besides(config, file):
    done = config("remove", "main")

    assert done.code == 0
    assert "removed as well: default_profile" in done.err
    assert list(load(file, explicit=True).profiles) == ["own"]
    assert "Rome" not in file.read_text()


def test_rename_follows_the_default(config, file):
    done = config("rename", "main", "büro")

    assert (done.code, done.out, done.err) == (0, "", "")
    assert load(file, explicit=True).default_profile == "büro"


def test_a_profile_that_is_not_there_is_named(config, file):
    assert "did you mean main" in config("remove", "mian").err
    assert config("rename", "mian", "x").code == 2
    assert file.read_text() == TEXT


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
def test_edit_replaces_the_file_by_what_the_editor_left(config, file, tmp_path, variable):
    file.chmod(0o640)
    done = config("edit", environ={variable: replacing(tmp_path, "MA1", "MA2")})

    assert (done.code, done.out, done.err) == (0, "", "")
    assert file.read_text() == TEXT.replace("MA1", "MA2")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_visual_goes_before_editor(config, file, tmp_path):
    command = replacing(tmp_path, "MA1", "MA2")
    config("edit", environ={"VISUAL": command, "EDITOR": "/nowhere/ed"})

    assert "MA2" in file.read_text()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("path.write_text('[profiles')\n", "is not TOML"),
        ('path.write_text(path.read_text() + "jops = 1")\n', "did you mean jobs"),
        ("path.write_bytes(b'\\xff')\n", "is not UTF-8 text"),
        ("path.unlink()\n", "removed its file"),
        ("sys.exit(3)\n", "ended with 3"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_leaves_the_file_as_it_was(config, file, tmp_path, lines, told):
    done = config("edit", environ={"EDITOR": editor(tmp_path, lines)})

    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "hush" not in done.err
    assert file.read_text() == TEXT
    assert list(file.parent.iterdir()) == [file]


def test_the_copy_is_private_and_goes_with_all_that_the_editor_left(config, file, tmp_path):
    lines = (
        "(path.parent / 'recli.toml~').write_text('backup')\n"
        "modes = [oct(it.stat().st_mode) for it in (path, path.parent)]\n"
        f"pathlib.Path({str(tmp_path / 'modes')!r}).write_text(' '.join([path.suffix, *modes]))\n"
    )
    done = config("edit", environ={"EDITOR": editor(tmp_path, lines)})

    assert "nothing was changed" in done.err
    assert (tmp_path / "modes").read_text() == ".toml 0o100600 0o40700"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_invalid_already_can_be_mended(config, file, tmp_path):
    write_config(file, TEXT.replace("auth_id", "auth_iid"))
    done = config("edit", environ={"EDITOR": replacing(tmp_path, "auth_iid", "auth_id")})

    assert (done.code, file.read_text()) == (0, TEXT)


def test_a_change_of_somebody_else_is_not_overwritten(config, file, tmp_path):
    lines = (
        f"pathlib.Path({str(file)!r}).write_text('timezone = \"UTC\"')\n"
        "path.write_text('timezone = \"Europe/Rome\"')\n"
    )
    done = config("edit", environ={"EDITOR": editor(tmp_path, lines)})

    assert done.code == 2
    assert f"your text is in {file}.edited" in done.err
    assert file.read_text() == 'timezone = "UTC"'
    assert file.with_name("recli.toml.edited").read_text() == 'timezone = "Europe/Rome"'


@pytest.mark.parametrize("command", ["/nowhere/ed", "'", "/"])
def test_an_editor_that_cannot_be_run_is_named(config, file, command):
    done = config("edit", environ={"EDITOR": command})

    assert done.code == 2
    assert "EDITOR" in done.err
    assert file.read_text() == TEXT


def test_there_must_be_a_file_to_edit(config, file):
    file.unlink()
    done = config("edit", environ={"EDITOR": "/bin/true"})

    assert done.code == 2
    assert "hint: recli config init" in done.err
