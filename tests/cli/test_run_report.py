"""Reports and logs of whole runs."""

import json

from tests.cli.conftest import refusing
from tests.engine.report_schema import SCHEMA
from tests.engine.test_report import violations


def run(recli, config, path, *arguments):
    result = recli("list", "--config", str(config), *arguments, "--report", str(path))
    return result, json.loads(path.read_text())


def test_the_report_tells_how_each_profile_went(recli, account, config, tmp_path):
    when = ("--since", "2024-06-01")
    config = refusing(config, "imagicle")
    _, told = run(recli, config, tmp_path / "r.json", "--all", *when)

    assert violations(told, SCHEMA) == []
    assert told["exit_code"] == 3
    assert told["started_at"] == "2024-06-30T12:00:00.000Z"
    assert told["query"]["since"] == "2024-06-01T00:00:00.000Z"
    profiles = {each["profile"]: each for each in told["profiles"]}
    assert {name: each["complete"] for name, each in profiles.items()} == {
        "plivo": "proven",
        "bandwidth": "ended",
        "yeastar": "proven",
        "enswitch": "ended",
        "imagicle": "short",
    }
    assert profiles["imagicle"]["error"]["exit_code"] == 4
    assert profiles["bandwidth"]["received"] == 60 > profiles["bandwidth"]["rows"]
    asked = sum(each["requests"] for each in told["profiles"])
    assert asked == len(account.requests)


def test_the_report_counts_what_was_written_where_a_limit_cut_the_merge(recli, config, tmp_path):
    whose = ("-P", "imagicle", "-P", "yeastar", "-P", "enswitch", "-n", "4")
    result, told = run(recli, config, tmp_path / "r.json", *whose)

    assert len(result.lines) == 4
    assert sum(each["rows"] for each in told["profiles"]) == 4
    assert {each["complete"] for each in told["profiles"]} == {"ended"}


def test_the_report_is_written_also_where_nothing_was_sent(recli, config, tmp_path):
    result, told = run(recli, config, tmp_path / "r.json", "-p", "nobody")

    assert result.code == told["exit_code"] == 2
    assert violations(told, SCHEMA) == []
    assert "nobody" in told["error"]["message"]


def test_the_report_replaces_the_one_before(recli, config, tmp_path):
    path = tmp_path / "r.json"
    run(recli, config, path, "-p", "imagicle")
    result, _ = run(recli, config, path, "-p", "imagicle")

    assert result.code == 0


def test_a_log_has_everything_with_its_time_and_no_secrets(recli, config, tmp_path):
    log = tmp_path / "log"
    arguments = ("--config", str(config), "-p", "yeastar", "--log-file", str(log))
    first = recli("list", *arguments)
    length = len(log.read_text().splitlines())
    recli("list", *arguments)

    lines = log.read_text().splitlines()
    assert first.err == ""
    assert len(lines) == 2 * length - 1  # the second run has a token
    assert lines[0].startswith("2024-06-30T12:00:00.000Z detail: yeastar: ")
    assert lines[-1].startswith("2024-06-30T12:00:00.000Z detail: 60 recordings from 1 profile ")
    assert "access_token=***" in log.read_text()


def test_a_log_can_be_json_lines_and_has_the_error_that_ended_a_run(recli, config, tmp_path):
    log = tmp_path / "log"
    arguments = ("--log-file", str(log), "--log-format", "json", "-p", "nobody")
    result = recli("list", "--config", str(config), *arguments)

    [entry] = [json.loads(line) for line in log.read_text().splitlines()]
    assert result.code == 2
    assert set(entry) == {"time", "level", "message"}
    assert entry["level"] == "error"
    assert "nobody" in entry["message"]


def test_a_failed_profile_is_in_the_log_once(recli, config, tmp_path):
    log = tmp_path / "log"
    arguments = ("--log-file", str(log), "-p", "imagicle")
    recli("list", "--config", str(refusing(config, "imagicle")), *arguments)

    told = [line for line in log.read_text().splitlines() if "refused the credentials" in line]
    assert len(told) == 1
    assert " error: imagicle: refused" in told[0]
