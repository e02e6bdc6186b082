"""Signals, pipes and full disks, with a process of its own for each."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.cli.process import DEADLINE_S, Held, environ, running

pytestmark = pytest.mark.slow


def parts(folder):
    return [each.name for each in folder.iterdir() if each.name.startswith(".")]


@pytest.mark.parametrize(
    "case",
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 143, "terminated"),
    ],
)
def test_a_signal_ends_an_export_within_a_second_and_leaves_the_old_file(
    account, config, tmp_path, case
):
    number, code, told = case
    held = account.behaviour.on_request = Held(after=1)
    folder = tmp_path / "folder"
    folder.mkdir()
    target, report = folder / "out.jsonl", folder / "report.json"
    target.write_text("old")
    arguments = ("--config", str(config), "--all", "--since", "2024-01-01", "-o", str(target))
    arguments += ("--overwrite", "--report", str(report))
    with running("export", *arguments, home=tmp_path, held=held) as process:
        assert held.reached.wait(DEADLINE_S)
        sent_s = time.monotonic()
        process.send_signal(number)
        process.send_signal(number)  # as `timeout` does
        out, err = process.communicate(timeout=DEADLINE_S)
        took_s = time.monotonic() - sent_s

    assert (process.returncode, b"Traceback" in err) == (code, False), err
    assert took_s < 10  # far from the time-out of 30 s: nobody waits for an answer
    assert out == b""
    lines = err.decode().splitlines()
    assert lines[0].startswith(f"error: {told} after ")
    assert f"warning: {target} was left as it was" in lines
    assert target.read_text() == "old"
    assert parts(folder) == []
    story = json.loads(report.read_text())
    assert story["exit_code"] == code
    # One of them may have had its only answer before the others were held.
    assert [each["complete"] for each in story["profiles"]].count("short") >= 4


def test_a_signal_that_the_parent_ignores_stays_ignored(account, config, tmp_path):
    held = account.behaviour.on_request = Held()
    with running(
        *("list", "--config", str(config), "-p", "imagicle"),
        home=tmp_path,
        held=held,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    ) as process:
        assert held.reached.wait(DEADLINE_S)
        process.send_signal(signal.SIGHUP)
        held.release()
        out, err = process.communicate(timeout=DEADLINE_S)

    assert (process.returncode, err) == (0, b"")
    assert len(out.splitlines()) == 60


PLIVO = ("-p", "plivo", "--until", "2024-06-29")


def test_a_reader_that_has_seen_enough_ends_the_run_quietly(account, config, tmp_path):
    held = account.behaviour.on_request = Held(after=3)
    with running("list", "--config", str(config), *PLIVO, home=tmp_path, held=held) as process:
        process.stdout.readline()
        process.stdout.close()
        held.release()
        err = process.stderr.read()
        code = process.wait(DEADLINE_S)

    assert (code, err) == (0, b"")


def test_rows_are_there_for_a_reader_before_the_listing_has_ended(account, config, tmp_path):
    held = account.behaviour.on_request = Held(after=3)
    with running("list", "--config", str(config), *PLIVO, home=tmp_path, held=held) as process:
        row = json.loads(process.stdout.readline())
        ended = process.poll()

    assert row["id"] in account.accounts["plivo"].ids()
    assert ended is None


@pytest.mark.parametrize(
    "case",
    [
        (">/dev/full", 3, "error: standard output: No space left on device\n"),
        (">&-", 2, "error: standard output is closed\n  hint: "),
    ],
)
def test_a_full_disk_and_a_closed_stdout_are_told_in_a_line(account, config, tmp_path, case):
    redirection, code, told = case
    command = f'"$0" -m recli list --config {config} -p imagicle {redirection}'
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable],
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) <= 2
    assert (len(account.requests) == 0) == (code == 2)


@pytest.mark.parametrize("argv", [("--version",), ("--help",), ("providers",), ("config", "path")])
def test_help_and_the_like_to_a_full_disk_are_no_fault(tmp_path, argv):
    with (
        open("/dev/full", "wb") as full,  # noqa: PTH123
        running(*argv, home=tmp_path, stdout=full) as process,
    ):
        _, err = process.communicate(timeout=DEADLINE_S)

    assert process.returncode == 3
    assert err == b"error: standard output: No space left on device\n"


def test_a_bare_environment_is_enough(account, config, tmp_path):
    bare = {"HOME": "/nonexistent", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "recli", "list", "--sandbox", "-p", "imagicle", "-n1"],
        env={**bare, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["profile"] == "imagicle"


def test_the_sandbox_serves_a_configuration_that_works_until_interrupted(recli, tmp_path):
    config = tmp_path / "sandbox.toml"
    with running("sandbox", home=tmp_path) as process:
        text = ""
        while not ("[profiles.imagicle]" in text and "password" in text.rpartition("[")[2]):
            text += process.stdout.readline().decode()
        config.write_text(text)
        config.chmod(0o600)
        result = recli("list", "--config", str(config), "-p", "imagicle", "-n", "2")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_S)

    assert (result.code, len(result.lines)) == (0, 2)
    assert (process.returncode, err) == (130, b"")
