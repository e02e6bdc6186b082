import os
import sys
import time
from pathlib import Path

import pytest

from recli.config.profile import ConfigLocation, SecretRef, SecretSource
from recli.config.secrets import CommandResult, fetch_secret, run_command
from recli.errors import ConfigError

SPOT = ConfigLocation("/etc/r.toml", "main", "auth_token")
PLACE = "/etc/r.toml: profiles.main.auth_token: "
posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")


def never(command, environ, timeout_s):
    raise AssertionError("nothing is to be run")


def got(source, target, *, environ=None, run=never, folder=None):
    reference = SecretRef(source, target)
    return fetch_secret(reference, SPOT, environ=environ or {}, run=run, folder=folder)


def problem(source, target, **arguments):
    with pytest.raises(ConfigError) as caught:
        got(source, target, **arguments)
    text = str(caught.value)
    assert text.startswith(PLACE)
    assert "\n" not in text
    assert "hush" not in text + (caught.value.hint or "")
    assert caught.value.__cause__ is None or "hush" not in repr(caught.value.__cause__)
    return text.removeprefix(PLACE), caught.value.hint


def test_a_variable_gives_its_value_without_a_newline_at_the_end():
    assert got(SecretSource.ENV, "T", environ={"T": "hush-hush \r\n"}) == "hush-hush "


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "the environment variable T is not set"),
        ({"T": ""}, "the environment variable T is empty"),
        ({"T": "\n"}, "the environment variable T is empty"),
    ],
)
def test_a_variable_without_a_value_is_named(environ, expected):
    hint = "read -rs T && export T"

    assert problem(SecretSource.ENV, "T", environ=environ) == (expected, hint)


def test_a_file_gives_its_text_without_the_newline_at_the_end(write, tmp_path):
    path = write("hush-hush\r\n", name="secret")

    assert got(SecretSource.FILE, str(path)) == "hush-hush"
    assert got(SecretSource.FILE, "secret", folder=tmp_path) == "hush-hush"
    assert got(SecretSource.FILE, "~/secret", environ={"HOME": str(tmp_path)}) == "hush-hush"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file {path} is empty"),
        (b"\n", "the file {path} is empty"),
        (b"hush\xff", "{path}: is not UTF-8 text (line 1)"),
        (b"x" * 1_000_001, "{path}: is larger than 1 MB"),
    ],
)
def test_a_file_that_holds_no_secret_is_named(write, content, expected):
    path = write(content, name="secret")

    assert problem(SecretSource.FILE, str(path)) == (expected.format(path=path), None)


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path):
    missing = tmp_path / "none"

    assert problem(SecretSource.FILE, str(missing))[0] == f"the file {missing} is not there"
    assert problem(SecretSource.FILE, str(tmp_path))[0] == f"{tmp_path}: is a folder, not a file"


@posix
def test_a_secret_file_that_others_can_read_is_refused(write):
    path = write("hush-hush", name="secret", mode=0o640)

    expected = (f"the file {path} can be read by others", f"chmod 600 {path}")
    assert problem(SecretSource.FILE, str(path)) == expected


def test_of_a_command_the_first_line_is_the_secret():
    asked = []

    def run(command, environ, timeout_s):
        asked.append((command, environ, timeout_s))
        return CommandResult(0, b"hush-hush\r\nuser: ada\n", b"a warning")

    assert got(SecretSource.COMMAND, "pass show x", environ={"A": "b"}, run=run) == "hush-hush"
    assert got(SecretSource.COMMAND, ("pass", "x"), run=run) == "hush-hush"
    assert asked == [("pass show x", {"A": "b"}, 60.0), (("pass", "x"), {}, 60.0)]


def fails(error):
    def run(command, environ, timeout_s):
        raise error

    return run


def ends(status, out=b"", err=b""):
    return lambda command, environ, timeout_s: CommandResult(status, out, err)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (
            ends(3, b"hush-hush", b"no such\nentry\n"),
            "the command 'pass' failed with status 3: no such entry",
        ),
        (
            ends(1, b"hush-hush", b"password=hush-hush\n"),
            "the command 'pass' failed with status 1: password=***",
        ),
        (ends(1, b"hush-hush"), "the command 'pass' failed with status 1"),
        (ends(0), "the command 'pass' printed nothing in its first line"),
        (ends(0, b"\nhush"), "the command 'pass' printed nothing in its first line"),
        (
            ends(0, b"hush\xff"),
            "the command 'pass' printed something that is not UTF-8 text",
        ),
        (fails(TimeoutError()), "the command 'pass' did not end in 60 seconds"),
        (
            fails(FileNotFoundError(2, "No such file or directory")),
            "the command 'pass' can't be run: no such file or directory",
        ),
    ],
)
def test_a_command_that_gives_no_secret_is_named_with_its_own_complaint(run, expected):
    said, hint = problem(SecretSource.COMMAND, "pass show x", run=run)

    assert said == expected
    assert (hint is not None) is ("with status" in expected)


@pytest.mark.parametrize(
    "command",
    ["vault --token hush", "T=hush vault x", ("vault", "hush")],
)
def test_of_a_failing_command_only_the_program_is_shown(command):
    text, _ = problem(SecretSource.COMMAND, command, run=ends(1))

    assert text == "the command 'vault' failed with status 1"


def test_a_complaint_is_cut_to_one_short_line():
    text, _ = problem(SecretSource.COMMAND, "x", run=ends(1, err=b"long\n" * 9999))

    assert len(text) < 300


@posix
def test_a_line_is_run_by_the_shell_and_words_are_not(environ):
    line = run_command('printf %s "$HOME" | tr a-z A-Z', environ, 9)
    words = run_command(("printf", "%s", "$HOME"), environ, 9)

    assert line.out.decode() == environ["HOME"].upper()
    assert words == CommandResult(0, b"$HOME", b"")


@posix
def test_a_command_has_nothing_to_read_and_its_streams_are_told_apart(environ):
    reading, writing = os.pipe()
    os.write(writing, b"for recli only\n")
    os.close(writing)
    before = os.dup(0)
    os.dup2(reading, 0)
    try:
        ran = run_command("cat; echo out; echo err >&2; exit 7", environ, 9)
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(reading)

    assert ran == CommandResult(7, b"out\n", b"err\n")
    assert "out" not in repr(ran)


@posix
def test_a_command_that_does_not_end_is_ended_even_if_its_children_hold_the_pipe(environ):
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        run_command("sleep 5 & sleep 5", environ, 0.05)

    assert time.monotonic() - began < 4


@posix
def test_a_program_that_is_not_there_is_an_error_of_the_system(environ):
    with pytest.raises(FileNotFoundError):
        run_command(("no-such-program-here",), environ, 9)


def test_a_named_pipe_may_hold_a_secret(tmp_path):
    if not Path("/dev/fd").exists():
        pytest.skip("no /dev/fd here")
    reading, writing = os.pipe()
    os.write(writing, b"hush-hush\n")
    os.close(writing)
    try:
        assert got(SecretSource.FILE, f"/dev/fd/{reading}") == "hush-hush"
    finally:
        os.close(reading)
