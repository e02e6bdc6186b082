"""`python -m recli.cli.docs`: write the manual page and the example configuration of a checkout.

Run it after options, providers or keys have changed; the tests compare both files.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recli import __version__
from recli.cli.examples import example_lines
from recli.errors import ExitCode

if TYPE_CHECKING:
    from typer._click import Command, Context

MANUAL = Path(__file__).with_name("recli.1")
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.OK: "Done; also when nothing matched, and when the reader closed the pipe.",
    ExitCode.FAULT: "A fault in recli itself.",
    ExitCode.USAGE: "Wrong usage or configuration; nothing was sent.",
    ExitCode.PARTIAL: "Partial: some rows or audio were delivered, some are missing; standard error"
    " and --report say which.",
    ExitCode.REFUSED: "Credentials refused; nothing was delivered.",
    ExitCode.FAILED: "The provider or the network failed; nothing was delivered.",
    ExitCode.INTERRUPTED: "Interrupted (Ctrl-C); files are whole, an archive can be run again.",
    ExitCode.TERMINATED: "Terminated (SIGTERM); the same.",
}
_VARIABLES: Mapping[str, str] = {
    "RECLI_CONFIG": "The configuration file, where --config is not given.",
    "XDG_CONFIG_HOME": "The folder of recli/config.toml, where neither is given; else ~/.config.",
    "XDG_STATE_HOME": "The folder of recli/tokens, where access tokens of Yeastar are kept; else"
    " ~/.local/state.",
    "PLIVO_AUTH_ID, PLIVO_AUTH_TOKEN": "Make a profile plivo where the configuration has none of"
    " that provider.",
    "BANDWIDTH_USER_ID, BANDWIDTH_API_TOKEN, BANDWIDTH_API_SECRET": "The same for bandwidth.",
    "HTTPS_PROXY, NO_PROXY": "The proxy to use, and the hosts to reach without it.",
    "NO_COLOR": "With any value, no colour; --color overrides it.",
    "COLUMNS": "The width of tables, in place of the terminal's.",
    "TZ": "The zone of times without an offset, where --tz and the configuration name none.",
    "RECLI_DEBUG": "With any value, a fault in recli (exit code 1) shows its traceback.",
}
_ABOUT = """\
Rows go to standard output and everything else to standard error. Without a configuration, recli \
list --sandbox lists made-up recordings; recli config init makes a configuration."""


def manual() -> str:
    """Return the text of `recli.1`, in the macros of man(7)."""
    from typer.main import get_command

    from recli.cli.app import app

    root, *others = contexts(get_command(app()))
    lines = [
        '.\\" Written by python -m recli.cli.docs: do not edit.',
        f'.TH RECLI 1 "" "recli {__version__}" "User Commands"',
        ".ad l",  # long names leave no room to adjust lines with
        ".SH NAME\nrecli \\- list and export call recordings",
        ".SH SYNOPSIS",
    ]
    for context in others:
        if not hasattr(context.command, "commands"):
            pieces = " ".join(context.command.collect_usage_pieces(context))
            lines.append(f".P\n\\fB{context.command_path}\\fR {_escape(pieces)}")
    lines += [".SH DESCRIPTION", *_paragraphs(root), f".P\n{_escape(_ABOUT)}", *_options(root)]
    for context in others:
        lines += [f".SH {context.command_path.upper()}", *_paragraphs(context)]
        lines += [*_options(context), *_examples(context)]
    lines += [".SH EXIT STATUS", *_entries((str(int(c)), text) for c, text in EXIT_CODES.items())]
    lines += [".SH ENVIRONMENT", *_entries(_VARIABLES.items())]
    return "\n".join(lines) + "\n"


def contexts(
    command: "Command", name: str = "recli", parent: "Context | None" = None
) -> Iterator["Context"]:
    """Yield a context for a command and for all commands below it, in the order of the help."""
    import typer

    context = typer.Context(command, info_name=name, parent=parent, **command.context_settings)
    yield context
    for below, child in getattr(command, "commands", {}).items():
        yield from contexts(child, below, context)


def _options(context: "Context") -> Iterator[str]:
    """Yield a command's options and arguments, under the headings of its help."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            kind = "Options" if parameter.param_type_name == "option" else "Arguments"
            heading = getattr(parameter, "rich_help_panel", None) or kind
            groups.setdefault(heading, []).append(record)
    for heading, records in groups.items():
        yield f".SS {heading}"
        yield from _entries(records)


def _examples(context: "Context") -> Iterator[str]:
    yield ".SS Examples"
    yield from (f".P\n{_escape(line)}" for line in example_lines(context.command_path))


def _entries(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield tagged paragraphs: names in bold, what follows them, an option's value, in italics."""
    for tag, text in records:
        names, value = re.fullmatch(r"([^\s,]+(?:, [^\s,]+)*)(.*)", tag).groups()  # type: ignore[union-attr]  # no tag is empty
        bold = ", ".join(f"\\fB{_escape(name)}\\fR" for name in names.split(", "))
        yield f".TP\n{bold}\\fI{_escape(value)}\\fR"
        yield _escape(" ".join(text.split()))


def _paragraphs(context: "Context") -> Iterator[str]:
    for paragraph in (context.command.help or "").strip().split("\n\n"):
        yield f".P\n{_escape(' '.join(paragraph.split()))}"


def _escape(text: str) -> str:
    """Return text as roff takes it: no escapes, and no request at the start of a line."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    plain = plain.replace("'", "\\(aq").replace("…", "...")
    return f"\\&{plain}" if plain.startswith(".") else plain


if __name__ == "__main__":
    from recli.config.render import example

    MANUAL.write_text(manual(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
