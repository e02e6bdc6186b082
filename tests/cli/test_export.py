import csv
import gzip
import json

import pytest

from recli.model import COLUMNS
from tests.cli.conftest import refusing
from tests.sandbox_faults import Fault


def test_a_file_has_local_times_too_but_parquet_is_refused(recli, config, tmp_path):
    arguments = ("export", "--config", str(config), "-p", "imagicle", "-n", "3")
    arguments += ("--times", "local", "--tz", "Asia/Kolkata", "-o")
    done = recli(*arguments, str(tmp_path / "calls.csv"))
    refused = recli(*arguments, str(tmp_path / "calls.parquet"))

    assert done.code == 0
    assert (tmp_path / "calls.csv").read_text().count("+05:30,") >= 6
    assert refused.code == 2
    assert refused.err.startswith("error: --times local is for CSV and JSON")


def test_export_writes_every_recording_to_the_file_and_nothing_to_stdout(
    recli, account, config, tmp_path
):
    target = tmp_path / "out.csv"
    whose = ("-P", "bandwidth", "-P", "yeastar", "-P", "enswitch", "-P", "imagicle")
    result = recli("export", "--config", str(config), *whose, "-o", str(target))

    assert (result.code, result.out) == (0, "")
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == {
        each
        for name in account.accounts
        if name != "plivo"
        for each in account.accounts[name].ids()
    }
    assert tuple(rows[0]) == COLUMNS


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.json", "out.parquet"])
def test_the_extension_says_the_format(recli, config, tmp_path, name):
    target = tmp_path / name
    result = recli("export", "--config", str(config), "-p", "imagicle", "-o", str(target))

    assert result.code == 0
    assert len(_read(target)) == 60


def _read(target):
    match target.suffix:
        case ".gz":
            return [json.loads(line) for line in gzip.open(target, "rt", encoding="utf-8")]
        case ".jsonl":
            return [json.loads(line) for line in target.read_text().splitlines()]
        case ".json":
            return json.loads(target.read_text())
        case _:
            import pyarrow.parquet as pq

            return pq.read_table(target).to_pylist()


def test_format_goes_before_the_extension(recli, config, tmp_path):
    target = tmp_path / "out.txt"
    arguments = ("--config", str(config), "-p", "imagicle", "-o", str(target), "-f", "jsonl")

    assert recli("export", *arguments).code == 0
    assert len(target.read_text().splitlines()) == 60


def test_a_dash_is_standard_output(recli, config):
    result = recli("export", "--config", str(config), "-p", "imagicle", "-o", "-", "-f", "csv")

    assert result.code == 0
    assert len(result.lines) == 61


@pytest.mark.parametrize(
    "case",
    [
        ((), "where to? name a file"),
        (("-o", "{}/out.xls"), "the name doesn't say which format is wanted"),
        (("-o", "{}/none/out.csv"), "there is no folder"),
        (("-o", "{}/out.csv", "-f", "table"), "a table is for a terminal"),
        (("-o", "{}/out.parquet.gz"), "Parquet is compressed inside"),
        (("-o", "{}"), "doesn't say which format"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_before_anything_is_sent(
    recli, account, config, tmp_path, case
):
    arguments, told = case
    arguments = [each.format(tmp_path) for each in arguments]
    result = recli("export", "--config", str(config), "-p", "imagicle", *arguments)

    assert result.code == 2
    assert told in result.err
    assert len(result.err.splitlines()) == 2
    assert account.requests == []


def test_a_file_that_is_there_is_only_replaced_when_told_to(recli, account, config, tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    arguments = ("export", "--config", str(config), "-p", "imagicle", "-o", str(target))
    refused = recli(*arguments)

    assert refused.code == 2
    assert "add --overwrite to replace it" in refused.err
    assert target.read_text() == "old"
    assert account.requests == []
    assert recli(*arguments, "--overwrite").code == 0
    assert target.read_text() != "old"


def test_a_run_with_a_failed_profile_leaves_the_old_file_and_says_so(recli, config, tmp_path):
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    config = refusing(config, "imagicle")
    arguments = ("-p", "imagicle", "-p", "yeastar", "-o", str(target), "--overwrite")
    result = recli("export", "--config", str(config), *arguments)

    assert result.code == 3
    assert target.read_text() == "old"
    assert "error: imagicle: refused the credentials" in result.err
    assert f"{target} was left as it was: 60 recordings came; --keep-partial keeps" in result.err
    assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []


def test_keep_partial_keeps_what_came(recli, config, tmp_path):
    target = tmp_path / "out.jsonl"
    config = refusing(config, "imagicle")
    arguments = ("-p", "imagicle", "-p", "yeastar", "-o", str(target), "--keep-partial")
    result = recli("export", "--config", str(config), *arguments)

    assert result.code == 3
    assert len(target.read_text().splitlines()) == 60


def test_a_run_of_which_nothing_came_makes_no_file(recli, config, tmp_path):
    target = tmp_path / "out.csv"
    config = refusing(config, "imagicle")
    arguments = ("-p", "imagicle", "-o", str(target), "--keep-partial")
    result = recli("export", "--config", str(config), *arguments)

    assert result.code == 4
    assert not target.exists()


def test_a_provider_that_fails_in_the_middle_leaves_no_part_behind(
    recli, account, config, tmp_path
):
    target = tmp_path / "out.csv"
    asked = []

    def fail_later(request):
        asked.append(request)
        return Fault.http(400) if len(asked) > 3 else None

    account.behaviour.fault = fail_later
    arguments = ("-p", "plivo", "-o", str(target), "--since", "2023-01-01")
    result = recli("export", "--config", str(config), *arguments)

    assert result.code == 3
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["recli.toml"]


def test_a_terminal_sees_a_closing_line(recli, config, tmp_path):
    arguments = ("-p", "imagicle", "-o", str(tmp_path / "out.csv"))
    result = recli("export", "--config", str(config), *arguments, "-v")

    assert result.err.splitlines()[-1].startswith("60 recordings from 1 profile in ")
