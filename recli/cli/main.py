"""The only place where errors become exit codes: one line on standard error for each of them.

`main` takes everything from outside as arguments; `run_process` gives it the process's own.
"""

import errno
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime

from recli import __version__
from recli.cli.console import PROGRAM, Console, Environment
from recli.cli.signals import Terminated, install
from recli.errors import ExitCode, OutputError, RecliError, UsageError
from recli.redact import Redactor

_DEBUG = "RECLI_DEBUG"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What a disk says; here only of help and the like, for rows have their own words for it."""
_REPORT = (
    f"this is a fault in recli, not in what you did: run it again with {_DEBUG}=1 and report"
    " what it prints, with `recli --version`"
)


def run_process() -> None:
    """Run with the process's arguments, streams and signals; never returns."""
    install()
    environment = Environment(
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        environ=os.environ,
        now=lambda: datetime.now(UTC),
        monotonic_s=time.monotonic,
    )
    try:
        code = main(sys.argv[1:], environment)
    except Terminated as end:  # between the lines above
        code = int(end.code)
    _leave(code)


def main(argv: Sequence[str], environment: Environment) -> int:
    """Run a command line and return its exit code; nothing is raised."""
    console = Console(environment.stderr, Redactor())
    try:
        code = _dispatch(argv, environment, console)
        if environment.stdout is not None and not environment.stdout.closed:
            environment.stdout.flush()  # what help has written, while a failure can still be told
    except BaseException as problem:  # noqa: BLE001  # whatever it is, people get one line
        return _code_of(problem, environment, console)
    return code


def _code_of(problem: BaseException, environment: Environment, console: Console) -> ExitCode:
    """Tell what went wrong, where that is news, and return the exit code that says so."""
    match _ended(problem) or problem:
        case BrokenPipeError():  # the reader has seen enough
            return ExitCode.OK
        case Terminated() as end:
            return end.code
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case RecliError() as error:
            pass
        case OSError() as full if full.errno in _FULL:
            error = OutputError(f"{full.filename or 'standard output'}: {full.strerror}")
        case _:
            error = _fault(problem, environment, console)
    console.error(error)
    return error.exit_code


def _ended(problem: BaseException) -> Terminated | None:
    """Return the signal that an error came of: tidying up may trip over what it interrupted."""
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, Terminated):
        cause = cause.__context__
    return cause


def _dispatch(argv: Sequence[str], environment: Environment, console: Console) -> int:
    if list(argv) == ["--version"]:  # without Typer, which takes five times as long as Python
        if environment.stdout is not None:
            environment.stdout.write(f"{PROGRAM} {__version__}\n")
        return ExitCode.OK
    import typer
    from typer.main import get_command

    from recli.cli.app import app, usage_error
    from recli.cli.context import CommandContext

    context = CommandContext(environment, console)
    command = get_command(app())
    if argv[:1] == ["__complete"]:
        from recli.cli.completion import complete

        if environment.stdout is not None:
            environment.stdout.write(complete(command, argv[1:]))
        return ExitCode.OK
    try:
        # Typer writes help and completion to the process's streams.
        with redirect_stdout(environment.stdout), redirect_stderr(environment.stderr):
            said: object = command.main(
                args=list(argv), prog_name=PROGRAM, standalone_mode=False, obj=context
            )
    except typer.TyperException as error:
        raise usage_error(error) from error
    except typer.Abort:
        raise UsageError("stopped at a question") from None
    except SystemExit as end:  # completion ends so, and Typer when the reader has gone
        if isinstance(end.__context__, BrokenPipeError):
            raise BrokenPipeError from end
        return end.code if isinstance(end.code, int) else ExitCode.OK
    return said if isinstance(said, int) else ExitCode.OK


def _fault(problem: BaseException, environment: Environment, console: Console) -> RecliError:
    """Return the error for a fault of recli's own; its traceback is for those who ask for it."""
    if environment.environ.get(_DEBUG):
        import traceback

        for line in "".join(traceback.format_exception(problem)).splitlines():
            console.show(console.redact(line) + "\n")
    place = problem.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" at {_place(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    return RecliError(f"unexpected {type(problem).__name__}{where}: {problem}"[:500], hint=_REPORT)


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
