"""The interface of a provider: facts, and pure functions from a query to requests and rows.

A provider never touches the network, the clock or a file. A new one is a frozen dataclass that
derives from `Provider`: its fields are the keys of a profile.

To add one, write a module like `tests/toy_provider.py`, which is whole and tested; a package of its
own registers the class as an entry point of the group `recli.providers`, called like its `name`:

    [project.entry-points."recli.providers"]
    toybox = "toy_provider:Toybox"

- `key(...)` declares a key of the profile. Without a default it is required; a `Secret` is hidden
  everywhere. If all required keys have an `env` that is set, no profile is needed.
- `plan` may request more than the query asks for, never less: the engine applies the whole query to
  every row. `filters` are exactly those that change the requests. `query.params` go out as they
  stand; `params` and `reserved_params` declare their names.
- `parse` returns in `Page.next_requests` all following requests that are known, in row order: all
  other pages after a first page with a total, or the one next link.
- `raise_for_status` raises for the status; raise the same for an error inside a good answer.
  Bad data raises nothing: what an `Item` can't read becomes null and a warning.
- Durations are in seconds, sizes in bytes, times aware UTC; the readers of `Item` convert.
- `listing_order` is `Order.UNKNOWN` where newest first is not documented, and
  `Order.LAST_STORED_FIRST` where rows come by when they were stored (`added_at`).
- Test `parse` from real answers with changed numbers, in `tests/samples/NAME/*.json`: two pages, an
  empty one, missing optional fields, bad JSON, odd units.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self
from urllib.parse import quote

from recli.errors import Denied, Gone, NotReady, ProviderError, Refused, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.providers.items import Item, excerpt, kind_of
from recli.providers.json_body import decode_json
from recli.providers.params import Param
from recli.redact import public_url
from recli.text import shorten
from recli.wire import AudioInfo, Auth, Order, Page, Rate, Request, Response, RowWarning, Secret


def key(
    about: str, *, default: object = MISSING, env: str | None = None, example: str = ""
) -> Any:  # the field's own type is declared at the class attribute
    """Declare a dataclass field as a key of the provider's profiles.

    `env` is the variable that the provider's own tools read; `example` is used in example profiles.
    """
    return field(default=default, metadata={"about": about, "env": env, "example": example})


@dataclass(frozen=True, slots=True)
class Key:
    """Describe one key of a profile to users."""

    name: str
    about: str
    secret: bool
    required: bool
    default: object
    env: str | None
    example: str
    type: str

    @classmethod
    def from_field(cls, declared: Field[object]) -> Self:
        """Describe a dataclass field that `key` declared."""
        return cls(
            name=declared.name,
            about=declared.metadata["about"],
            secret="Secret" in str(declared.type),
            required=declared.default is MISSING,
            default=None if declared.default is MISSING else declared.default,
            env=declared.metadata["env"],
            example=declared.metadata["example"],
            type=str(declared.type),
        )


@dataclass(frozen=True, kw_only=True)
class Provider(ABC):
    """A provider of recordings for one profile; subclasses add their keys as fields."""

    name: ClassVar[str]
    title: ClassVar[str]
    docs_url: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    rate: ClassVar[Rate]
    audio_rate: ClassVar[Rate | None] = None
    """The limit on audio requests; None if they count against `rate` with all others."""
    filters: ClassVar[frozenset[Filter]]
    """The filters that its server applies: exactly those that change the requests."""
    params: ClassVar[tuple[Param, ...]] = ()
    """Its server's own filters, which `Query.params` sends as they stand."""
    reserved_params: ClassVar[frozenset[str]] = frozenset()
    """Parameters of its listing that the requests set themselves."""
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset()
    """Filters on fields that it never reports: no row can match them."""
    directions: ClassVar[frozenset[Direction]] = frozenset(Direction)
    """The directions that its rows can have."""
    states: ClassVar[frozenset[State]] = frozenset({State.COMPLETE})
    """The states that its rows can have; most providers list complete recordings only."""
    reports_totals: ClassVar[bool] = False
    """Whether `Page.total` says how many rows match, so that a listing can be proven complete."""
    audio: ClassVar[bool] = True
    raw_fields: ClassVar[tuple[str, ...]] = ()
    """Documented fields of the provider's own object for a recording, for completion."""
    notes: ClassVar[tuple[str, ...]] = ()
    """The limits that users must know; one sentence each."""

    profile: str = ""
    base_url: str = key("Where the API is.")

    @property
    def listing_order(self) -> Order:
        """Return the order in which rows are listed."""
        return Order.NEWEST_FIRST

    @classmethod
    def keys(cls) -> tuple[Key, ...]:
        """Return the keys of a profile, required ones first."""
        declared = [Key.from_field(each) for each in fields(cls) if each.name != "profile"]
        return tuple(sorted(declared, key=lambda each: not each.required))

    def problem(self) -> str | None:
        """Return what is wrong with the values of the keys, or None."""
        return None

    def unsatisfiable(self, query: Query) -> frozenset[Filter]:
        """Return the filters of a query that no row of this provider can match."""
        filters = set(self.unreported_fields & query.active)
        if query.direction is not None and query.direction not in self.directions:
            filters.add(Filter.DIRECTION)
        if query.state is not None and query.state not in self.states:
            filters.add(Filter.STATE)
        return frozenset(filters)

    @property
    @abstractmethod
    def auth(self) -> Auth:
        """Return the credentials, which are sent to the profile's own host only."""

    @abstractmethod
    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the first requests, newest window first; they select the query's rows or more."""

    @abstractmethod
    def parse(self, request: Request, response: Response) -> Page:
        """Parse a page of rows and the requests after it; ProviderError if it can't be used."""

    def split(self, request: Request) -> Page | None:  # noqa: ARG002  # for overrides
        """Return smaller requests for one whose response is too slow or too large, or None."""
        return None

    def identity(self, recording_id: str) -> str:
        """Return an id in a form that is equal for equal recordings."""
        return recording_id

    @abstractmethod
    def audio_request(self, recording: Recording) -> Request:
        """Return the request for a recording's audio, or for its address."""

    def parse_audio(self, request: Request, response: Response) -> AudioInfo | Request:
        """Return what audio a response holds, or the next request on the way to the audio."""
        self.check_audio_response(request, response)
        return AudioInfo()

    def check_audio_response(self, request: Request, response: Response) -> None:
        """Raise the error that the status of an audio response means; a good one passes."""
        self.raise_for_status(request, response)
        if response.status == 204:
            raise NotReady(self.name, "has no audio for it yet (HTTP 204)")

    def quote_path_segment(self, name: str) -> str:
        """Return a name quoted as one segment of a URL's path; ProviderError if it can't be one."""
        if not name.strip("."):
            raise ProviderError(
                self.name, f"can't have a recording or file named {shorten(name)!r}"
            )
        return quote(name, safe="", errors="replace")

    def trusts(self, url: str) -> bool:  # noqa: ARG002  # for overrides
        """Return whether a URL outside the base URL may get the credentials."""
        return False

    def error_message(self, decoded: object) -> str | None:
        """Return the provider's own message from a decoded error body.

        None if there is none, so that the body itself is shown; "" to show nothing of it.
        """
        if not isinstance(decoded, Mapping):
            return None
        texts = (decoded.get(name) for name in ("error", "message", "errmsg", "title"))
        return next((text for text in texts if isinstance(text, str) and text), None)

    def raise_for_status(self, request: Request, response: Response) -> None:
        """Raise the error that a response's status means; a good status passes."""
        status = response.status
        if 200 <= status < 300 and status != 202:
            return
        message = self._message_of(response)
        text = f"HTTP {status}" + (f": {message}" if message else "")
        match status:
            case 401:
                raise Refused(self.name, f"refused the credentials ({text})")
            case 403:
                raise Denied(self.name, f"does not allow this ({text})")
            case 404 | 410:
                url = shorten(public_url(request.path))
                raise Gone(self.name, f"has nothing at {url} ({text})")
            case 429:
                raise Transient(
                    self.name,
                    f"asked to slow down ({text})",
                    reset_at_s=self.rate_limit_reset_s(response),
                    busy=True,
                )
            case _ if 300 <= status < 400:
                raise ProviderError(
                    self.name,
                    f"redirects ({text}); credentials are not sent after a redirect",
                    hint="set base_url to the address that it redirects to, if you trust it",
                )
            case _ if status in {202, 408, 425} or status >= 500:
                raise Transient(self.name, f"failed ({text})", busy=status == 503)
            case _:
                raise ProviderError(self.name, f"did not accept the request ({text})")

    def rate_limit_reset_s(self, response: Response) -> float | None:  # noqa: ARG002  # for overrides
        """Return when the rate limit ends by the provider's own header, in epoch seconds."""
        return None

    def decode(self, response: Response) -> object:
        """Return the decoded JSON; Transient if it is none, such as a proxy's error page.

        What had to be repaired is added to the response's warnings.
        """
        try:
            decoded, warnings = decode_json(response.body)
        except (ValueError, RecursionError) as error:
            kind = response.headers.get("content-type", "no type").partition(";")[0]
            problem = f"{shorten(kind)}: {excerpt(response.body)}"
            raise Transient(
                self.name, f"answered something that is not JSON ({problem})"
            ) from error
        response.warnings.extend(warnings)
        return decoded

    def _message_of(self, response: Response) -> str:
        try:
            message = self.error_message(decode_json(response.body)[0])
        except (ValueError, RecursionError):
            message = None
        return excerpt(response.body) if message is None else shorten(message)

    def unexpected_response(self, problem: str) -> Transient:
        """Return the error for JSON that is not of the documented structure."""
        return Transient(self.name, f"answered a page of another shape ({problem})")

    def rows(
        self, items: Sequence[object], parse_item: Callable[[Item], Recording | None]
    ) -> tuple[list[Recording], tuple[RowWarning, ...], tuple[str, ...]]:
        """Return the recordings of `items`, warnings for unreadable fields, and defects.

        `parse_item` returns the row of an item, or None if the item has no id.
        """
        rows: list[Recording] = []
        warnings: list[RowWarning] = []
        defects: list[str] = []
        item = Item()
        for index, raw in enumerate(items):
            if not isinstance(raw, dict):
                defects.append(f"row {index} of a page is not an object but {kind_of(raw)}")
                continue
            item.raw = raw
            row = parse_item(item)
            if row is None:
                defects.append(f"row {index} of a page has no id")
            else:
                rows.append(row)
                if item.unreadable:
                    warnings += (
                        RowWarning(row.id, f"can't read {name}") for name in item.unreadable
                    )
            if item.unreadable:
                item.unreadable.clear()
        return rows, tuple(warnings), tuple(defects)


def account_of(provider: Provider) -> str:
    """Return what tells a profile's account from others: provider, address and required names."""
    declared = type(provider).keys()
    names = [each.name for each in declared if each.required and not each.secret]
    values = {name: getattr(provider, name) for name in ("base_url", *names)}
    return repr((provider.name, sorted(values.items())))


def secrets_of(provider: Provider) -> Iterable[Secret]:
    """Return the secrets of a provider's profile."""
    values = (getattr(provider, each.name) for each in fields(provider))
    return [value for value in values if isinstance(value, Secret)]
