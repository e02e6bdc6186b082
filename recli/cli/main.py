"""The only place where errors become exit codes: one line on standard error for each of them.

`main` takes everything from outside as arguments; `run_process` gives it the process's own.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime

from recli import __version__
from recli.cli.signals import Ended, install
from recli.cli.tell import PROGRAM, Teller
from recli.cli.world import World
from recli.errors import ExitCode, OutputError, RecliError, UsageError
from recli.redact import Redactor

_DEBUG = "RECLI_DEBUG"
_ISSUES_HINT = (
    f"this is a fault in recli, not in what you did: run it again with {_DEBUG}=1 and report"
    " what it prints, with `recli --version`"
)


def run_process() -> None:
    """Run with the process's arguments, streams and signals; never returns."""
    install()
    world = World(
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        environ=os.environ,
        now=lambda: datetime.now(UTC),
        monotonic_s=time.monotonic,
    )
    try:
        code = main(sys.argv[1:], world)
    except Ended as end:  # between the lines above
        code = int(end.code)
    _leave(code)


def main(argv: Sequence[str], world: World) -> int:
    """Run a command line and return its exit code; nothing is raised."""
    teller = Teller(world.stderr, Redactor())
    try:
        code = _dispatch(argv, world, teller)
        _flush(world)
    except BrokenPipeError:  # the reader has seen enough
        return ExitCode.OK
    except Ended as end:
        return end.code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except RecliError as error:
        teller.error(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  # whatever it is, people get one line
        return _fault(error, world, teller)
    return code


def _dispatch(argv: Sequence[str], world: World, teller: Teller) -> int:
    if list(argv) == ["--version"]:  # without Typer, which takes five times as long as Python
        if world.stdout is not None:
            world.stdout.write(f"{PROGRAM} {__version__}\n")
        return ExitCode.OK
    import typer
    from typer.main import get_command

    from recli.cli.app import app, usage_error
    from recli.cli.session import Session

    session = Session(world, teller)
    command = get_command(app())
    try:
        # Typer writes help and completion to the process's streams.
        with redirect_stdout(world.stdout), redirect_stderr(world.stderr):
            said: object = command.main(
                args=list(argv), prog_name=PROGRAM, standalone_mode=False, obj=session
            )
    except typer.TyperException as error:
        raise usage_error(error) from error
    except typer.Abort:
        raise UsageError("stopped at a question") from None
    except SystemExit as end:  # completion ends so
        return end.code if isinstance(end.code, int) else ExitCode.OK
    return said if isinstance(said, int) else ExitCode.OK


def _flush(world: World) -> None:
    """Hand over what help and versions have written, while failures can still be told."""
    if world.stdout is None or world.stdout.closed:
        return
    try:
        world.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror}") from error


def _fault(error: Exception, world: World, teller: Teller) -> int:
    if world.environ.get(_DEBUG):
        import traceback

        for line in "".join(traceback.format_exception(error)).splitlines():
            teller.show(teller.redact(line) + "\n")
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {_place(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    problem = f"unexpected {type(error).__name__}{where}: {error}"
    teller.error(RecliError(problem[:500], hint=_ISSUES_HINT))
    return ExitCode.FAULT


def _place(path: str) -> str:
    return "/".join(path.replace("\\", "/").rsplit("/", 3)[-3:])


def _leave(code: int) -> None:
    """End the process: without a word about streams that can't take any, or threads that hang."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if threading.active_count() > 1:
        os._exit(code)  # threads that wait for an answer hold nothing that must be tidied up
    sys.exit(code)
