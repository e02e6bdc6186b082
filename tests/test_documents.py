"""What is written from the program is what is committed: completions, man page, picture, README."""

import re
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from recli.cli.documents.__main__ import run
from recli.cli.documents.commands import Values, command_line
from recli.cli.documents.files import documents
from recli.cli.documents.meanings import EXIT_CODES
from recli.cli.documents.picture import PLACE
from recli.cli.documents.readme import TOY
from recli.errors import ExitCode
from tests.shell.conftest import needs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "recli/cli/documents/recli.1"


@pytest.mark.parametrize("path", documents(ROOT), ids=lambda path: path.name)
def test_committed_documents_are_what_the_program_writes(path):
    written = documents(ROOT)[path]

    assert path.read_text(encoding="utf-8") == written, "run python -m recli.cli.documents"


def test_check_names_what_is_old_and_leaves_it(tmp_path, capsys):
    for path in [*documents(ROOT), ROOT / TOY]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    old = tmp_path / "completions" / "_recli"
    old.write_text("old")

    assert run(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"{old}\n"
    assert old.read_text() == "old"
    assert run([str(tmp_path)]) == 0
    assert run(["--check", str(tmp_path)]) == 0


def test_every_value_is_completed_or_is_free_on_purpose():
    free = {
        option.flags[0]
        for command in command_line().all()
        for option in command.options
        if option.values is Values.FREE
    }

    assert not free & {"--profile", "--provider", "--columns", "--tz", "--format", "--state"}
    assert not free & {"--direction", "--color", "--log-format", "--config", "--output", "--report"}


def test_the_wheel_installs_completions_and_man_page():
    shared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = shared["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]

    assert wheel == {
        "completions/recli.bash": "share/bash-completion/completions/recli",
        "completions/_recli": "share/zsh/site-functions/_recli",
        "completions/recli.fish": "share/fish/vendor_completions.d/recli.fish",
        "recli/cli/documents/recli.1": "share/man/man1/recli.1",
    }
    assert all((ROOT / source).is_file() for source in wheel)


@pytest.mark.shell
def test_the_man_page_renders_without_a_warning():
    done = subprocess.run(
        [needs("man"), "--warnings", "--encoding=ascii", "-l", PAGE],
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = re.sub(r".\x08", "", done.stdout)

    assert done.stderr == ""
    assert "recli list [OPTIONS]" in shown
    assert "--min-duration LENGTH" in shown
    assert "EXIT STATUS" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_man_page_has_every_option_of_every_command():
    page = PAGE.read_text().replace("\\-", "-")

    for command in command_line().all():
        assert not command.path or f".SH RECLI {' '.join(command.path).upper()}\n" in page
        for option in command.options:
            assert f"\\fB{option.flags[0]}\\fR" in page


def test_every_exit_code_has_a_meaning():
    assert list(EXIT_CODES) == list(ExitCode)


def test_the_picture_shows_a_run_and_fetches_nothing():
    picture = (ROOT / PLACE).read_text(encoding="utf-8")
    words = "".join(ET.fromstring(picture).itertext()).replace("\xa0", " ")

    assert "recli list --sandbox" in words
    assert "started (UTC)" in words
    assert "url(http" not in picture
    assert "@font-face" not in picture
