import pytest

from recli.config.edit import add_profile, current, set_key, written
from recli.config.keys import keys_of
from recli.config.load import load
from recli.config.profile import ConfigLocation, SecretRef, SecretSource
from recli.errors import ConfigError
from recli.wire import Secret

from .test_edit import TEXT


def test_a_new_profile_is_added_with_what_its_keys_mean(write):
    values = {"auth_id": "MA2", "auth_token": SecretRef(SecretSource.KEYRING, "p"), "jobs": 2}

    text = add_profile(TEXT, "second", "plivo", values, origin="r.toml")

    assert text.startswith(TEXT + '\n[profiles.second]\nprovider = "plivo"\nauth_id = "MA2"')
    assert 'auth_token = { keyring = "p" }  # ' in text
    assert '# base_url = "https://api.plivo.com"  # ' in text
    profiles = load(write(text), explicit=True).profiles
    assert list(profiles) == ["main", "b.c", "second"]
    assert profiles["second"].values == values


def test_a_profile_is_added_to_an_empty_text_with_its_secret(write):
    values = {"auth_id": "MA2", "auth_token": Secret("hush-hush")}

    text = add_profile("", "x.y", "Plivo", values, origin="r.toml")

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
        add_profile(TEXT, name, provider, values, origin="r.toml")

    assert str(caught.value).startswith(f"r.toml: {expected}")


def test_a_profile_is_not_made_where_the_form_of_the_file_forbids_it():
    text = 'profiles = { x = { provider = "plivo" } }'

    with pytest.raises(ConfigError) as caught:
        set_key(text, "profiles.y.provider", "plivo", origin="r.toml")

    expected = "profiles.y.provider can't be set in a file of this form"
    assert str(caught.value) == f"r.toml: {expected}"
    assert caught.value.hint == "edit it by hand"


def test_a_profile_is_not_added_where_the_form_of_the_file_forbids_it():
    with pytest.raises(ConfigError, match="can't be added to a file of this form"):
        add_profile('profiles = { x = { provider = "plivo" } }', "y", "plivo", {}, origin="r")


def test_what_a_person_types_for_a_key_is_checked_by_the_key():
    keys, spot = keys_of("plivo"), ConfigLocation("r.toml", "main", "k")

    assert written(keys["auth_id"], "env:ID", spot) == SecretRef(SecretSource.ENV, "ID")
    assert written(keys["auth_token"], "command:pass x", spot) == SecretRef(
        SecretSource.COMMAND, "pass x"
    )
    assert written(keys["auth_token"], Secret("env:x"), spot) == Secret("env:x")
    assert written(keys["max_call_hours"], "2.5", spot) == 2.5
    assert written(keys["auth_id"], "other:x", spot) == "other:x"


def test_the_text_to_change_is_empty_where_there_is_no_file(write, tmp_path):
    assert current(tmp_path / "none") == ""
    assert current(write(TEXT, mode=0o644)) == TEXT
