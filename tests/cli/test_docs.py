"""The manual page and the example configuration are current, and the wheel holds what it should."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from recli.cli.app import app
from recli.cli.docs import EXAMPLE, EXIT_CODES, MANUAL, contexts, manual
from recli.config.render import example
from recli.errors import ExitCode
from tests.shell.conftest import needs

ROOT = Path(__file__).parents[2]
STALE = "run python -m recli.cli.docs"


def test_the_manual_is_current():
    assert MANUAL.read_text(encoding="utf-8") == manual(), STALE


def test_the_example_configuration_is_current():
    assert EXAMPLE.read_text(encoding="utf-8") == example(), STALE


def test_the_wheel_installs_completions_and_man_page():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel["shared-data"] == {
        "completions/recli.bash": "share/bash-completion/completions/recli",
        "completions/_recli": "share/zsh/site-functions/_recli",
        "completions/recli.fish": "share/fish/vendor_completions.d/recli.fish",
        "recli/cli/recli.1": "share/man/man1/recli.1",
    }
    assert wheel["force-include"] == {"completions": "recli/cli/completions"}
    assert all((ROOT / source).is_file() for source in wheel["shared-data"])


@pytest.mark.shell
def test_the_man_page_renders_without_a_warning():
    done = subprocess.run(
        [needs("man"), "--warnings", "--encoding=ascii", "-l", MANUAL],
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = re.sub(r".\x08", "", done.stdout)

    assert done.stderr == ""
    assert "recli list [OPTIONS]" in shown
    assert re.search(r"--min-duration [A-Z]+\n", shown)
    assert "EXIT STATUS" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_man_page_has_every_option_of_every_command():
    page = MANUAL.read_text().replace("\\-", "-")

    for context in contexts(get_command(app())):
        assert context.parent is None or f".SH {context.command_path.upper()}\n" in page
        for parameter in context.command.params:
            if parameter.param_type_name == "option":
                assert f"\\fB{parameter.opts[0]}\\fR" in page


def test_every_exit_code_has_a_meaning():
    assert list(EXIT_CODES) == list(ExitCode)
