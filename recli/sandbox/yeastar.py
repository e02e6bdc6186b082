"""Stand in for a Yeastar P-Series PBX: logins, recording lists and downloads.

`{base_url}/openapi/v1.0/…`, the token in the query; HTTP 200 with `errcode` for nearly all;
`time` in the PBX's own zone and format, without saying which; durations in seconds.
https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

from recli.sandbox.account import ABSENT, FakeAccount, FakeCall
from recli.sandbox.audio import sound_type
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.http_server import (
    FakeResponse,
    ReceivedRequest,
    html_answer,
    json_answer,
    sound_answer,
)
from recli.sandbox.yeastar_tokens import (
    ACCESS_LIFE_S,
    BLOCKED,
    REFRESH_LIFE_S,
    TOKEN_DEAD,
    TokenIssuer,
)

NEWER = ("call_from_number", "call_from_name", "call_to_number", "call_to_name")
NEWEST = ("archive_status", "archive_path", "archive_type", "file_path")

PATCHES: tuple[Mapping[str, object], ...] = (
    {"id_as_string": True},
    {"call_from_name": None, "archive_status": None},
    dict.fromkeys(NEWEST, ABSENT),
    dict.fromkeys((*NEWER, *NEWEST), ABSENT),
)

# As the settings page writes them; `hh` is said with 24 hours too.
DATE_WORDS = {"%m": "MM", "%d": "DD", "%Y": "YYYY"}


def row(call: FakeCall, behaviour: Behaviour) -> dict[str, object]:
    """Make the object of one recording."""
    name = file_name(call, behaviour)
    local = call.start.astimezone(behaviour.yeastar_timezone)
    archived = call.number % 4 == 0
    folder = f"{local:%Y%m%d}"
    made: dict[str, object] = {
        "id": int(call.id) if call.id.isdecimal() else call.id,
        "time": local.strftime(behaviour.yeastar_time_format),
        "uid": call.call_id,
        "call_from": _party(call.from_name, call.from_number),
        "call_to": _party(call.to_name, call.to_number),
        "duration": round(call.duration_s),
        "size": call.size_bytes,
        "call_type": call.direction.capitalize(),
        "file": name,
        "call_from_number": call.from_number,
        "call_from_name": call.from_name,
        "call_to_number": call.to_number,
        "call_to_name": call.to_name,
        "archive_status": "success" if archived else "",
        "archive_path": f"/PBX/RecordingFiles/{folder}/{name}" if archived else "",
        "archive_type": "sharepoint" if archived else "",
        "file_path": f"/tmp/media/networkdisk1/recording/{folder}/{name}" if archived else "",  # noqa: S108 - only told
    }
    shown = call.patched(made)
    if shown.pop("id_as_string", False):
        shown["id"] = str(call.id)
    return shown


def file_name(call: FakeCall, behaviour: Behaviour) -> str:
    """Name the file: local stamp of the answer, second of the call, parties, kind."""
    local = call.start.astimezone(behaviour.yeastar_timezone)
    source, target = (
        "".join(char for char in number if char.isalnum()) or "unknown"
        for number in (call.from_number, call.to_number)
    )
    kind = call.direction.capitalize()
    if not behaviour.yeastar_file_epoch:
        return f"recording-{call.number}-{source}-{target}-{kind}.{call.form}"
    epoch = f"{int(call.start.timestamp())}.{call.number}"
    answered = local + timedelta(seconds=call.number % 8)
    return f"{answered:%Y%m%d%H%M%S}-{epoch}-{source}-{target}-{kind}.{call.form}"


def information(behaviour: Behaviour, now: datetime) -> dict[str, object]:
    """Tell of the PBX itself; its time and the timestamp are the same moment."""
    date_format, _, _ = behaviour.yeastar_time_format.partition(" ")
    for sign, word in DATE_WORDS.items():
        date_format = date_format.replace(sign, word)
    local = now.astimezone(behaviour.yeastar_timezone)
    return {
        "device_name": "Sandbox PBX",
        "model_name": "P-Series Software Edition",
        "sn": "3631A2124000",
        "firmware_version": "83.18.0.59",
        "system_time": local.strftime(behaviour.yeastar_time_format),
        "up_time": 24852,
        "system_date_format": date_format,
        "system_time_format": "hh:mm:ss",
        "timestamp": int(now.timestamp()),
    }


def _party(name: str, number: str) -> str:
    return f"{name}<{number}>" if name else number


CLIENT_ID = "SandboxYeastarClientId0123456789"
CLIENT_SECRET = "sandbox-yeastar-secret"  # noqa: S105 - opens nothing but this stand-in
ROOT = "/openapi/v1.0/"
FILES = "/api/download/"
RESOURCE_LIFE_S = 1_800.0
PAGE_SIZE_DEFAULT = 20

NO_INTERFACE = 10001
BAD_PARAMETER = 40002
NOTHING_FOUND = 60001
DOWNLOADING = 70651

MESSAGES = {
    -2: "INTERNAL SERVER ERROR",
    -1: "FAILURE",
    NO_INTERFACE: "INTERFACE NOT EXISTED",
    TOKEN_DEAD: "ACCESS TOKEN HAS EXPIRED OR IS INVALID",
    10005: "LIMITED PERMISSION",
    40001: "PARAMETER MISSING",
    BAD_PARAMETER: "PARAMETER ERROR",
    NOTHING_FOUND: "NO DATA FOUND",
    60002: "MAX LIMITATION EXCEEDED",
    BLOCKED: "IP ADDRESS BLOCKED",
    70082: "SYSTEM OVERLOADED",
    70123: "API DISABLED",
    DOWNLOADING: "ANOTHER DOWNLOAD IN PROGRESS",
}


class ParameterError(Exception):
    """Refuse a parameter, by its name."""


class FakeYeastar:
    """Answer in the place of one PBX with one API application."""

    def __init__(
        self, account: FakeAccount, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        self._account = account
        self._behaviour = behaviour
        self._now = now
        self._url = url
        self._downloading = threading.Lock()
        self._resources: dict[str, float] = {}  # path -> when it was given out
        self.tokens = TokenIssuer(CLIENT_ID, CLIENT_SECRET)

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "yeastar",
            "base_url": f"{self._url}/yeastar",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def refuse(self, status: int) -> FakeResponse:
        """Give the page of the web server in front: the API itself always says 200."""
        return html_answer(status, f"{status} Error")

    def errcode(self, code: int, seen: ReceivedRequest) -> FakeResponse:
        """Give HTTP 200 with an error code; 10004 kills the request's access token."""
        if code == TOKEN_DEAD:
            self.tokens.kill(seen.query.get("access_token", ""))
        return _error(code)

    def answer(self, seen: ReceivedRequest) -> FakeResponse:
        """Answer for the API or, under `/api/`, for a file."""
        if not seen.headers.get("user-agent"):
            return html_answer(403, "403 Forbidden")
        if self.tokens.blocked:
            return _error(BLOCKED)
        if seen.path.startswith(FILES):
            return self._file(seen) if self._let_in(seen) else _error(TOKEN_DEAD)
        if seen.path.startswith(ROOT):
            return self._api(seen)
        return html_answer(404, "404 Not Found")

    def _api(self, seen: ReceivedRequest) -> FakeResponse:
        endpoint = f"{seen.method} {seen.path.removeprefix(ROOT)}"
        if (login := self._login(endpoint, seen)) is not None:
            return login
        if not self._let_in(seen):
            return _error(TOKEN_DEAD)
        try:
            return self._served(endpoint, seen.query)
        except ParameterError as error:
            return _error(BAD_PARAMETER, str(error))

    def _login(self, endpoint: str, seen: ReceivedRequest) -> FakeResponse | None:
        """Answer the endpoints that need no access token; None for all others."""
        now_s = self._behaviour.wall_clock()
        sent = seen.json if isinstance(seen.json, dict) else {}
        match endpoint:
            case "POST get_token":
                if not {"username", "password"} <= sent.keys():
                    return _error(BAD_PARAMETER, "username")
                pair = self.tokens.log_in(sent["username"], sent["password"], now_s)
            case "POST refresh_token":
                pair = self.tokens.refresh(sent.get("refresh_token"), now_s)
            case _:
                return None
        if isinstance(pair, int):
            return _error(pair)
        return _success(
            access_token_expire_time=ACCESS_LIFE_S,
            access_token=pair.access,
            refresh_token_expire_time=REFRESH_LIFE_S,
            refresh_token=pair.refresh,
        )

    def _let_in(self, seen: ReceivedRequest) -> bool:
        behaviour = self._behaviour
        token = seen.query.get("access_token", "")
        return bool(token) and self.tokens.use(
            token, behaviour.wall_clock(), behaviour.yeastar_token_uses
        )

    def _served(self, endpoint: str, query: Mapping[str, str]) -> FakeResponse:
        match endpoint:
            case "GET del_token":
                self.tokens.revoke(query["access_token"])
                return _success()
            case "GET system/information":
                return _success(data=information(self._behaviour, self._now()))
            case "GET recording/list":
                return self._page(query, self._account.calls())
            case "GET recording/search" if self._behaviour.yeastar_search:
                found = self._found(query)
                return self._page(query, found) if found else _error(NOTHING_FOUND)
            case "GET recording/download":
                return self._resource(query)
            case _:
                return _error(NO_INTERFACE)

    def _page(self, query: Mapping[str, str], calls: list[FakeCall]) -> FakeResponse:
        page = _whole(query, "page", 1)
        size = _whole(query, "page_size", PAGE_SIZE_DEFAULT)
        sort_by, order_by = query.get("sort_by", "id"), query.get("order_by", "asc")
        if sort_by not in {"id", "time"}:
            raise ParameterError("sort_by")
        if order_by not in {"asc", "desc"}:
            raise ParameterError("order_by")
        if page < 1 or size < 1:
            raise ParameterError("page" if page < 1 else "page_size")
        size = min(size, self._behaviour.yeastar_page_size_max)
        if sort_by == "id":
            calls = sorted(calls, key=lambda call: call.number)
        if order_by == "desc":
            calls = calls[::-1]
        shown = calls[(page - 1) * size : page * size]
        data = [row(call, self._behaviour) for call in shown]
        return _success(total_number=len(calls), data=data)

    def _found(self, query: Mapping[str, str]) -> list[FakeCall]:
        since, until = _whole(query, "start_time", 0), _whole(query, "end_time", 1 << 40)
        caller, callee = query.get("caller", ""), query.get("callee", "")
        ids = set(filter(None, query.get("ids", "").split(",")))

        def matches(call: FakeCall) -> bool:
            return (
                since <= int(call.start.timestamp()) <= until
                and caller in call.from_number
                and callee in call.to_number
                and (not ids or call.id in ids)
            )

        return self._account.memo(
            ("search", since, until, caller, callee, frozenset(ids)),
            lambda: [call for call in self._account.calls() if matches(call)],
        )

    def _resource(self, query: Mapping[str, str]) -> FakeResponse:
        call = self._account.get(query.get("id", ""))
        if call is None:
            return _error(BAD_PARAMETER, "id")
        name = file_name(call, self._behaviour)
        path = f"{FILES}{call.id}/{name}"
        self._resources[path] = self._behaviour.wall_clock()
        return _success(file=name, download_resource_url=path)

    def _file(self, seen: ReceivedRequest) -> FakeResponse:
        path = unquote(seen.path)
        given_s = self._resources.get(path, float("-inf"))
        call = self._account.get(path.removeprefix(FILES).partition("/")[0])
        if call is None or self._behaviour.wall_clock() - given_s >= RESOURCE_LIFE_S:
            return _error(-1)
        if not self._behaviour.yeastar_one_download:
            return sound_answer(call.sound(), sound_type(call.form))
        if not self._downloading.acquire(blocking=False):
            return _error(DOWNLOADING)
        sound = sound_answer(call.sound(), sound_type(call.form))
        return FakeResponse(200, sound.body, sound.content_type, done=self._downloading.release)


def _success(**fields: object) -> FakeResponse:
    return json_answer({"errcode": 0, "errmsg": "SUCCESS", **fields})


def _error(code: int, field: str = "") -> FakeResponse:
    body: dict[str, object] = {"errcode": code, "errmsg": MESSAGES.get(code, "FAILURE")}
    if field:
        body["invalid_param_list"] = [{"field": field, "value": ""}]
    return json_answer(body)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise ParameterError(name)
    return int(text)
