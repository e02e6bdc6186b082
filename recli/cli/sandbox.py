"""`recli sandbox`: fake providers on this machine, until interrupted."""

from typing import Annotated

import typer

from recli.cli.command import takes
from recli.cli.context import CommandContext
from recli.errors import ExitCode, UsageError

_Port = Annotated[
    int,
    typer.Option(
        "--port", metavar="N", min=0, max=65535, help="The port to serve on.  [default: a free one]"
    ),
]


@takes
def sandbox_command(context: CommandContext, port: _Port = 0) -> ExitCode:
    """Serve made-up recordings of all five providers.

    They are served on this machine only, until interrupted. Prints the configuration to use them:
    save it to a file, chmod 600, and name that with --config. `recli list --sandbox` does all of
    this by itself.
    """
    from recli.sandbox.server import run

    try:
        run(port, context.out)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror or error}") from error
    return ExitCode.OK
