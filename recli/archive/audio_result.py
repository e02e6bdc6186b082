"""How fetching audio went, and what a failure means for the recordings that follow."""

from dataclasses import dataclass, field

from recli.errors import Denied, ProviderError, RecliError, Refused, Transient
from recli.transport.client import Client
from recli.wire import QueryToken

KEPT_FAILURES = 100
"""How many failures of one profile are told one by one; all are in the catalog."""
_DOWN, _DENIED = 3, 20
"""So many recordings in a row that fail for such a reason say that all others would too."""


@dataclass(frozen=True, slots=True)
class AudioFailure:
    """A recording whose audio was not to be had in this run."""

    id: str
    problem: str


@dataclass(slots=True)
class ProfileAudio:
    """One profile's audio in one run.

    `stored` and `bytes` are of this run, as are `failed` and `gone`; `not_ready` waits for the
    provider; `given_up` failed in as many runs as are allowed, this one or earlier; `left` was not
    tried; `unfinished` are recordings that go on. `error` is why the rest was not tried.
    """

    profile: str
    planned: int = 0
    stored: int = 0
    bytes: int = 0
    failed: int = 0
    gone: int = 0
    not_ready: int = 0
    given_up: int = 0
    left: int = 0
    unfinished: int = 0
    failures: list[AudioFailure] = field(default_factory=list)
    error: RecliError | None = None

    @property
    def is_complete(self) -> bool:
        """Say whether all audio that this run asked for is stored; what was given up is told."""
        return not (self.failed or self.gone or self.left or self.error)

    def tell(self, failure: AudioFailure) -> None:
        """Keep a failure, as long as there are few."""
        if len(self.failures) < KEPT_FAILURES:
            self.failures.append(failure)


@dataclass(slots=True)
class AudioResult:
    """All profiles' audio in one run, by the profile's name."""

    profiles: dict[str, ProfileAudio] = field(default_factory=dict)

    def total(self, name: str) -> int:
        """Return the sum of a count over all profiles, such as `stored` or `bytes`."""
        return sum(int(getattr(each, name)) for each in self.profiles.values())

    @property
    def is_complete(self) -> bool:
        """Say whether all audio that this run asked for is stored."""
        return all(each.is_complete for each in self.profiles.values())


def longest_streak(error: ProviderError, transport: Client) -> int | None:
    """Return after how many such errors in a row a profile's other recordings are left; or None.

    None: it says nothing of the others. A login that was refused must not be tried again.
    """
    if isinstance(error, Refused):
        own = isinstance(transport.provider.auth, QueryToken)
        return 1 if own else _DENIED
    if isinstance(error, Denied):
        return _DENIED
    return _DOWN if isinstance(error.__cause__, Transient) else None
