"""Archives from the command line: filled, listed offline, verified."""

import csv
import io
import json

import pytest

from tests.cli.conftest import refusing, write_config
from tests.engine.report_schema import SCHEMA
from tests.engine.test_report import violations
from tests.sandbox_faults import Fault

WEEK = ("-p", "imagicle", "--since", "2024-06-23")


@pytest.fixture
def export(recli, config, tmp_path):
    def run(*arguments, **changes):
        folder = str(tmp_path / "archive")
        return recli("export", "--config", str(config), "--archive", folder, *arguments, **changes)

    return run


def ids(result):
    return [json.loads(line)["id"] for line in result.lines]


def test_an_archive_is_listed_offline_with_the_same_rows(recli, account, config, export, tmp_path):
    online = recli("list", "--config", str(config), *WEEK)
    exported = export(*WEEK)
    asked = len(account.requests)
    offline = recli("list", "--archive", str(tmp_path / "archive"))

    assert (exported.code, exported.out, exported.err) == (0, "", "")
    assert offline.out == online.out
    assert len(account.requests) == asked


def test_an_archive_is_listed_with_filters_and_without_a_configuration(recli, export, tmp_path):
    export("-p", "imagicle", "-p", "enswitch", "--since", "2024-06-01")
    folder = str(tmp_path / "archive")

    inbound = recli("list", "--archive", folder, "--direction", "inbound", "-n", "3")
    enswitch = recli("list", "--archive", folder, "-P", "015pbx")
    summary = recli("list", "--archive", folder, "--summary", "-f", "json")

    assert {json.loads(line)["direction"] for line in inbound.lines} == {"inbound"}
    assert len(inbound.lines) == 3
    assert {json.loads(line)["provider"] for line in enswitch.lines} == {"enswitch"}
    assert json.loads(summary.out)["recordings"] == len(ids(recli("list", "--archive", folder)))


@pytest.mark.parametrize("name", ["Köln-büro", "東京", "नमस्ते"])
def test_a_profile_of_any_script_is_archived_listed_and_verified(
    recli, config, export, tmp_path, name
):
    text = config.read_text().replace("[profiles.imagicle]", f'[profiles."{name}"]')
    write_config(config, text)
    folder = str(tmp_path / "archive")
    added = export("-p", name, "--since", "2024-06-29", "--audio")
    rows = [json.loads(line) for line in recli("list", "--archive", folder, "-p", name).lines]
    again = export("-p", name, "--since", "2024-06-29", "--audio")
    table = recli("list", "--archive", folder, "-f", "table", "-c", "profile,id")

    assert (added.code, again.code, recli("verify", folder).code) == (0, 0, 0)
    assert {row["profile"] for row in rows} == {name}
    assert (tmp_path / "archive" / "audio" / name).is_dir()
    assert name in table.out


@pytest.mark.parametrize("name", ["imagicle,enswitch", "*i*", "both"])
def test_an_archives_profiles_are_named_by_lists_patterns_and_groups(
    recli, config, export, tmp_path, name
):
    write_config(config, f'groups.both = ["ima*", "enswitch", "beta"]\n{config.read_text()}')
    export("-p", "imagicle", "-p", "enswitch,plivo", "--since", "2024-06-23")
    archive = ("--archive", str(tmp_path / "archive"), "--config", str(config))
    result = recli("list", *archive, "-p", name)

    assert {json.loads(line)["profile"] for line in result.lines} >= {"imagicle", "enswitch"}
    assert ("plivo" in result.out) == (name == "*i*")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-p", "imagicel"), "has no recordings of a profile 'imagicel'; did you mean imagicle?"),
        (("-P", "plivo"), "has no recordings of a provider 'plivo'\n  hint: it has imagicle"),
        (("--sandbox",), "choose one"),
    ],
)
def test_what_an_archive_does_not_have_is_named(recli, export, tmp_path, arguments, told):
    export(*WEEK)
    result = recli("list", "--archive", str(tmp_path / "archive"), *arguments)

    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_a_folder_that_is_no_archive_is_named(recli, tmp_path):
    listed = recli("list", "--archive", str(tmp_path))
    verified = recli("verify", str(tmp_path))

    assert (listed.code, verified.code) == (2, 2)
    assert f"{tmp_path} is no archive" in listed.err
    assert f"{tmp_path} is no archive" in verified.err


def test_new_rows_go_out_once(export, account):
    first = export(*WEEK, "-o", "-")
    again = export(*WEEK, "-o", "-")
    added = account.accounts["imagicle"].add()
    then = export(*WEEK, "-f", "csv", "-c", "id")

    assert len(ids(first)) > 5
    assert again.out == ""
    assert [row["id"] for row in csv.DictReader(io.StringIO(then.out))] == [added.id]


def test_new_rows_go_to_a_file(export, tmp_path):
    target = tmp_path / "new.jsonl"
    export(*WEEK, "-o", str(target))
    refused = export(*WEEK, "-o", str(target))

    assert len(target.read_text().splitlines()) > 5
    assert refused.code == 2
    assert "add --overwrite" in refused.err


def test_audio_is_fetched_and_proven(recli, export, tmp_path):
    exported = export(*WEEK, "--audio")
    verified = recli("verify", str(tmp_path / "archive"))

    sounds = [path for path in (tmp_path / "archive" / "audio").rglob("*.*") if path.is_file()]
    assert (exported.code, exported.err) == (0, "")
    assert len(sounds) > 5
    assert (verified.code, verified.out, verified.err) == (0, "", "")


def test_what_is_wrong_with_an_archive_is_named(recli, export, tmp_path):
    export(*WEEK, "--audio")
    folder = tmp_path / "archive"
    sound = next(path for path in (folder / "audio").rglob("*.mp3"))
    sound.write_bytes(b"no sound")
    text = recli("verify", str(folder))
    told = recli("verify", str(folder), "--format", "json", "--quick")

    assert text.code == told.code == 3
    assert text.out.startswith(f"changed   {sound.relative_to(folder)}: has 8 bytes, not ")
    assert json.loads(told.out)["whole"] is False
    assert json.loads(told.out)["findings"][0]["kind"] == "changed"


def test_audio_that_is_no_audio_is_partial_and_told(export, account, tmp_path):
    def as_json(request):
        return (
            Fault.error_as_audio()
            if "ecording" in request.path and "/Media" in request.path
            else None
        )

    account.behaviour.fault = lambda request: (
        Fault.error_as_audio() if request.query.get("page") is None else None
    )
    report = tmp_path / "r.json"
    result = export(*WEEK, "-n", "2", "--audio", "--retries", "0", "--report", str(report))

    told = json.loads(report.read_text())
    assert result.code == told["exit_code"] == 3
    assert "error: imagicle: audio: 0 stored, 2 failed" in result.err
    assert violations(told, SCHEMA) == []
    assert told["archive"]["new"] == 2
    assert told["archive"]["audio"]["imagicle"]["failed"] == 2


def test_a_dry_run_counts_and_changes_nothing(export, tmp_path):
    result = export(*WEEK, "--audio", "--dry-run")

    assert result.code == 0
    assert " new recordings; " in result.out
    assert " free at " in result.out
    assert not (tmp_path / "archive").exists()


def test_a_refused_profile_keeps_no_other_from_the_archive(recli, config, export, tmp_path):
    refusing(config, "yeastar")
    result = export("-p", "yeastar", *WEEK, "--audio")

    assert result.code == 3
    assert "error: yeastar: refused the credentials" in result.err
    assert recli("list", "--archive", str(tmp_path / "archive")).lines


def test_options_about_archives_need_one(recli, account, config, tmp_path):
    arguments = ("--config", str(config), "-p", "imagicle", "-o", str(tmp_path / "o.csv"))
    result = recli("export", *arguments, "--audio")

    assert result.code == 2
    assert "name it with --archive DIR" in result.err
    assert account.requests == []


def test_a_name_template_that_cannot_be_used_is_told_before_anything_is_sent(export, account):
    result = export(*WEEK, "--audio", "--name-template", "{caller}")

    assert result.code == 2
    assert "--name-template" in result.err
    assert account.requests == []


def test_a_terminal_is_told_what_was_added(export):
    result = export(*WEEK, "--audio", "-v")

    last = result.err.splitlines()[-1]
    assert " new recordings, 0 changed, " in last
    assert last.endswith("; complete (proven)")
