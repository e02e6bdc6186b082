"""Stand in for a Yeastar P-Series PBX: logins, recording lists and downloads.

`{base_url}/openapi/v1.0/…`, the token in the query; HTTP 200 with `errcode` for nearly all;
`time` in the PBX's own zone and format, without saying which; durations in seconds.
https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from urllib.parse import unquote

from recli.sandbox.account import MISSING, FakeAccount, FakeCall
from recli.sandbox.http_server import FakeResponse, ReceivedRequest
from recli.sandbox.provider import (
    FakeProvider,
    Profile,
    RefusedError,
    audio_response,
    html_response,
    json_response,
)
from recli.sandbox.yeastar_tokens import (
    ACCESS_LIFE_S,
    BLOCKED,
    REFRESH_LIFE_S,
    TOKEN_INVALID,
    TokenIssuer,
)

CLIENT_ID = "SandboxYeastarClientId0123456789"
CLIENT_SECRET = "sandbox-yeastar-secret"  # noqa: S105 - valid for this stand-in only
ROOT = "/openapi/v1.0/"
FILES = "/api/download/"
DOWNLOAD_LIFE_S = 1_800.0
PAGE_SIZE_DEFAULT = 20

NO_INTERFACE = 10001
BAD_PARAMETER = 40002
NOTHING_FOUND = 60001
DOWNLOADING = 70651

MESSAGES = {
    -1: "FAILURE",
    NO_INTERFACE: "INTERFACE NOT EXISTED",
    TOKEN_INVALID: "ACCESS TOKEN HAS EXPIRED OR IS INVALID",
    BAD_PARAMETER: "PARAMETER ERROR",
    NOTHING_FOUND: "NO DATA FOUND",
    60002: "MAX LIMITATION EXCEEDED",
    BLOCKED: "IP ADDRESS BLOCKED",
    DOWNLOADING: "ANOTHER DOWNLOAD IN PROGRESS",
}

# Fields that newer and the newest firmware add.
NEWER = ("call_from_number", "call_from_name", "call_to_number", "call_to_name")
NEWEST = ("archive_status", "archive_path", "archive_type", "file_path")

# The date formats as the settings page writes them.
DATE_FIELDS = {"%m": "MM", "%d": "DD", "%Y": "YYYY"}


class FakeYeastar(FakeProvider):
    """Serve one PBX with one API application."""

    name = "yeastar"
    patches = (
        {"id_as_string": True},
        {"call_from_name": None, "archive_status": None},
        dict.fromkeys(NEWEST, MISSING),
        dict.fromkeys((*NEWER, *NEWEST), MISSING),
    )
    timezone: tzinfo = timezone(timedelta(hours=8))
    time_format = "%m/%d/%Y %H:%M:%S"
    max_rows_per_page = 10_000
    """Larger pages are shortened to this without an error."""

    def __init__(self, account: FakeAccount, clock: Callable[[], datetime], url: str) -> None:
        super().__init__(account, clock, url)
        self.tokens = TokenIssuer(CLIENT_ID, CLIENT_SECRET)
        self._downloading = threading.Lock()
        self._downloads: dict[str, float] = {}  # path -> when it was requested

    def profile(self) -> Profile:
        """Return the configuration that connects to this stand-in."""
        return {
            "provider": "yeastar",
            "base_url": f"{self.url}/yeastar",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def handle(self, request: ReceivedRequest) -> FakeResponse:
        """Serve the API and, under `/api/`, the files."""
        if not request.headers.get("user-agent"):
            return html_response(403, "403 Forbidden")
        if self.tokens.blocked:
            return error_response(BLOCKED)
        if request.path.startswith(FILES):
            self._check_token(request)
            return self._file(request)
        if not request.path.startswith(ROOT):
            return html_response(404, "404 Not Found")
        endpoint = f"{request.method} {request.path.removeprefix(ROOT)}"
        if endpoint in {"POST get_token", "POST refresh_token"}:
            return self._log_in(endpoint, request)
        self._check_token(request)
        return self._serve(endpoint, request.query)

    def _log_in(self, endpoint: str, request: ReceivedRequest) -> FakeResponse:
        body = request.json if isinstance(request.json, dict) else {}
        now_s = self.clock().timestamp()
        if endpoint == "POST refresh_token":
            pair = self.tokens.refresh(body.get("refresh_token"), now_s)
        elif not {"username", "password"} <= body.keys():
            return error_response(BAD_PARAMETER, "username")
        else:
            pair = self.tokens.log_in(body["username"], body["password"], now_s)
        if isinstance(pair, int):
            return error_response(pair)
        return _success(
            access_token_expire_time=ACCESS_LIFE_S,
            access_token=pair.access,
            refresh_token_expire_time=REFRESH_LIFE_S,
            refresh_token=pair.refresh,
        )

    def _check_token(self, request: ReceivedRequest) -> None:
        token = request.query.get("access_token", "")
        if not self.tokens.is_valid(token, self.clock().timestamp()):
            raise RefusedError(error_response(TOKEN_INVALID))

    def _serve(self, endpoint: str, query: Mapping[str, str]) -> FakeResponse:
        match endpoint:
            case "GET del_token":
                self.tokens.revoke(query["access_token"])
                return _success()
            case "GET system/information":
                return _success(data=self._information())
            case "GET recording/list":
                return self._page(query, self.account.calls())
            case "GET recording/search":
                found = self._search(query)
                return self._page(query, found) if found else error_response(NOTHING_FOUND)
            case "GET recording/download":
                return self._download(query)
            case _:
                return error_response(NO_INTERFACE)

    def _page(self, query: Mapping[str, str], calls: list[FakeCall]) -> FakeResponse:
        page = _whole(query, "page", 1, least=1)
        size = _whole(query, "page_size", PAGE_SIZE_DEFAULT, least=1)
        sort_by, order_by = query.get("sort_by", "id"), query.get("order_by", "asc")
        if sort_by not in {"id", "time"}:
            return error_response(BAD_PARAMETER, "sort_by")
        if order_by not in {"asc", "desc"}:
            return error_response(BAD_PARAMETER, "order_by")
        size = min(size, self.max_rows_per_page)
        if sort_by == "id":
            calls = sorted(calls, key=lambda call: call.number)
        if order_by == "desc":
            calls = calls[::-1]
        rows = [self._row(call) for call in calls[(page - 1) * size : page * size]]
        return _success(total_number=len(calls), data=rows)

    def _search(self, query: Mapping[str, str]) -> list[FakeCall]:
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

        return self.account.cached(
            ("search", since, until, caller, callee, frozenset(ids)),
            lambda: [call for call in self.account.calls() if matches(call)],
        )

    def _download(self, query: Mapping[str, str]) -> FakeResponse:
        call = self.account.get(query.get("id", ""))
        if call is None:
            return error_response(BAD_PARAMETER, "id")
        name = self._file_name(call)
        path = f"{FILES}{call.id}/{name}"
        self._downloads[path] = self.clock().timestamp()
        return _success(file=name, download_resource_url=path)

    def _file(self, request: ReceivedRequest) -> FakeResponse:
        path = unquote(request.path)
        requested_s = self._downloads.get(path, float("-inf"))
        call = self.account.get(path.removeprefix(FILES).partition("/")[0])
        if call is None or self.clock().timestamp() - requested_s >= DOWNLOAD_LIFE_S:
            return error_response(-1)
        if not self._downloading.acquire(blocking=False):
            return error_response(DOWNLOADING)
        return replace(audio_response(call), on_sent=self._downloading.release)

    def _row(self, call: FakeCall) -> dict[str, object]:
        name = self._file_name(call)
        local = call.start.astimezone(self.timezone)
        archived = call.number % 4 == 0
        folder = f"{local:%Y%m%d}"
        row = call.patched(
            {
                "id": int(call.id) if call.id.isdecimal() else call.id,
                "time": local.strftime(self.time_format),
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
                "file_path": f"/tmp/media/networkdisk1/recording/{folder}/{name}"  # noqa: S108 - only shown
                if archived
                else "",
            }
        )
        if row.pop("id_as_string", False):
            row["id"] = str(call.id)
        return row

    def _file_name(self, call: FakeCall) -> str:
        """Name a file by its local time, the call's second since the epoch, and its parties."""
        local = call.start.astimezone(self.timezone) + timedelta(seconds=call.number % 8)
        source, target = (
            "".join(char for char in number if char.isalnum()) or "unknown"
            for number in (call.from_number, call.to_number)
        )
        epoch = f"{int(call.start.timestamp())}.{call.number}"
        kind = call.direction.capitalize()
        return f"{local:%Y%m%d%H%M%S}-{epoch}-{source}-{target}-{kind}.{call.format}"

    def _information(self) -> dict[str, object]:
        """Describe the PBX; `system_time` and `timestamp` are the same moment."""
        date_format, _, _ = self.time_format.partition(" ")
        for directive, name in DATE_FIELDS.items():
            date_format = date_format.replace(directive, name)
        now = self.clock()
        return {
            "device_name": "Sandbox PBX",
            "model_name": "P-Series Software Edition",
            "sn": "3631A2124000",
            "firmware_version": "83.18.0.59",
            "system_time": now.astimezone(self.timezone).strftime(self.time_format),
            "up_time": 24852,
            "system_date_format": date_format,
            "system_time_format": "hh:mm:ss",
            "timestamp": int(now.timestamp()),
        }


def _success(**fields: object) -> FakeResponse:
    return json_response({"errcode": 0, "errmsg": "SUCCESS", **fields})


def error_response(code: int, field: str = "") -> FakeResponse:
    """Return HTTP 200 with an error code; `field` is the invalid parameter."""
    body: dict[str, object] = {"errcode": code, "errmsg": MESSAGES.get(code, "FAILURE")}
    if field:
        body["invalid_param_list"] = [{"field": field, "value": ""}]
    return json_response(body)


def _party(name: str, number: str) -> str:
    return f"{name}<{number}>" if name else number


def _whole(query: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise RefusedError(error_response(BAD_PARAMETER, name))
    return int(text)
