"""Abort requests whose response takes too long, and all of them when the client closes.

A socket's time-out bounds a silence, not a response: a server that sends a byte now and then would
hold a request for ever. A thread, which lives while there are requests, shuts such sockets down.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Event, Lock, Thread, local
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_INTERVAL_S = 1.0
"""The longest time between two checks."""
_CHECKS_PER_LIMIT = 8
"""How often, at least, the deadlines are checked while one runs."""


class Deadline:
    """The time by which a response must be whole; `expired` says that it was aborted for it.

    `is_kept_connection` says that the request went over a connection that had answered others.
    """

    __slots__ = ("at_s", "expired", "is_kept_connection", "socket")

    def __init__(self, at_s: float) -> None:
        self.at_s: float | None = at_s
        self.expired = False
        self.is_kept_connection = False
        self.socket: socket.socket | None = None

    def lift(self) -> None:
        """Let the rest of the response take as long as it keeps coming."""
        self.at_s = None

    def abort(self) -> None:
        """End reading and writing on the socket, in whichever thread."""
        if self.socket is not None:
            with suppress(OSError):
                # Not the TLS layer's own shutdown, which a thread that reads does not survive.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class DeadlineWatchdog:
    """The deadlines of one profile's requests, each `limit_s` after its start."""

    def __init__(self, limit_s: float, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self.closed = False
        self._limit_s = limit_s
        self._now_s = now_s
        self._lock = Lock()
        self._deadlines: set[Deadline] = set()
        self._is_running = False
        self._closing = Event()
        self._thread = local()

    def start(self) -> Deadline:
        """Return the deadline of a request that this thread is about to send."""
        deadline = self._thread.deadline = Deadline(self._now_s() + self._limit_s)
        with self._lock:
            self._deadlines.add(deadline)
            if not self._is_running:
                self._is_running = True
                Thread(target=self._run, name="recli-deadlines", daemon=True).start()
        return deadline

    def end(self, deadline: Deadline) -> None:
        """Forget the deadline of a request that is over."""
        with self._lock:
            self._deadlines.discard(deadline)
            deadline.socket = None  # from now on it may carry another request

    def attach(self, sock: socket.socket, *, is_kept: bool = False) -> None:
        """Take the socket on which this thread waits for its response; `is_kept`: not the first."""
        deadline: Deadline | None = getattr(self._thread, "deadline", None)
        if deadline is not None:
            deadline.socket = sock
            deadline.is_kept_connection = is_kept
            if deadline.expired or self.closed:
                deadline.abort()

    def check(self) -> bool:
        """Abort what is past its deadline; return whether any request is under way."""
        now_s = self._now_s()
        with self._lock:
            for deadline in self._deadlines:
                if deadline.at_s is not None and now_s >= deadline.at_s and not deadline.expired:
                    deadline.expired = True
                    deadline.abort()
            self._is_running = bool(self._deadlines)
            return self._is_running

    def close(self) -> None:
        """Abort all requests, and those to come."""
        self.closed = True
        self._closing.set()
        with self._lock:
            for deadline in self._deadlines:
                deadline.abort()

    def _run(self) -> None:
        interval_s = min(_MAX_INTERVAL_S, self._limit_s / _CHECKS_PER_LIMIT)
        while not self._closing.wait(interval_s) and self.check():
            pass
