"""Keys, groups and profiles that are removed or renamed; all else of the text stays."""

import tomllib

import pytest

from recli.config.edit import set_key, unset_key, value_of
from recli.config.edit_profiles import remove_profile, rename_profile
from recli.config.load import from_toml
from recli.config.profile import SecretRef, SecretSource
from recli.errors import ConfigError

from .test_edit import TEXT

GROUPS = """
[groups]
both = ["main", "b.c"]  # the two
some = ["main"]
all = ["*"]
"""


@pytest.fixture
def configuration(tmp_path):
    text = TEXT + GROUPS + '[profiles.own]\nprovider = "plivo"\nauth_token = "hush"\n'
    return from_toml(tomllib.loads(text), tmp_path / "r.toml")


def without(text, *lines):
    for line in lines:
        assert line in text
        text = text.replace(line, "", 1)
    return text


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("default_profile", 'default_profile = "main"  # the one for the cron job\n'),
        ("profiles.main.auth_id", 'auth_id = "MA1"\n'),
        ("profiles.b.c.user_id", "user_id = 'u-1'\n"),
        ("groups.both", 'both = ["main", "b.c"]  # the two\n'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_key_is_unset_and_all_else_stays(key, line, end):
    text = (TEXT + GROUPS).replace("\n", end)

    assert unset_key(text, key, origin="r.toml") == without(text, line.replace("\n", end))


@pytest.mark.parametrize(
    ("key", "problem", "hint"),
    [
        ("timezone", "timezone: is not set", None),
        ("profiles.main.jobs", "profiles.main.jobs: is not set", None),
        ("profiles.mian.jobs", "there is no profile 'mian'; did you mean main?", None),
        ("groups.x", "groups.x: is not set", None),
        (
            "profiles.main.provider",
            "profiles.main.provider: every profile has a provider",
            "recli config remove main",
        ),
    ],
)
def test_what_cannot_be_unset_is_told(key, problem, hint):
    with pytest.raises(ConfigError) as caught:
        unset_key(TEXT, key, origin="r.toml")

    assert (str(caught.value), caught.value.hint) == (f"r.toml: {problem}", hint)


def test_a_profile_goes_with_the_comments_above_it_and_what_names_it():
    text, also = remove_profile(TEXT + GROUPS, "main", origin="r.toml")

    assert text == (
        "# recli of the head office\n\n\n# The old one\n"
        '[profiles."b.c"]\nprovider = "bandwidth"\nuser_id = \'u-1\'\n\n'
        '[groups]\nboth = ["b.c"]  # the two\nall = ["*"]\n'
    )
    assert also == ["default_profile", "main in groups.both", "groups.some"]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('[profiles.x]\nprovider = "plivo"\n', ""),
        ("a = 1\n[profiles.x]\nb = 1\n[profiles.x.c]\n[profiles.y]\n", "a = 1\n[profiles.y]\n"),
        ("[profiles]\nx = { b = 1 }\ny = { b = 2 }\n", "[profiles]\ny = { b = 2 }\n"),
        ("profiles.x.b = 1\nprofiles.y.b = 2\n", "profiles.y.b = 2\n"),
        ("[profiles.y]\nb = 1\n\n# x\n[profiles.x]\n\n", "[profiles.y]\nb = 1\n"),
    ],
)  # fmt: skip
def test_a_profile_is_removed_in_whatever_form_it_stands(text, rest):
    assert remove_profile(text, "x", origin="r.toml") == (rest, [])


def test_an_unknown_profile_is_not_removed():
    with pytest.raises(ConfigError, match="there is no profile 'mian'; did you mean main"):
        remove_profile(TEXT, "mian", origin="r.toml")


def test_a_profile_is_renamed_wherever_it_is_named():
    text = rename_profile(TEXT + GROUPS, "main", "rom.ü", origin="r.toml")

    assert text == (TEXT + GROUPS).replace("[profiles.main]", '[profiles."rom.ü"]').replace(
        '"main"', '"rom.ü"'
    )


def test_the_tables_below_a_profile_are_renamed_and_comments_stay():
    text = '  [profiles.x] # see [x]\nb = 1\n[profiles.x.auth_token]\nenv = "T"\n'

    assert rename_profile(text, "x", "y", origin="r.toml") == text.replace(
        "profiles.x", "profiles.y"
    )


def test_the_case_of_a_name_can_be_changed():
    assert "[profiles.Main]" in rename_profile(TEXT, "main", "Main", origin="r.toml")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("mian", "x", "there is no profile 'mian'; did you mean main?"),
        ("main", "B.C", "there is a profile 'b.c' already"),
        ("main", "main", "there is a profile 'main' already"),
        ("main", "all", "there is a group 'all' already"),
        ("main", "-x", "profiles: '-x' can't be a profile's name"),
    ],
)
def test_a_name_that_is_unfit_is_refused(old, new, problem):
    with pytest.raises(ConfigError) as caught:
        rename_profile(TEXT + GROUPS, old, new, origin="r.toml")

    assert str(caught.value) == f"r.toml: {problem}"


def test_a_group_is_made_and_changed():
    made = set_key(TEXT, "groups.some", "main, b*", origin="r.toml")
    changed = set_key(made, "groups.some", "b.c", origin="r.toml")
    more = set_key(made, "groups.ü", "main", origin="r.toml")

    assert made == TEXT + '\n[groups]\nsome = ["main", "b*"]\n'
    assert changed == TEXT + '\n[groups]\nsome = ["b.c"]\n'
    assert tomllib.loads(more)["groups"] == {"some": ["main", "b*"], "ü": ["main"]}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("groups.some", "mian", "groups.some: there is no profile 'mian'; did you mean main?"),
        ("groups.main", "b*", "groups.main: a profile has this name"),
        ("groups.a b", "main", "groups: 'a b' can't be a group's name"),
    ],
)
def test_a_group_that_is_wrong_is_not_made(key, value, problem):
    with pytest.raises(ConfigError) as caught:
        set_key(TEXT, key, value, origin="r.toml")

    assert str(caught.value) == f"r.toml: {problem}"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("default_profile", "main"),
        ("groups.both", "main,b.c"),
        ("profiles.b.c.provider", "bandwidth"),
        ("profiles.main.auth_id", "MA1"),
        ("profiles.main.auth_token", SecretRef(SecretSource.ENV, "PLIVO_AUTH_TOKEN")),
        ("profiles.main.timeout_s", 30.0),
        ("profiles.main.verify_tls", True),
    ],
)
def test_the_value_of_a_key_is_what_is_written_else_its_default(configuration, key, value):
    assert value_of(configuration, key, origin="r.toml") == value


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("timezone", "timezone: is not set"),
        ("groups.x", "groups.x: is not set"),
        ("profiles.main.jobs", "profiles.main.jobs: is not set"),
        ("profiles.x.jobs", "there is no profile 'x'"),
        ("profiles.main.jops", "profiles.main.jops: there is no such key; did you mean jobs?"),
        ("profiles.own.auth_token", "profiles.own.auth_token: is a secret"),
    ],
)
def test_where_there_is_no_value_to_show_it_is_told(configuration, key, problem):
    with pytest.raises(ConfigError) as caught:
        value_of(configuration, key, origin="r.toml")

    assert problem in str(caught.value)
    assert "hush" not in str(caught.value)
