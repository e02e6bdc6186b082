"""Yeastar P-Series: `GET recording/search` and `recording/list`, a token in the query string.

Paging: `page` from 1, `page_size`, `total_number`; a server may give fewer rows than asked for. A
listing goes on below the last row's time instead of by page number wherever the rows carry an
exact time, so that rows that come and go meanwhile shift nothing. Times are in the PBX's own zone
and format (see `times.py`), durations in seconds, sizes in bytes. Errors come with HTTP 200
and an `errcode`. Every request needs a User-Agent, which the transport sends.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar
from zoneinfo import ZoneInfo

from recli.errors import Gone, ProviderError, Refused, TokenExpired, Transient
from recli.model import Filter, Query, Recording
from recli.paging import next_page, query_window, seek
from recli.providers.base import Provider, key
from recli.providers.items import EPOCH, Item, count_of, items_of
from recli.providers.params import Param
from recli.providers.yeastar.errors import (
    LOGIN,
    NOTHING_FOUND,
    RENEWAL,
    check_answer,
    code_of,
    download_path,
    error_text,
)
from recli.providers.yeastar.questions import (
    PAGE,
    HeldPage,
    clock_question,
    probe_question,
    with_clock_answer,
    with_probe_answer,
)
from recli.providers.yeastar.rows import RowParser, doubt_warnings, rises
from recli.providers.yeastar.starts import PageStarts, settle, shown_start
from recli.providers.yeastar.times import PbxClock, complete
from recli.text import shorten
from recli.wire import (
    AudioInfo,
    Auth,
    Page,
    QueryToken,
    Rate,
    Request,
    Response,
    Secret,
    TokenPair,
    Window,
)

_LIST_PAGE = 100
"""Rows to ask old firmware for at least, whose listing can't be limited to a range of time."""
_SECOND = timedelta(seconds=1)
_PARAMS = ("caller", "callee", "ids")


@dataclass(frozen=True, kw_only=True)
class Yeastar(Provider):
    """Recordings of a Yeastar P-Series PBX."""

    name: ClassVar[str] = "yeastar"
    title: ClassVar[str] = "Yeastar P-Series"
    docs_url: ClassVar[str] = (
        "https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/"
        "query-recording-list.html"
    )
    rate: ClassVar[Rate] = Rate(parallel=1)
    audio_rate: ClassVar[Rate | None] = Rate(parallel=1)
    raw_fields: ClassVar[tuple[str, ...]] = (
        "archive_path",
        "archive_status",
        "archive_type",
        "call_from",
        "call_from_name",
        "call_from_number",
        "call_to",
        "call_to_name",
        "call_to_number",
        "call_type",
        "duration",
        "file",
        "file_path",
        "id",
        "size",
        "time",
        "uid",
    )
    filters: ClassVar[frozenset[Filter]] = frozenset({Filter.SINCE, Filter.UNTIL})
    params: ClassVar[tuple[Param, ...]] = (
        Param("caller", "The caller's number or name."),
        Param("callee", "The called party's number or name."),
        Param("ids", "Ids of recordings, separated by commas."),
    )
    reserved_params: ClassVar[frozenset[str]] = frozenset(
        {"access_token", "end_time", "order_by", "page", "page_size", "sort_by", "start_time"}
    )
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset({Filter.OWNER})
    reports_totals: ClassVar[bool] = True
    notes: ClassVar[tuple[str, ...]] = (
        "At most 8 tokens live at a time: the token pair is kept on disk and shared between runs.",
        "5 refused logins in a row block this machine's address: refused credentials are asked"
        " once.",
        "One request and one download at a time.",
    )

    base_url: str = key("Where the PBX is.", example="https://192.0.2.10:8088")
    client_id: str = key("Client ID of the API application.", example="client")
    client_secret: Secret = key("Client Secret of the API application.")
    api_path: str = key("Path of the API below base_url.", default="openapi/v1.0")
    timezone: str = key(
        "IANA name of the PBX's zone, such as Europe/Rome, where file names carry no time.",
        default="",
    )
    time_format: str = key("How the PBX writes times (strptime).", default="")

    def problem(self) -> str | None:
        """Check the zone and the time format."""
        try:
            _ = ZoneInfo(self.timezone) if self.timezone else None
        except (ValueError, OSError, LookupError):
            return f"timezone {self.timezone!r} is no IANA name, such as Europe/Rome"
        if self.time_format and not complete(self.time_format):
            return f"time_format {self.time_format!r} must hold date and time, as %d/%m/%Y %H:%M:%S"
        return None

    @property
    def _clock(self) -> PbxClock:
        zone = ZoneInfo(self.timezone) if self.timezone else None
        return PbxClock(zone, self.time_format or None)

    def _path(self, name: str) -> str:
        return f"/{self.api_path.strip('/')}/{name}"

    @property
    def auth(self) -> Auth:
        """A token in the query string, by login with client id and secret."""
        return QueryToken(
            parameter="access_token",
            account=f"{self.base_url}|{self.client_id}",
            proof=sha256(f"{self.client_id}|{self.client_secret.reveal()}".encode()).hexdigest(),
            login=self._login,
            refresh=self._refresh,
            read=self._tokens,
        )

    def _login(self) -> Request:
        body = {"username": self.client_id, "password": self.client_secret.reveal()}
        return Request(self._path(LOGIN[1:]), method="POST", json=body)

    def _refresh(self, token: Secret) -> Request:
        body = {"refresh_token": token.reveal()}
        return Request(self._path(RENEWAL[1:]), method="POST", json=body)

    def _tokens(self, request: Request, response: Response) -> TokenPair:
        answer = check_answer(self, request, response)
        item = Item(answer)
        access, refresh = item.text("access_token"), item.text("refresh_token")
        if access is None:
            raise self.unexpected_response("no access_token")
        return TokenPair(
            Secret(access),
            Secret(refresh or ""),
            item.number("access_token_expire_time") or 1800,
            item.number("refresh_token_expire_time") or 86400,
        )

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield one request: a search, whose end is when the run began if not earlier."""
        window = query_window(query)
        if window is None:
            return
        # With filters that the server does not apply, any number of rows may be needed.
        is_filtered = not query.active <= self.filters
        size = PAGE if query.limit is None or is_filtered else min(query.limit, PAGE)
        params = {**dict(query.params), "page_size": str(size)}
        yield self._search(Request("", params), window)

    def _list(self, search: Request) -> Request:
        # By id, so that new rows, even with an old time, come first: they may repeat a row on the
        # next page but hide none.
        size = max(int(search.params["page_size"]), _LIST_PAGE)
        params = {"page": "1", "page_size": str(size), "sort_by": "id", "order_by": "desc"}
        path, window = self._path("recording/list"), search.window or Window()
        return Request(path, params, window=window, provider_state=search.provider_state)

    def _search(self, origin: Request, window: Window) -> Request:
        # Whether the ends are included is not documented: a second more on either side.
        kept = (*_PARAMS, "page_size")
        params = {name: origin.params[name] for name in kept if name in origin.params}
        params |= {"page": "1", "sort_by": "time", "order_by": "desc"}
        since_s = math.floor((window.since - EPOCH).total_seconds()) - 1 if window.since else 0
        params["start_time"] = str(max(since_s, 0))
        if window.until is not None:
            params["end_time"] = str(math.ceil((window.until - EPOCH).total_seconds()))
        path = self._path("recording/search")
        return replace(origin, path=path, params=params, window=window)

    def parse(self, request: Request, response: Response) -> Page:
        """Parse a page of rows and the request for the rows below it, or what to ask first."""
        held = request.provider_state
        if isinstance(held, HeldPage):
            return self._parse_answer(held, request, response)
        try:
            answer = check_answer(self, request, response)
        except Gone:
            # Older firmware has no search: list everything; the engine filters it.
            if not request.path.endswith("/recording/search"):
                raise
            if not request.params.keys().isdisjoint(_PARAMS):
                raise ProviderError(
                    self.name, "has no recording/search to send --param to (older firmware)"
                ) from None
            return Page(next_requests=(self._list(request),))
        total = count_of(answer, "total_number")
        items = items_of(answer, "data")
        if items is None:
            if not answer.get("data") and (code_of(answer) == NOTHING_FOUND or total == 0):
                return Page(total=0 if total is None and request.params["page"] == "1" else total)
            raise self.unexpected_response("data is no array")
        return self._page(request, response, items, total)

    def _page(
        self, request: Request, response: Response, items: Sequence[object], total: int | None
    ) -> Page:
        known = request.provider_state
        clock = known if isinstance(known, PbxClock) else self._clock
        shown = [shown_start(item, clock) for item in items if isinstance(item, dict)]
        is_search = request.path.endswith("/recording/search")
        settled = settle(shown, clock, request.window or Window(), is_search=is_search)
        question = self._question(HeldPage(request, response, settled.clock), settled)
        if question is not None:
            return Page(next_requests=(question,))
        parser = RowParser(self.profile, settled.starts)
        rows, warnings, defects = self.rows(items, parser.recording)
        keys = [row.moment if row.is_key else None for row in shown]
        request = replace(request, provider_state=settled.clock)
        onward = self._follow(request, keys, len(items), total)
        in_order = is_search and not rises(rows)
        doubts = doubt_warnings(self.profile, rows, settled.doubtful, has_zone=bool(self.timezone))
        return Page(rows, onward, total, (*warnings, *doubts), defects, in_order)

    def _question(self, held: HeldPage, settled: PageStarts) -> Request | None:
        """Return what to ask before the starts are known; ProviderError if that can't help."""
        if settled.asks_clock:
            return clock_question(held, self._path("system/information"))
        if settled.probe is not None:
            return probe_question(held, settled.probe)
        if settled.unclear is None:
            return None
        raise ProviderError(
            self.name,
            f"writes times whose zone or format is not known, such as {shorten(settled.unclear)!r}",
            hint="set timezone (and time_format) in the profile",
        )

    def _follow(
        self, request: Request, keys: list[datetime | None], received: int, total: int | None
    ) -> tuple[Request, ...]:
        following = next_page(request, received, total, first=1, size_name="page_size")
        if following is None:
            return ()
        if request.path.endswith("/recording/search"):
            following = seek(request, keys, _SECOND, self._search, following)
        return (following,)

    def _parse_answer(self, held: HeldPage, request: Request, response: Response) -> Page:
        """Parse what the PBX says of its clock or of a range of time, and the page that waited."""
        answer: Mapping[str, object] | None = None
        try:
            answer = check_answer(self, request, response)
        except (Refused, TokenExpired, Transient):
            raise
        except ProviderError:
            pass  # the privilege or the interface is lacking: the page is read without it
        if held.probe is None:
            known: PbxClock | Request = with_clock_answer(held, answer or {})
        else:
            known = with_probe_answer(held, request, answer)
        if isinstance(known, Request):
            return Page(next_requests=(known,))
        return self.parse(replace(held.listing, provider_state=known), held.response)

    def error_message(self, decoded: object) -> str | None:
        """Return code and message of an answer, with the parameters that it names."""
        return error_text(decoded) or super().error_message(decoded)

    def audio_request(self, recording: Recording) -> Request:
        """Return the request for the address of the audio."""
        path = self._path("recording/download")
        return Request(path, {"id": recording.id}, resource="media")

    def parse_audio(self, request: Request, response: Response) -> AudioInfo | Request:
        """Return the request that the first response names, then the audio."""
        if response.streamed:
            self.check_audio_response(request, response)
            return AudioInfo()
        path = download_path(check_answer(self, request, response))
        if path is None:
            raise self.unexpected_response("no download_resource_url below /api/")
        return Request(path, resource="media", accept="audio/*")
