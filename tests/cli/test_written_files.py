"""Files that a command writes beside or instead of rows."""

import os
from pathlib import Path

import pytest

FULL = Path("/dev/full")


@pytest.mark.parametrize("option", ["-o", "--report", "--log-file", "--metrics"])
@pytest.mark.parametrize("form", ["plain", "link", "hard link", "roundabout"])
def test_recli_s_own_configuration_is_never_written_over(
    recli, account, config, tmp_path, *, option, form
):
    other = tmp_path / "other.csv"
    match form:
        case "plain":
            other = config
        case "link":
            other.symlink_to(config)
        case "hard link":
            os.link(config, other)
        case _:
            other = tmp_path / ".." / tmp_path.name / config.name
    text = config.read_text()
    target = () if option == "-o" else ("-o", str(tmp_path / "out.csv"))
    done = recli(
        *("export", "-a", "--overwrite", "-f", "csv", "--config", str(config), *target),
        *(option, str(other)),
    )

    assert (done.code, done.out) == (2, "")
    assert "is the configuration of recli" in done.err
    assert config.read_text() == text
    assert account.requests == []


def test_the_usual_configuration_is_protected_also_before_it_is_there(recli, tmp_path):
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = tmp_path / "recli" / "config.toml"
    path.parent.mkdir()
    done = recli("list", "--sandbox", "--report", str(path), environ=environ)

    assert done.code == 2
    assert not path.exists()


def test_two_options_write_no_single_file(recli, account, config, tmp_path):
    path = str(tmp_path / "out.json")
    done = recli("export", "-a", "--config", str(config), "-o", path, "--report", path)

    assert done.code == 2
    assert "write to the same file" in done.err
    assert account.requests == []


def test_devices_may_be_named_more_than_once(recli, config):
    words = ("-p", "imagicle", "--report", "/dev/null", "--log-file", "/dev/null")

    assert recli("list", "--config", str(config), *words).code == 0


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_lines_that_a_full_disk_keeps_out_of_the_log_are_counted(recli, config):
    words = ("-p", "imagicle", "--log-file", str(FULL))
    done = recli("list", "--config", str(config), *words)

    assert done.code == 3
    assert len(done.lines) == 60
    assert "error: the log /dev/full lacks " in done.err
    assert "No space left on device" in done.err
    assert done.err.count("lacks") == 1


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_run_that_fails_keeps_its_exit_code_and_tells_of_the_log_as_well(recli, config):
    words = ("-p", "imagicel", "--log-file", str(FULL))
    done = recli("list", "--config", str(config), *words)

    assert done.code == 2
    assert "did you mean imagicle" in done.err
    assert done.err.count("lacks 1 line") == 1
