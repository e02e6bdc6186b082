import pytest

from recli.config.load import load
from recli.config.profile import Configuration, SecretRef, SecretSource
from recli.config.select import environment_profile, select_profiles
from recli.errors import ConfigError, UsageError

PLIVO_ENV = {"PLIVO_AUTH_ID": "MA1", "PLIVO_AUTH_TOKEN": "hush-hush"}
BANDWIDTH_ENV = {
    "BANDWIDTH_USER_ID": "u-1",
    "BANDWIDTH_API_TOKEN": "t-hush",
    "BANDWIDTH_API_SECRET": "hush-hush",
}
THREE = """
[profiles.main]
provider = "plivo"
[profiles.branch]
provider = "plivo"
[profiles.old]
provider = "catapult"
"""


def chosen(configuration, *, profiles=(), providers=(), all_profiles=False, environ=None):
    found = select_profiles(
        configuration,
        profiles=profiles,
        providers=providers,
        all_profiles=all_profiles,
        environ=environ or {},
    )
    return [table.name for table in found]


def refused(configuration, **asked):
    with pytest.raises(UsageError) as caught:
        chosen(configuration, **asked)
    assert "hush" not in str(caught.value) + (caught.value.hint or "")
    return caught.value


@pytest.fixture
def three(write):
    return load(write(THREE), explicit=True)


def test_profiles_come_by_name_in_the_order_asked_for_and_once(three):
    assert chosen(three, profiles=["old", "main", "old"]) == ["old", "main"]


def test_a_provider_means_all_of_its_profiles(three):
    assert chosen(three, providers=["plivo"]) == ["main", "branch"]
    assert chosen(three, providers=["catapult"]) == ["old"]
    assert chosen(three, providers=["PLIVO"]) == ["main", "branch"]


def test_names_and_providers_add_up(three):
    assert chosen(three, profiles=["branch"], providers=["plivo", "bandwidth"]) == [
        "branch",
        "main",
        "old",
    ]


def test_all_means_all_that_are_written(three):
    assert chosen(three, all_profiles=True, environ=PLIVO_ENV) == ["main", "branch", "old"]


def test_without_a_word_the_default_profile_is_meant(write):
    configuration = load(write('default_profile = "old"\n' + THREE), explicit=True)

    assert chosen(configuration) == ["old"]


def test_without_a_default_the_only_profile_is_meant_whatever_the_environment_holds(write):
    configuration = load(write('[profiles.x]\nprovider = "bandwidth"\n'), explicit=True)

    assert chosen(configuration, environ=PLIVO_ENV) == ["x"]


def test_an_open_choice_lists_the_profiles(three):
    error = refused(three)

    assert str(error) == ("which profile? there are main (plivo), branch (plivo), old (bandwidth)")
    assert "--profile NAME" in (error.hint or "")


def test_no_profile_at_all_says_how_to_get_one():
    error = refused(Configuration())

    assert isinstance(error, ConfigError)
    assert str(error) == "the configuration has no profiles"
    assert (error.hint or "").startswith("recli config init; or set PLIVO_AUTH_ID and")
    assert str(refused(Configuration(), all_profiles=True)) == str(error)


def test_an_unknown_profile_is_refused_with_the_nearest(three):
    text = str(refused(three, profiles=["mian"]))

    assert text == f"{three.path} has no profile 'mian'; did you mean main?"


def test_an_unknown_profile_without_a_near_one_lists_those_that_there_are(three):
    assert refused(three, profiles=["wibble"]).hint == "there are main, branch, old"


def test_a_provider_given_as_a_profile_is_told_apart(three):
    error = refused(three, profiles=["plivo"])

    assert error.hint == "plivo is a provider: use --provider plivo"


def test_an_unknown_provider_is_refused_with_the_nearest(three):
    error = refused(three, providers=["yeaster"])

    assert str(error) == "there is no provider 'yeaster'; did you mean yeastar?"
    assert "imagicle" in (refused(three, providers=["qqq"]).hint or "")


def test_a_provider_without_profiles_is_an_error_that_names_the_file(three):
    error = refused(three, providers=["yeastar"])

    assert str(error) == f"{three.path} has no profile of the provider yeastar"
    assert error.hint == "recli config init"


def test_a_wrong_default_is_named_with_file_key_and_the_nearest(write):
    path = write('default_profile = "mian"\n' + THREE)
    configuration = load(path, explicit=True)

    text = str(refused(configuration))

    assert text == f"{path}: default_profile: there is no profile 'mian'; did you mean main?"
    assert chosen(configuration, profiles=["old"]) == ["old"]


@pytest.mark.parametrize("asked", [{}, {"all_profiles": True}, {"providers": ["plivo"]}])
def test_the_environment_makes_a_profile_where_none_is_written(asked):
    assert chosen(Configuration(), **asked, environ=PLIVO_ENV) == ["plivo"]


def test_the_environment_makes_a_profile_of_a_provider_that_has_none(three, write):
    only_plivo = load(write('[profiles.main]\nprovider = "plivo"\n', name="b"), explicit=True)

    assert chosen(only_plivo, providers=["catapult"], environ=BANDWIDTH_ENV) == ["bandwidth"]
    assert chosen(only_plivo, profiles=["bandwidth"], environ=BANDWIDTH_ENV) == ["bandwidth"]
    assert chosen(three, providers=["bandwidth"], environ=BANDWIDTH_ENV) == ["old"]


def test_two_profiles_of_the_environment_leave_the_choice_open():
    both = {**PLIVO_ENV, **BANDWIDTH_ENV}

    error = refused(Configuration(), environ=both)

    assert str(error) == "which profile? there are plivo (plivo), bandwidth (bandwidth)"
    assert chosen(Configuration(), all_profiles=True, environ=both) == ["plivo", "bandwidth"]


def test_half_an_environment_makes_no_profile_and_says_what_is_missing():
    half = {"PLIVO_AUTH_ID": "MA1", "PLIVO_AUTH_TOKEN": ""}

    error = refused(Configuration(), providers=["plivo"], environ=half)

    assert error.hint == "recli config init; or set PLIVO_AUTH_TOKEN"


def test_a_profile_of_the_environment_fetches_its_values_like_any_other():
    table = environment_profile("plivo", PLIVO_ENV)

    assert table is not None
    assert table.values == {
        "auth_id": SecretRef(SecretSource.ENV, "PLIVO_AUTH_ID"),
        "auth_token": SecretRef(SecretSource.ENV, "PLIVO_AUTH_TOKEN"),
    }
    assert table.origin == "environment"
    assert environment_profile("yeastar", PLIVO_ENV) is None
