"""The options of `recli config init`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from recli.cli import completion

_OPTIONS = "Instead of questions"


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of `recli config init`, as given."""

    provider: Annotated[
        str | None,
        typer.Option(
            "--provider",
            "-P",
            metavar="NAME",
            help="Whose recordings.",
            rich_help_panel=_OPTIONS,
            autocompletion=completion.providers,
        ),
    ] = None
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the profile.  [default: its provider's]",
            rich_help_panel=_OPTIONS,
        ),
    ] = None
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A key; repeatable. Of a secret, where it is kept: env:NAME, file:PATH,"
            " keyring:NAME or command:LINE.",
            rich_help_panel=_OPTIONS,
            autocompletion=completion.settings,
        ),
    ] = None
    secret_stdin: Annotated[
        list[str] | None,
        typer.Option(
            "--secret-stdin",
            metavar="KEY",
            help="A secret that is the next line of standard input; repeatable. With --set"
            " KEY=file:PATH or keyring:NAME it is put there, else into the configuration.",
            rich_help_panel=_OPTIONS,
            autocompletion=completion.secrets,
        ),
    ] = None
    non_interactive: Annotated[
        bool,
        typer.Option(
            "--non-interactive",
            help="Ask nothing: what is needed and not given is an error, but for what the"
            " provider's own environment variables hold.",
            rich_help_panel=_OPTIONS,
        ),
    ] = False
    no_check: Annotated[bool, typer.Option("--no-check", help="Write it without trying it.")] = (
        False
    )
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a profile that has this name.")
    ] = False
    default: Annotated[
        bool,
        typer.Option(
            "--default", help="Use it where no profile is named, as the first one is anyway."
        ),
    ] = False
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Another file than the usual one."),
    ] = None
