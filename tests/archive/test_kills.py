"""Killed at any moment and run again, an archive holds every recording once, whole and chained."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from recli.archive.audio_store import AudioStore
from recli.errors import OutputError
from recli.sandbox.audio import make_audio

from .conftest import audio_files, opened, plivo, proven, transport_of
from .killed_run import NAMES, rows
from .media import Media, Reply

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parent.parent
SOUNDS = {name: make_audio("wav", 30, name) for name in NAMES}
TAG = {"ETag": '"one"'}
STEPS = ["added", "intended", "file renamed", "renamed", "manifest written", "stored", "fetched"]


@pytest.fixture
def media():
    with Media() as running:
        for name, body in SOUNDS.items():
            running.put(f"{name}.wav", Reply(body, headers=TAG, ranges=True))
        yield running


def command(folder, media, step, times=1):
    return [sys.executable, "-m", "archive.killed_run", str(folder), media.url, step, str(times)]


def killed(folder, media, step, times=1):
    """Run until the step and return whether it was killed there."""
    done = subprocess.run(command(folder, media, step, times), cwd=TESTS, check=False)
    return done.returncode == -signal.SIGKILL


def run_on(folder, media):
    provider = plivo(media.url)
    with opened(folder) as archive:
        archive.add(provider, rows(media.url))
        archive.fetch_audio({"main": transport_of(provider)})
        return archive.warnings


def assert_whole(folder):
    database = sqlite3.connect(folder / "catalog.db")
    stored = database.execute("SELECT id, audio_path, audio FROM recordings").fetchall()
    database.close()
    assert Counter(name for name, _, _ in stored) == Counter(NAMES)
    assert {state for _, _, state in stored} == {"stored"}
    assert {name: (folder / path).read_bytes() for name, path, _ in stored} == SOUNDS
    lines = (folder / "manifest.jsonl").read_bytes().splitlines()
    assert Counter(json.loads(line)["id"] for line in lines) == Counter(NAMES)
    assert len(audio_files(folder)) == len(NAMES)
    assert list((folder / "partial").iterdir()) == []
    assert proven(folder) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_is_put_right_by_the_next_run(folder, media, step):
    assert killed(folder, media, step)
    assert all(body in SOUNDS.values() for body in audio_files(folder).values())

    assert run_on(folder, media) == []
    assert_whole(folder)


def test_a_kill_in_every_run_at_a_later_step_still_ends_whole(folder, media):
    for step in STEPS[1:-1]:
        killed(folder, media, step)
    killed(folder, media, "file renamed", 4)

    run_on(folder, media)
    assert_whole(folder)


@pytest.mark.parametrize("request_number", [1, 4, 9])
def test_a_kill_while_audio_comes_is_put_right_by_the_next_run(folder, media, request_number):
    process = subprocess.Popen(command(folder, media, "never"), cwd=TESTS)
    answer = media.answer

    def answer_until(handler):
        if len(media.seen) + 1 == request_number:
            process.kill()
            process.wait()
        answer(handler)

    media.answer = answer_until
    process.wait()
    media.answer = answer

    run_on(folder, media)
    assert_whole(folder)


def test_what_was_fetched_whole_before_a_kill_is_not_fetched_again(folder, media):
    assert killed(folder, media, "intended")
    whole = sorted(path.name for path in (folder / "partial").iterdir() if path.suffix == ".wav")
    media.seen.clear()
    run_on(folder, media)

    assert whole
    assert len(media.seen) == len(NAMES) - len(whole)
    assert_whole(folder)


@pytest.mark.parametrize("length", [1, 40])
def test_a_line_that_a_kill_tore_is_taken_back(folder, media, length):
    run_on(folder, media)
    whole = (folder / "manifest.jsonl").read_bytes()
    (folder / "manifest.jsonl").write_bytes(whole + whole[:length])

    assert run_on(folder, media) == []
    assert (folder / "manifest.jsonl").read_bytes() == whole


def test_an_edited_manifest_is_told_and_stays_provable_after_more_runs(folder, media):
    run_on(folder, media)
    path = folder / "manifest.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"fetched_at": "2', b'"fetched_at": "1'))
    media.put("new.wav", Reply(SOUNDS["r0"]))
    with opened(folder) as archive:
        warnings = archive.warnings
        new = rows(media.url)[0]._replace(id="new", raw={"recording_url": f"{media.url}/new.wav"})
        archive.add(plivo(media.url), [new])
        archive.fetch_audio({"main": transport_of(plivo(media.url))})

    assert "recli verify" in warnings[0]
    chain = [finding.line for finding in proven(folder) if finding.kind == "chain"]
    assert len(chain) == len(NAMES)  # every line after a changed one, the new one too


def test_a_full_disk_is_named_and_costs_nothing(folder, media):
    large = SOUNDS["r0"][:40] + b"\xff\xff\xff\xff" + SOUNDS["r0"][44:] * 300
    media.put("r0.wav", Reply(large, headers=TAG))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    provider = plivo(media.url)
    try:
        with opened(folder) as archive:
            archive.add(provider, rows(media.url))
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(large) - 100, hard))
            with pytest.raises(OutputError) as error:
                archive.fetch_audio({"main": transport_of(provider)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, old)

    database = sqlite3.connect(folder / "catalog.db")
    runs = database.execute("SELECT sum(audio_runs) FROM recordings").fetchone()
    database.close()
    assert len(large) > 1_000_000
    assert str(folder) in error.value.message
    assert runs == (0,)
    assert not list(folder.rglob("*.part"))
    assert all(body in SOUNDS.values() for body in audio_files(folder).values())
    media.put("r0.wav", Reply(SOUNDS["r0"]))
    run_on(folder, media)
    assert_whole(folder)


@pytest.mark.parametrize("place", ["_rename", "_finish"])
def test_a_disk_that_fills_while_files_are_named_is_put_right(folder, media, monkeypatch, place):
    def full(*_):
        raise OSError(28, os.strerror(28))

    provider = plivo(media.url)
    with opened(folder) as archive:
        archive.add(provider, rows(media.url))
        with monkeypatch.context() as patch:
            patch.setattr(AudioStore, place, full)
            with pytest.raises(OSError, match="No space"):
                archive.fetch_audio({"main": transport_of(provider)})

    run_on(folder, media)
    assert_whole(folder)
