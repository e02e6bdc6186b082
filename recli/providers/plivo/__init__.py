"""Plivo: `GET /v1/Account/{auth_id}/Recording/`, HTTP Basic.

Paging: `limit` (at most 20) and `offset`, newest first by `add_time`; `meta.total_count`. Without a
time filter only 7 days are listed, and more than 30 days are refused: every request here carries
both bounds of a window of at most 29 days. `add_time` is when a recording was stored, in any
offset; filters take UTC without one. Durations and epochs are milliseconds as decimal strings.

https://www.plivo.com/docs/voice/api/recording#list-all-recordings
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from recli.errors import Denied, NotReady, ProviderError
from recli.model import Filter, Query, Recording, State
from recli.paging import query_window, split_windows
from recli.providers.base import Provider, key
from recli.providers.items import (
    Item,
    between_s,
    count_of,
    extension,
    items_of,
    last_segment,
    shifted,
)
from recli.providers.params import Param
from recli.providers.plivo.pages import PAGE, bounds, next_requests
from recli.redact import public_url
from recli.urls import origin_of
from recli.wire import (
    AudioInfo,
    Auth,
    Basic,
    Credentials,
    Order,
    Page,
    Rate,
    Request,
    Response,
    Secret,
)

SLICE = timedelta(days=29)
"""A range over 30 days is refused: https://www.plivo.com/docs/voice/api/recording"""
BEGINNING = datetime(2011, 1, 1, tzinfo=UTC)
"""Before Plivo's first recording."""
MEDIA_HOST = "media.plivo.com"
"""Where recordings lie: https://www.plivo.com/docs/voice/concepts/recording"""
LONGEST_CALL_H = 8760
_STORAGE = "recording_storage_duration"
_SUBACCOUNT = "recordings of a subaccount want a profile with the subaccount's own auth_id"
_OTHER_HOST = "if that place is yours, name it as media_url in the profile"


@dataclass(frozen=True, kw_only=True)
class Plivo(Provider):
    """Recordings of a Plivo account or subaccount."""

    name: ClassVar[str] = "plivo"
    title: ClassVar[str] = "Plivo"
    docs_url: ClassVar[str] = "https://www.plivo.com/docs/voice/api/recording"
    # 300 requests per 5 s and account: https://www.plivo.com/docs/voice/concepts/account-limits
    rate: ClassVar[Rate] = Rate(requests=300, per_s=5, parallel=16)
    audio_rate: ClassVar[Rate | None] = Rate(parallel=8)
    raw_fields: ClassVar[tuple[str, ...]] = (
        "add_time",
        "call_uuid",
        "conference_name",
        "from_number",
        "monthly_recording_storage_amount",
        "recording_duration_ms",
        "recording_end_ms",
        "recording_format",
        "recording_id",
        "recording_start_ms",
        "recording_storage_duration",
        "recording_storage_rate",
        "recording_type",
        "recording_url",
        "resource_uri",
        "rounded_recording_duration",
        "to_number",
    )
    filters: ClassVar[frozenset[Filter]] = frozenset({Filter.SINCE, Filter.UNTIL, Filter.CALL_ID})
    params: ClassVar[tuple[Param, ...]] = (
        Param("from_number", "The caller, as Plivo writes it: +E.164 or a SIP endpoint."),
        Param("to_number", "The called party, in the same way."),
        Param("subaccount", "Auth ID of a subaccount."),
        Param("call_uuid", "The id of the call."),
        Param("conference_name", "The name of the conference."),
        Param("conference_uuid", "The id of the conference."),
        Param("mpc_name", "The name of the multi-party call."),
        Param("mpc_uuid", "The id of the multi-party call."),
        Param(
            _STORAGE,
            "Days in storage; goes in place of the time filter.",
            ("__gt", "__gte", "__lt", "__lte"),
        ),
    )
    reserved_params: ClassVar[frozenset[str]] = frozenset(
        {"limit", "offset", "callback_url", "callback_method", "add_time"}
        | {f"add_time{suffix}" for suffix in ("__gt", "__gte", "__lt", "__lte")}
    )
    unreported_fields: ClassVar[frozenset[Filter]] = frozenset({Filter.DIRECTION, Filter.OWNER})
    reports_totals: ClassVar[bool] = True
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
        if not (self.auth_id.isascii() and self.auth_id.isalnum()):
            return "auth_id must be letters and digits, such as MA and 18 more"
        if not 0 <= self.max_call_hours <= LONGEST_CALL_H:
            return f"max_call_hours must be between 0 and {LONGEST_CALL_H}"
        if self.media_url and origin_of(self.media_url) is None:
            return "media_url must be an address such as https://recordings.example.com"
        return None

    @property
    def listing_order(self) -> Order:
        """By `add_time`, when a recording was stored: after it started, maybe long after."""
        return Order.LAST_STORED_FIRST

    @property
    def auth(self) -> Auth:
        """HTTP Basic: Auth ID and Auth Token."""
        return Basic(self.auth_id, self.auth_token)

    def plan(self, query: Query) -> Iterator[Request]:
        """Yield a request for each slice, newest first, up to when the last call was stored."""
        asked = query_window(query)
        if asked is None or asked.until is None:
            return
        path = f"/v1/Account/{self.auth_id}/Recording/"
        filters = {} if query.call_id is None else {"call_uuid": query.call_id}
        filters |= query.params
        params = {"limit": str(PAGE), "offset": "0"}
        if any(name.startswith(_STORAGE) for name in filters):
            # It can't be combined with add_time: https://www.plivo.com/docs/voice/api/recording
            yield Request(path, params | filters)
            return
        until = asked.until
        if until < query.now:
            until = min(query.now, until + timedelta(hours=self.max_call_hours))
        for window in split_windows(max(asked.since or BEGINNING, BEGINNING), until, SLICE):
            yield Request(path, params | bounds(window) | filters, window=window)

    def parse(self, request: Request, response: Response) -> Page:
        """Parse a page of recordings; a first page with a total leads to all others."""
        self.raise_for_status(request, response)
        decoded = self.decode(response)
        items = items_of(decoded, "objects")
        if items is None or not isinstance(decoded, dict):
            raise self.unexpected_response("no list of objects")
        rows, warnings, defects = self.rows(items, self._recording)
        meta = decoded.get("meta")
        total = count_of(meta, "total_count")
        more = bool(meta["next"]) if isinstance(meta, dict) and "next" in meta else None
        onward = next_requests(request, rows, len(items), total, more=more)
        return Page(rows, onward, total, warnings, defects)

    def error_message(self, decoded: object) -> str | None:
        """Return an error body's text: `error`, `message`, or the same below `data`."""
        message = super().error_message(decoded)
        if message is None and isinstance(decoded, Mapping):
            message = super().error_message(decoded.get("data")) or ""
        return message

    def audio_request(self, recording: Recording) -> Request:
        """Return the request for the audio, without credentials: most accounts need none."""
        raw = recording.raw
        url = raw.get("recording_url") if isinstance(raw, dict) else None
        url = url if isinstance(url, str) and url else recording.media_url
        if not url:
            raise NotReady(self.name, "reports no recording_url for it yet")
        if not url.lower().startswith(("http://", "https://")):
            raise ProviderError(self.name, "reports a recording_url that is no web address")
        return Request(url, resource="media", credentials=Credentials.WITHHELD, accept="audio/*")

    def parse_audio(self, request: Request, response: Response) -> AudioInfo | Request:
        """Return the audio; after a refusal, the same request with credentials."""
        if response.status in {401, 403}:
            trusted = self.trusts(request.path)
            if trusted and request.credentials is Credentials.WITHHELD:
                return replace(request, credentials=Credentials.SENT)
            problem = f"does not give this recording's audio (HTTP {response.status})"
            raise Denied(self.name, problem, hint=_SUBACCOUNT if trusted else _OTHER_HOST)
        self.check_audio_response(request, response)
        return AudioInfo()

    def trusts(self, url: str) -> bool:
        """Say whether a URL beside the base URL may see the credentials."""
        origin = origin_of(url)
        if origin is None:
            return False
        scheme, host, port = origin
        if self.media_url and origin == origin_of(self.media_url):
            return True
        official = host == MEDIA_HOST or host.endswith("." + MEDIA_HOST)
        return official and scheme == "https" and port == 443

    def _recording(self, item: Item) -> Recording | None:
        number = item.text("recording_id")
        if number is None:
            return None
        text = item.text
        started_at = item.epoch("recording_start_ms", 1000)
        ended_at = item.epoch("recording_end_ms", 1000)
        added_at = item.time("add_time")
        duration_s = item.milliseconds("recording_duration_ms")
        if started_at is None or ended_at is None or duration_s is None:
            started_at, ended_at, duration_s = _completed(
                item, started_at, ended_at, duration_s, added_at
            )
        url = text("recording_url")
        file_name = last_segment(url)
        kind = text("recording_format")
        return Recording(
            provider="plivo",
            profile=self.profile,
            id=number,
            started_at=started_at,
            ended_at=ended_at,
            duration_s=duration_s,
            from_number=text("from_number"),
            to_number=text("to_number"),
            call_id=text("call_uuid"),
            state=State.COMPLETE,
            format=kind.lower() if kind else extension(file_name),
            file_name=file_name,
            media_url=public_url(url) if url else None,
            added_at=added_at,
            raw=item.raw,
        )


def _completed(
    item: Item,
    started_at: datetime | None,
    ended_at: datetime | None,
    duration_s: float | None,
    added_at: datetime | None,
) -> tuple[datetime | None, datetime | None, float | None]:
    """Return start, end and duration, each out of the others where it is missing."""
    if duration_s is None:
        if started_at is not None and ended_at is not None and started_at <= ended_at:
            duration_s = between_s(started_at, ended_at)
        else:
            duration_s = item.seconds("rounded_recording_duration")
    if started_at is None:
        started_at = shifted(ended_at or added_at, -(duration_s or 0))
    return started_at, ended_at or shifted(started_at, duration_s), duration_s
