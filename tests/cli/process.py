"""Whole commands as processes of their own, against an account in this one."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

DEADLINE_S = 20.0


class Held:
    """Hold a stand-in's answers from the `after`th request on, until released, or for good."""

    def __init__(self, after: int = 0) -> None:
        self.reached = threading.Event()
        self._released = threading.Event()
        self._left = after

    def __call__(self, *_: object) -> None:
        if self._left:
            self._left -= 1
            return
        self.reached.set()
        self._released.wait(DEADLINE_S)

    def release(self) -> None:
        self._released.set()


def environ(home: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join(sys.path)  # the recli that is under test, wherever it lies
    return {"HOME": str(home), "TZ": "UTC", "PYTHONPATH": path, "TERM": "xterm", **more}


def start(
    *argv: str, home: Path, more: Mapping[str, str] | None = None, **popen: object
) -> subprocess.Popen[bytes]:
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen}
    command = [sys.executable, "-m", "recli", *argv]
    return subprocess.Popen(command, env=environ(home, **(more or {})), **settings)


class Terminal:
    """A process on a terminal of its own; `text` is all that it has written."""

    def __init__(self, process: subprocess.Popen[bytes], leader: int) -> None:
        self.process = process
        self.text = ""
        self._leader = leader

    def read_until(self, wanted: str) -> None:
        ends_s = time.monotonic() + DEADLINE_S
        while wanted not in self.text:
            assert time.monotonic() < ends_s, f"{wanted!r} did not come; {self.text!r} did"
            if not self._read(ends_s - time.monotonic()):
                break
        assert wanted in self.text, self.text

    def read_to_the_end(self) -> int:
        while self._read(DEADLINE_S):
            pass
        return self.process.wait(DEADLINE_S)

    def _read(self, timeout_s: float) -> bool:
        ready, _, _ = select.select([self._leader], [], [], timeout_s)
        assert ready, f"nothing came after {self.text!r}"
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:  # what Linux says at the end
            return False
        self.text += data.decode()
        return bool(data)


@contextlib.contextmanager
def running(
    *argv: str, home: Path, held: Held | None = None, **popen: object
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command, and end it whatever the block does."""
    process = start(*argv, home=home, **popen)
    with process:
        try:
            yield process
        finally:
            if held is not None:
                held.release()
            process.kill()


@contextlib.contextmanager
def on_terminal(
    *argv: str, home: Path, columns: int = 80, more: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = start(*argv, home=home, more=more, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    try:
        yield Terminal(process, leader)
    finally:
        process.kill()
        process.wait(DEADLINE_S)
        os.close(leader)
