import os
import stat
import sys

import pytest

from recli.config.private_file import PrivateTextFile, read_text, write_private
from recli.errors import ConfigError

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are a matter of POSIX")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_file_and_its_folders_are_closed_to_others_whatever_the_umask(tmp_path):
    path = tmp_path / "a" / "b" / "config.toml"
    before = os.umask(0)
    try:
        write_private(path, "é\n")
    finally:
        os.umask(before)

    assert path.read_bytes() == b"\xc3\xa9\n"
    assert mode(path) == 0o600
    assert mode(path.parent) == mode(path.parent.parent) == 0o700


@posix
def test_a_replaced_file_is_closed_to_others_and_its_folder_left_as_it_is(write, tmp_path):
    path = write("old", mode=0o644)
    tmp_path.chmod(0o755)

    write_private(path, "new")

    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert mode(tmp_path) == 0o755
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_who_has_the_old_file_open_never_sees_the_new_text(write):
    path = write("old", mode=0o644)

    with path.open() as before:
        write_private(path, "hush-hush")

        assert before.read() == "old"


@posix
def test_a_link_is_kept_and_the_file_behind_it_replaced(write, tmp_path):
    target = write("old", name="dotfiles.toml")
    link = tmp_path / "config.toml"
    link.symlink_to(target)

    write_private(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_folder_is_not_replaced(tmp_path):
    with pytest.raises(ConfigError) as caught:
        write_private(tmp_path, "new")

    assert str(caught.value) == f"{tmp_path}: is not a plain file"


@posix
def test_a_named_pipe_is_not_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)

    with pytest.raises(ConfigError, match="is not a plain file"):
        write_private(path, "new")


@posix
def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(write, tmp_path, monkeypatch):
    path = write("old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError) as caught:
        write_private(path, "hush-hush")

    assert str(caught.value) == f"{path}: can't be written: no space left on device"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_an_error(write):
    path = write("old") / "config.toml"

    with pytest.raises(ConfigError, match="can't be written: not a directory"):
        write_private(path, "new")


@posix
def test_links_in_a_circle_are_an_error(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to(two)
    two.symlink_to(one)

    with pytest.raises(ConfigError, match="can't be written"):
        write_private(one, "new")
    with pytest.raises(ConfigError, match="can't be read"):
        read_text(one)


def test_a_text_that_was_read_is_not_shown(write):
    assert "hush" not in repr(read_text(write("hush-hush")))
    assert read_text(write("hush-hush")) == PrivateTextFile("hush-hush", open_to_others=False)
