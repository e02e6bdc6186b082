"""`recli config`: make, find, read and edit the configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recli.cli import completion
from recli.cli.config_init import init_command
from recli.cli.context import CommandContext
from recli.cli.options import SectionedHelp, takes
from recli.errors import UsageError

_Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="default_profile, timezone, or a profile's: profiles.NAME.KEY.",
        autocompletion=completion.keys,
    ),
]
_Value = Annotated[
    str | None,
    typer.Argument(
        metavar="VALUE",
        help="The value; or where it is kept: env:NAME, file:PATH, keyring:NAME, command:LINE.",
    ),
]
_Stdin = Annotated[
    bool,
    typer.Option("--stdin", help="Read the value from standard input: for secrets."),
]
_Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Another file than the usual one."),
]


@takes
def set_command(
    context: CommandContext,
    *,
    key: _Key,
    value: _Value = None,
    stdin: _Stdin = False,
    config: _Config = None,
) -> None:
    """Change a key of the configuration file; its comments stay.

    Secrets don't go on the command line, where others see them: use --stdin, or say where one is
    kept.
    """
    if stdin == (value is not None):
        problem = "give VALUE or --stdin, not both" if stdin else "VALUE is missing"
        raise UsageError(problem, hint=f"recli config set {key} VALUE, or --stdin for a secret")
    from recli.cli.prompts import read_secret
    from recli.config.edit import read_config_text, set_key
    from recli.config.load import config_path
    from recli.config.private_file import write_private

    path = config_path(config, context.environment.environ)
    given = read_secret(context, key) if value is None else value
    write_private(path, set_key(read_config_text(path), key, given, origin=str(path)))


def app() -> typer.Typer:
    """Return the commands below `recli config`."""
    commands = typer.Typer(
        rich_markup_mode=None,
        invoke_without_command=True,
        help="Make, find, read and edit the configuration file.",
    )
    commands.callback()(_show_help)
    commands.command("init", cls=SectionedHelp)(init_command)
    commands.command("path", cls=SectionedHelp)(path)
    commands.command("show", cls=SectionedHelp)(show)
    commands.command("set", cls=SectionedHelp)(set_command)
    return commands


def _show_help(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@takes
def path(context: CommandContext, config: _Config = None) -> None:
    """Print where the configuration file is, or would be."""
    from recli.config.load import config_path

    context.write(f"{config_path(config, context.environment.environ)}\n")


@takes
def show(context: CommandContext, config: _Config = None) -> None:
    """Print the configuration, its secrets hidden."""
    from recli.config.load import config_path, is_explicit, literal_secrets, load
    from recli.config.render import render_redacted

    environ = context.environment.environ
    place = config_path(config, environ)
    configuration = load(place, explicit=is_explicit(config, environ))
    for secret, _ in literal_secrets(configuration):
        context.console.redact.add(secret.reveal())
    if configuration.path is None:
        context.console.note(f"there is no {place} yet: recli config init")
        return
    context.write(render_redacted(configuration))
