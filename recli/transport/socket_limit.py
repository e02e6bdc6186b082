"""Bound the sockets of all clients together by the files that this process may open.

A quarter of them may carry requests, half may be kept open for the next one, and the rest is left
to files. Sockets beyond the limit would fail as if servers were out of reach.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING, Self

from recli.transport.rate_limiter import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RESERVED = 32
"""Files that a process has open anyway: streams, libraries, the catalog."""
_MOST = 65_536
"""The limit where the system has none."""


class SocketLimit:
    """Let a number of requests be under way at once, whichever client sends them.

    `kept` is how many idle connections to a host each client may keep; 0 for none.
    """

    def __init__(self, open_files: int, clients: int) -> None:
        available = max(open_files - _RESERVED, 1)
        self.kept = available // 2 // max(clients, 1)
        self._free = max(available // 4, 1)
        self._changed = Condition()

    @classmethod
    def for_process(cls, clients: int) -> Self:
        """Return the limit for `clients` clients in a process with this one's limit of files."""
        return cls(open_file_limit(), clients)

    @contextmanager
    def hold(self, is_closed: Callable[[], bool]) -> Iterator[None]:
        """Hold a socket for one request, waiting for it; Stopped once `is_closed`."""
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0 or is_closed())
            if is_closed():
                self._changed.notify()  # what woke this thread is for another one
                raise Stopped
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify()

    def wake(self) -> None:
        """Let waiting requests see that their client was closed."""
        with self._changed:
            self._changed.notify_all()


def open_file_limit() -> int:
    """Return how many files this process may have open."""
    if sys.platform == "win32":  # there, sockets are no files
        return _MOST
    import resource  # noqa: PLC0415  # Windows has none

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else min(soft, _MOST)
