"""One run of a command: the outside, and whom to tell. Commands find it as `ctx.obj`."""

from dataclasses import dataclass
from typing import TextIO

import typer

from recli.cli.console import Console, Environment


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What every command is given besides its own options."""

    world: Environment
    teller: Console

    @property
    def out(self) -> TextIO:
        """Standard output for what is no rows: UsageError where it was closed."""
        from recli.output.streams import stdout_stream

        return stdout_stream(self.world.stdout)

    def check_out(self) -> None:
        """Raise UsageError if standard output was closed."""
        _ = self.out


def command_context(context: typer.Context) -> CommandContext:
    """Return the session that `recli.cli.main` put into a command's context."""
    session = context.obj
    if not isinstance(session, CommandContext):
        raise TypeError("commands run below recli.cli.main only")
    return session
