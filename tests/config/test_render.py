import tomllib

import pytest

from recli.config.load import load
from recli.config.profile import Configuration, SecretRef, SecretSource
from recli.config.render import render_profile, render_redacted, to_toml
from recli.wire import Secret


def test_a_shown_configuration_hides_secrets_and_keeps_references(write):
    path = write(
        'default_profile = "a.b"\ntimezone = "UTC"\n'
        '[profiles."a.b"]\nprovider = "bandwidth"\nuser_id = "u"\napi_token = "hush-hush"\n'
        'api_secret = { command = ["pass", "x"] }\njobs = 2\nverify_tls = false\n'
    )

    text = render_redacted(load(path, explicit=True))

    assert text == (
        f'# {path}\ndefault_profile = "a.b"\ntimezone = "UTC"\n\n'
        '[profiles."a.b"]\nprovider = "bandwidth"\nuser_id = "u"\napi_token = "***"\n'
        'api_secret = { command = ["pass", "x"] }\njobs = 2\nverify_tls = false\n'
    )


def test_no_configuration_is_shown_as_such():
    assert render_redacted(Configuration()) == "# no configuration file\n"


@pytest.mark.parametrize(
    "value",
    ["", 'a"b\\c', "\x7f\x1f\t", "é\U0001f600", 1, 1.5, True, "# x", "'''", '"""'],
)
def test_any_value_comes_back_from_its_toml(value):
    line = to_toml(value)

    assert "\n" not in line
    assert tomllib.loads(f"x = {line}")["x"] == value


def test_references_and_secrets_come_back_from_their_toml():
    command = SecretRef(SecretSource.COMMAND, ("a", 'b"c'))

    assert tomllib.loads(f"x = {to_toml(command)}")["x"] == {"command": ["a", 'b"c']}
    assert tomllib.loads(f"x = {to_toml(Secret('s'))}")["x"] == "s"


def test_a_rendered_profile_has_a_stand_in_for_what_is_missing():
    text = render_profile("x", "imagicle", {"username": "ada"})

    assert tomllib.loads(text)["profiles"]["x"] == {
        "provider": "imagicle",
        "base_url": "https://imagicle.example.com",
        "username": "ada",
        "password": {"env": "IMAGICLE_PASSWORD"},
    }
