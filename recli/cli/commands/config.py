"""`recli config`: make, find, read and edit the configuration file.

Its commands that make and change it are in modules of their own.
"""

from pathlib import Path
from typing import Annotated

import typer

from recli.cli.configuring import init as config_init
from recli.cli.configuring import set_key as config_set
from recli.cli.help import SectionedHelp
from recli.cli.options.taking import taking
from recli.cli.session import Session

_Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Another file than the usual one."),
]


def app() -> typer.Typer:
    """Return the commands below `recli config`."""
    made = typer.Typer(
        rich_markup_mode=None,
        invoke_without_command=True,
        help="Make, find, read and edit the configuration file.",
    )
    made.callback()(_alone)
    made.command("init", cls=SectionedHelp)(config_init.command)
    made.command("path", cls=SectionedHelp)(path)
    made.command("show", cls=SectionedHelp)(show)
    made.command("set", cls=SectionedHelp)(config_set.command)
    return made


def _alone(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@taking
def path(session: Session, config: _Config = None) -> None:
    """Print where the configuration file is, or would be."""
    from recli.config.where import locate

    _print(session, f"{locate(config, session.world.environ)}\n")


@taking
def show(session: Session, config: _Config = None) -> None:
    """Print the configuration, its secrets hidden."""
    from recli.config.read import literal_secrets, load
    from recli.config.render import shown
    from recli.config.where import explicit, locate

    environ = session.world.environ
    place = locate(config, environ)
    configuration = load(place, explicit=explicit(config, environ))
    for secret, _ in literal_secrets(configuration):
        session.teller.redact.add(secret.reveal())
    if configuration.path is None:
        session.teller.note(f"there is no {place} yet: recli config init")
        return
    _print(session, shown(configuration))


def _print(session: Session, text: str) -> None:
    from recli.output.streams import put

    stream = session.out
    put(stream, text)
    stream.flush()
