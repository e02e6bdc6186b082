"""The sockets of requests under way, so that each can be cut: when it is late, or at the end.

A socket's time-out bounds a silence, not an answer: a server that sends a byte now and then would
hold a request for ever. A watcher, which lives while there is something to watch, cuts such lines.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Event, Lock, Thread, local
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_S = 1.0
"""The longest time between two looks of the watcher."""
_LOOKS = 8
"""Looks in the time that an answer may take."""


class Deadline:
    """A request under way; `late` says that it was cut because its answer took too long."""

    __slots__ = ("deadline_s", "late", "socket")

    def __init__(self, deadline_s: float | None) -> None:
        self.deadline_s = deadline_s
        self.late = False
        self.socket: socket.socket | None = None

    def take_your_time(self) -> None:
        """Let the rest of the answer take as long as it keeps coming."""
        self.deadline_s = None

    def cut(self) -> None:
        """End all reading and writing on the socket, whoever is at it."""
        if self.socket is not None:
            with suppress(OSError):
                # Not the TLS layer's own shutdown, which a thread that reads does not survive.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class DeadlineWatchdog:
    """The lines of one profile; `most_s` is how long an answer may take."""

    def __init__(self, most_s: float, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self.closed = False
        self._most_s = most_s
        self._now_s = now_s
        self._lock = Lock()
        self._under_way: set[Deadline] = set()
        self._watched = False
        self._ended = Event()
        self._own = local()

    def begin(self) -> Deadline:
        """Return the line of a request that this thread is about to send."""
        line = Deadline(self._now_s() + self._most_s)
        self._own.line = line
        with self._lock:
            self._under_way.add(line)
            if not self._watched:
                self._watched = True
                Thread(target=self._watch, name="recli-lines", daemon=True).start()
        return line

    def end(self, line: Deadline) -> None:
        """Forget a line whose answer was read or given up."""
        with self._lock:
            self._under_way.discard(line)
            line.socket = None  # from now on it may carry somebody else's request

    def attach(self, sock: socket.socket) -> None:
        """Take the socket on which this thread waits for its answer."""
        line: Deadline | None = getattr(self._own, "line", None)
        if line is not None:
            line.socket = sock
            if line.late or self.closed:
                line.cut()

    def look(self) -> bool:
        """Cut what is late; return whether there is anything left to watch."""
        now_s = self._now_s()
        with self._lock:
            for line in self._under_way:
                if line.deadline_s is not None and now_s >= line.deadline_s and not line.late:
                    line.late = True
                    line.cut()
            self._watched = bool(self._under_way)
            return self._watched

    def close(self) -> None:
        """Cut all lines, and those to come."""
        self.closed = True
        self._ended.set()
        with self._lock:
            for line in self._under_way:
                line.cut()

    def _watch(self) -> None:
        while not self._ended.wait(min(_LOOK_S, self._most_s / _LOOKS)):
            if not self.look():
                return
