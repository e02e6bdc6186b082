"""Plivo: `GET /v1/Account/{auth_id}/Recording/`, HTTP Basic.

Paging: `limit` (at most 20) and `offset`, newest first by `add_time`; `meta.total_count`. Without a
time filter only 7 days are listed, and more than 30 days are refused: every request here carries
both bounds of a window of at most 29 days. `add_time` is when a recording was stored, in any
offset; filters take UTC without one. Durations and epochs are milliseconds as decimal strings.

https://www.plivo.com/docs/voice/api/recording#list-all-recordings
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from recli.errors import NotReady
from recli.model import Filter, Query, Recording, State
from recli.paging import below, slices
from recli.providers.base import Provider, count_of, items_of, key
from recli.providers.fields import Item, between_s, shifted
from recli.redact import public_url
from recli.wire import (
    Auth,
    Basic,
    Credentials,
    Page,
    Rate,
    Request,
    Response,
    Secret,
    Sound,
    Window,
)

PAGE = 20
"""The most that `limit` may be: https://www.plivo.com/docs/voice/api/recording"""
SLICE = timedelta(days=29)
"""A range over 30 days is refused: https://www.plivo.com/docs/voice/api/recording"""
BEGINNING = datetime(2011, 1, 1, tzinfo=UTC)
"""Before Plivo's first recording."""
MEDIA_HOST = "media.plivo.com"
"""Where recordings lie: https://www.plivo.com/docs/voice/concepts/recording"""
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Plivo(Provider):
    """Recordings of a Plivo account or subaccount."""

    name: ClassVar[str] = "plivo"
    title: ClassVar[str] = "Plivo"
    docs_url: ClassVar[str] = "https://www.plivo.com/docs/voice/api/recording"
    # 300 requests per 5 s and account: https://www.plivo.com/docs/voice/concepts/account-limits
    rate: ClassVar[Rate] = Rate(requests=300, per_s=5, parallel=16)
    media_rate: ClassVar[Rate | None] = Rate(parallel=8)
    filters: ClassVar[frozenset[Filter]] = frozenset({Filter.SINCE, Filter.UNTIL, Filter.CALL_ID})
    silent: ClassVar[frozenset[Filter]] = frozenset({Filter.DIRECTION, Filter.OWNER})
    totals: ClassVar[bool] = True
    notes: ClassVar[tuple[str, ...]] = (
        "Without --since everything back to 2011 is listed, in about 200 requests of 29 days each.",
        "A recording is found by when it was stored: calls longer than max_call_hours may be missed"
        " at --until.",
    )

    auth_id: str = key(
        "Auth ID of the account or subaccount.", env="PLIVO_AUTH_ID", example="MAXXXXXXXXXXXXXXXXXX"
    )
    auth_token: Secret = key("Auth Token.", env="PLIVO_AUTH_TOKEN")
    base_url: str = key("Where the API is.", default="https://api.plivo.com")
    max_call_hours: float = key("How long the longest call lasts, in hours.", default=24)
    media_url: str = key(
        "Another place of yours that holds the audio and may see the credentials.", default=""
    )

    def problem(self) -> str | None:
        """Say what is wrong with the keys taken together, or None."""
        if not self.auth_id.isalnum():
            return "auth_id must be letters and digits, such as MA and 18 more"
        return None if self.max_call_hours >= 0 else "max_call_hours must not be negative"

    @property
    def auth(self) -> Auth:
        """HTTP Basic: Auth ID and Auth Token."""
        return Basic(self.auth_id, self.auth_token)

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield a request for each slice, newest first, up to when the last call was stored."""
        until = query.now
        if query.until is not None and query.until < query.now:
            until = min(query.now, query.until + timedelta(hours=self.max_call_hours))
        for window in slices(max(query.since or BEGINNING, BEGINNING), until, SLICE):
            params = {"limit": str(PAGE), "offset": "0", **_bounds(window)}
            if query.call_id is not None:
                params["call_uuid"] = query.call_id
            yield Request(f"/v1/Account/{self.auth_id}/Recording/", params, window=window)

    def parse(self, request: Request, response: Response) -> Page:
        """Turn a page of recordings into rows; a first page with a total tells all others."""
        self.refuse(request, response)
        decoded = self.decode(response)
        items = items_of(decoded, "objects")
        if items is None or not isinstance(decoded, dict):
            raise self.shape("no list of objects")
        rows, warnings, defects = self.rows(items, self._recording)
        meta = decoded.get("meta")
        total = count_of(meta, "total_count")
        more = meta["next"] is not None if isinstance(meta, dict) and "next" in meta else None
        follow = _follow(request, rows, len(items), total, more=more)
        return Page(rows, follow, total, warnings, defects)

    def media(self, recording: Recording) -> Request:
        """Return the request for the audio: open by default, so first without credentials."""
        raw = recording.raw
        url = raw.get("recording_url") if isinstance(raw, dict) else None
        url = url if isinstance(url, str) and url else recording.media_url
        if not url:
            raise NotReady(self.name, "tells no recording_url for it yet")
        return Request(url, resource="media", credentials=Credentials.WITHHELD, accept="audio/*")

    def sound(self, request: Request, response: Response) -> Sound | Request:
        """Tell the sound from a refusal, after which the credentials go to Plivo's hosts only."""
        anonymous = request.credentials is Credentials.WITHHELD
        if response.status in {401, 403} and anonymous and self.trusts(request.path):
            return replace(request, credentials=Credentials.SENT)
        self.refuse(request, response)
        return Sound()

    def trusts(self, url: str) -> bool:
        """Say whether a URL beside the base URL may see the credentials."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if self.media_url:
            own = urlsplit(self.media_url)
            if (own.scheme, own.hostname, own.port) == (parts.scheme, host, parts.port):
                return True
        official = host == MEDIA_HOST or host.endswith("." + MEDIA_HOST)
        return official and parts.scheme == "https" and parts.port in {None, 443}

    def _recording(self, item: Item) -> Recording | None:
        number = item.text("recording_id")
        if number is None:
            return None
        added_at = item.time("add_time")
        start_ms = item.milliseconds("recording_start_ms") or None
        end_ms = item.milliseconds("recording_end_ms") or None
        length_ms = item.milliseconds("recording_duration_ms")
        started_at = item.epoch("recording_start_ms", start_ms)
        ended_at = item.epoch("recording_end_ms", end_ms)
        if length_ms is not None:
            duration_s: float | None = length_ms / 1000
        elif started_at is not None and ended_at is not None and started_at <= ended_at:
            duration_s = between_s(started_at, ended_at)
        else:
            duration_s = item.number("rounded_recording_duration")
        if started_at is None:
            started_at = shifted(ended_at or added_at, -(duration_s or 0))
        url = item.text("recording_url")
        file_name = url.partition("?")[0].rpartition("/")[2] if url else None
        return Recording(
            provider="plivo",
            profile=self.profile,
            id=number,
            started_at=started_at,
            ended_at=ended_at or shifted(started_at, duration_s),
            duration_s=duration_s,
            from_number=item.text("from_number"),
            to_number=item.text("to_number"),
            call_id=item.text("call_uuid"),
            state=State.COMPLETE,
            format=item.text("recording_format"),
            file_name=file_name or None,
            media_url=public_url(url) if url else None,
            added_at=added_at,
            raw=item.raw,
        )


def _bounds(window: Window) -> dict[str, str]:
    since, until = window.since, window.until
    bounds = {"add_time__gte": since, "add_time__lt": until}
    return {name: f"{moment:%Y-%m-%d %H:%M:%S.%f}" for name, moment in bounds.items() if moment}


def _follow(
    request: Request, rows: list[Recording], came: int, total: int | None, *, more: bool | None
) -> tuple[Request, ...]:
    """Return the requests after a page of `came` objects; `more`: what its next link says."""
    if not came:
        return ()
    offset = int(request.params["offset"])
    after = offset + came
    if request.careful:
        if total is not None and came >= total - offset:
            return ()
        rest = below(request.window or Window(), [row.added_at for row in rows], _TICK)
        if rest is not None:
            params = {**request.params, "offset": "0", **_bounds(rest)}
            return (replace(request, params=params, window=rest),)
        return (_at(request, after),)
    if total is not None and after < total:
        return tuple(_at(request, o, came) for o in range(came, total, came)) if not offset else ()
    on = more is not False if total is None else more is True
    return (_at(request, after),) if on else ()


def _at(request: Request, offset: int, limit: int = PAGE) -> Request:
    params = {**request.params, "offset": str(offset)}
    if limit < PAGE:
        params["limit"] = str(limit)
    return replace(request, params=params)
