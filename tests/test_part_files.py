"""Files on their way to a target, and what is left of them when their writer dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recli.files import replace_file, replace_private
from recli.part_files import part_file, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks of this kind")

LEFT = ".recli-0123456789abcdef.part"
WRITER = """
import sys, time
from pathlib import Path
from recli.files import replace_file
with replace_file(Path(sys.argv[1]), overwrite=True) as stream:
    stream.write(b"x" * 1_000_000)
    stream.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


def parts(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(".recli-*")]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGALRM])
def test_what_a_killed_writer_left_is_swept_by_the_next_one(tmp_path: Path, number: int) -> None:
    target = tmp_path / "rows.csv"
    command = [sys.executable, "-c", WRITER, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        sweep(tmp_path)
        assert len(parts(tmp_path)) == 1  # its writer lives
        writer.send_signal(number)
        writer.wait()
    assert len(parts(tmp_path)) == 1

    with replace_file(target, overwrite=False) as stream:
        stream.write(b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_two_that_write_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    with (
        replace_file(tmp_path / "a.csv", overwrite=False) as first,
        replace_file(tmp_path / "b.csv", overwrite=False) as second,
    ):
        assert len(parts(tmp_path)) == 2
        first.write(b"a")
        second.write(b"b")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_a_file_is_locked_until_it_has_its_name(tmp_path: Path) -> None:
    with part_file(tmp_path / "x", 0o600) as part:
        os.close(part.descriptor)
        sweep(tmp_path)
        assert part.path.exists()
    assert parts(tmp_path) == []


def test_only_files_of_this_name_are_swept(tmp_path: Path) -> None:
    (tmp_path / LEFT).write_bytes(b"")
    others = [".recli-x.part", "a.part", f"{LEFT}.bak"]
    for name in others:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / LEFT.replace("0", "1")).mkdir()
    (tmp_path / LEFT.replace("0", "2")).symlink_to(tmp_path / "a.part")

    replace_private(tmp_path / "config.toml", b"x")

    assert not (tmp_path / LEFT).exists()
    assert len(list(tmp_path.iterdir())) == len(others) + 3


def test_without_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", no_locks)
    (tmp_path / LEFT).write_bytes(b"")
    with replace_file(tmp_path / "a.csv", overwrite=False) as stream:
        stream.write(b"a")

    assert (tmp_path / "a.csv").read_bytes() == b"a"
    assert parts(tmp_path) == [LEFT]
