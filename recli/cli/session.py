"""One run of a command: the outside, and whom to tell. Commands find it as `ctx.obj`."""

from dataclasses import dataclass
from typing import TextIO

import typer

from recli.cli.tell import Teller
from recli.cli.world import World


@dataclass(frozen=True, slots=True)
class Session:
    """What every command is given besides its own options."""

    world: World
    teller: Teller

    @property
    def out(self) -> TextIO:
        """Standard output for what is no rows: UsageError where it was closed."""
        from recli.output.streams import stdout_stream

        return stdout_stream(self.world.stdout)

    def check_out(self) -> None:
        """Raise UsageError if standard output was closed."""
        _ = self.out


def session_of(context: typer.Context) -> Session:
    """Return the session that `recli.cli.main` put into a command's context."""
    session = context.obj
    if not isinstance(session, Session):
        raise TypeError("commands run below recli.cli.main only")
    return session
