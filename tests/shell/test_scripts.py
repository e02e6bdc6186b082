"""The committed scripts, loaded by the shells without a terminal."""

import subprocess
from pathlib import Path

import pytest

from tests.shell.conftest import needs

SCRIPTS = Path(__file__).parents[2] / "completions"
BASH = """\
compopt() { :; }
. "$SCRIPT"
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_recli
printf '%s\\n' "${COMPREPLY[@]}"
"""


def bash(environ, *words):
    done = subprocess.run(
        [needs("bash"), "--norc", "-c", BASH, "-", *words],
        env={**environ, "SCRIPT": str(SCRIPTS / "recli.bash")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def fish(environ, line):
    done = subprocess.run(
        [needs("fish"), "--no-config", "-c", f"source $SCRIPT; complete -C '{line}'"],
        env={**environ, "SCRIPT": str(SCRIPTS / "recli.fish")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [tuple(each.split("\t")) for each in done.stdout.splitlines()]


@pytest.mark.shell
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["recli", "list", "-p", ""], ["main", "pbx"]),
        (["recli", "list", "--profile", "=", "p"], ["pbx"]),
        (["recli", "list", "--profile=p"], ["--profile=pbx"]),
        (["recli", "list", "--since", "2024-01-01", "--dir"], ["--direction"]),
        (["recli", "list", "-p", "list", "-f", "j"], ["jsonl", "json"]),
        (["recli", "list", "-c", "id,sta"], ["id,started_at", "id,state"]),
        (["recli", "list", "-c", "started_at,sta"], ["started_at,state"]),
        (["recli", "config", "s"], ["show", "set"]),
        (["recli", "list", "--owner", "x"], []),
        (["recli", "nonsense", "--dir"], []),
    ],
    ids=" ".join,
)
def test_bash_completes(environ, words, found):
    assert sorted(filter(None, bash(environ, *words))) == sorted(found)


@pytest.mark.shell
def test_bash_reads_the_configuration_that_the_line_names(environ, tmp_path):
    config = tmp_path / "other.toml"
    config.write_text('[profiles.elsewhere]\nprovider = "plivo"\n')

    assert bash(environ, "recli", "list", "--config", str(config), "-p", "") == ["elsewhere"]


@pytest.mark.shell
def test_fish_tells_what_each_candidate_is(environ):
    found = fish(environ, "recli list -p ")

    assert found == [("main", "plivo"), ("pbx", "enswitch")]


@pytest.mark.shell
def test_fish_completes_options_and_commands_where_they_belong(environ):
    commands = [each[0] for each in fish(environ, "recli ")]
    options = [each[0] for each in fish(environ, "recli export --")]

    assert {"list", "export", "providers", "config", "sandbox"} <= set(commands)
    assert "--overwrite" in options
    assert "--summary" not in options


@pytest.mark.shell
@pytest.mark.parametrize(
    ("shell", "script"), [("bash", "recli.bash"), ("zsh", "_recli"), ("fish", "recli.fish")]
)
def test_the_shells_find_no_mistake_in_their_scripts(shell, script):
    done = subprocess.run(
        [needs(shell), "-n", SCRIPTS / script], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
