"""Commands that list nothing: providers, config, sandbox."""

import json
import tomllib

import pytest

from recli.config.load import from_toml
from recli.providers import BUILTIN
from tests.cli.conftest import write_config


def test_providers_shows_all_in_a_table_that_fits(recli):
    result = recli("providers", environ={"COLUMNS": "80"})

    assert (result.code, result.err) == (0, "")
    assert max(map(len, result.lines)) <= 80
    for name in BUILTIN:
        assert name in result.out
    assert "300 per 5 s" in result.out
    assert "auth_token*" in result.out


def test_providers_can_be_read_by_programs(recli):
    told = json.loads(recli("providers", "--format", "json").out)

    assert [each["name"] for each in told] == list(BUILTIN)
    plivo = told[0]
    assert plivo["filters"]["server"] == ["since", "until", "call-id"]
    assert "direction" in plivo["filters"]["never"]
    assert "direction" not in plivo["filters"]["recli"]
    assert plivo["limit"] == {"requests": 300, "per_s": 5, "parallel": 16}
    assert plivo["complete"] == "proven"
    assert plivo["params"]["mpc_name"] == "The name of the multi-party call."
    assert "recording_storage_duration__lte" in plivo["params"]
    assert told[1]["params"] == {}
    assert told[1]["complete"] == "ended"
    secret = [key["name"] for key in plivo["keys"] if key["secret"]]
    assert secret == ["auth_token"]


@pytest.mark.parametrize("name", BUILTIN)
def test_one_provider_comes_with_a_profile_that_can_be_pasted(recli, tmp_path, name):
    result = recli("providers", name)

    assert (result.code, result.err) == (0, "")
    _, _, profile = result.out.partition("[profiles.")
    data = tomllib.loads(f"[profiles.{profile}")
    assert from_toml(data, tmp_path / "c.toml").profiles[name].provider == name


def test_an_alias_is_as_good_as_the_name(recli):
    assert recli("providers", "catapult").out == recli("providers", "bandwidth").out
    assert json.loads(recli("providers", "015pbx", "-f", "json").out)["name"] == "enswitch"


def test_an_unknown_provider_is_an_error_with_the_nearest(recli):
    result = recli("providers", "plvo")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: there is no provider 'plvo'; did you mean plivo?\n")


def test_config_path_says_where_the_file_would_be(recli, tmp_path):
    usual = recli("config", "path")
    elsewhere = recli("config", "path", environ={"XDG_CONFIG_HOME": "/etc/xdg"})
    named = recli("config", "path", environ={"RECLI_CONFIG": "/tmp/c.toml"})

    assert usual.out == f"{tmp_path}/.config/recli/config.toml\n"
    assert elsewhere.out == "/etc/xdg/recli/config.toml\n"
    assert named.out == "/tmp/c.toml\n"


def test_config_show_hides_secrets_and_shows_where_they_are_kept(recli, tmp_path):
    path = write_config(
        tmp_path / "c.toml",
        'default_profile = "a"\n[profiles.a]\nprovider = "plivo"\nauth_id = "MA1"\n'
        'auth_token = "hunter2-hunter2"\n[profiles.b]\nprovider = "plivo"\nauth_id = "MA2"\n'
        'auth_token = { env = "TOKEN" }\n',
    )
    result = recli("config", "show", "--config", str(path))

    assert result.code == 0
    assert "hunter2" not in result.out
    data = tomllib.loads(result.out)
    assert data["default_profile"] == "a"
    assert data["profiles"]["a"]["auth_token"] == "***"
    assert data["profiles"]["b"]["auth_token"] == {"env": "TOKEN"}


def test_config_show_without_a_file_says_how_to_get_one(recli):
    result = recli("config", "show")

    assert (result.code, result.out) == (0, "")
    assert "recli config init" in result.err


def test_config_alone_shows_its_commands(recli):
    result = recli("config")

    assert result.code == 0
    assert "path" in result.out
    assert "show" in result.out


def test_a_port_that_is_taken_is_named(recli, account):
    result = recli("sandbox", "--port", str(account.port))

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: --port {account.port}: ")
