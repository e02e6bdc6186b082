"""Toybox: `GET /v1/recordings`, HTTP Basic.

Paging: `page` from 1, at most 100 rows each, newest first; `total`. Only the start can be filtered:
`since`, ISO 8601 in UTC, included. Durations are milliseconds; numbers have no leading plus.

https://toybox.example.com/docs/recordings
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from recli.model import Direction, Filter, Query, Recording, State
from recli.paging import query_window
from recli.providers.base import Provider, key
from recli.providers.items import Item, count_of, items_of, shifted
from recli.wire import Auth, Basic, Page, Rate, Request, Response, Secret

PAGE = 100
"""The most rows of a page: https://toybox.example.com/docs/recordings#paging"""
_DIRECTIONS = {"in": Direction.INBOUND, "out": Direction.OUTBOUND}


@dataclass(frozen=True, kw_only=True)
class Toybox(Provider):
    """Recordings of a Toybox account."""

    name: ClassVar[str] = "toybox"
    title: ClassVar[str] = "Toybox"
    docs_url: ClassVar[str] = "https://toybox.example.com/docs/recordings"
    aliases: ClassVar[tuple[str, ...]] = ("tb",)
    rate: ClassVar[Rate] = Rate(requests=10, per_s=1, parallel=4)
    filters: ClassVar[frozenset[Filter]] = frozenset({Filter.SINCE})
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset({Filter.OWNER, Filter.CALL_ID})
    directions: ClassVar[frozenset[Direction]] = frozenset(_DIRECTIONS.values())
    reports_totals: ClassVar[bool] = True

    account: str = key("Account number.", env="TOYBOX_ACCOUNT", example="T-1")
    api_key: Secret = key("API key, from the account page.", env="TOYBOX_API_KEY")
    base_url: str = key("Where the API is.", default="https://toybox.example.com")

    @property
    def auth(self) -> Auth:
        """HTTP Basic: account number and API key."""
        return Basic(self.account, self.api_key)

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield the request for the first page."""
        window = query_window(query)
        if window is not None:
            params = {"page": "1"}
            if window.since is not None:
                params["since"] = window.since.isoformat()
            yield Request("/v1/recordings", params, window=window)

    def parse(self, request: Request, response: Response) -> Page:
        """Turn a page into rows; the first one tells all others, so that they come at once."""
        self.raise_for_status(request, response)
        decoded = self.decode(response)
        items, total = items_of(decoded, "recordings"), count_of(decoded, "total")
        if items is None or total is None:
            raise self.unexpected_response("no list of recordings, or no total")
        rows, warnings, defects = self.rows(items, self._recording)
        others = range(2, -(-total // PAGE) + 1) if request.params["page"] == "1" else ()
        pages = [replace(request, params={**request.params, "page": str(n)}) for n in others]
        return Page(rows, tuple(pages), total, warnings, defects)

    def audio_request(self, recording: Recording) -> Request:
        """Return the request for the audio."""
        path = f"/v1/recordings/{self.quote_path_segment(recording.id)}/audio"
        return Request(path, resource="media", accept="audio/*")

    def _recording(self, item: Item) -> Recording | None:
        """Return a row: the only place that knows the field names; None without an id."""
        number = item.text("id")
        if number is None:
            return None
        started_at, duration_s = item.time("started"), item.milliseconds("length_ms")
        return Recording(
            provider=self.name,
            profile=self.profile,
            id=number,
            started_at=started_at,
            ended_at=shifted(started_at, duration_s),
            duration_s=duration_s,
            direction=_DIRECTIONS.get(item.text("way") or ""),
            from_number=item.text("caller"),
            to_number=item.text("called"),
            state=State.COMPLETE,
            format="wav",
            raw=item.raw,
        )
