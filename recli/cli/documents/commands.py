"""The command line as plain values: what every document about it is written from."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from recli.cli import completion

if TYPE_CHECKING:  # Typer's own copy of click has no public name
    from typer._click import Command as ClickCommand
    from typer._click import Context, Parameter


_CELLS = 100


class Values(StrEnum):
    """What completes an option's value."""

    NONE = "none"  # it has no value
    FREE = "free"  # whatever people write
    FILE = "file"
    FOLDER = "folder"
    CHOICE = "choice"  # one of `choices`
    ASKED = "asked"  # `recli __complete asked` knows


@dataclass(frozen=True, slots=True)
class Option:
    """An option or, without `flags`, an argument; `flags` has the long name first."""

    flags: tuple[str, ...]
    metavar: str
    help: str
    section: str
    values: Values
    choices: tuple[str, ...] = ()
    asked: str = ""
    repeatable: bool = False

    @property
    def brief(self) -> str:
        """What it is, in one sentence without its end."""
        text = " ".join(self.help.split()).partition("  [")[0].partition(" [default")[0]
        for end in ("; ", ". ", ": "):
            text = text.partition(end)[0]
        return text.rstrip(".:;")


@dataclass(frozen=True, slots=True)
class Command:
    """A command: `path` is () for recli itself, ("config", "set") for one below another.

    `text` is its whole help, as it is printed on a terminal of 100 columns.
    """

    path: tuple[str, ...]
    help: str
    usage: str
    text: str
    options: tuple[Option, ...]
    arguments: tuple[Option, ...]
    commands: tuple["Command", ...]

    @property
    def name(self) -> str:
        """What is typed, such as `recli config set`."""
        return " ".join(("recli", *self.path))

    @property
    def brief(self) -> str:
        """The first sentence of its help, without its end."""
        return self.help.partition("\n")[0].rstrip(".")

    def all(self) -> Iterator["Command"]:
        """Yield it and all commands below, in the order of the help."""
        yield self
        for each in self.commands:
            yield from each.all()


def command_line() -> Command:
    """Return recli's command line, hidden parts left out."""
    from typer.main import get_command

    from recli.cli.app import app

    return _read(get_command(app()), "recli", None)


def _read(command: "ClickCommand", name: str, parent: "Context | None") -> Command:
    import typer

    context = typer.Context(command, info_name=name, parent=parent, **command.context_settings)
    path = () if parent is None else (*context.command_path.split()[1:],)
    declared = _declared(command)
    found = [
        _option(each, context, declared.get(each.name or "", ()))
        for each in command.get_params(context)
    ]
    known = [each for each in found if each is not None]
    below = getattr(command, "commands", {})
    return Command(
        path=path,
        help=(command.help or "").strip(),
        text=_printed(command, context),
        usage=" ".join((context.command_path, *command.collect_usage_pieces(context))),
        options=tuple(each for each in known if each.flags),
        arguments=tuple(each for each in known if not each.flags),
        commands=tuple(_read(each, key, context) for key, each in below.items() if not each.hidden),
    )


def _printed(command: "ClickCommand", context: "Context") -> str:
    formatter = context.formatter_class(width=_CELLS)
    command.format_help(context, formatter)
    return formatter.getvalue().rstrip()


def _declared(command: "ClickCommand") -> dict[str, tuple[object, ...]]:
    """Return what stands in the `Annotated` of each parameter: types, and Typer's option."""
    if command.callback is None:
        return {}
    parameters = inspect.signature(command.callback).parameters
    return {name: get_args(each.annotation) for name, each in parameters.items()}


def _option(
    parameter: "Parameter", context: "Context", declared: tuple[object, ...]
) -> Option | None:
    record = parameter.get_help_record(context)
    if record is None or getattr(parameter, "hidden", False):
        return None
    is_option = parameter.param_type_name == "option"
    takes = not (is_option and getattr(parameter, "is_flag", False))
    metavar = (parameter.metavar or "").strip("[]") if takes else ""
    nothing: tuple[Values, tuple[str, ...], str] = (Values.NONE, (), "")
    values, choices, asked = _values(metavar, record[1], declared) if takes else nothing
    flags = [*parameter.opts, *parameter.secondary_opts] if is_option else []
    return Option(
        flags=tuple(sorted(flags, key=lambda flag: -len(flag))),
        metavar=metavar,
        help=record[1],
        section=getattr(parameter, "rich_help_panel", None) or "Options",
        values=values,
        choices=choices,
        asked=asked,
        repeatable=getattr(parameter, "multiple", False) or parameter.nargs < 0,
    )


def _values(
    metavar: str, about: str, declared: tuple[object, ...]
) -> tuple[Values, tuple[str, ...], str]:
    """Tell what completes a value: its hook in `recli.cli.completion`, else its type."""
    kind, info = (*declared, None, None)[:2]
    hook: Callable[[str], Sequence[str]] | None = getattr(info, "autocompletion", None)
    if hook is not None and hook.__name__ in completion.ASKED:
        return Values.ASKED, (), hook.__name__
    if hook is not None:
        return Values.CHOICE, _named(hook(""), about), ""
    kinds = [each for each in (kind, *get_args(kind)) if isinstance(each, type)]
    for each in kinds:
        if issubclass(each, StrEnum):
            return Values.CHOICE, _named([one.value for one in each], about), ""
    if Path in kinds:
        return (Values.FOLDER if metavar in {"DIR", "FOLDER"} else Values.FILE), (), ""
    return Values.FREE, (), ""


def _named(choices: Sequence[str], about: str) -> tuple[str, ...]:
    """Return those that the help names, for a command need not take all; else all."""
    words = set(about.replace(",", " ").replace(".", " ").split())
    return tuple(each for each in choices if each in words) or tuple(choices)
