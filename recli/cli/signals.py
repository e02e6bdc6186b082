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
_MOMENT_S = 0.02
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Terminated(BaseException):
    """A signal asked for the end of the run; not an `Exception`, so that nothing swallows it."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def install() -> None:
    """Raise `Terminated` on interrupt, termination and hang-up, from now to the end of the process.

    What a parent ignores for us (nohup, a shell's background jobs) stays ignored.
    """
    _SignalWatch().install()


class _SignalWatch:
    """Raise `Terminated` once in the main thread, and see to it that it gets there."""

    def __init__(self) -> None:
        self._raised = False

    def install(self) -> None:
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._end)
        sys.unraisablehook = self._unraisable
        if sys.platform != "win32":
            reading, writing = os.pipe()
            os.set_blocking(writing, False)
            signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
            # A bare thread: what `threading` locks to start one later may be locked just then.
            _thread.start_new_thread(self._see_to_it, (reading,))

    def _end(self, number: int, _: FrameType | None) -> None:
        if not self._raised:  # `timeout` and terminals like to send the same signal twice
            self._raised = True
            raise Terminated(_code(number))

    def _see_to_it(self, reading: int) -> None:
        """Wait for a signal, and send it again until it is raised where it can be heard.

        It may come just before the main thread waits for a lock, which then lasts; or where Python
        drops exceptions. Tidying up takes no time: where it does, something hangs that nobody
        should wait for.
        """
        number = os.read(reading, 1)[0]
        ends_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < ends_s:
            time.sleep(_MOMENT_S)
            if not self._raised:
                os.kill(os.getpid(), number)
        os._exit(_code(number))

    def _unraisable(self, args: "UnraisableHookArgs") -> None:
        """Note that a finalizer or a callback was hit; anything else is told as always."""
        if isinstance(args.exc_value, Terminated):
            self._raised = False
        else:
            sys.__unraisablehook__(args)


def _code(number: int) -> ExitCode:
    return ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
