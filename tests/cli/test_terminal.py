"""What a person sees: on a terminal of its own."""

import re

import pytest

from tests.cli.process import Held, on_terminal

pytestmark = pytest.mark.slow

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(text):
    return _CONTROL.sub("", text).replace("\r", "")


@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_fits_the_terminal_and_ends_with_a_closing_line(config, tmp_path, columns):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "--since", "2000-01-01")
    with on_terminal(*arguments, home=tmp_path, columns=columns) as terminal:
        code = terminal.read_to_the_end()

    lines = [line for line in plain(terminal.text).splitlines() if line.strip()]
    assert code == 0
    assert lines[0].startswith("started")
    assert len(lines) == 62
    assert max(map(len, lines)) <= columns
    assert re.fullmatch(
        r"60 recordings from 1 profile in \d+\.\d s; complete \(proven\)", lines[-1]
    )


def test_progress_shows_while_nothing_has_come_and_is_gone_before_the_table(
    account, config, tmp_path
):
    held = account.behaviour.on_request = Held(after=1)
    arguments = ("export", "--config", str(config), "-p", "plivo", "-o", f"{tmp_path}/out.csv")
    arguments += ("--since", "2023-01-01", "--until", "2024-06-29")
    with on_terminal(*arguments, home=tmp_path) as terminal:
        terminal.read_until(" recordings")
        held.release()
        code = terminal.read_to_the_end()

    assert code == 0
    assert "\x1b[2K" in terminal.text  # the line is wiped
    assert "\x1b[?25h" in terminal.text  # the cursor is back
    assert " recordings from 1 profile" in plain(terminal.text).splitlines()[-1]


@pytest.mark.parametrize(("option", "more"), [("--quiet", {}), ("--raw", {"TERM": "dumb"})])
def test_quiet_and_a_dumb_terminal_have_no_progress(account, config, tmp_path, option, more):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-c", "id", option)
    with on_terminal(*arguments, home=tmp_path, more=more) as terminal:
        code = terminal.read_to_the_end()

    assert code == 0
    assert "\x1b" not in terminal.text.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert ("\x1b" in terminal.text) == (not more)


def test_an_interrupt_from_the_keyboard_leaves_the_cursor_visible(account, config, tmp_path):
    held = account.behaviour.on_request = Held()
    arguments = ("list", "--config", str(config), "-p", "imagicle")
    with on_terminal(*arguments, home=tmp_path) as terminal:
        terminal.read_until("0 recordings")
        terminal.process.send_signal(2)
        code = terminal.read_to_the_end()
    held.release()

    assert code == 130
    assert "Traceback" not in terminal.text
    assert terminal.text.rindex("\x1b[?25h") > terminal.text.rindex("\x1b[?25l")
    assert plain(terminal.text).splitlines()[-1] == "error: interrupted after 0 recordings"
