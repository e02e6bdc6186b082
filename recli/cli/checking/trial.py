"""Trying a profile: one question for its first page, and what the answer says of the profile.

A refused profile is asked once. Nothing is told to people here: a `Finding` is a plain value.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from recli.config.tables import Profile
from recli.errors import Denied, ProviderError, RecliError, Refused
from recli.model import Query, Recording
from recli.redact import Redactor
from recli.transport.settings import Settings
from recli.transport.transport import Transport
from recli.transport.watch import Watch
from recli.wire import Order, Page

TIMEOUT_S, RETRIES, MAX_WAIT_S = 10.0, 1, 5.0
"""A host that is dead is told so within half a minute, whatever the profile's patience."""
_STEPS = 3
"""An answer may only say how to ask again: as old firmware does, or one that tells its zone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a trial; None where it did not get so far.

    `reached`: something answered; `accepted`: it took the credentials; `allowed`: they may list.
    `skew_s` is how far this machine's clock is ahead of the provider's. `newest_at` is the newest
    recording's start: of all where `certain`, else of those that were read; None with `empty_from`
    where there is none since then.
    """

    profile: str
    provider: str
    seconds: float = 0.0
    reached: bool | None = None
    accepted: bool | None = None
    allowed: bool | None = None
    skew_s: float | None = None
    newest_at: datetime | None = None
    certain: bool = True
    empty_from: datetime | None = None
    error: RecliError | None = None

    @property
    def right(self) -> bool:
        """Whether the profile can be used."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Outside:
    """What a trial needs of the world; `token_folder` None fetches tokens of its own."""

    now: datetime
    monotonic_s: Callable[[], float]
    redact: Redactor
    token_folder: Path | None


def attempt(profile: Profile, watch: Watch, outside: Outside) -> Finding:
    """Ask for a profile's first page and return what was found; errors are in the finding."""
    transport: Transport | None = None
    begun_s = outside.monotonic_s()
    ears = _Ears(watch)
    found = Finding(profile.name, profile.provider.name)
    try:
        transport = Transport(
            profile.provider,
            _hurried(profile.settings),
            redactor=outside.redact,
            watch=ears,
            token_folder=outside.token_folder,
        )
        page, since = _asked(transport, outside.now)
        found = replace(_read(found, page, profile, since), accepted=True, allowed=True)
    except RecliError as error:
        found = _failed(found, error)
    finally:
        if transport is not None:
            transport.close()
    skew_s = transport.skew_s if transport is not None else None
    passed_s = outside.monotonic_s() - begun_s
    return replace(found, reached=ears.reached, skew_s=skew_s, seconds=passed_s)


def _hurried(settings: Settings) -> Settings:
    timeout_s = min(settings.timeout_s, TIMEOUT_S)
    return replace(settings, timeout_s=timeout_s, retries=RETRIES, max_wait_s=MAX_WAIT_S)


def _asked(transport: Transport, now: datetime) -> tuple[Page, datetime | None]:
    """Return the first page and where its window begins."""
    request = next(transport.provider.plan(Query(now=now, limit=1)), None)
    page = Page()
    since = None
    for _ in range(_STEPS):
        if request is None:
            break
        page = transport.fetch(request)
        if request.window is not None:
            since = request.window.since
        if page.rows or not page.follow:
            break
        request = page.follow[0]
    return page, since


def _read(found: Finding, page: Page, profile: Profile, since: datetime | None) -> Finding:
    if page.defects:
        raise ProviderError(profile.provider.name, page.defects[0])
    newest = _newest(page.rows)
    if newest is None:
        return replace(found, empty_from=None if page.rows else since)
    order = profile.provider.listing_order
    return replace(found, newest_at=newest, certain=order is Order.NEWEST_FIRST or not page.follow)


def _newest(rows: Sequence[Recording]) -> datetime | None:
    return max((row.started_at for row in rows if row.started_at is not None), default=None)


def _failed(found: Finding, error: RecliError) -> Finding:
    match error:
        case Refused():
            return replace(found, accepted=False, error=error)
        case Denied():
            return replace(found, accepted=True, allowed=False, error=error)
        case _:
            return replace(found, error=error)


class _Ears:
    """Hear whether anything answered, and pass all on."""

    def __init__(self, watch: Watch) -> None:
        self.answered = False
        self.asked = False
        self._watch = watch

    @property
    def reached(self) -> bool | None:
        """Whether something answered; None if nothing was asked."""
        return self.answered if self.asked else None

    def requested(self, method: str, url: str, outcome: str, seconds: float) -> None:
        """Note an answer: its outcome is a status, that of a failure is words."""
        self.asked = True
        self.answered = self.answered or outcome.isdecimal()
        self._watch.requested(method, url, outcome, seconds)

    def waiting(self, why: str, seconds: float) -> None:
        """Pass it on."""
        self._watch.waiting(why, seconds)

    def warned(self, text: str) -> None:
        """Pass it on."""
        self._watch.warned(text)
