"""An account that changes at every request, for each provider's way of listing: no network."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from recli.providers.imagicle import Imagicle
from recli.providers.plivo import Plivo
from recli.providers.yeastar import Yeastar
from recli.transport.observer import RequestStats
from recli.wire import Page, Request, Response, Secret

if TYPE_CHECKING:
    from recli.providers.base import Provider

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)


@dataclass
class Account:
    """Recordings by id, with the time by which the server sorts and filters them."""

    times: dict[str, datetime] = field(default_factory=dict)
    move: Callable[[Account], None] = lambda _: None
    ever_gone: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    requests: int = 0
    earliest_arrival: datetime | None = None
    _serial: int = 0

    def add(self, moment: datetime) -> str:
        self._serial += 1
        name = f"r{self._serial:05d}"
        if self.earliest_arrival is not None and self.requests:
            moment = max(moment, self.earliest_arrival)
        self.times[name] = moment
        self.late.add(name)
        return name

    def delete(self, name: str) -> None:
        del self.times[name]
        self.ever_gone.add(name)

    def newest_first(self) -> list[tuple[str, datetime]]:
        return sorted(self.times.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)

    def settle_in(self) -> None:
        self.late.clear()

    @property
    def throughout(self) -> set[str]:
        return set(self.times) - self.late


class FakeTransport:
    """Answer a provider's requests from an account; one at a time, however many ask."""

    def __init__(self, provider: Provider, account: Account, answer: Answer, parallel: int) -> None:
        self.provider = provider
        self.parallel = parallel
        self.stats = RequestStats()
        self._account = account
        self._answer = answer
        self._lock = Lock()

    def fetch(self, request: Request) -> Page:
        with self._lock:
            self._account.requests += 1
            self._account.move(self._account)
            body = self._answer(self._account, request)
            self.stats.count_request()
        return self.provider.parse(request, Response(200, {}, json.dumps(body).encode()))

    def close(self) -> None:
        pass


Answer = Callable[[Account, Request], object]


def plivo_answer(account: Account, request: Request) -> object:
    since, until = (_plain(request.params[f"add_time__{end}"]) for end in ("gte", "lt"))
    offset, limit = int(request.params["offset"]), int(request.params["limit"])
    rows = [(name, at) for name, at in account.newest_first() if since <= at < until]
    objects = [
        {"recording_id": name, "add_time": f"{at:%Y-%m-%d %H:%M:%S.%f}+00:00"}
        for name, at in rows[offset : offset + limit]
    ]
    more = "/next" if offset + limit < len(rows) else None
    return {"meta": {"total_count": len(rows), "next": more}, "objects": objects}


def imagicle_answer(account: Account, request: Request) -> object:
    operator, _, value = request.params["startTime"].partition(":")
    ends = value.split(";")
    since = _zoned(ends[0]) if operator == "between" else datetime(1970, 1, 1, tzinfo=UTC)
    until = _zoned(ends[-1])
    page, size = int(request.params["page"]), min(int(request.params["pageSize"]), 10)
    rows = [(name, at) for name, at in account.newest_first() if since <= at < until]
    recordings = [
        {"id": name, "startTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000Z", "duration": "PT1S"}
        for name, at in rows[page * size : (page + 1) * size]
    ]
    return {"totalCount": len(rows), "recordings": recordings}


def yeastar_answer(account: Account, request: Request, *, search: bool = True) -> object:
    if request.path.endswith("search") and not search:
        return {"errcode": 10001, "errmsg": "INTERFACE NOT EXISTED"}
    rows = account.newest_first()
    if request.params["sort_by"] == "id":
        rows = sorted(account.times.items(), reverse=True)
    if request.path.endswith("search"):
        ends = (int(request.params.get(name, 2**33)) for name in ("start_time", "end_time"))
        since_s, until_s = ends
        rows = [(name, at) for name, at in rows if since_s <= at.timestamp() <= until_s]
    page, size = int(request.params["page"]), min(int(request.params["page_size"]), 10)
    data = [
        {
            "id": name,
            "time": f"{at + timedelta(hours=8):%d/%m/%Y %H:%M:%S}",
            "file": f"x-{int(at.timestamp())}.7-1-2-Internal.wav",
            "duration": 1,
        }
        for name, at in rows[(page - 1) * size : page * size]
    ]
    return {"errcode": 0, "errmsg": "SUCCESS", "total_number": len(rows), "data": data}


def _plain(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)


def _zoned(text: str) -> datetime:
    return datetime.fromisoformat(text)


PLIVO = Plivo(profile="p", auth_id="MA1", auth_token=Secret("token"))
IMAGICLE = Imagicle(
    profile="i", base_url="https://i.example", username="u", password=Secret("pass")
)
YEASTAR = Yeastar(
    profile="y", base_url="https://y.example", client_id="c", client_secret=Secret("cs")
)
