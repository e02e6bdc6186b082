"""Yeastar P-Series: `GET recording/search` and `recording/list`, a token in the query string.

Paging: `page` from 1, `page_size`, `total_number`; a server may give fewer rows than asked for. A
listing goes on below the last row's time instead of by page number wherever the rows carry an
exact time, so that rows that come and go meanwhile shift nothing. Times are in the PBX's own zone
and format (see `yeastar_clock`), durations in seconds, sizes in bytes. Errors come with HTTP 200
and an `errcode`. Every request needs a User-Agent, which the transport sends.

https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from recli.errors import Denied, Gone, ProviderError, Refused, TokenDead, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.paging import below
from recli.providers.base import Provider, count_of, items_of, key, shorten
from recli.providers.fields import EPOCH, Item, shifted
from recli.providers.yeastar_clock import Clock, from_file_name, from_information
from recli.wire import (
    Auth,
    Page,
    QueryToken,
    Rate,
    Request,
    Response,
    Secret,
    Sound,
    TokenPair,
    Window,
)

PAGE = 1000
"""Rows to ask for; the largest `page_size` is undocumented, so fewer may come."""
NO_INTERFACE, TOKEN_DEAD, NOTHING_FOUND = 10001, 10004, 60001
_TRANSIENT = {-2: "server error", 60002: "too many tokens", 70082: "overloaded", 70651: "busy"}
_DENIED = {10005, 70004, 70087, 70123}
# Error codes: https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/error-code.html
_DIRECTIONS = {each.value: each for each in Direction}
_PARTY = re.compile(r"(?s)\s*(.*?)\s*<([^<>]*)>\s*\Z")
_TOKEN_PATHS = ("/get_token", "/refresh_token")
_SECOND = timedelta(seconds=1)


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
    media_rate: ClassVar[Rate | None] = Rate(parallel=1)
    filters: ClassVar[frozenset[Filter]] = frozenset({Filter.SINCE, Filter.UNTIL})
    silent: ClassVar[frozenset[Filter]] = frozenset({Filter.OWNER})
    totals: ClassVar[bool] = True
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
    timezone: str = key("IANA name of the PBX's zone, where file names carry no time.", default="")
    time_format: str = key("How the PBX writes times (strptime).", default="")

    def problem(self) -> str | None:
        """Say what is wrong with the keys taken together, or None."""
        try:
            _ = ZoneInfo(self.timezone) if self.timezone else None
        except (ValueError, OSError, LookupError):
            return f"timezone {self.timezone!r} is no IANA name, such as Europe/Rome"
        return None

    @property
    def _clock(self) -> Clock:
        zone = ZoneInfo(self.timezone) if self.timezone else None
        return Clock(zone, self.time_format or None)

    def _path(self, name: str) -> str:
        return f"/{self.api_path.strip('/')}/{name}"

    @property
    def auth(self) -> Auth:
        """A token in the query string, by login with client id and secret."""
        return QueryToken(
            parameter="access_token",
            account=f"{self.base_url}|{self.client_id}",
            login=self._login,
            refresh=self._refresh,
            read=self._tokens,
        )

    def _login(self) -> Request:
        body = {"username": self.client_id, "password": self.client_secret.reveal()}
        return Request(self._path("get_token"), method="POST", json=body)

    def _refresh(self, token: Secret) -> Request:
        body = {"refresh_token": token.reveal()}
        return Request(self._path("refresh_token"), method="POST", json=body)

    def _tokens(self, request: Request, response: Response) -> TokenPair:
        said = self._checked(request, response)
        item = Item(said)
        access, refresh = item.text("access_token"), item.text("refresh_token")
        if access is None:
            raise self.shape("no access_token")
        return TokenPair(
            Secret(access),
            Secret(refresh or ""),
            item.number("access_token_expire_time") or 1800,
            item.number("refresh_token_expire_time") or 86400,
        )

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield one request: a search if times are given, else the list."""
        until = min(query.until or query.now, query.now)
        window = Window(query.since, until)
        if query.since is not None and query.since >= until:
            return
        if query.since is None and query.until is None:
            yield self._list(window)
        else:
            yield self._search(Request(""), window)

    def _list(self, window: Window, memo: object = None) -> Request:
        params = {"page": "1", "page_size": str(PAGE), "sort_by": "time", "order_by": "desc"}
        return Request(self._path("recording/list"), params, window=window, memo=memo)

    def _search(self, origin: Request, window: Window) -> Request:
        # Whether the ends are included is not said: a second more on either side.
        params = {"page": "1", "page_size": str(PAGE), "sort_by": "time", "order_by": "desc"}
        since_s = math.floor((window.since - EPOCH).total_seconds()) - 1 if window.since else 0
        params["start_time"] = str(max(since_s, 0))
        if window.until is not None:
            params["end_time"] = str(math.ceil((window.until - EPOCH).total_seconds()))
        path = self._path("recording/search")
        return replace(origin, path=path, params=params, window=window)

    def parse(self, request: Request, response: Response) -> Page:
        """Turn a page into rows and the request for what is below them."""
        if request.path.endswith("/system/information"):
            return self._learned(request, response)
        try:
            said = self._checked(request, response)
        except Gone:
            # Older firmware has no search: everything is listed, and filtered by whoever asked.
            if not request.path.endswith("/recording/search"):
                raise
            return Page(follow=(self._list(request.window or Window(), request.memo),))
        items = items_of(said, "data")
        if items is None:
            if said.get("errcode") == NOTHING_FOUND or count_of(said, "total_number") == 0:
                return Page(total=0)
            raise self.shape("no list of data")
        clock = request.memo if isinstance(request.memo, Clock) else self._clock
        keys: list[datetime | None] = []
        unclear: list[str] = []
        rows, warnings, defects = self.rows(
            items, lambda item: self._recording(item, clock, keys, unclear)
        )
        if unclear and request.memo is None:
            path = self._path("system/information")
            return Page(follow=(Request(path, window=request.window, memo=request),))
        if unclear:
            raise ProviderError(
                self.name,
                f"writes times whose zone or format is not known, such as {unclear[0]!r}",
                hint="set timezone (and time_format) in the profile",
            )
        total = count_of(said, "total_number")
        return Page(rows, self._follow(request, keys, len(items), total), total, warnings, defects)

    def _follow(
        self, request: Request, keys: list[datetime | None], came: int, total: int | None
    ) -> tuple[Request, ...]:
        page, size = int(request.params["page"]), int(request.params["page_size"])
        if not came or (total is not None and (page - 1) * size + came >= total):
            return ()
        searching = request.path.endswith("/recording/search")
        if searching or request.careful:
            rest = below(request.window or Window(), keys, _SECOND)
            if rest is not None:
                return (self._search(request, rest),)
        if page == 1 and came < size:
            size = came
        params = {**request.params, "page": str(page + 1), "page_size": str(size)}
        return (replace(request, params=params),)

    def _learned(self, request: Request, response: Response) -> Page:
        asked = request.memo
        if not isinstance(asked, Request):
            raise self.shape("an answer to nothing")
        try:
            said = self._checked(request, response)
        except (Gone, Denied):
            said = {}
        inner = said.get("data")
        clock = from_information(inner if isinstance(inner, Mapping) else said)
        own = self._clock
        clock = replace(clock, zone=own.zone or clock.zone, time_format=own.time_format)
        guess = "the PBX's offset of today is taken for all times: set timezone in the profile"
        warnings = () if own.zone is not None else (guess,)
        return Page(follow=(replace(asked, memo=clock),), warnings=warnings)

    def complaint(self, decoded: object) -> str | None:
        """Return code and message of an answer, with the parameters that it names."""
        if not isinstance(decoded, Mapping):
            return None
        said = f"errcode {decoded.get('errcode')}: {decoded.get('errmsg')}"
        fields = decoded.get("invalid_param_list")
        if isinstance(fields, list):
            names = [str(each.get("field")) for each in fields if isinstance(each, Mapping)]
            said += f" ({', '.join(names)})" if names else ""
        return shorten(said)

    def _checked(self, request: Request, response: Response) -> Mapping[str, object]:
        """Return a decoded answer whose errcode is good, else raise what it means."""
        for_token = request.path.endswith(_TOKEN_PATHS)
        if response.status == 401 and not for_token:
            raise TokenDead(self.name, "refused the token (HTTP 401)")
        self.refuse(request, response)
        decoded = self.decode(response)
        if not isinstance(decoded, Mapping):
            raise self.shape("not an object")
        code = Item(decoded).number("errcode", least=-100)
        if code is None:
            raise self.shape("no errcode")
        if code in {0, NOTHING_FOUND}:
            return decoded
        said = self.complaint(decoded)
        if code in _TRANSIENT:
            problem = f"failed ({_TRANSIENT[int(code)]}: {said})"
            raise Transient(self.name, problem, busy=code == 70082)
        if code in _DENIED:
            raise Denied(self.name, f"does not allow this ({said})")
        if for_token:
            error = Refused if request.path.endswith("/get_token") else TokenDead
            raise error(self.name, f"refused the credentials ({said})")
        if code == TOKEN_DEAD:
            raise TokenDead(self.name, f"refused the token ({said})")
        if code == NO_INTERFACE:
            raise Gone(self.name, f"has no such interface ({said})")
        raise ProviderError(self.name, f"did not accept the request ({said})")

    def media(self, recording: Recording) -> Request:
        """Return the request that asks where the audio is."""
        path = self._path("recording/download")
        return Request(path, {"id": recording.id}, resource="media")

    def sound(self, request: Request, response: Response) -> Sound | Request:
        """Tell the way to the sound, then the sound, from an error with HTTP 200."""
        if response.streamed:
            self.refuse(request, response)
            return Sound()
        said = self._checked(request, response)
        path = said.get("download_resource_url")
        if not isinstance(path, str) or not path.startswith("/api/") or "/../" in path:
            raise self.shape("no download_resource_url below /api/")
        return Request(path, resource="media", accept="audio/*")

    def _recording(
        self, item: Item, clock: Clock, keys: list[datetime | None], unclear: list[str]
    ) -> Recording | None:
        number = item.text("id")
        if number is None:
            return None
        file_name, shown = item.text("file"), item.text("time")
        exact = from_file_name(file_name, shown) if file_name and shown else None
        keys.append(exact)
        started_at = exact
        if shown is not None and started_at is None:
            try:
                started_at = clock.read(shown)
                if started_at is None:
                    unclear.append(shown)
            except (ValueError, OverflowError):
                item.unread.append("time")
        duration_s = item.number("duration")
        from_number, from_name = _party(item, "call_from")
        to_number, to_name = _party(item, "call_to")
        kind = (item.text("call_type") or "").lower()
        direction = _DIRECTIONS.get(kind)
        if kind and direction is None:
            item.unread.append("call_type")
        sides = {
            Direction.INBOUND: (to_number, from_number),
            Direction.OUTBOUND: (from_number, to_number),
        }
        local, remote = sides.get(direction, (None, None)) if direction else (None, None)
        return Recording(
            provider="yeastar",
            profile=self.profile,
            id=number,
            started_at=started_at,
            ended_at=shifted(started_at, duration_s),
            duration_s=duration_s,
            direction=direction,
            from_number=from_number,
            from_name=from_name,
            to_number=to_number,
            to_name=to_name,
            local_number=local,
            remote_number=remote,
            call_id=item.text("uid"),
            state=State.COMPLETE,
            format=file_name.rpartition(".")[2].lower() if file_name and "." in file_name else None,
            size_bytes=item.integer("size"),
            file_name=file_name,
            raw=item.raw,
        )


def _party(item: Item, name: str) -> tuple[str | None, str | None]:
    """Return number and name of a caller or callee: own fields, else out of `Name<number>`."""
    number, called = item.text(f"{name}_number"), item.text(f"{name}_name")
    if number is not None:
        return number, called
    both = item.text(name)
    found = _PARTY.match(both) if both else None
    if found is None:
        return both, called
    return found[2] or None, called or found[1] or None
