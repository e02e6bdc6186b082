"""Requests, answers, and rows spread over a range of time: what the made-up accounts share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000
CALL_S = 63
PLIVO_ID = "MABENCHBENCHBENCHBEN"


class Asked(NamedTuple):
    """A request; the names of `query` and of a form's fields are as sent, `path` has no query."""

    path: str
    query: Mapping[str, str]
    body: bytes
    base_url: str


class Told(NamedTuple):
    """An answer's body, the lines of headers that are its own, and its type."""

    body: bytes
    headers: bytes = b""
    content_type: bytes = b"application/json"


Answering = Callable[[Asked], Told | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """`rows` rows, evenly over a range of time, newest first; times in microseconds after 1970."""

    rows: int
    since_us: int
    until_us: int

    @property
    def step_us(self) -> int:
        return (self.until_us - self.since_us) // self.rows

    def moment_us(self, row: int) -> int:
        return self.until_us - (row + 1) * self.step_us

    def between(self, since_us: int, until_us: int) -> range:
        """Return the rows of a half-open range of time."""
        first = min(max((self.until_us - until_us) // self.step_us, 0), self.rows)
        end = min(max((self.until_us - since_us) // self.step_us, first), self.rows)
        return range(first, end)
