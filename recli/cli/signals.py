"""Signals as orderly ends: an exception where the main thread is, and a process that does end.

Only the process's own entry installs these; commands never see a signal's number.
"""

import _thread
import os
import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

from recli.errors import ExitCode

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_PATIENCE_S = 4.0
"""How long tidying up may take after a signal before the process ends without it."""
_MOMENT_S = 0.01
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Ended(BaseException):
    """A signal asked for the end of the run; not an `Exception`, so that nothing swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        interrupted = number == signal.SIGINT
        self.code = ExitCode.INTERRUPTED if interrupted else ExitCode.TERMINATED


def install() -> None:
    """Raise `Ended` on interrupt, termination and hang-up, from now to the end of the process.

    What a parent ignores for us (nohup, a shell's background jobs) stays ignored.
    """
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    sys.unraisablehook = _unraisable


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


def _end(number: int, _: FrameType | None) -> None:
    # Once is enough: `timeout` and terminals like to send the same signal twice.
    for each in _numbers():
        signal.signal(each, signal.SIG_IGN)
    end = Ended(number)
    # A bare thread: what `threading` locks to start one may be locked by what was interrupted.
    _thread.start_new_thread(_end_anyway, (int(end.code),))
    raise end


def _end_anyway(code: int) -> None:
    """End the process if tidying up takes long: something hangs that nobody should wait for."""
    time.sleep(_PATIENCE_S)
    os._exit(code)


def _unraisable(args: "UnraisableHookArgs") -> None:
    """Send a signal again that hit a place where Python drops exceptions: a finalizer, a callback.

    Anything else is told as always.
    """
    end = args.exc_value
    if not isinstance(end, Ended):
        sys.__unraisablehook__(args)
        return
    signal.signal(end.number, _end)
    _thread.start_new_thread(_send_again, (end.number,))


def _send_again(number: int) -> None:
    time.sleep(_MOMENT_S)  # until the main thread has left that place
    os.kill(os.getpid(), number)
