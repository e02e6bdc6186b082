"""What every provider is: facts, and pure functions from a query to requests and back to rows.

A provider never touches the network, the clock or a file. A new one is a frozen dataclass that
derives from `Provider`: its fields are the profile's keys.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar
from urllib.parse import quote

from recli.errors import Denied, Gone, NotReady, ProviderError, Refused, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.providers.items import Item, count_of, excerpt, items_of, kind_of
from recli.redact import public_url
from recli.text import shorten
from recli.wire import Auth, Order, Page, Rate, Request, Response, Secret, Sound


def key(
    about: str, *, default: object = MISSING, env: str | None = None, example: str = ""
) -> Any:  # a dataclass field stands where a value of the field's type is declared
    """Declare a provider's field as a profile's key: what it is, its default, its environment name.

    `env` is the variable that the provider's own tools read; `example` stands in ready profiles.
    """
    facts = {"about": about, "env": env, "example": example}
    if default is MISSING:
        return field(metadata=facts)
    return field(default=default, metadata=facts)


@dataclass(frozen=True, slots=True)
class Key:
    """A profile's key as people see it: name, meaning, whether it is secret, must be there."""

    name: str
    about: str
    secret: bool
    required: bool
    default: object
    env: str | None
    example: str
    type: str

    @staticmethod
    def of(declared: Field[object]) -> Key:
        """Read a dataclass field that `key` declared."""
        return Key(
            name=declared.name,
            about=declared.metadata["about"],
            secret="Secret" in str(declared.type),
            required=declared.default is MISSING,
            default=None if declared.default is MISSING else declared.default,
            env=declared.metadata["env"],
            example=declared.metadata["example"],
            type=str(declared.type),
        )


__all__ = [
    "Key",
    "Provider",
    "count_of",
    "excerpt",
    "items_of",
    "key",
    "secrets_of",
    "shorten",
]


@dataclass(frozen=True, kw_only=True)
class Provider(ABC):
    """A provider of recordings for one profile; subclasses add their keys as fields."""

    name: ClassVar[str]
    title: ClassVar[str]
    docs_url: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    rate: ClassVar[Rate]
    media_rate: ClassVar[Rate | None] = None
    """The limit on audio; None: it counts against `rate`, together with the listing."""
    filters: ClassVar[frozenset[Filter]]
    """What its server filters: exactly those that change its requests."""
    silent: ClassVar[frozenset[Filter]] = frozenset()
    """Filters on fields that it never tells: no row of its can match them."""
    directions: ClassVar[frozenset[Direction]] = frozenset(Direction)
    """Directions that its rows can have."""
    states: ClassVar[frozenset[State]] = frozenset({State.COMPLETE})
    """States that its rows can have; most providers list finished recordings only."""
    totals: ClassVar[bool] = False
    """Whether it tells how many rows match, so that a listing can be proven complete."""
    audio: ClassVar[bool] = True
    raw_fields: ClassVar[tuple[str, ...]] = ()
    """Documented fields of the provider's own object for a recording, for completion."""
    notes: ClassVar[tuple[str, ...]] = ()
    """What a user must know of its limits; one sentence each."""

    profile: str = ""
    base_url: str = key("Where the API is.")

    @property
    def listing_order(self) -> Order:
        """What is known of the order of its rows."""
        return Order.NEWEST_FIRST

    @classmethod
    def keys(cls) -> tuple[Key, ...]:
        """Return the profile's keys: those that must be there first."""
        declared = [Key.of(each) for each in fields(cls) if each.name != "profile"]
        return tuple(sorted(declared, key=lambda each: not each.required))

    def problem(self) -> str | None:
        """Say what is wrong with the keys taken together, or None."""
        return None

    def unsatisfiable(self, query: Query) -> frozenset[Filter]:
        """Return the filters of a query that no row of this provider can match."""
        never = set(self.silent & query.active)
        if query.direction is not None and query.direction not in self.directions:
            never.add(Filter.DIRECTION)
        if query.state is not None and query.state not in self.states:
            never.add(Filter.STATE)
        return frozenset(never)

    @property
    @abstractmethod
    def auth(self) -> Auth:
        """The credentials, which the transport sends to the profile's own host only."""

    @abstractmethod
    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the first requests, newest window first; they ask for the query or more."""

    @abstractmethod
    def parse(self, request: Request, response: Response) -> Page:
        """Turn an answer into rows and what follows; ProviderError names what is wrong with it."""

    def split(self, request: Request) -> Page | None:  # noqa: ARG002  # for those that can
        """Return the same question in smaller ones after too slow or large an answer, or None."""
        return None

    def identity(self, recording_id: str) -> str:
        """Return the form of an id under which two are the same recording."""
        return recording_id

    @abstractmethod
    def media(self, recording: Recording) -> Request:
        """Return the request for a recording's audio, or for the way to it."""

    def sound(self, request: Request, response: Response) -> Sound | Request:
        """Tell what an answer to `media` holds: sound, or the next request on the way to it."""
        self.audible(request, response)
        return Sound()

    def audible(self, request: Request, response: Response) -> None:
        """Raise the error that an answer to `media` means; one that can hold sound passes."""
        self.refuse(request, response)
        if response.status == 204:
            raise NotReady(self.name, "has no sound for it yet (HTTP 204)")

    def segment(self, name: str) -> str:
        """Return a name quoted as one segment of a URL's path; ProviderError if it can't be one."""
        if not name.strip("."):
            raise ProviderError(self.name, f"names no such thing as {shorten(name)!r}")
        return quote(name, safe="", errors="replace")

    def trusts(self, url: str) -> bool:  # noqa: ARG002  # for those that have other hosts
        """Say whether a URL beside the base URL may see the credentials."""
        return False

    # What the five have in common: reading answers that are not rows.

    def complaint(self, decoded: object) -> str | None:
        """Return the provider's own words of what is wrong, from a decoded error body.

        None where it says nothing, so that the body itself is shown; "" to show nothing of it.
        """
        if isinstance(decoded, Mapping):
            for name in ("error", "message", "errmsg", "title"):
                said = decoded.get(name)
                if isinstance(said, str) and said:
                    return said
        return None

    def refuse(self, request: Request, response: Response) -> None:
        """Raise the error that an answer's status means; a good status passes."""
        status = response.status
        if 200 <= status < 300 and status != 202:
            return
        said = self._said(response)
        text = f"HTTP {status}" + (f": {said}" if said else "")
        match status:
            case 401:
                raise Refused(self.name, f"refused the credentials ({text})")
            case 403:
                raise Denied(self.name, f"does not allow this ({text})")
            case 404 | 410:
                place = shorten(public_url(request.path))
                raise Gone(self.name, f"has nothing at {place} ({text})")
            case 202 | 408 | 425 | 500 | 502 | 503 | 504:
                raise Transient(self.name, f"failed ({text})", busy=status == 503)
            case 429:
                slow = f"asked to slow down ({text})"
                at_s = self.reset_at_s(response)
                raise Transient(self.name, slow, reset_at_s=at_s, busy=True)
            case _ if 300 <= status < 400:
                raise ProviderError(
                    self.name,
                    f"redirects ({text}); credentials are not sent after a redirect",
                    hint="set base_url to the address that it redirects to, if you trust it",
                )
            case _ if status > 500:
                raise Transient(self.name, f"failed ({text})")
            case _:
                raise ProviderError(self.name, f"did not accept the request ({text})")

    def reset_at_s(self, response: Response) -> float | None:  # noqa: ARG002  # for those that say
        """Return until when the provider's own header asks to wait, in seconds after 1970."""
        return None

    def decode(self, response: Response) -> object:
        """Return the JSON body; Transient where it is none, as a proxy's page may be.

        Bytes that are no UTF-8 become replacement characters: one in a name costs no page.
        """
        try:
            try:
                decoded: object = json.loads(response.body)
            except UnicodeDecodeError:
                decoded = json.loads(response.body.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            kind = response.headers.get("content-type", "no type").partition(";")[0]
            what = f"{shorten(kind)}: {excerpt(response.body)}"
            problem = f"answered something that is not JSON ({what})"
            raise Transient(self.name, problem) from error
        return decoded

    def _said(self, response: Response) -> str:
        try:
            decoded: object = json.loads(response.body)
        except (ValueError, RecursionError):
            return excerpt(response.body)
        said = self.complaint(decoded)
        return shorten(said) if said is not None else excerpt(response.body)

    def shape(self, what: str) -> Transient:
        """Return the error for a body that is JSON of another shape than documented."""
        return Transient(self.name, f"answered a page of another shape ({what})")

    def rows(
        self, items: Sequence[object], recording: Callable[[Item], Recording | None]
    ) -> tuple[list[Recording], tuple[str, ...], tuple[str, ...]]:
        """Return the recordings of `items`, warnings for unread fields, and defects.

        `recording` makes a row of an item, or None where it has no id.
        """
        rows: list[Recording] = []
        warnings: list[str] = []
        defects: list[str] = []
        item = Item()
        for index, raw in enumerate(items):
            if not isinstance(raw, dict):
                defects.append(f"row {index} of a page is not an object but {kind_of(raw)}")
                continue
            item.raw = raw
            row = recording(item)
            if row is None:
                defects.append(f"row {index} of a page has no id")
            else:
                rows.append(row)
                if item.unread:
                    warnings += (f"{shorten(row.id)}: can't read {name}" for name in item.unread)
            if item.unread:
                item.unread.clear()
        return rows, tuple(warnings), tuple(defects)


def secrets_of(provider: Provider) -> Iterable[Secret]:
    """Return the secret values among a provider's keys."""
    values = (getattr(provider, each.name) for each in fields(provider))
    return [value for value in values if isinstance(value, Secret)]
