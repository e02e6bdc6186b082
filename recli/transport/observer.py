"""What the transport tells of itself while it works: a protocol, and the counts for the report."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Protocol


class TransportObserver(Protocol):
    """Who is told what happens on the line; every text has been through redaction."""

    def requested(self, method: str, url: str, outcome: str, seconds: float) -> None:
        """A request was answered, or failed, after so many seconds."""

    def waiting(self, why: str, seconds: float) -> None:
        """A failed request waits before it is tried again."""

    def warned(self, text: str) -> None:
        """Something that the user should know, once."""


class NullObserver:
    """Tell nobody; who derives from it is told of warnings only, and requests are not described."""

    def requested(self, method: str, url: str, outcome: str, seconds: float) -> None:
        """Do nothing."""

    def waiting(self, why: str, seconds: float) -> None:
        """Do nothing."""

    def warned(self, text: str) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Counts:
    requests: int = 0
    retries: int = 0
    waited_s: float = 0.0


class RequestStats:
    """Count requests, retries and seconds waited; waits at the same time count once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts = _Counts()
        self._waited_until_s = 0.0

    @property
    def requests(self) -> int:
        """Requests that were sent, retries and logins included."""
        return self._counts.requests

    @property
    def retries(self) -> int:
        """Requests that were sent again."""
        return self._counts.retries

    @property
    def waited_s(self) -> float:
        """Seconds during which at least one request waited to be sent again."""
        return self._counts.waited_s

    def sent(self) -> None:
        """Count a request."""
        with self._lock:
            self._counts.requests += 1

    def wait(self, start_s: float, seconds: float, *, most_s: float) -> bool:
        """Count a wait that is about to start; False, and no wait, if that were too many in all."""
        with self._lock:
            end_s = start_s + seconds
            more_s = max(0.0, end_s - max(start_s, self._waited_until_s))
            if self._counts.waited_s + more_s > most_s:
                return False
            self._counts.retries += 1
            self._counts.waited_s += more_s
            self._waited_until_s = max(self._waited_until_s, end_s)
            return True
