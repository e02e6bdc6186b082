"""One run of a command: the outside, and whom to tell. Commands find it as `ctx.obj`."""

from dataclasses import dataclass
from typing import TextIO

import typer

from recli.cli.console import Console, Environment


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What every command is given besides its own options."""

    environment: Environment
    console: Console

    @property
    def out(self) -> TextIO:
        """Standard output for what is no rows: UsageError where it was closed."""
        from recli.output.streams import stdout_stream

        return stdout_stream(self.environment.stdout)

    def check_out(self) -> None:
        """Raise UsageError if standard output was closed."""
        _ = self.out


def command_context(ctx: typer.Context) -> CommandContext:
    """Return the `CommandContext` that `recli.cli.main` put into a command's context."""
    if not isinstance(ctx.obj, CommandContext):
        raise TypeError("commands run below recli.cli.main only")
    return ctx.obj
