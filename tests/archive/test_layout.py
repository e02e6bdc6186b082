import errno
import json
import os
import subprocess
import sys
import time

import pytest

from recli.errors import UsageError

from .conftest import opened

HOLDER = """
import sys, time
from pathlib import Path
from recli.archive.archive import ArchiveWriter
with ArchiveWriter.open(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused_with_what_to_do(folder, monkeypatch, number):
    def no_locks(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(UsageError, match="can't write") as refused, opened(folder):
        pass

    assert "keep it on a local disk" in str(refused.value.hint)


@pytest.fixture
def holder(folder):
    command = [sys.executable, "-c", HOLDER, str(folder)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    with process.stdin, process.stdout:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
        process.wait()


def test_a_second_run_is_told_who_holds_the_archive(folder, holder):
    with pytest.raises(UsageError) as refused, opened(folder):
        pass

    assert f"pid {holder.pid}, since 20" in refused.value.message
    assert str(folder) in refused.value.message
    assert "--wait-lock" in refused.value.hint


def test_a_run_that_may_wait_goes_on_when_the_other_ends(folder, holder):
    holder.stdin.close()
    with opened(folder, wait_lock_s=60):
        held = json.loads((folder / "lock.holder").read_bytes())

    assert held["pid"] == os.getpid()


def test_the_lock_of_a_killed_run_is_taken_over(folder, holder):
    holder.kill()
    holder.wait()
    begun_s = time.monotonic()
    with opened(folder):
        pass

    assert time.monotonic() - begun_s < 10
    assert not (folder / "lock.holder").exists()


def test_a_place_that_can_not_be_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(UsageError, match="file"), opened(tmp_path / "file" / "archive"):
        pass
    with pytest.raises(UsageError, match="file"), opened(tmp_path / "file"):
        pass
