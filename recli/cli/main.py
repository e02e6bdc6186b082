"""Run a command line; the only place where errors become messages and exit codes."""

import errno
import os
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from functools import partial

from recli import __version__
from recli.cli.console import PROGRAM, Console, Environment, is_terminal
from recli.cli.signals import Terminated, install, signal_behind
from recli.errors import ExitCode, OutputError, RecliError, UsageError
from recli.files import FileModeWarning
from recli.redact import Redactor

_DEBUG = "RECLI_DEBUG"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Errors of a full disk while help is written; rows raise `OutputError` themselves."""
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
    width = environment.width if is_terminal(environment.stderr) else None
    console = Console(environment.stderr, Redactor(), width=width)
    shown, warnings.showwarning = warnings.showwarning, partial(_show_warning, console)
    try:
        code = _dispatch(argv, environment, console)
        if environment.stdout is not None and not environment.stdout.closed:
            environment.stdout.flush()  # so that a failure is still reported
    except BaseException as problem:  # noqa: BLE001  # every error becomes one line
        return _code_of(problem, environment, console)
    finally:
        warnings.showwarning = shown
        console.release()
    return code


def _show_warning(
    console: Console, message: Warning | str, category: type[Warning], *_: object, **__: object
) -> None:
    """Show a warning of recli's own; a library's is none of the user's, and a detail."""
    if issubclass(category, FileModeWarning):
        console.warn(str(message))
    else:
        console.detail(f"{category.__name__}: {message}")


def _code_of(problem: BaseException, environment: Environment, console: Console) -> ExitCode:
    """Show the error, unless it is an ordinary end, and return its exit code."""
    match signal_behind(problem) or problem:
        case BrokenPipeError():  # the reader closed the pipe
            return ExitCode.OK
        case Terminated() as signal:
            return signal.code
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case RecliError() as error:
            pass
        case OSError() as full if full.errno in _FULL:
            error = OutputError(f"{full.filename or 'standard output'}: {full.strerror}")
        case OSError(errno=errno.EMFILE | errno.ENFILE):
            from recli.transport.http_errors import FILES_HINT, FILES_PROBLEM

            error = RecliError(FILES_PROBLEM, hint=FILES_HINT)
        case _:
            error = _fault(problem, environment, console)
    console.conclude(error)
    return error.exit_code


def _dispatch(argv: Sequence[str], environment: Environment, console: Console) -> int:
    if list(argv) == ["--version"]:  # without importing Typer, for speed
        if environment.stdout is not None:
            environment.stdout.write(f"{PROGRAM} {__version__}\n")
        return ExitCode.OK
    import logging

    import typer
    from typer.main import get_command

    from recli.cli.app import app, usage_error
    from recli.cli.context import CommandContext

    if not logging.root.handlers:  # libraries would write to the screen
        logging.root.addHandler(logging.NullHandler())
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
            result: object = command.main(
                args=list(argv), prog_name=PROGRAM, standalone_mode=False, obj=context
            )
    except typer.TyperException as error:
        raise usage_error(error) from error
    except typer.Abort:
        raise UsageError("stopped at a prompt") from None
    except SystemExit as end:  # from completion, and from Typer when the pipe is closed
        if isinstance(end.__context__, BrokenPipeError):
            raise BrokenPipeError from end
        return end.code if isinstance(end.code, int) else ExitCode.OK
    return result if isinstance(result, int) else ExitCode.OK


def _fault(problem: BaseException, environment: Environment, console: Console) -> RecliError:
    """Return the error for a fault of recli's own; show the traceback if RECLI_DEBUG is set."""
    if environment.environ.get(_DEBUG):
        import traceback

        for line in "".join(traceback.format_exception(problem)).splitlines():
            console.write(console.redact(line) + "\n")
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    location = ""
    if trace is not None:
        path = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        location = f" at {'/'.join(path.split('/')[-3:])}:{trace.tb_lineno}"
    name = type(problem).__name__
    return RecliError(f"unexpected {name}{location}: {problem}"[:500], hint=_REPORT)


def _leave(code: int) -> None:
    """End the process, whatever streams can't be written and threads still wait."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if threading.active_count() > 1:
        os._exit(code)  # threads that wait for a response need no cleaning up
    sys.exit(code)
