"""Each command's help ends in three examples that work after `config init`, or with --sandbox."""

import shlex
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from typer.main import get_command

from recli.cli.app import app
from recli.cli.docs import contexts
from recli.cli.examples import EXAMPLES, example_lines
from recli.errors import ExitCode
from recli.sandbox.account import CallState
from tests.cli.conftest import write_config
from tests.cli.process import DEADLINE_S

LINES = [example.line for example in dict.fromkeys(chain.from_iterable(EXAMPLES.values()))]
ASKING = [line for line in LINES if line.startswith("recli config init") and "--non-" not in line]
SERVING = [line for line in LINES if line.startswith("recli sandbox")]
SHELL = [line for line in LINES if set(line) & set("|<>$") or not line.startswith("recli ")]
PLAIN = [line for line in LINES if line not in {*ASKING, *SERVING, *SHELL}]
ARCHIVED = ("export", "--archive", "recordings", "--all", "--since", "7d")


@pytest.fixture
def home(recli, account, tmp_path, monkeypatch):
    """A home folder after `config init`, with the files that examples name."""
    for sandboxed in account.accounts.values():  # real accounts have no impossible recordings
        for call in sandboxed.calls():
            if call.patch or call.state is not CallState.COMPLETE:
                sandboxed.delete(call.id)
    text = 'default_profile = "plivo"\ntimezone = "UTC"\n' + account.config_toml()
    text = text.replace('provider = "plivo"\n', 'provider = "plivo"\ntimeout_s = 20\n')
    folder = tmp_path / ".config" / "recli"
    folder.mkdir(parents=True)
    write_config(folder / "config.toml", text)
    write_config(tmp_path / "other.toml", text)
    (tmp_path / "token.txt").write_text("a-new-token\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environ(home):
    """Variables and programs that examples need."""
    programs = home / "bin"
    programs.mkdir()
    for name, text in (("recli", f'exec "{sys.executable}" -m recli "$@"'), ("nano", "exit 0")):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    return {
        "HOME": str(home),
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TZ": "UTC",
        "EDITOR": str(programs / "nano"),
        "PLIVO_AUTH_ID": "MAXXXXXXXXXXXXXXXXXX",
        "PLIVO_AUTH_TOKEN": "a-token-of-the-environment",
    }


def test_every_command_has_three_examples_and_nothing_else_has():
    commands = [context.command_path for context in contexts(get_command(app()))]

    assert set(EXAMPLES) == set(commands)
    assert {len(examples) for examples in EXAMPLES.values()} == {3}
    assert max(len(line) for name in commands for line in example_lines(name, "  ")) <= 120


def test_the_help_of_every_command_ends_in_them_and_the_manual_has_them(recli):
    for name in EXAMPLES:
        lines = recli(*name.split()[1:], "--help").out.splitlines()

        assert lines[-4:] == ["Examples:", *example_lines(name, "  ")]


@pytest.mark.parametrize("line", PLAIN)
def test_an_example_works(recli, home, environ, line):
    if "verify" in line:
        recli(*ARCHIVED)
    result = recli(*shlex.split(line)[1:], environ=environ)

    assert result.code == ExitCode.OK, result.err


@pytest.mark.parametrize("line", SHELL)
def test_an_example_for_a_shell_works(recli, home, environ, line):
    if "verify" in line:
        recli(*ARCHIVED)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )

    assert done.returncode == ExitCode.OK, done.stderr


@pytest.mark.parametrize("line", SERVING)
def test_an_example_that_serves_does_so_until_interrupted(home, environ, line):
    program, *words = shlex.split(line)
    assert program == "recli"
    with subprocess.Popen(
        [sys.executable, "-m", "recli", *words], env=environ, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()
        process.communicate(timeout=DEADLINE_S)

    assert first.startswith("# Serving made-up recordings at http://127.0.0.1:")
    assert process.returncode == ExitCode.TERMINATED


@pytest.mark.parametrize("line", ASKING)
def test_an_example_that_asks_wants_a_terminal_and_nothing_else(recli, home, environ, line):
    result = recli(*shlex.split(line)[1:], environ=environ)

    assert result.code == ExitCode.USAGE
    assert "terminal" in result.err
