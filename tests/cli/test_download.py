"""`recli download`: what lies in the folder, what is said of it, and what is left behind."""

import csv
import io
import json
import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

from recli.archive.audio_queue import partial_key
from recli.archive.rows import to_ms
from recli.cli.download import StoredRow
from tests.sandbox_faults import Fault

MEDIA = "/Media"


@pytest.fixture
def download(recli, config, tmp_path):
    def run(*arguments, folder=None, **given):
        target = ("-o", str(folder or tmp_path / "sound"))
        return recli("download", "--config", str(config), *arguments, *target, **given)

    return run


def rows(result):
    return [json.loads(line) for line in result.lines]


def files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def fetched(account):
    return [request.path for request in account.requests if request.path.endswith(MEDIA)]


def fail_audio(account, fault, keep=lambda path: False):
    def choose(request):
        return fault if request.path.endswith(MEDIA) and not keep(request.path) else None

    account.behaviour.fault = choose


def test_the_audio_of_every_provider_lies_in_the_folder_and_is_listed(download, tmp_path):
    result = download("--all", "-n", "20")
    listed = rows(result)

    assert result.code == 0
    assert len(listed) == 20
    assert tuple(listed[0]) == StoredRow._fields
    assert {row["path"] for row in listed} == set(map(str, files(tmp_path / "sound")))
    for row in listed:
        body = Path(row["path"]).read_bytes()
        assert row["bytes"] == len(body)
        assert row["sha256"] == sha256(body).hexdigest()


def test_what_is_there_already_is_not_fetched_again(download, account, tmp_path):
    first = download("-p", "imagicle", "-n", "5")
    before = {path: path.stat().st_mtime_ns for path in files(tmp_path / "sound")}
    account.requests.clear()
    second = download("-p", "imagicle", "-n", "7", "-v")

    assert len(first.lines) == 5
    assert len(fetched(account)) == len(second.lines) == 2
    assert (
        before.items()
        <= {path: path.stat().st_mtime_ns for path in files(tmp_path / "sound")}.items()
    )
    assert "5 there already" in second.err


def test_a_file_that_is_not_whole_is_no_reason_to_leave_a_recording_out(download, tmp_path):
    (row,) = rows(download("-p", "yeastar", "-n", "1"))
    os.truncate(row["path"], 100)
    (again,) = rows(download("-p", "yeastar", "-n", "1"))
    third = download("-p", "yeastar", "-n", "1")

    assert again["sha256"] == row["sha256"]
    assert again["path"] != row["path"]  # what was there was left as it was
    assert Path(row["path"]).stat().st_size == 100
    assert third.lines == []


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{id}.{ext}", "902.wav"),
        ("../../{id}", "_/_/902.wav"),
        ("/etc/{id}.{ext}", "etc/902.wav"),
        ("calls/{started_at:%Y}.{ext}", None),
    ],
)
def test_files_are_named_by_the_template_and_never_leave_the_folder(
    download, tmp_path, template, name
):
    (row,) = rows(download("-p", "yeastar", "-n", "1", "--name-template", template))
    (path,) = files(tmp_path) - {tmp_path / "recli.toml"} - _state(tmp_path)

    assert str(path) == row["path"]
    assert path.is_relative_to(tmp_path / "sound")
    if name is not None:
        assert path.name == name.rpartition("/")[2].replace("902", row["id"])


def _state(tmp_path):
    return {path for path in files(tmp_path) if "sound" not in path.parts}


def test_two_recordings_with_one_name_are_both_kept(download, account, config, tmp_path):
    text = config.read_text()
    start = text.index("[profiles.yeastar]")
    end = text.find("\n[", start)
    section = text[start : end if end > 0 else None]
    config.write_text(f"{text}\n{section.replace('profiles.yeastar', 'profiles.branch')}\n")
    given = ("-p", "yeastar,branch", "--name-template", "{id}.{ext}")
    newest = rows(download("-p", "yeastar", "-n", "1", "--name-template", "{id}.{ext}"))[0]["id"]
    both = download(*given, "--id", newest)
    again = download(*given, "--id", newest)

    assert both.code == again.code == 0
    assert len(files(tmp_path / "sound")) == 2 - (len(both.lines) == 0)
    assert again.lines == []


def test_missing_audio_is_told_and_what_came_is_kept(download, account, tmp_path):
    bad = account.accounts["imagicle"].ids()[-1]
    fail_audio(account, Fault.http(404), keep=lambda path: bad.lower() not in path.lower())
    result = download("-p", "imagicle", "--report", str(tmp_path / "r.json"))
    report = json.loads((tmp_path / "r.json").read_text())

    assert result.code == 3
    assert bad.lower() in result.err.lower()
    assert len(result.lines) == len(files(tmp_path / "sound")) > 50
    assert report["download"]["audio"]["imagicle"]["gone"] == 1
    assert report["exit_code"] == 3


def test_a_later_run_fetches_what_was_missing(download, account, tmp_path):
    bad = account.accounts["imagicle"].ids()[-1]
    fail_audio(account, Fault.http(404), keep=lambda path: bad.lower() not in path.lower())
    download("-p", "imagicle")
    account.behaviour.fault = None
    result = download("-p", "imagicle")

    assert result.code == 0
    assert [row["id"] for row in rows(result)] == [bad]


@pytest.mark.parametrize(("status", "code"), [(500, 5), (403, 4), (404, 5)])
def test_a_run_that_stores_nothing_ends_as_the_provider_did(
    download, account, tmp_path, status, code
):
    fail_audio(account, Fault.http(status))
    result = download("-p", "imagicle", "--retries", "0", "-n", "2")

    assert result.code == code
    assert result.out == ""
    assert files(tmp_path / "sound") == set()


def test_audio_that_breaks_off_leaves_no_file(download, account, tmp_path):
    fail_audio(account, Fault.truncated())
    result = download("-p", "imagicle", "--retries", "0", "-n", "2")

    assert result.code == 5
    assert list((tmp_path / "sound").rglob("*")) == []


def test_what_a_killed_run_left_is_used_or_swept(download, tmp_path):
    partial = tmp_path / "sound" / ".recli-partial"
    partial.mkdir(parents=True)
    for name in ("0-abc.part", "0-abc.json", "1-def.wav", "lock"):
        (partial / name).write_bytes(b"left")
    result = download("-p", "imagicle", "-n", "1")

    assert result.code == 0
    assert not partial.exists()


def test_a_file_that_a_killed_run_had_whole_is_not_fetched_again(
    download, recli, config, account, tmp_path
):
    row = json.loads(recli("list", "--config", str(config), "-p", "imagicle", "-n", "1").out)
    (first,) = rows(download("-p", "imagicle", "-n", "1"))
    started = datetime.fromisoformat(row["started_at"])
    key = partial_key(to_ms(started), "imagicle", row["id"].lower())
    partial = tmp_path / "other" / ".recli-partial"
    partial.mkdir(parents=True)
    (partial / f"{key}.mp3").write_bytes(Path(first["path"]).read_bytes())
    account.requests.clear()
    result = download("-p", "imagicle", "-n", "1", folder=tmp_path / "other")

    assert result.code == 0
    assert [row["sha256"] for row in rows(result)] == [first["sha256"]]
    assert fetched(account) == []
    assert not partial.exists()


def test_a_second_run_on_the_folder_is_refused(download, tmp_path):
    partial = tmp_path / "sound" / ".recli-partial"
    partial.mkdir(parents=True)
    with FileLock(partial / "lock"):
        result = download("-p", "imagicle", "-n", "1")

    assert result.code == 2
    assert "another recli is downloading" in result.err


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(download, account, tmp_path):
    (tmp_path / "file").write_text("")
    result = download("-p", "imagicle", folder=tmp_path / "file" / "x")

    assert result.code == 2
    assert account.requests == []


def test_ids_on_the_command_line_and_in_json_lines_are_fetched(download, recli, config, account):
    ids = account.accounts["imagicle"].ids()
    listed = recli("list", "--config", str(config), "-P", "imagicle", "-P", "enswitch", "-n", "4")
    by_id = download(ids[0], f"imagicle:{ids[1]}", "-p", "imagicle")
    by_row = download("-", stdin=listed.out)
    by_line = download("-p", "imagicle", "-", stdin=f"{ids[2]}\n\n{ids[3]}\n")

    assert {row["id"] for row in rows(by_id)} == set(ids[:2])
    assert {row["id"] for row in rows(by_row)} == {row["id"] for row in rows(listed)}
    assert {row["id"] for row in rows(by_line)} == {ids[2], ids[3]}


def test_an_id_that_is_not_found_ends_with_what_was_found_and_3(download, account):
    found = account.accounts["imagicle"].ids()[0]
    result = download(found, "no-such", "-p", "imagicle")

    assert result.code == 3
    assert [row["id"] for row in rows(result)] == [found]
    assert "1 recording not found" in result.err
    assert "the id no-such" in result.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"profile": "x"}\n', "line 1 is a row without an id"),
        ("abc\n{nonsense\n", "line 2 is neither"),
    ],
)
def test_standard_input_that_makes_no_sense_is_refused(download, account, text, words):
    result = download("-p", "imagicle", "-", stdin=text)

    assert result.code == 2
    assert words in result.err
    assert account.requests == []


@pytest.mark.parametrize("text", ["", "\n", "[]\n"])
def test_a_list_of_nothing_downloads_nothing(download, account, tmp_path, text):
    result = download("-p", "imagicle", "-", stdin=text)

    assert result.code == 0
    assert result.out == ""
    assert account.requests == []
    assert not (tmp_path / "sound").exists()


def test_a_json_array_is_read_as_it_is_printed(download, recli, config):
    listed = recli("list", "--config", str(config), "-p", "imagicle", "-n", "3", "-f", "json")
    result = download("-", stdin=listed.out)

    assert {row["id"] for row in rows(result)} == {row["id"] for row in json.loads(listed.out)}


def test_one_file_goes_to_a_pipe(recli, config, account):
    listed = recli("list", "--config", str(config), "-p", "imagicle", "-n", "1")
    given = ("download", "--config", str(config), "-p", "imagicle", "-o", "-")
    result = recli(*given, json.loads(listed.out)["id"])
    newest = recli(*given, "-n", "1")

    assert result.code == 0
    assert result.data.startswith(b"\xff\xfb")
    assert result.data == newest.data
    assert result.err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "more than one recording matches"),
        (("no-such",), 3, "no recording matches"),
        (("-n", "1", "--name-template", "x"), 2, "for a folder"),
    ],
)
def test_what_is_not_one_file_does_not_go_to_a_pipe(recli, config, arguments, code, words):
    result = recli("download", "--config", str(config), "-p", "imagicle", "-o", "-", *arguments)

    assert result.code == code
    assert words in result.err
    assert result.data == b""


def test_audio_does_not_go_to_a_terminal(recli, config):
    result = recli(
        "download", "--config", str(config), "-p", "imagicle", "-o", "-", terminal="stdout"
    )

    assert result.code == 2
    assert "not for a terminal" in result.err


def test_rows_of_stored_files_come_in_the_usual_formats(download, tmp_path):
    given = ("-p", "imagicle", "-n", "2", "-f")
    as_csv = list(csv.DictReader(io.StringIO(download(*given, "csv", folder=tmp_path / "a").out)))
    as_json = json.loads(download(*given, "json", folder=tmp_path / "b").out)
    table = download(
        *given[:-1], "--color", "never", folder=tmp_path / "c", terminal="stdout stderr"
    )

    assert {row["sha256"] for row in as_csv} == {row["sha256"] for row in as_json}
    assert table.lines[0].split() == ["path", "bytes"]
    assert all(str(row["bytes"]) in table.out for row in as_json)
    assert "2 audio files" in table.err


def test_nothing_that_matches_is_no_error(download):
    assert download("-p", "imagicle", "--until", "2001-01-01").code == 0
    assert download("-p", "imagicle", "--until", "2001-01-01", "-f", "json").out == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of POSIX")
def test_files_have_the_mode_that_the_umask_leaves(download, tmp_path):
    old = os.umask(0o027)
    try:
        (row,) = rows(download("-p", "imagicle", "-n", "1"))
    finally:
        os.umask(old)

    assert Path(row["path"]).stat().st_mode & 0o777 == 0o640
