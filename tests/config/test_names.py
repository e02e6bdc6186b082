"""What `--profile` takes: names, lists, patterns, groups."""

import pytest

from recli.config.load import load
from recli.config.names import expand_name, split_names
from recli.config.render import render_redacted
from recli.config.select import select_profiles
from recli.errors import ConfigError, UsageError

NAMES = ("acme-rome", "acme-milan", "beta", "gamma-1")
MANY = "".join(f'[profiles.{name}]\nprovider = "plivo"\n' for name in NAMES)
GROUPS = '[groups]\nacme = ["acme-*"]\nsome = ["beta", "gamma-?", "acme-*"]\n'


def selected(text, write, *names):
    configuration = load(write(text), explicit=True)
    tables = select_profiles(
        configuration, profiles=names, providers=(), all_profiles=False, environ={}
    )
    return [table.name for table in tables]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("acme-*", ["acme-rome", "acme-milan"]),
        ("*-1", ["gamma-1"]),
        ("gamma-?", ["gamma-1"]),
        ("[ab]*", ["acme-rome", "acme-milan", "beta"]),
        ("*", list(NAMES)),
        ("beta,acme-rome", ["beta", "acme-rome"]),
        ("beta, acme-*", ["beta", "acme-rome", "acme-milan"]),
        ("acme", ["acme-rome", "acme-milan"]),
        ("some", ["beta", "gamma-1", "acme-rome", "acme-milan"]),
        ("acme,beta", ["acme-rome", "acme-milan", "beta"]),
    ],
)
def test_names_lists_patterns_and_groups_select_each_profile_once(write, given, names):
    assert selected(GROUPS + MANY, write, given) == names
    assert selected(GROUPS + MANY, write, given, given) == names


def test_a_pattern_that_matches_nothing_is_refused_with_what_there_is(write):
    with pytest.raises(UsageError) as caught:
        selected(MANY, write, "acne-*")

    assert "has no profile that matches 'acne-*'" in caught.value.message
    assert caught.value.hint == "there are acme-rome, acme-milan, beta, gamma-1"


def test_of_many_profiles_a_hint_names_ten(write):
    text = "".join(f'[profiles.p{number:03}]\nprovider = "plivo"\n' for number in range(400))
    with pytest.raises(UsageError) as caught:
        selected(text, write, "x*")

    assert caught.value.hint.endswith("p008, p009 and 390 others")


@pytest.mark.parametrize("given", ["", " ", "a,,b", "a,", ","])
def test_an_empty_name_is_refused(given):
    with pytest.raises(UsageError, match=r"^--profile '.*' has an empty name in it$"):
        split_names([given], "--profile")


def test_a_near_group_is_proposed(write):
    with pytest.raises(UsageError, match="did you mean some"):
        selected(GROUPS + MANY, write, "somme")


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ('["betta"]', r"groups\.g: there is no profile 'betta'; did you mean beta\?"),
        ('["beta", "x-*"]', r"groups\.g: no profile matches 'x-\*'"),
    ],
)
def test_a_member_that_means_no_profile_is_told_when_the_group_is_used(write, members, problem):
    text = f"[groups]\ng = {members}\n{MANY}"

    assert selected(text, write, "beta") == ["beta"]
    with pytest.raises(ConfigError, match=problem):
        selected(text, write, "g")


@pytest.mark.parametrize(
    ("groups", "problem"),
    [
        ('groups = "acme"\n', "groups: must be a table"),
        ('groups.g = "acme-*"\n', r"groups\.g: must be a list of profiles"),
        ("groups.g = []\n", r"groups\.g: must be a list of profiles"),
        ('groups.g = ["beta", 1]\n', r"groups\.g: must be a list of profiles"),
        ('groups.g = [" "]\n', r"groups\.g: must be a list of profiles"),
        ('groups.beta = ["acme-*"]\n', r"groups\.beta: a profile has this name"),
        ('groups."a b" = ["beta"]\n', "groups: 'a b' can't be a group's name"),
    ],
)
def test_a_group_of_another_form_is_refused(write, groups, problem):
    with pytest.raises(ConfigError, match=problem):
        load(write(groups + MANY), explicit=True)


def test_groups_are_shown_as_they_can_be_read_again(write):
    shown = render_redacted(load(write(GROUPS + MANY), explicit=True))

    assert load(write(shown), explicit=True).groups == {
        "acme": ("acme-*",),
        "some": ("beta", "gamma-?", "acme-*"),
    }


def test_capital_letters_matter_as_they_do_in_a_profiles_name():
    assert expand_name("Acme-*", NAMES, {}) == []
    assert expand_name("acme-rome", NAMES, {"acme-rome": ("beta",)}) == ["acme-rome"]
