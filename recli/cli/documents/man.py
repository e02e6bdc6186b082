"""The man page, in the man(7) macros, from the same help as everything else."""

from collections.abc import Iterable, Iterator

from recli import __version__
from recli.cli.documents.commands import Command, Option
from recli.cli.documents.meanings import EXIT_CODES, VARIABLES

_EXAMPLES = (
    ("Recordings of five made-up accounts, without an account", "recli list --sandbox"),
    ("Yesterday's calls of one profile", "recli list -p main --since yesterday --until yesterday"),
    (
        "One number's calls of this year as CSV",
        "recli export -o calls.csv --since 2026-01-01 --number +14155550001",
    ),
    (
        "Seconds per caller",
        "recli list --since 7d -f jsonl | jq -s 'group_by(.from_number)[]"
        " | {n: .[0].from_number, s: map(.duration_s // 0) | add}'",
    ),
)


def man(top: Command) -> str:
    """Return the text of `recli.1`."""
    lines = [
        '.\\" Written by python -m recli.cli.documents: do not edit.',
        f'.TH RECLI 1 "" "recli {__version__}" "User Commands"',
        ".ad l",  # long names leave no room to adjust lines with
        ".SH NAME",
        f"recli \\- {_text(top.brief[:1].lower() + top.brief[1:])}",
        ".SH SYNOPSIS",
    ]
    for command in top.all():
        if not command.commands:
            lines += [".P", f"\\fB{command.name}\\fR {_text(_pieces(command))}".rstrip()]
    lines += [".SH DESCRIPTION", *_paragraphs(top.help), *_about()]
    lines += [".SH OPTIONS", *_options(top.options)]
    for command in top.all():
        if command.path:
            lines += [f".SH RECLI {' '.join(command.path).upper()}", *_paragraphs(command.help)]
            lines += _sections(command)
    lines += [".SH EXIT STATUS", *_table((str(int(c)), m) for c, m in EXIT_CODES.items())]
    lines += [".SH ENVIRONMENT", *_table(VARIABLES.items())]
    lines += [".SH EXAMPLES"]
    for about, line in _EXAMPLES:
        lines += [".TP", f"{_text(about)}:", f"\\fB{_text(line)}\\fR"]
    return "\n".join(lines) + "\n"


def _about() -> Iterator[str]:
    yield ".P"
    yield _text(
        "Rows go to standard output and everything else to standard error. Without a"
        " configuration, `recli list --sandbox` lists made-up recordings; `recli config init` makes"
        " a configuration."
    )


def _sections(command: Command) -> Iterator[str]:
    sections: dict[str, list[Option]] = {}
    for option in command.options:
        sections.setdefault(option.section, []).append(option)
    for title, options in sections.items():
        yield f".SS {_text(title)}"
        yield from _options(options)
    if command.arguments:
        yield ".SS Arguments"
        yield from _table((each.metavar, each.help) for each in command.arguments)


def _options(options: Iterable[Option]) -> Iterator[str]:
    for option in options:
        flags = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in reversed(option.flags))
        value = f" \\fI{_text(option.metavar)}\\fR" if option.metavar else ""
        yield from (".TP", f"{flags}{value}", _text(" ".join(option.help.split())))


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, about in rows:
        yield from (".TP", f"\\fB{_text(name)}\\fR", _text(about))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield ".P"
        yield _text(" ".join(paragraph.split()))


def _pieces(command: Command) -> str:
    return command.usage.removeprefix(command.name).strip()


def _text(text: str) -> str:
    """Return a text as roff takes it: no escapes, and no request at the start of its line."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    plain = plain.replace("'", "\\(aq").replace("…", "...")
    return f"\\&{plain}" if plain.startswith(".") else plain
