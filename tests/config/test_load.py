import os
import sys
from pathlib import Path

import pytest

from recli.config.load import from_tables, load, write_config
from recli.config.profile import Configuration, SecretRef, SecretSource
from recli.errors import ConfigError, ExitCode
from recli.files import FileModeWarning
from recli.wire import Secret

from .conftest import PLIVO

HEAD = '[profiles.main]\nprovider = "plivo"\n'


def problem(path):
    with pytest.raises(ConfigError) as caught:
        load(path, explicit=True)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(caught.value)
    return caught.value


def said(path):
    """Return the error's text with the file's path cut off, which must stand at its beginning."""
    text = str(problem(path))
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_profiles_and_top_level_keys_are_read(write):
    path = write('default_profile = "main"\ntimezone = "Europe/Rome"\n' + PLIVO)

    configuration = load(path, explicit=True)

    assert configuration.path == path
    assert configuration.default_profile == "main"
    assert configuration.timezone == "Europe/Rome"
    assert configuration.profiles["main"].provider == "plivo"
    assert configuration.profiles["main"].values == {
        "auth_id": "MA1",
        "auth_token": Secret("hush-hush"),
    }


def test_a_missing_default_file_is_an_empty_configuration(tmp_path):
    assert load(tmp_path / "none.toml", explicit=False) == Configuration()


def test_a_missing_named_file_is_an_error(tmp_path):
    path = tmp_path / "none.toml"

    error = problem(path)

    assert str(error) == f"{path}: there is no such file"
    assert "config init" in (error.hint or "")


def test_an_empty_file_has_no_profiles(write):
    assert load(write(""), explicit=True).profiles == {}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(write):
    path = write(b"\xef\xbb\xbf" + PLIVO.replace("\n", "\r\n").encode())

    assert load(path, explicit=True).profiles["main"].values["auth_id"] == "MA1"


def test_every_kind_of_reference_is_read(write):
    path = write(
        HEAD
        + 'auth_id = { env = "ID" }\nauth_token = { command = ["pass", "x y"] }\n'
        + 'base_url = { file = "~/u" }\nmedia_url = { keyring = "m" }\n'
    )

    values = load(path, explicit=True).profiles["main"].values

    assert values == {
        "auth_id": SecretRef(SecretSource.ENV, "ID"),
        "auth_token": SecretRef(SecretSource.COMMAND, ("pass", "x y")),
        "base_url": SecretRef(SecretSource.FILE, "~/u"),
        "media_url": SecretRef(SecretSource.KEYRING, "m"),
    }


@pytest.mark.parametrize("name", ["catapult", "CATAPULT", "Bandwidth"])
def test_a_provider_may_be_named_by_alias_and_in_any_case(write, name):
    path = write(f'[profiles.x]\nprovider = "{name}"\n')

    assert load(path, explicit=True).profiles["x"].provider == "bandwidth"


def test_whole_numbers_stand_for_text_where_ids_are_digits(write):
    path = write('[profiles.x]\nprovider = "enswitch"\ncustomer = 123\n')

    assert load(path, explicit=True).profiles["x"].values == {"customer": "123"}


def test_an_unfinished_profile_does_not_stop_the_others(write):
    path = write(PLIVO + '[profiles.half]\nprovider = "yeastar"\n')

    assert list(load(path, explicit=True).profiles) == ["main", "half"]


def test_a_folder_is_not_a_configuration(tmp_path):
    assert said(tmp_path) == "is a folder, not a file"


def test_text_that_is_not_utf_8_is_named_with_its_line(write):
    assert said(write(b'# one\nx = "\xff"\n')) == "is not UTF-8 text (line 2)"


def test_a_file_larger_than_a_megabyte_is_not_read(write):
    assert said(write("#" * 1_000_001)) == "is larger than 1 MB"
    assert load(write("#" * 1_000_000), explicit=True).profiles == {}


def test_a_file_without_permission_is_an_error(write, monkeypatch):
    path = write(PLIVO)

    def closed(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)

    assert said(path) == "can't be read: permission denied"


def test_a_path_with_a_null_character_is_an_error():
    with pytest.raises(ConfigError, match="can't be read"):
        load(Path("a\0b"), explicit=False)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a matter of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_secrets_that_others_can_read_are_refused_with_the_chmod_that_mends_it(write, mode):
    path = write(PLIVO, name="my config.toml", mode=mode)

    error = problem(path)

    expected = "holds secrets (profiles.main.auth_token) and can be read by others"
    assert str(error) == f"{path}: {expected}"
    assert error.hint == f"chmod 600 '{path}'"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a matter of POSIX")
def test_a_link_does_not_hide_that_others_can_read_the_file(write, tmp_path):
    link = tmp_path / "link.toml"
    link.symlink_to(write(PLIVO, mode=0o644))

    assert "can be read by others" in said(link)


def test_a_file_without_secrets_of_its_own_may_be_read_by_all(write):
    text = HEAD + 'auth_id = "MA1"\nauth_token = { env = "T" }\n'

    assert load(write(text, mode=0o644), explicit=True).profiles


def test_nothing_that_is_read_shows_a_secret(write):
    configuration = load(write(PLIVO), explicit=True)

    assert "hush" not in repr(configuration)
    assert "hush" not in repr(configuration.profiles["main"].values)


def test_ready_tables_make_a_configuration_without_a_file():
    tables = {"plivo": {"provider": "plivo", "auth_id": "MA1", "auth_token": "hush-hush"}}

    configuration = from_tables(tables)

    assert configuration.path is None
    assert configuration.profiles["plivo"].values["auth_token"] == Secret("hush-hush")
    with pytest.raises(ConfigError, match=r"^sandbox: profiles\.x\.provider: is missing"):
        from_tables({"x": {}})


def test_where_others_could_read_it_only_a_file_with_secrets_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("recli.files.set_mode", lambda *_: False)
    plain = os.open
    monkeypatch.setattr(os, "open", lambda *given: plain(*given[:2], 0o666))
    path = tmp_path / "config.toml"
    text = '[profiles.main]\nprovider = "plivo"\nauth_id = "MA1"\nauth_token = {}\n'
    with pytest.raises(ConfigError, match="others could read its secrets"):
        write_config(path, text.format('"a-secret"'))
    assert not path.exists()

    with pytest.warns(FileModeWarning, match="keeps no modes"):
        write_config(path, text.format('{ env = "TOKEN" }'))
    assert path.exists()
