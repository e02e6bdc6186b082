import shutil
import sys
from dataclasses import fields

import certifi
import pytest

from recli.config.load import from_tables, load
from recli.config.secrets import CommandResult, resolve, run_command, warnings
from recli.errors import ConfigError
from recli.providers.enswitch import Enswitch
from recli.providers.plivo import Plivo
from recli.transport.settings import Settings
from recli.wire import Secret

from .test_secrets import never

READY = {"provider": "plivo", "auth_id": "MA1", "auth_token": "hush-hush"}


def made(table, *, environ=None, run=never, name="main"):
    configuration = from_tables({name: table}, "r.toml")
    return resolve(configuration.profiles[name], environ=environ or {}, run=run)


def problem(table, **arguments):
    with pytest.raises(ConfigError) as caught:
        made(table, **arguments)
    text = str(caught.value)
    assert "\n" not in text
    assert "hush" not in text + (caught.value.hint or "")
    assert text.startswith("r.toml: profiles.main")
    return text.removeprefix("r.toml: profiles.main").lstrip("."), caught.value.hint


def test_a_profile_has_its_provider_with_all_keys_and_usual_settings():
    profile = made(READY)

    expected = Plivo(profile="main", auth_id="MA1", auth_token=Secret("hush-hush"))
    assert profile.name == "main"
    assert profile.provider == expected
    assert profile.settings == Settings()


def test_settings_are_taken_from_the_profile(tmp_path):
    ca_file = tmp_path / "ca.pem"
    shutil.copy(certifi.where(), ca_file)
    common = {"timeout_s": 5, "jobs": 3, "ca_file": str(ca_file), "verify_tls": False}

    settings = made({**READY, **common, "allow_http": True, "max_response_mb": 0.5}).settings

    assert settings == Settings(
        timeout_s=5,
        first_timeout_s=5,
        jobs=3,
        ca_file=ca_file,
        verify_tls=False,
        allow_http=True,
        max_response_mb=0.5,
    )


def test_every_common_key_is_a_setting_and_the_rest_are_for_the_command_line():
    from recli.config.keys import shared_keys

    left = {each.name for each in fields(Settings)} - {key.name for key in shared_keys()}

    assert left == {"retries", "max_wait_s", "first_timeout_s", "first_tries"}


def test_no_repr_of_a_profile_shows_a_secret():
    profile = made(READY)

    assert "hush" not in repr(profile)
    assert "hush" not in repr([profile.provider.auth])


def test_any_key_may_be_kept_elsewhere_and_is_read_as_what_the_key_takes():
    table = {
        "provider": "enswitch",
        "username": {"env": "U"},
        "password": {"command": "pass show x"},
        "customer": {"env": "C"},
        "timeout_s": {"env": "S"},
        "jobs": {"env": "J"},
        "verify_tls": {"env": "V"},
    }
    environ = {"U": "ada", "C": "12", "S": "2.5", "J": "2", "V": "False"}

    profile = made(table, environ=environ, run=lambda *_: CommandResult(0, b"hush-hush\n", b""))

    assert profile.provider == Enswitch(
        profile="main", username="ada", password=Secret("hush-hush"), customer="12"
    )
    assert profile.settings == Settings(
        timeout_s=2.5, first_timeout_s=2.5, jobs=2, verify_tls=False
    )


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("timeout_s", "hush", "timeout_s: must be a number"),
        ("timeout_s", "nan", "timeout_s: must be a number that has an end"),
        ("jobs", "hush", "jobs: must be a whole number"),
        ("jobs", "0", "jobs: must be 1 to 256"),
        ("verify_tls", "hush", "verify_tls: must be true or false"),
        ("base_url", "hush", "base_url: must begin with https:// (or http://)"),
        ("auth_token", "hush\x07", "auth_token: must be one line without control characters"),
        ("auth_token", "hush\nhush", "auth_token: must be one line without control characters"),
        ("auth_token", "hush\udcff", "auth_token: must be text that UTF-8 can hold"),
        ("auth_token", "   ", "auth_token: is empty"),
        ("media_url", "https://hush@x", "media_url: must not hold a user name or password"),
    ],
)
def test_what_was_fetched_is_checked_and_never_shown(key, text, expected):
    found, _ = problem({**READY, key: {"env": "X"}}, environ={"X": text})

    assert found.startswith(expected)


def test_a_missing_key_is_named_with_the_line_to_add():
    text, hint = problem({"provider": "plivo", "auth_id": "MA1"})

    assert text == "auth_token: is missing"
    assert hint == 'add auth_token = { env = "PLIVO_AUTH_TOKEN" }: Auth Token.'


def test_a_missing_key_without_a_variable_of_the_vendor_gets_a_made_up_one():
    _, hint = problem({"provider": "imagicle", "base_url": "https://x", "username": "u"})

    assert 'env = "IMAGICLE_PASSWORD"' in (hint or "")


def test_keys_that_do_not_fit_together_are_said_with_file_and_profile():
    table = {"provider": "enswitch", "username": "u", "password": "hush-hush"}

    assert problem(table)[0] == ": give customer or recordgroup, and not both"
    assert (
        "order must be one of"
        in problem(
            {
                "provider": "bandwidth",
                "user_id": "u",
                "api_token": "hush",
                "api_secret": "hush",
                "order": "oldest",
            }
        )[0]
    )


def test_only_the_profile_that_is_used_needs_its_secrets():
    tables = {"main": READY, "other": {"provider": "plivo", "auth_token": {"command": "false"}}}
    configuration = from_tables(tables)

    assert resolve(configuration.profiles["main"], environ={}, run=never).name == "main"


def test_nothing_secret_is_fetched_for_a_profile_that_can_not_be_used():
    asks = {**READY, "auth_token": {"command": "pass show x"}}

    assert problem({**asks, "base_url": "http://example.com"}, run=never)[0].startswith("base_url")
    assert problem({**asks, "ca_file": "/no/such/ca.pem"}, run=never)[0].startswith("ca_file")
    del asks["auth_id"]
    assert problem(asks, run=never)[0] == "auth_id: is missing"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:1"],
)
def test_plain_http_is_fine_on_this_machine(url):
    profile = made({**READY, "base_url": url})

    assert profile.provider.base_url == url
    assert warnings(profile) == ()


@pytest.mark.parametrize("url", ["http://example.com", "HTTP://192.0.2.1:80/x"])
def test_plain_http_beyond_this_machine_is_refused_unless_it_is_asked_for(url):
    table = {**READY, "base_url": url}
    host = "192.0.2.1" if "192" in url else "example.com"

    text, hint = problem(table)
    profile = made({**table, "allow_http": True})

    assert text == f"base_url: credentials would go to {host} over plain http"
    assert "allow_http = true" in (hint or "")
    assert warnings(profile) == (
        f"profile main: allow_http = true: credentials go to {host} over plain http,"
        " readable on the way",
    )


def test_an_unchecked_certificate_is_warned_about():
    [text] = warnings(made({**READY, "verify_tls": False}))

    assert text.startswith("profile main: verify_tls = false: ")
    assert warnings(made(READY)) == ()


def test_a_slash_at_the_end_of_a_base_url_is_taken_off():
    assert made({**READY, "base_url": "https://x.example/a//"}).provider.base_url == (
        "https://x.example/a"
    )


def test_a_ca_file_is_found_from_the_folder_of_the_configuration(write, tmp_path):
    shutil.copy(certifi.where(), tmp_path / "ca.pem")
    text = '[profiles.main]\nprovider="plivo"\nauth_id="MA1"\nauth_token="hush"\nca_file="{}"\n'
    configuration = load(write(text.format("ca.pem")), explicit=True)
    missing = load(write(text.format("no.pem")), explicit=True)

    profile = resolve(configuration.profiles["main"], environ={}, run=never)

    assert profile.settings.ca_file == tmp_path / "ca.pem"
    with pytest.raises(ConfigError) as caught:
        resolve(missing.profiles["main"], environ={}, run=never)
    expected = f"profiles.main.ca_file: there is no file {tmp_path / 'no.pem'}"
    assert str(caught.value) == f"{tmp_path / 'config.toml'}: {expected}"


def test_a_secret_file_is_found_from_the_folder_of_the_configuration(write):
    write("hush-hush\n", name="token")
    path = write('[profiles.m]\nprovider="plivo"\nauth_id="MA1"\nauth_token={ file = "token" }\n')

    table = load(path, explicit=True).profiles["m"]

    assert resolve(table, environ={}).provider == Plivo(
        profile="m", auth_id="MA1", auth_token=Secret("hush-hush")
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
def test_a_command_is_really_run(environ):
    table = {**READY, "auth_token": {"command": "printf 'hush-%s\\n' \"hush\""}}

    assert made(table, environ=environ, run=run_command).provider == Plivo(
        profile="main", auth_id="MA1", auth_token=Secret("hush-hush")
    )


def test_an_empty_ca_file_is_none():
    assert made({**READY, "ca_file": ""}).settings.ca_file is None
