"""Accounts of any size, page by page: Plivo and Bandwidth.

Pages are made when they are asked for, from rows that differ in nothing but numbers and times, so
that a million of them cost the server next to nothing.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote

from tests.bench.answers import (
    CALL_S,
    EPOCH,
    MICROSECOND,
    PLIVO_ID,
    Answering,
    Asked,
    Spread,
    Told,
)

_KEPT_PAGES = 4096
_BANDWIDTH_PAGE = 1000


def plivo(spread: Spread) -> Answering:
    """Answer pages of at most 20 in windows of time."""

    @lru_cache(_KEPT_PAGES)
    def objects(first: int, end: int, base_url: str) -> bytes:
        return b", ".join([_plivo_row(spread, row, base_url) for row in range(first, end)])

    def answer(asked: Asked) -> Told | None:
        if not asked.path.startswith("/v1/Account/"):
            return None
        query = asked.query
        found = spread.between(
            _plivo_time_us(query["add_time__gte"]), _plivo_time_us(query["add_time__lt"])
        )
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 20)), 20)
        page = found[offset : offset + limit]
        more = offset + limit < len(found)
        following = f'"{asked.path}?limit={limit}&offset={offset + limit}"' if more else "null"
        rows = objects(page.start, page.stop, asked.base_url) if page else b""
        meta = (
            f'{{"limit": {limit}, "next": {following}, "offset": {offset}, "previous": null,'
            f' "total_count": {len(found)}}}'
        )
        return Told(
            b'{"api_id": "6d0d2f4e-bench", "meta": %b, "objects": [%b]}' % (meta.encode(), rows)
        )

    return answer


def _plivo_time_us(text: str) -> int:
    moment = datetime.fromisoformat(unquote(text.replace("+", " "))).replace(tzinfo=UTC)
    return (moment - EPOCH) // MICROSECOND


def _plivo_row(spread: Spread, row: int, base_url: str) -> bytes:
    added_us = spread.moment_us(row)
    added = (EPOCH + timedelta(microseconds=added_us)).isoformat(" ", "microseconds")
    end_ms = added_us // 1000 - 2500
    name = f"{row:08x}-7c1e-4b6a-9d55-0242ac110002"
    return (
        f'{{"add_time": "{added}", "call_uuid": "{row:08x}-11f0-4d0f-8c8e-5a1f9b2c7d3e",'
        f' "conference_name": "noname", "from_number": "+1415555{row % 10_000:04}",'
        ' "monthly_recording_storage_amount": 0,'
        f' "recording_duration_ms": "{CALL_S}000.00000",'
        f' "recording_end_ms": "{end_ms}.00000", "recording_format": "mp3",'
        f' "recording_id": "{name}", "recording_start_ms": "{end_ms - CALL_S * 1000}.00000",'
        ' "recording_storage_duration": 12, "recording_storage_rate": 0.0004,'
        f' "recording_type": "normal", "recording_url": "{base_url}/media/{name}.mp3",'
        f' "resource_uri": "/v1/Account/{PLIVO_ID}/Recording/{name}/",'
        f' "rounded_recording_duration": 120, "to_number": "+4420794{row % 100_000:05}"}}'
    ).encode()


def bandwidth(spread: Spread) -> Answering:
    """Answer pages of at most 1000 that link to the next one; newest first."""

    @lru_cache(_KEPT_PAGES)
    def page_of(number: int, size: int, base_url: str) -> bytes:
        first = number * size
        rows = [
            _bandwidth_row(spread, row, base_url)
            for row in range(first, min(first + size, spread.rows))
        ]
        return json.dumps(rows).encode()

    def answer(asked: Asked) -> Told | None:
        if not asked.path.startswith("/v1/users/"):
            return None
        size = min(int(asked.query.get("size", 25)), _BANDWIDTH_PAGE)
        number = int(asked.query.get("page", 0))
        link = f"{asked.base_url}{asked.path}?page={number + 1}&size={size}"
        more = (number + 1) * size < spread.rows
        header = f'Link: <{link}>; rel="next"\r\n'.encode() if more else b""
        return Told(page_of(number, size, asked.base_url), header)

    return answer


def _bandwidth_row(spread: Spread, row: int, base_url: str) -> dict[str, str]:
    start = EPOCH + timedelta(microseconds=spread.moment_us(row))
    end = start + timedelta(seconds=CALL_S)
    user = f"{base_url}/v1/users/u-bench"
    return {
        "endTime": end.isoformat(timespec="milliseconds")[:-6] + "Z",
        "id": f"rec-{row:026}",
        "media": f"{user}/media/c-{row:026}-1.wav",
        "call": f"{user}/calls/c-{row:026}",
        "startTime": start.isoformat(timespec="milliseconds")[:-6] + "Z",
        "state": "complete",
    }
