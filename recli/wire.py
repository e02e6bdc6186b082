"""Requests, answers, pages, limits and credentials: plain values between provider and transport.

Nothing here sends anything; a provider builds and reads these, the transport carries them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from recli.text import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from recli.model import Recording

_NOTHING: Mapping[str, str] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NOTHING


class Secret:
    """Hold a text that must not be shown; `reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of time, `since` ≤ t < `until`, aware UTC; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def within(self, other: Window | None) -> bool:
        """Say whether this range is a part of another one, and not all of it."""
        if other is None or other == self:
            return False
        late = other.since is None or (self.since is not None and self.since >= other.since)
        return late and (
            other.until is None or (self.until is not None and self.until <= other.until)
        )

    def __str__(self) -> str:
        since = utc_text(self.since) if self.since else "the beginning"
        until = utc_text(self.until) if self.until else "now"
        return f"{since} to {until}"


class Credentials(StrEnum):
    """Whether a request carries the profile's credentials."""

    SENT = "sent"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a provider.

    `path` stands below the profile's base URL, or is a whole URL (a link, an audio file). `params`
    go into the query, `form` into a form body, `json` into a JSON body. `window` is the range that
    the walk of which this request is a part covers; requests of one walk share it. `rest` is where
    a chain of windows ends at last. `careful` asks for a walk that the moving of rows can't harm,
    at the price of one request at a time. `resource` names the rate limit that counts it. `memo` is
    the provider's own: what it learned on the way and its next answer needs. `spooled` says that
    the answer is JSON with the audio inside, too large for memory.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=_nothing)
    method: str = "GET"
    form: Mapping[str, str] | None = None
    json: Mapping[str, object] | None = field(default=None, repr=False)
    window: Window | None = None
    rest: datetime | None = None
    careful: bool = False
    resource: str = "list"
    credentials: Credentials = Credentials.SENT
    accept: str = "application/json"
    memo: object = None
    spooled: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: `headers` with lower-case names, `body` decoded from any compression.

    `streamed` says that the body was left on the line, because it looks like audio.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=_nothing)
    body: bytes = b""
    streamed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer tells: rows, and the requests that continue it.

    `follow` holds all that is known to follow, in row order; requests whose window differs from
    the answered one's take over the rest of it. `total` is how many rows the provider claims for
    the answered window. `warnings` tell of fields that could not be read, `defects` of rows that
    could not be delivered at all.
    """

    rows: Sequence[Recording] = ()
    follow: tuple[Request, ...] = ()
    total: int | None = None
    warnings: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """A provider's documented limit: `requests` in any `per_s` seconds, `parallel` at a time.

    `requests` 0 means that no limit is documented.
    """

    requests: int = 0
    per_s: float = 1.0
    parallel: int = 4


class Order(StrEnum):
    """What a listing's order is known to be."""

    NEWEST_FIRST = "newest-first"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sound:
    """An answer that holds audio: its container, and its length where the provider says it.

    `format` is a file extension without the dot, None where the provider does not say. With
    `base64_at`, the sound is the base64 text under that path of keys in a JSON body, else it is
    the body itself.
    """

    format: str | None = None
    size_bytes: int | None = None
    base64_at: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Basic:
    """HTTP Basic credentials; some providers' user names are secrets too."""

    username: str = field(repr=False)
    password: Secret


@dataclass(frozen=True, slots=True)
class FormFields:
    """Credentials that ride in the form body of every call."""

    fields: Mapping[str, str | Secret]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and the one that renews it, with their lifetimes in seconds."""

    access: Secret
    refresh: Secret
    access_life_s: float
    refresh_life_s: float


@dataclass(frozen=True, slots=True)
class QueryToken:
    """A short-lived token in the query string, fetched with a login and renewed with a refresh.

    `account` names whose token it is, for the store that shares it between runs; a kept token
    counts only for the `proof` with which it was fetched, which changes with the secret.
    """

    parameter: str
    account: str
    login: Callable[[], Request]
    refresh: Callable[[Secret], Request]
    read: Callable[[Request, Response], TokenPair]
    proof: str = field(default="", repr=False)


Auth = Basic | FormFields | QueryToken | None
