"""Requests, responses, pages, limits and credentials: plain values between provider and transport.

Nothing here sends anything: a provider builds and parses these, the transport sends them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from recli.text import shorten, utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from recli.model import Recording


class Secret:
    """Hold a text that must be neither shown nor stored; only `reveal()` returns it."""

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

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret can't be pickled or copied: it would leave this process in clear")


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open range of time, `since` ≤ t < `until`, in aware UTC; None is unbounded."""

    since: datetime | None = None
    until: datetime | None = None

    def is_part_of(self, other: Window | None) -> bool:
        """Return whether this range is inside another one, and not all of it."""
        if other is None or other == self:
            return False
        if other.since is not None and (self.since is None or self.since < other.since):
            return False
        return other.until is None or (self.until is not None and self.until <= other.until)

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
    """Describe one request to a provider.

    `path` is below the profile's base URL, or a whole URL (a next link, an audio file). `params`
    go into the query, `form` into a form body, `json` into a JSON body. `window` is the range of
    time of the scan to which the request belongs; all requests of one scan share it. `oldest` is
    the start of the oldest window, for listings that find their windows one by one.
    `stable_paging` asks for pages that rows which come and go can't shift, at the price of one
    request at a time. `resource` names the rate limit that counts it. `provider_state` belongs to
    the provider: what parsing the response needs to know. `audio_in_json` says that the response
    is JSON with the audio inside, too large for memory.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    form: Mapping[str, str] | None = None
    json: Mapping[str, object] | None = field(default=None, repr=False)
    window: Window | None = None
    oldest: datetime | None = None
    stable_paging: bool = False
    resource: str = "list"
    credentials: Credentials = Credentials.SENT
    accept: str = "application/json"
    provider_state: object = None
    audio_in_json: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """Hold a response: `headers` with lower-case names, `body` without content encoding.

    `streamed` says that the body was not read yet, because it looks like audio. Decoding adds to
    `warnings` what it had to repair.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    streamed: bool = False
    warnings: list[str] = field(default_factory=list, compare=False)


class RowWarning(NamedTuple):
    """Say what is odd about a row; `problem` and `remedy` are the same for all rows of a kind."""

    id: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{shorten(self.id)}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Page:
    """Hold what one response says: rows, and the requests that continue it.

    `next_requests` are all that are known, in row order; those with another window continue the
    scan below this page. `in_order` is False for a page that is not in the provider's
    `listing_order`. `total` is how many rows the provider claims for the window. `warnings` are
    about fields that could not be read, or, as text, about the page itself; `defects` about rows
    that could not be read at all.
    """

    rows: Sequence[Recording] = ()
    next_requests: tuple[Request, ...] = ()
    total: int | None = None
    warnings: tuple[RowWarning | str, ...] = ()
    defects: tuple[str, ...] = ()
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Rate:
    """A documented rate limit: `requests` in any `per_s` seconds, `parallel` at a time.

    `requests` is 0 where no limit is documented.
    """

    requests: int = 0
    per_s: float = 1.0
    parallel: int = 4


class Order(StrEnum):
    """The order in which a provider lists rows, as far as it is known.

    NEWEST_FIRST is by `started_at`. LAST_STORED_FIRST is by `added_at`, which is never before
    `started_at`: once a listing is down to some time, no row that started later can follow.
    """

    NEWEST_FIRST = "newest-first"
    LAST_STORED_FIRST = "last-stored-first"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """Describe audio in a response: its container, and its size where the provider reports it.

    `format` is a file extension without the dot, None where it is not reported. With `base64_at`,
    the audio is the base64 text under that path of keys in a JSON body, else the body itself.
    """

    format: str | None = None
    size_bytes: int | None = None
    base64_at: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Basic:
    """HTTP Basic credentials; the user name is not shown: for some providers it is secret too."""

    username: str = field(repr=False)
    password: Secret


@dataclass(frozen=True, slots=True)
class FormFields:
    """Credentials in the form body of every request."""

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
    """A short-lived token in the query string, fetched by a login and renewed by a refresh.

    `account` identifies the token in the cache that runs share. A cached token is valid only for
    the `proof` with which it was fetched: a hash that changes with the secret.
    """

    parameter: str
    account: str
    login: Callable[[], Request]
    refresh: Callable[[Secret], Request]
    read: Callable[[Request, Response], TokenPair]
    proof: str = field(default="", repr=False)


Auth = Basic | FormFields | QueryToken | None
