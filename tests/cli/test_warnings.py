"""Warnings that come through Python's own channel: recli's are shown, a library's are a detail."""

import errno
import os
import warnings

import pytest

from recli import files

pytestmark = pytest.mark.filterwarnings("default")


def test_a_file_system_without_modes_is_a_warning(recli, config, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    path = tmp_path / "rows.csv"
    result = recli("export", "--config", str(config), "-p", "imagicle", "-o", str(path))

    assert result.code == 0
    assert result.err.startswith(f"warning: {path}: its file system keeps no modes")
    assert path.exists()


@pytest.mark.parametrize("option", [None, "--verbose"])
def test_a_library_s_warning_is_a_detail(recli, config, tmp_path, monkeypatch, option):
    set_mode = files.set_mode

    def warn(*given):
        warnings.warn("of a library's own", DeprecationWarning, stacklevel=1)
        return set_mode(*given)

    monkeypatch.setattr(files, "set_mode", warn)
    path = tmp_path / "rows.csv"
    result = recli(
        "export",
        "--config",
        str(config),
        "-p",
        "imagicle",
        "-o",
        str(path),
        *([option] if option else []),
    )

    assert result.code == 0
    assert ("a library's own" in result.err) is (option is not None)
