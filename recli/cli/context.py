"""What a command is given besides its options: Typer's `ctx.obj`."""

from dataclasses import dataclass
from typing import TextIO

import typer

from recli.cli.console import Console, Environment


@dataclass(frozen=True, slots=True)
class CommandContext:
    """The environment and the console of one run."""

    environment: Environment
    console: Console

    @property
    def out(self) -> TextIO:
        """Standard output as UTF-8; UsageError if it is closed."""
        from recli.output.streams import stdout_stream

        return stdout_stream(self.environment.stdout)

    def write(self, text: str) -> None:
        """Write text to standard output, at once; OutputError where that is impossible."""
        from recli.output.streams import write_text

        stream = self.out
        write_text(stream, text)
        stream.flush()


def command_context(ctx: typer.Context) -> CommandContext:
    """Return the `CommandContext` that `recli.cli.main` passed to Typer."""
    if not isinstance(ctx.obj, CommandContext):
        raise TypeError("commands run below recli.cli.main only")
    return ctx.obj
