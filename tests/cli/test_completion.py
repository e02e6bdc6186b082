"""What `recli __complete` answers to the shells' scripts, without a shell."""

import json
from pathlib import Path

import pytest
from typer.main import get_command

from recli.cli.app import app
from recli.cli.completion import complete
from recli.model import COLUMNS
from recli.providers import BUILTIN, provider_class

SAMPLES = Path(__file__).parents[1] / "samples"


def answer(*words):
    return complete(get_command(app()), words)


def candidates(*words):
    return [line.split("\t")[0] for line in answer(*words).splitlines()]


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text('[profiles.main]\nprovider = "catapult"\n[profiles.pbx]\nprovider="yeastar"\n')
    monkeypatch.setenv("RECLI_CONFIG", str(path))
    return path


def test_profiles_come_with_their_providers(config):
    assert answer("list", "-p", "") == "main\tbandwidth\npbx\tyeastar\n"
    assert candidates("list", "-p", "p") == ["pbx"]


def test_names_follow_a_comma_and_do_not_repeat(config):
    config.write_text(f'groups.all = ["*"]\n{config.read_text()}')

    assert answer("list", "-p", "a") == "all\tgroup of *\n"
    assert candidates("list", "-p", "main,") == ["main,pbx", "main,all"]
    assert candidates("list", "-P", "plivo,ba") == ["plivo,bandwidth"]


def test_the_sandbox_has_its_own_profiles(config):
    assert candidates("list", "--sandbox", "-p", "pl") == ["plivo"]


@pytest.mark.parametrize("words", [["--config", "{}"], ["--config={}"]])
def test_a_configuration_named_on_the_line_is_the_one(config, tmp_path, words):
    other = tmp_path / "other.toml"
    other.write_text('[profiles.there]\nprovider = "plivo"\n')

    assert candidates("list", *(word.format(other) for word in words), "-p", "") == ["there"]


@pytest.mark.parametrize("text", ["[profiles", "[profiles.x]\nprovider = 7\n", "\xff", None])
def test_a_configuration_that_cannot_be_read_has_no_names(config, text):
    config.unlink()
    if text is not None:
        config.write_text(text, encoding="latin-1")

    assert candidates("list", "-p", "") == []
    assert "raw.call_uuid" in candidates("list", "-c", "raw.")
    assert candidates("config", "set", "") == ["default_profile", "timezone", "country"]


def test_columns_follow_a_comma_and_do_not_repeat():
    assert candidates("list", "-c", "") == [*COLUMNS, "raw", "raw."]
    assert candidates("list", "-c", "started_at,sta") == ["started_at,state"]


def test_parameters_are_those_of_the_providers_on_the_line():
    assert candidates("list", "-P", "yeastar", "--param", "") == ["callee=", "caller=", "ids="]
    assert candidates("list", "-p", "imagicle", "--param", "end") == ["endTime="]
    assert candidates("list", "-P", "bandwidth", "--param", "") == []


def test_raw_keys_are_those_of_the_providers_on_the_line(config):
    assert candidates("list", "-P", "imagicle", "-c", "raw.start") == ["raw.startTime"]
    assert candidates("list", "-p", "pbx", "-c", "id,raw.call_t") == [
        "id,raw.call_to",
        "id,raw.call_to_name",
        "id,raw.call_to_number",
        "id,raw.call_type",
    ]


def test_keys_are_those_of_the_profiles(config):
    assert "profiles.main.api_token" in candidates("config", "set", "profiles.main.")
    top = ["default_profile", "timezone", "country", "profiles."]
    assert candidates("config", "get", "") == top
    assert candidates("config", "unset", "prof") == ["profiles."]
    assert answer("config", "set", "profiles.p") == "profiles.pbx.\tyeastar\n"
    assert candidates("config", "set", "profiles.pbx.time") == [
        "profiles.pbx.timezone",
        "profiles.pbx.time_format",
        "profiles.pbx.timeout_s",
    ]
    assert candidates("config", "remove", "") == ["main", "pbx"]
    assert candidates("config", "init", "-P", "plivo", "--set", "auth") == [
        "auth_id=",
        "auth_token=",
    ]
    assert candidates("config", "init", "--provider=catapult", "--secret-stdin", "") == [
        "api_token",
        "api_secret",
    ]


def test_commands_and_options_come_where_they_belong():
    assert answer("config", "s") == (
        "show\tPrint the configuration, its secrets hidden\n"
        "set\tChange a key of the configuration file\n"
    )
    assert "--overwrite" in candidates("export", "--")
    assert "--summary" not in candidates("export", "--")
    assert candidates("list", "") == []


def test_formats_are_those_that_the_command_takes():
    assert candidates("list", "-f", "") == ["table", "csv", "jsonl", "json"]
    assert candidates("export", "-f", "") == ["csv", "jsonl", "json", "parquet"]


def test_paths_are_left_to_the_shell():
    assert answer("export", "-o", "x") == ":files\n"
    assert answer("export", "--archive", "") == ":folders\n"
    assert answer("verify", "") == ":folders\n"


@pytest.mark.parametrize(
    "option",
    [
        "--provider",
        "--columns",
        "--tz",
        "--format",
        "--state",
        "--direction",
        "--color",
        "--log-format",
        "--config",
        "--report",
        "--since",
        "--until",
    ],
)
def test_the_values_of_an_option_are_completed(option):
    assert candidates("list", option, "")


def test_an_unknown_command_and_no_word_are_answered_quietly():
    assert answer("nonsense", "--dir") == ""
    assert candidates() == candidates("")
    assert "list" in candidates("--version", "")


def test_the_command_answers_and_is_not_shown(recli):
    assert recli("__complete", "providers", "im").out == "imagicle\t\n"
    assert "__complete" not in recli("--help").out


@pytest.mark.parametrize("provider", BUILTIN)
def test_raw_keys_are_those_of_the_samples(provider):
    text = "".join(path.read_text() for path in SAMPLES.glob(f"{provider}/*.json"))

    missing = [key for key in provider_class(provider).raw_fields if f'"{key}"' not in text]
    assert all(key.startswith(("monthly_", "recording_storage_")) for key in missing)


def test_raw_keys_include_what_the_sandbox_sends(recli):
    rows = map(json.loads, recli("list", "--sandbox", "--raw", "-n", "600").lines)

    for row in rows:
        assert set(row["raw"]) <= set(provider_class(row["provider"]).raw_fields)
