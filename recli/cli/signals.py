"""Signals as orderly ends: an exception where the main thread is, and a process that does end.

Only the process's own entry installs these; commands never see a signal's number.
"""

import os
import signal
from threading import Timer
from types import FrameType

from recli.errors import ExitCode

_PATIENCE_S = 4.0
"""How long tidying up may take after a signal before the process ends without it."""
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Ended(BaseException):
    """A signal asked for the end of the run; not an `Exception`, so that nothing swallows it."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def install() -> None:
    """Raise `Ended` on interrupt, termination and hang-up, from now to the end of the process.

    What a parent ignores for us (nohup, a shell's background jobs) stays ignored.
    """
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]


def _end(number: int, _: FrameType | None) -> None:
    code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
    # Once is enough: `timeout` and terminals like to send the same signal twice.
    for each in _numbers():
        signal.signal(each, signal.SIG_IGN)
    # Tidying up takes no time; where it does, something hangs that nobody should wait for.
    watchdog = Timer(_PATIENCE_S, os._exit, (int(code),))
    watchdog.daemon = True
    watchdog.start()
    raise Ended(code)
