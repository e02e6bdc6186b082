"""How a profile's connection is made: plain values out of its configuration and the options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from recli.wire import Rate


@dataclass(frozen=True, slots=True)
class Settings:
    """A profile's connection: `jobs` None leaves the number at a time to the provider's limit.

    `timeout_s` is the longest silence of the server; `retries` counts tries after the first of one
    request; `max_wait_s` is how long a profile waits in all before it fails. A server that has
    never answered gets `first_tries` of at most `first_timeout_s`.
    """

    timeout_s: float = 30
    jobs: int | None = None
    ca_file: Path | None = None
    verify_tls: bool = True
    allow_http: bool = False
    max_response_mb: float = 64
    retries: int = 5
    max_wait_s: float = 900
    first_timeout_s: float = 10
    first_tries: int = 3


def parallel_of(rate: Rate, settings: Settings) -> int:
    """Return how many requests may be under way: the provider's number, or the profile's jobs.

    A documented limit of one at a time stays as it is documented.
    """
    if settings.jobs is None:
        return rate.parallel
    if rate.requests and rate.parallel == 1:
        return 1
    return max(settings.jobs, 1)
