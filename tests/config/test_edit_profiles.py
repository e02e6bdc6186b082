import pytest

from recli.config.edit import parse_setting, read_config_text, set_key
from recli.config.edit_profiles import set_profile
from recli.config.keys import keys_of
from recli.config.load import load
from recli.config.profile import ConfigLocation, ProfileTable, SecretRef, SecretSource
from recli.errors import ConfigError
from recli.wire import Secret

from .test_edit import TEXT


def test_a_new_profile_is_added_with_what_its_keys_mean(write):
    values = {"auth_id": "MA2", "auth_token": SecretRef(SecretSource.KEYRING, "p"), "jobs": 2}

    text = set_profile(TEXT, ProfileTable("second", "plivo", values, "r.toml"))

    assert text.startswith(TEXT + '\n[profiles.second]\nprovider = "plivo"\nauth_id = "MA2"')
    assert 'auth_token = { keyring = "p" }  # ' in text
    assert '# base_url = "https://api.plivo.com"  # ' in text
    profiles = load(write(text), explicit=True).profiles
    assert list(profiles) == ["main", "b.c", "second"]
    assert profiles["second"].values == values


def test_a_profile_is_added_to_an_empty_text_with_its_secret(write):
    values = {"auth_id": "MA2", "auth_token": Secret("hush-hush")}

    text = set_profile("", ProfileTable("x.y", "Plivo", values, "r.toml"))

    assert load(write(text), explicit=True).profiles["x.y"].values == values


@pytest.mark.parametrize(
    ("name", "provider", "values", "expected"),
    [
        ("main", "plivo", {}, "profiles.main: is there already"),
        ("MAIN", "plivo", {}, "profiles.MAIN: is there already"),
        ("a/b", "plivo", {}, "profiles: 'a/b' can't be a profile's name"),
        ("x", "plvio", {}, "profiles.x.provider: there is no provider 'plvio'"),
        ("x", "plivo", {"auth_idd": "1"}, "profiles.x.auth_idd: there is no such key"),
        ("x", "plivo", {"jobs": 0}, "profiles.x.jobs: must be 1 to 256"),
    ],
)
def test_a_profile_that_load_would_refuse_is_not_added(name, provider, values, expected):
    with pytest.raises(ConfigError) as caught:
        set_profile(TEXT, ProfileTable(name, provider, values, "r.toml"))

    assert str(caught.value).startswith(f"r.toml: {expected}")


def test_a_profile_is_not_made_where_the_form_of_the_file_forbids_it():
    text = 'profiles = { x = { provider = "plivo" } }'

    with pytest.raises(ConfigError) as caught:
        set_key(text, "profiles.y.provider", "plivo", origin="r.toml")

    expected = "profiles.y.provider can't be set in a file of this form"
    assert str(caught.value) == f"r.toml: {expected}"
    assert caught.value.hint == "recli config edit"


def test_a_profile_is_not_added_where_the_form_of_the_file_forbids_it():
    with pytest.raises(ConfigError, match="can't be added to a file of this form"):
        set_profile(
            'profiles = { x = { provider = "plivo" } }', ProfileTable("y", "plivo", {}, "r")
        )


def test_what_a_person_types_for_a_key_is_checked_by_the_key():
    keys, location = keys_of("plivo"), ConfigLocation("r.toml", "main", "k")

    assert parse_setting(keys["auth_id"], "env:ID", location) == SecretRef(SecretSource.ENV, "ID")
    assert parse_setting(keys["auth_token"], "command:pass x", location) == SecretRef(
        SecretSource.COMMAND, "pass x"
    )
    assert parse_setting(keys["auth_token"], Secret("env:x"), location) == Secret("env:x")
    assert parse_setting(keys["max_call_hours"], "2.5", location) == 2.5
    assert parse_setting(keys["auth_id"], "other:x", location) == "other:x"


def test_the_text_to_change_is_empty_where_there_is_no_file(write, tmp_path):
    assert read_config_text(tmp_path / "none") == ""
    assert read_config_text(write(TEXT, mode=0o644)) == TEXT
