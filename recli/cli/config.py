"""`recli config`: make, find, read and edit the configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recli.cli import completion
from recli.cli.command import ExampleGroup, SectionedHelp, takes
from recli.cli.config_edit import edit_command
from recli.cli.config_init import init_command
from recli.cli.context import CommandContext
from recli.errors import UsageError

_Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="default_profile, timezone, country, groups.NAME, or a profile's: profiles.NAME.KEY.",
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
_SetKey = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="A key that is set.",
        autocompletion=completion.keys,
    ),
]
_Profile = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A profile.", autocompletion=completion.single_profiles),
]
_NewName = Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called.")]
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
    from recli.config.load import config_path, write_config

    path = config_path(config, context.environment.environ)
    given = read_secret(context, key) if value is None else value
    write_config(path, set_key(read_config_text(path), key, given, origin=str(path)))


@takes
def get_command(context: CommandContext, *, key: _Key, config: _Config = None) -> None:
    """Print the value of a key, or its default; never a secret."""
    from recli.config.edit import value_of
    from recli.config.load import config_path, is_explicit, load
    from recli.config.render import plain_text

    environ = context.environment.environ
    path = config_path(config, environ)
    value = value_of(load(path, explicit=is_explicit(config, environ)), key, origin=str(path))
    context.write(f"{plain_text(value)}\n")


@takes
def unset_command(context: CommandContext, *, key: _SetKey, config: _Config = None) -> None:
    """Remove a key or a group from the configuration file, so that its default holds."""
    from recli.config.edit import read_config_text, unset_key
    from recli.config.load import config_path, write_config

    path = config_path(config, context.environment.environ)
    write_config(path, unset_key(read_config_text(path), key, origin=str(path)))


@takes
def remove_command(context: CommandContext, *, name: _Profile, config: _Config = None) -> None:
    """Remove a profile from the configuration file, with the comments right above it.

    Where default_profile and groups name it, it is removed as well. Archives keep what they have.
    """
    from recli.config.edit import read_config_text
    from recli.config.edit_profiles import remove_profile
    from recli.config.load import config_path, write_config

    path = config_path(config, context.environment.environ)
    text, removed = remove_profile(read_config_text(path), name, origin=str(path))
    write_config(path, text)
    if removed:
        context.console.note(f"removed as well: {', '.join(removed)}")


@takes
def rename_command(
    context: CommandContext, *, name: _Profile, new_name: _NewName, config: _Config = None
) -> None:
    """Give a profile another name, also where default_profile and groups name it.

    An archive knows it by its old name: what it has stays there, and its next run lists the new
    name from the beginning.
    """
    from recli.config.edit import read_config_text
    from recli.config.edit_profiles import rename_profile
    from recli.config.load import config_path, write_config

    path = config_path(config, context.environment.environ)
    text = rename_profile(read_config_text(path), name, new_name, origin=str(path))
    write_config(path, text)


def app() -> typer.Typer:
    """Return the commands below `recli config`."""
    commands = typer.Typer(
        cls=ExampleGroup,
        rich_markup_mode=None,
        invoke_without_command=True,
        help="Make, find, read and edit the configuration file.",
    )
    commands.callback()(_show_help)
    commands.command("init", cls=SectionedHelp)(init_command)
    commands.command("path", cls=SectionedHelp)(path)
    commands.command("show", cls=SectionedHelp)(show)
    commands.command("get", cls=SectionedHelp)(get_command)
    commands.command("set", cls=SectionedHelp)(set_command)
    commands.command("unset", cls=SectionedHelp)(unset_command)
    commands.command("rename", cls=SectionedHelp)(rename_command)
    commands.command("remove", cls=SectionedHelp)(remove_command)
    commands.command("edit", cls=SectionedHelp)(edit_command)
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
