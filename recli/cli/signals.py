"""Signals as an exception in the main thread, and a process that surely ends."""

import _thread
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from recli.errors import ExitCode

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_CLEANUP_S = 4.0
"""How long cleaning up may take after a signal before the process is ended."""
_RESEND_S = 0.02
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Terminated(BaseException):
    """A signal ended the run; no `Exception`, so that nothing swallows it."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


def install() -> None:
    """Raise `Terminated` on interrupt, termination and hang-up, from now to the end of the process.

    What a parent ignores for us (nohup, a shell's background jobs) stays ignored.
    """
    _SignalWatch().install()


@contextmanager
def prompting() -> Iterator[None]:
    """Raise a signal again until it has left this block, in which questions are asked."""
    _SignalWatch.is_prompting = True
    try:
        yield
    finally:
        _SignalWatch.is_prompting = False


class _SignalWatch:
    """Raise `Terminated` once in the main thread, and make sure that it arrives."""

    is_prompting = False
    """Whether `input` may be running, which drops what is raised while it flushes its streams."""

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
            # A bare thread: starting one later could wait for a lock that `threading` holds then.
            _thread.start_new_thread(self._resend, (reading,))

    def _end(self, number: int, _: FrameType | None) -> None:
        if (
            not self._raised or _SignalWatch.is_prompting
        ):  # `timeout` and terminals like to send the same signal twice
            self._raised = True
            raise Terminated(_code(number))

    def _resend(self, reading: int) -> None:
        """Wait for a signal, send it again until it is raised, and end the process in time.

        It may come just before the main thread waits for a lock, or where Python drops exceptions.
        """
        number = os.read(reading, 1)[0]
        ends_s = time.monotonic() + _CLEANUP_S
        while time.monotonic() < ends_s:
            time.sleep(_RESEND_S)
            if not self._raised or _SignalWatch.is_prompting:
                os.kill(os.getpid(), number)
        os._exit(_code(number))

    def _unraisable(self, args: "UnraisableHookArgs") -> None:
        """Allow another attempt if a finalizer or callback swallowed the exception."""
        if isinstance(args.exc_value, Terminated):
            self._raised = False
        else:
            sys.__unraisablehook__(args)


def signal_behind(problem: BaseException) -> Terminated | None:
    """Return the signal that led to an error: cleaning up may fail after an interrupt."""
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, Terminated):
        cause = cause.__context__
    return cause


def _code(number: int) -> ExitCode:
    return ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
