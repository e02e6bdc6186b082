"""Bandwidth Catapult v1: `GET /v1/users/{user_id}/recordings`, HTTP Basic.

Paging: `size` (at most 1000), then the `Link` header's `rel="next"`, which is opaque and may be
relative. The body is a bare array without a total, in no documented order, and nothing can be
filtered. Times are ISO 8601 in UTC; there is no duration: end less start. The vendor has called
this API deprecated since 2021.

https://dev.bandwidth.com/v1/api/recordings.html (public repository Bandwidth/ap-docs)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from recli.errors import NotReady
from recli.model import Filter, Query, Recording, State
from recli.paging import next_link, query_window
from recli.providers.base import Provider, key
from recli.providers.items import Item, between_s, extension, last_segment
from recli.redact import public_url
from recli.wire import Auth, Basic, Order, Page, Rate, Request, Response, Secret

PAGE = 1000
"""The most that `size` may be: https://dev.bandwidth.com/v1/api/recordings.html"""
_USUAL_SIZES = frozenset({10, 20, 25, 50, 100, 200, 250, 500})
"""Page sizes that may be a server's maximum; 25 is the documented default."""
_EPOCH_MS_DIGITS = 15
_STATES = {state.value: state for state in State}


@dataclass(frozen=True, kw_only=True)
class Bandwidth(Provider):
    """Recordings of a Bandwidth Catapult v1 user."""

    name: ClassVar[str] = "bandwidth"
    title: ClassVar[str] = "Bandwidth Catapult v1"
    docs_url: ClassVar[str] = "https://dev.bandwidth.com/v1/api/recordings.html"
    aliases: ClassVar[tuple[str, ...]] = ("catapult",)
    # 1 request per second for each of /recordings and /media:
    # https://dev.bandwidth.com/v1/faq/rateLimits.html
    rate: ClassVar[Rate] = Rate(requests=1, per_s=1, parallel=1)
    audio_rate: ClassVar[Rate | None] = Rate(requests=1, per_s=1, parallel=1)
    raw_fields: ClassVar[tuple[str, ...]] = (
        "call",
        "endTime",
        "id",
        "media",
        "startTime",
        "state",
    )
    filters: ClassVar[frozenset[Filter]] = frozenset()
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset(
        {Filter.FROM, Filter.TO, Filter.NUMBER, Filter.DIRECTION, Filter.OWNER}
    )
    states: ClassVar[frozenset[State]] = frozenset(State)
    notes: ClassVar[tuple[str, ...]] = (
        "The vendor calls this API deprecated since 2021.",
        "Its server filters nothing and promises no order: every listing reads the whole account,"
        ' one page of 1000 a second, unless the profile says order = "newest-first".',
        "It tells no totals: a listing can't be proven complete, only that it ended as documented.",
    )

    user_id: str = key("User id, from the account page.", env="BANDWIDTH_USER_ID", example="u-abc")
    api_token: Secret = key("API token: the login name.", env="BANDWIDTH_API_TOKEN")
    api_secret: Secret = key("API secret: the password.", env="BANDWIDTH_API_SECRET")
    base_url: str = key("Where the API is.", default="https://api.catapult.inetwork.com")
    order: str = key('"newest-first" if the account is known to list so.', default="unknown")

    def problem(self) -> str | None:
        """Check the order."""
        known = [Order.NEWEST_FIRST, Order.UNKNOWN]
        return None if self.order in known else f"order must be one of {', '.join(known)}"

    @property
    def listing_order(self) -> Order:
        """Return the order that the profile declares: the vendor documents none."""
        return Order(self.order)

    @property
    def auth(self) -> Auth:
        """Return HTTP Basic credentials: API token and API secret, without the user id."""
        return Basic(self.api_token.reveal(), self.api_secret)

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the request for the first page of all recordings: there are no filters."""
        if query_window(query) is None:
            return
        path = f"/v1/users/{self.quote_path_segment(self.user_id)}/recordings"
        yield Request(path, {"size": str(PAGE), "page": "0"})

    def parse(self, request: Request, response: Response) -> Page:
        """Parse a page and its next link; without a Link header, a full page has a next one.

        A first page with as many rows as a usual page size may be full too: the server's maximum
        may be smaller than the requested size.
        """
        self.raise_for_status(request, response)
        items = self.decode(response)
        if not isinstance(items, list):
            raise self.unexpected_response("not an array")
        rows, warnings, defects = self.rows(items, self._recording)
        return Page(rows, self._follow(request, response, len(items)), None, warnings, defects)

    def _follow(self, request: Request, response: Response, received: int) -> tuple[Request, ...]:
        header = response.headers.get("link")
        if header is not None:
            link = next_link(header)
            if link is None:
                return ()
            try:
                # The URL is opaque: its parameters are not documented.
                target = urljoin(self._url_of(request), link)
            except ValueError as error:
                raise self.unexpected_response("a next link that is no URL") from error
            return (replace(request, path=target, params={}),)
        params = dict(request.params) or dict(parse_qsl(urlsplit(request.path).query))
        size, page = _count(params.get("size")), _count(params.get("page"))
        if (
            not size
            or page is None
            or not received
            or (received < size and (page or received not in _USUAL_SIZES))
        ):
            return ()
        path = request.path.partition("?")[0]
        params |= {"page": str(page + 1), "size": str(min(received, size))}
        return (replace(request, path=path, params=params),)

    def _url_of(self, request: Request) -> str:
        own = request.path.startswith(("http://", "https://"))
        url = request.path if own else self.base_url.rstrip("/") + request.path
        return f"{url}?{urlencode(request.params)}" if request.params else url

    def error_message(self, decoded: object) -> str | None:
        """Return category, code and message of an error body; its details echo your address."""
        if not isinstance(decoded, Mapping):
            return None
        texts = [decoded.get(name) for name in ("category", "code", "message")]
        return ": ".join(each for each in texts if isinstance(each, str) and each)

    def rate_limit_reset_s(self, response: Response) -> float | None:
        """Return `X-RateLimit-Reset`, which is in epoch milliseconds; it may be absent."""
        text = response.headers.get("x-ratelimit-reset", "").strip()
        return int(text) / 1000 if text.isdecimal() and len(text) <= _EPOCH_MS_DIGITS else None

    def audio_request(self, recording: Recording) -> Request:
        """Return the request for the audio of a complete recording."""
        if recording.state is not State.COMPLETE or not recording.file_name:
            raise NotReady(self.name, f"has no audio yet: state {recording.state or 'unknown'}")
        name = self.quote_path_segment(recording.file_name)
        path = f"/v1/users/{self.quote_path_segment(self.user_id)}/media/{name}"
        return Request(path, resource="media", accept="audio/*")

    def _recording(self, item: Item) -> Recording | None:
        text = item.text
        number = text("id")
        if number is None:
            return None
        started_at = item.time("startTime")
        ended_at = item.time("endTime")
        duration_s = None
        if started_at is not None and ended_at is not None:
            duration_s = _length_s(item, started_at, ended_at)
            if duration_s is None:
                item.unreadable.append("endTime")
                ended_at = None
        media = text("media")
        file_name = last_segment(media)
        return Recording(
            provider="bandwidth",
            profile=self.profile,
            id=number,
            started_at=started_at,
            ended_at=ended_at,
            duration_s=duration_s,
            call_id=last_segment(text("call")),
            state=_state(item),
            format=extension(file_name),
            file_name=file_name,
            media_url=public_url(media) if media else None,
            raw=item.raw,
        )


def _length_s(item: Item, start: datetime, end: datetime) -> float | None:
    """Return the seconds from start to end, as finely as both are written; None if negative.

    Where one of them is cut to whole seconds the other one is too: the length is right to the
    second, and an end in the second of the start is a length of 0.
    """
    fractions = ["." in str(item.raw.get(name)) for name in ("startTime", "endTime")]
    is_fine = all(fractions) and (end >= start or (start.microsecond and end.microsecond))
    if not is_fine:
        start, end = start.replace(microsecond=0), end.replace(microsecond=0)
    return between_s(start, end) if end >= start else None


def _state(item: Item) -> State | None:
    text = item.text("state")
    state = _STATES.get(text.lower()) if text else None
    if text and state is None:
        item.unreadable.append("state")
    return state


def _count(text: str | None) -> int | None:
    """Return a whole number of at most nine digits, as links carry them, else None."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
