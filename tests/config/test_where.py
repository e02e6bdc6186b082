import sys
from pathlib import Path

import pytest

from recli.config.where import expand, explicit, locate

HOME = {"HOME": "/home/ada"}


def test_the_option_goes_before_the_variable_and_the_variable_before_the_usual_place():
    environ = {**HOME, "RECLI_CONFIG": "/etc/r.toml", "XDG_CONFIG_HOME": "/xdg"}

    assert locate(Path("mine.toml"), environ) == Path("mine.toml")
    assert locate(None, environ) == Path("/etc/r.toml")
    assert locate(None, {**environ, "RECLI_CONFIG": ""}) == Path("/xdg/recli/config.toml")


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="other usual places")
@pytest.mark.parametrize("xdg", [None, "", "relative/folder"])
def test_without_an_absolute_xdg_folder_the_usual_place_is_dot_config(xdg):
    environ = HOME if xdg is None else {**HOME, "XDG_CONFIG_HOME": xdg}

    assert locate(None, environ) == Path("/home/ada/.config/recli/config.toml")


def test_without_a_home_the_platform_says_where():
    path = locate(None, {})

    assert path.is_absolute()
    assert path.parts[-2:] == ("recli", "config.toml")


def test_a_file_is_explicit_only_where_a_person_named_it():
    assert explicit(Path("x"), {})
    assert explicit(None, {"RECLI_CONFIG": "x"})
    assert not explicit(None, {"RECLI_CONFIG": ""})
    assert not explicit(None, {"XDG_CONFIG_HOME": "/xdg"})


def test_a_tilde_is_the_home_folder_and_relative_paths_begin_at_the_given_folder():
    folder = Path("/etc/recli")

    assert expand("~/x", HOME, folder) == Path("/home/ada/x")
    assert expand("x/y", HOME, folder) == Path("/etc/recli/x/y")
    assert expand("/x", HOME, folder) == Path("/x")
    assert expand("x", HOME) == Path("x")
    assert expand("~no-such-user-here/x", HOME) == Path("~no-such-user-here/x")
    assert locate(None, {**HOME, "RECLI_CONFIG": "~/r.toml"}) == Path("/home/ada/r.toml")
