"""Made-up accounts of the five providers, for a server that must cost next to nothing.

Each is a pure function from a request to a body. They know just as much of the providers' APIs as
the benchmarks need; the stand-ins that follow the documents are in `recli.sandbox`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_US = 86_400_000_000
CALL_S = 63
PLIVO_ID = "MABENCHBENCHBENCHBEN"
_KEPT_PAGES = 4096
_BANDWIDTH_PAGE = 1000


class Asked(NamedTuple):
    """A request; the names of `query` and of a form's fields are as sent, `path` has no query."""

    path: str
    query: Mapping[str, str]
    body: bytes
    base_url: str


class Told(NamedTuple):
    """An answer's body, the lines of headers that are its own, and its type."""

    body: bytes
    headers: bytes = b""
    content_type: bytes = b"application/json"


Answering = Callable[[Asked], Told | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """`rows` rows, evenly over a range of time, newest first; times in microseconds after 1970."""

    rows: int
    since_us: int
    until_us: int

    @property
    def step_us(self) -> int:
        return (self.until_us - self.since_us) // self.rows

    def moment_us(self, row: int) -> int:
        return self.until_us - (row + 1) * self.step_us

    def between(self, since_us: int, until_us: int) -> range:
        """Return the rows of a half-open range of time."""
        first = min(max((self.until_us - until_us) // self.step_us, 0), self.rows)
        end = min(max((self.until_us - since_us) // self.step_us, first), self.rows)
        return range(first, end)


def accounts(rows: Mapping[str, int], days: float) -> dict[str, Answering]:
    """Make the accounts of `rows`, by provider; the newest rows are an hour old."""
    until_us = (datetime.now(UTC) - EPOCH) // MICROSECOND - DAY_US // 24
    makers: dict[str, Callable[[Spread], Answering]] = {
        "plivo": plivo,
        "bandwidth": bandwidth,
        "yeastar": yeastar,
        "enswitch": enswitch,
        "imagicle": imagicle,
    }
    return {
        name: makers[name](Spread(count, until_us - int(days * DAY_US), until_us))
        for name, count in rows.items()
    }


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


def yeastar(spread: Spread) -> Answering:
    """Answer a login, and everything on one page."""
    token = json.dumps(
        {
            "errcode": 0,
            "errmsg": "SUCCESS",
            "access_token_expire_time": 1800,
            "access_token": "a" * 32,
            "refresh_token_expire_time": 86400,
            "refresh_token": "b" * 32,
        }
    ).encode()
    rows = [_yeastar_row(spread, row) for row in range(spread.rows)]
    listed = {"errcode": 0, "errmsg": "SUCCESS", "total_number": len(rows), "data": rows}
    page = json.dumps(listed).encode()

    def answer(asked: Asked) -> Told | None:
        if not asked.path.startswith("/openapi/v1.0/"):
            return None
        return Told(token if asked.path.endswith("_token") else page)

    return answer


def _yeastar_row(spread: Spread, row: int) -> dict[str, object]:
    start_s = spread.moment_us(row) // 1_000_000
    start = EPOCH + timedelta(seconds=start_s)
    return {
        "id": row + 1,
        "time": start.strftime("%m/%d/%Y %H:%M:%S"),
        "uid": f"{start_s}.{row}",
        "call_from": f"Desk<{1000 + row % 100}>",
        "call_to": "+14155550001",
        "duration": CALL_S,
        "size": 504_044,
        "call_type": "Outbound",
        "file": f"{start:%Y%m%d%H%M%S}-{start_s}.{row}-1000-14155550001-Outbound.wav",
    }


def enswitch(spread: Spread) -> Answering:
    """Answer windows of time, each at once."""

    def answer(asked: Asked) -> Told | None:
        if not asked.path.startswith("/api/json/recording/"):
            return None
        form = dict(pair.split("=", 1) for pair in asked.body.decode().split("&"))
        found = spread.between(int(form["start"]) * 1_000_000, int(form["end"]) * 1_000_000)
        said = {
            "responses": [{"code": "200", "key": "ok", "message": "OK"}],
            "data": [_enswitch_row(spread, row) for row in found],
        }
        return Told(json.dumps(said).encode())

    return answer


def _enswitch_row(spread: Spread, row: int) -> dict[str, object]:
    start_s = spread.moment_us(row) // 1_000_000
    return {
        "uniqueid": f"{start_s}.{row}",
        "recordid": str(row),
        "recordgroup": "7",
        "callid": f"call-{row}",
        "start": str(start_s),
        "end": str(start_s + CALL_S),
        "totaltime": str(CALL_S),
        "size": "504044",
        "snumber": "1001",
        "stype": "phone",
        "cnumber": "+14155550001",
        "dtype": "external",
        "complete": 1,
        "mimetype": "audio/x-wav",
    }


def imagicle(spread: Spread) -> Answering:
    """Answer everything on one page."""
    rows = [_imagicle_row(spread, row) for row in range(spread.rows)]
    page = json.dumps({"totalCount": len(rows), "recordings": rows}).encode()

    def answer(asked: Asked) -> Told | None:
        return Told(page) if asked.path.startswith("/fw/Apps/Recorder/") else None

    return answer


def _imagicle_row(spread: Spread, row: int) -> dict[str, object]:
    start = EPOCH + timedelta(microseconds=spread.moment_us(row))
    return {
        "id": f"{row:08x}-0000-4000-8000-0242ac110002",
        "referenceNumber": f"{row:09}",
        "startTime": f"{start:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "duration": f"PT{CALL_S}S",
        "direction": 1,
        "localPartyNumber": "1001",
        "remotePartyNumber": "+14155550001",
        "ownerUsername": "user",
    }
