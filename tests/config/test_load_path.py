import sys
from pathlib import Path

import pytest

from recli.config.load import config_path, expand_path, is_explicit
from recli.config.workspace import open_workspace
from recli.errors import UsageError

HOME = {"HOME": "/home/ada"}


def test_the_option_goes_before_the_variable_and_the_variable_before_the_usual_place():
    environ = {**HOME, "RECLI_CONFIG": "/etc/r.toml", "XDG_CONFIG_HOME": "/xdg"}

    assert config_path(Path("mine.toml"), environ) == Path("mine.toml")
    assert config_path(None, environ) == Path("/etc/r.toml")
    assert config_path(None, {**environ, "RECLI_CONFIG": ""}) == Path("/xdg/recli/config.toml")


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="other usual places")
@pytest.mark.parametrize("xdg", [None, "", "relative/folder"])
def test_without_an_absolute_xdg_folder_the_usual_place_is_dot_config(xdg):
    environ = HOME if xdg is None else {**HOME, "XDG_CONFIG_HOME": xdg}

    assert config_path(None, environ) == Path("/home/ada/.config/recli/config.toml")


def test_without_a_home_the_platform_says_where():
    path = config_path(None, {})

    assert path.is_absolute()
    assert path.parts[-2:] == ("recli", "config.toml")


@pytest.fixture
def homeless(monkeypatch):
    """Take the home folder away, as for a number without an entry in /etc/passwd."""

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_needs_one_only_where_it_is_used(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("")

    assert open_workspace(file, {}).token_folder is None
    assert config_path(None, {"XDG_CONFIG_HOME": "/xdg"}) == Path("/xdg/recli/config.toml")
    assert open_workspace(file, {"XDG_STATE_HOME": "/xdg"}).token_folder == Path(
        "/xdg/recli/tokens"
    )
    for needed in (lambda: config_path(None, {}), lambda: expand_path("~/x", {})):
        with pytest.raises(UsageError, match="HOME is not set"):
            needed()


def test_a_file_is_explicit_only_where_a_person_named_it():
    assert is_explicit(Path("x"), {})
    assert is_explicit(None, {"RECLI_CONFIG": "x"})
    assert not is_explicit(None, {"RECLI_CONFIG": ""})
    assert not is_explicit(None, {"XDG_CONFIG_HOME": "/xdg"})


def test_a_tilde_is_the_home_folder_and_relative_paths_begin_at_the_given_folder():
    folder = Path("/etc/recli")

    assert expand_path("~/x", HOME, folder) == Path("/home/ada/x")
    assert expand_path("x/y", HOME, folder) == Path("/etc/recli/x/y")
    assert expand_path("/x", HOME, folder) == Path("/x")
    assert expand_path("x", HOME) == Path("x")
    assert expand_path("~no-such-user-here/x", HOME) == Path("~no-such-user-here/x")
    assert config_path(None, {**HOME, "RECLI_CONFIG": "~/r.toml"}) == Path("/home/ada/r.toml")
