"""`recli config set`: change one key of the configuration, its comments kept."""

from pathlib import Path
from typing import Annotated

import typer

from recli.cli.options.taking import taking
from recli.cli.session import Session
from recli.cli.shell import complete
from recli.errors import UsageError

_Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="default_profile, timezone, or a profile's: profiles.NAME.KEY.",
        autocompletion=complete.keys,
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


@taking
def command(
    session: Session,
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
    from recli.cli.configuring.questions import secret_line
    from recli.config.edit import current, set_key
    from recli.config.private import write_private
    from recli.config.where import locate

    path = locate(config, session.world.environ)
    given = secret_line(session, key) if value is None else value
    write_private(path, set_key(current(path), key, given, origin=str(path)))
