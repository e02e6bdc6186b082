"""What recli tells the shells' scripts, without a shell."""

import json
from pathlib import Path

import pytest

from recli.cli.completion import complete
from recli.model import COLUMNS
from recli.providers import BUILTIN, provider_class

SAMPLES = Path(__file__).parents[1] / "samples"


def told(*arguments):
    return [line.split("\t")[0] for line in complete(arguments).splitlines()]


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    path.write_text('[profiles.main]\nprovider = "catapult"\n[profiles.pbx]\nprovider="yeastar"\n')
    monkeypatch.setenv("RECLI_CONFIG", str(path))
    return path


def test_profiles_come_with_their_providers(config):
    assert complete(["profiles", ""]) == "main\tbandwidth\npbx\tyeastar\n"
    assert told("profiles", "p") == ["pbx"]


def test_the_sandbox_has_its_own_profiles(config):
    assert told("profiles", "pl", "list", "--sandbox") == ["plivo"]


@pytest.mark.parametrize("words", [["--config", "{}"], ["--config={}"]])
def test_a_configuration_named_on_the_line_is_the_one(config, tmp_path, words):
    other = tmp_path / "other.toml"
    other.write_text('[profiles.there]\nprovider = "plivo"\n')

    assert told("profiles", "", *(word.format(other) for word in words)) == ["there"]


@pytest.mark.parametrize("text", ["[profiles", "[profiles.x]\nprovider = 7\n", "\xff", None])
def test_a_configuration_that_cannot_be_read_has_no_names(config, text):
    config.unlink()
    if text is not None:
        config.write_text(text, encoding="latin-1")

    assert told("profiles", "") == []
    assert "raw.call_uuid" in told("columns", "raw.")
    assert told("keys", "") == ["default_profile", "timezone"]


def test_columns_follow_a_comma_and_do_not_repeat():
    assert told("columns", "") == [*COLUMNS, "raw", "raw."]
    assert told("columns", "started_at,sta") == ["started_at,state"]


def test_raw_keys_are_those_of_the_providers_on_the_line(config):
    assert told("columns", "raw.start", "-P", "imagicle") == ["raw.startTime"]
    assert told("columns", "id,raw.call_t", "-p", "pbx") == [
        "id,raw.call_to",
        "id,raw.call_to_name",
        "id,raw.call_to_number",
        "id,raw.call_type",
    ]


def test_keys_are_those_of_the_profiles(config):
    assert "profiles.main.api_token" in told("keys", "profiles.main.")
    assert told("settings", "auth", "-P", "plivo") == ["auth_id=", "auth_token="]
    assert told("secrets", "", "--provider=catapult") == ["api_token", "api_secret"]


def test_an_unknown_kind_and_no_kind_are_answered_with_nothing():
    assert complete(["nonsense", "x"]) == ""
    assert complete([]) == ""


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
