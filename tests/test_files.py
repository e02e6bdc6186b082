import errno
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from recli import files
from recli.errors import OutputError, UsageError
from recli.files import (
    FileModeWarning,
    check_target,
    make_private_folder,
    open_private,
    replace_file,
    replace_private,
)

_AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def _write(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    with replace_file(path, overwrite=overwrite) as stream:
        stream.write(data)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_appears_when_the_block_ends_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"

    with replace_file(path, overwrite=False) as stream:
        stream.write(b"x" * 1_000_000)
        during = list(tmp_path.iterdir())

    assert path.read_bytes() == b"x" * 1_000_000
    assert [file.name.startswith(".recli-") for file in during] == [True]
    assert list(tmp_path.iterdir()) == [path]


def test_the_unfinished_file_is_private(tmp_path: Path) -> None:
    with replace_file(tmp_path / "rows.csv", overwrite=False):
        (part,) = tmp_path.iterdir()
        mode = _mode(part)

    assert mode == 0o600


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(
    tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        _write(tmp_path / "rows.csv", b"")
    finally:
        os.umask(before)

    assert _mode(tmp_path / "rows.csv") == mode


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")
    path.chmod(0o640)

    _write(path, b"new", overwrite=True)

    assert (path.read_bytes(), _mode(path)) == (b"new", 0o640)


def test_a_mode_that_is_asked_for_is_given(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"

    with replace_file(path, overwrite=False, mode=0o600):
        pass

    assert _mode(path) == 0o600


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("old", [None, b"old"])
def test_whatever_goes_wrong_nothing_new_stays_and_the_old_file_is_as_it_was(
    tmp_path: Path, error: type[BaseException], old: bytes | None
) -> None:
    path = tmp_path / "rows.csv"
    if old is not None:
        path.write_bytes(old)

    with pytest.raises(error), replace_file(path, overwrite=True) as stream:  # noqa: PT012
        stream.write(b"new" * 1_000_000)
        raise error

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == (
        {} if old is None else {"rows.csv": old}
    )


def test_a_file_that_is_there_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")

    with pytest.raises(UsageError) as caught:
        check_target(path, overwrite=False)

    assert str(path) in caught.value.message
    assert "--overwrite" in (caught.value.hint or "")
    with pytest.raises(UsageError):
        _write(path, b"new")
    assert path.read_bytes() == b"old"
    check_target(path, overwrite=True)


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    path = tmp_path / "rows.csv"
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", _no_links)

    with (  # noqa: PT012
        pytest.raises(OutputError, match=r"rows\.csv appeared"),
        replace_file(path, overwrite=False) as stream,
    ):
        stream.write(b"new")
        path.write_bytes(b"other")

    assert path.read_bytes() == b"other"
    assert list(tmp_path.iterdir()) == [path]


def _no_links(_path: Path, _target: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_file_system_without_links_holds_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    monkeypatch.setattr(Path, "hardlink_to", _no_links)

    _write(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    real, link = tmp_path / "data" / "rows.csv", tmp_path / "rows.csv"
    real.write_bytes(b"old")
    link.symlink_to("data/rows.csv")

    with pytest.raises(UsageError, match="exists"):
        check_target(link, overwrite=False)
    _write(link, b"new", overwrite=True)

    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_link_to_nothing_makes_the_file_behind_it(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").symlink_to("later.csv")

    _write(tmp_path / "rows.csv", b"new")

    assert (tmp_path / "later.csv").read_bytes() == b"new"
    assert (tmp_path / "rows.csv").is_symlink()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "is a folder"),
        ("folder", "is a folder"),
        ("missing/rows.csv", "there is no folder"),
        ("file/rows.csv", "ot a "),
        ("loop", "(?i)loop|links"),
        ("x" * 300, "too long"),
        ("nul\x00", "null"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_by_name(
    tmp_path: Path, name: str, says: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")

    for overwrite in (False, True):
        with pytest.raises(UsageError, match=says) as caught:
            check_target(tmp_path / name, overwrite=overwrite)

        assert str(tmp_path / name) in caught.value.message


def test_what_may_not_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"")
    refused = tmp_path
    monkeypatch.setattr(os, "access", lambda asked, _mode: asked != refused)
    with pytest.raises(UsageError, match=r"the folder .* is not writable"):
        check_target(path, overwrite=True)

    refused = path
    with pytest.raises(UsageError, match=r"rows\.csv is not writable"):
        check_target(path, overwrite=True)


@pytest.mark.skipif(_AS_ROOT or sys.platform == "win32", reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(UsageError, match="not writable"):
        check_target(tmp_path / "rows.csv", overwrite=False)


def test_a_failure_that_the_writer_kept_to_himself_still_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.io, "FileIO", _full_disk)

    with (  # noqa: PT012
        pytest.raises(OutputError, match=r"rows\.csv was not written whole"),
        replace_file(path, overwrite=True) as stream,
    ):
        stream.write(b"new")
        with pytest.raises(OutputError, match=r"rows\.csv: No space left on device"):
            stream.flush()

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _full_disk(descriptor: int, _mode: str) -> object:
    os.close(descriptor)
    return open("/dev/full", "wb", buffering=0)  # noqa: PTH123


def test_a_failing_fsync_names_the_file_and_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OutputError, match=r"rows\.csv: Input/output error"):
        _write(tmp_path / "rows.csv", b"new")

    assert list(tmp_path.iterdir()) == []


def test_file_and_folder_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda fd: kinds.append(stat.S_ISDIR(os.fstat(fd).st_mode)))

    _write(tmp_path / "rows.csv", b"new")

    assert kinds == [False, True]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_device_is_an_output_error_and_stays_a_device() -> None:
    check_target(Path("/dev/full"), overwrite=False)

    with pytest.raises(OutputError, match="/dev/full: No space left on device"):
        _write(Path("/dev/full"), b"x")

    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_the_null_device_is_written_straight() -> None:
    _write(Path(os.devnull), b"x")

    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of Unix")
def test_a_named_pipe_is_written_straight(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()

    _write(pipe, b"rows")
    reader.join()

    assert received == [b"rows"]
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="open files by name, of Unix")
def test_a_stream_that_is_open_already_is_written_straight(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("wb", buffering=0) as stream:
        stream.write(b"before ")

        _write(Path(f"/dev/fd/{stream.fileno()}"), b"rows")

    assert path.read_bytes() == b"before rows"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def without_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer chmod as FAT and some network shares do."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)


@pytest.mark.usefixtures("without_modes")
def test_a_file_system_without_modes_holds_files_with_a_warning(tmp_path: Path) -> None:
    with pytest.warns(FileModeWarning, match="keeps no modes"):
        _write(tmp_path / "rows.csv", b"x")

    assert (tmp_path / "rows.csv").read_bytes() == b"x"


@pytest.mark.usefixtures("without_modes")
def test_private_files_and_folders_are_made_without_modes(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    os.close(open_private(tmp_path / "a" / "b" / "c", os.O_WRONLY | os.O_CREAT))
    replace_private(tmp_path / "token.json", b"x")  # it was made private

    assert (tmp_path / "token.json").read_bytes() == b"x"


@pytest.mark.usefixtures("without_modes")
def test_secrets_that_others_could_read_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.open
    monkeypatch.setattr(os, "open", lambda *given: plain(*given[:2], 0o666))
    with pytest.raises(OSError, match="others could read its secrets"):
        replace_private(tmp_path / "token.json", b"x")
    assert list(tmp_path.iterdir()) == []

    with pytest.warns(FileModeWarning, match="keeps no modes"):
        replace_private(tmp_path / "plain.toml", b"x", secret=False)
    assert (tmp_path / "plain.toml").read_bytes() == b"x"
