"""Stand in for an Enswitch telephone system, as 015pbx runs it.

`/api/json/recording/recordings/list/` and `…/get/`, login with every call, GET or POST, no
paging; HTTP 200 with a code inside for nearly all; Unix seconds, nearly all of it as strings.
https://www.integrics.com/enswitch/guides/
"""

import base64
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import parse_qsl

from recli.sandbox.account import CallDirection, CallState, FakeCall
from recli.sandbox.audio import media_type
from recli.sandbox.fake_calls import ENSWITCH_GROUP
from recli.sandbox.http_server import FakeResponse, ReceivedRequest
from recli.sandbox.provider import (
    FakeProvider,
    Profile,
    RefusedError,
    html_response,
    json_response,
)

USERNAME = "sandbox"
PASSWORD = "sandbox-enswitch-password"  # noqa: S105 - valid for this stand-in only
CUSTOMER = 1207

RETENTION = timedelta(days=365)
LONG_RETENTION = timedelta(days=3_650)  # of what would have expired already

# Source and destination types, which imply a direction; a queue implies none.
TYPES = {
    CallDirection.INBOUND: ("external", "phone"),
    CallDirection.OUTBOUND: ("phone", "external"),
    CallDirection.INTERNAL: ("phone", "phone"),
    CallDirection.UNKNOWN: ("external", "queue"),
}
OPTIONAL = ("name", "status", "snumber_display", "dnumber_display", "callid")
NUMERIC = ("start", "end", "totaltime", "talktime", "size", "recordid")

SORTS: Mapping[str, Callable[[FakeCall], str | float]] = {
    "cnumber": lambda call: call.to_number,
    "expires": lambda call: call.start.timestamp(),
    "snumber": lambda call: call.from_number,
    "start": lambda call: call.start.timestamp(),
    "totaltime": lambda call: call.duration_s,
}
NUMBERS = {
    "start": 0,
    "end": 1 << 40,
    "complete": 1,
    "totaltime_minimum": 0,
    "totaltime_maximum": -1,
    "descending": 0,
}
MESSAGES = {
    200: "OK",
    204: "No data",
    400: "Invalid parameter",
    401: "Authentication failed",
    402: "Your role does not allow this",
    404: "Not found",
}


class FakeEnswitch(FakeProvider):
    """Serve one customer with one record group."""

    name = "enswitch"
    max_rows = 5_000
    """A list with more rows times out (504)."""

    def profile(self) -> Profile:
        """Return the configuration that connects to this stand-in."""
        return {
            "provider": "enswitch",
            "base_url": f"{self.url}/enswitch",
            "username": USERNAME,
            "password": PASSWORD,
            "customer": CUSTOMER,
        }

    def handle(self, request: ReceivedRequest) -> FakeResponse:
        """Serve the two calls of recordings."""
        form = request.body.decode("utf-8", "replace") if request.form else ""
        # The documents separate parameters with `;`, clients with `&`.
        text = f"{request.raw_query}&{form}".replace(";", "&")
        params = dict(parse_qsl(text, keep_blank_values=True))
        if (params.get("auth_username"), params.get("auth_password")) != (USERNAME, PASSWORD):
            return code_response(401)
        match request.path.removesuffix("/"):
            case "/api/json/recording/recordings/list":
                return self._list(params)
            case "/api/json/recording/recordings/get":
                return self._get(params)
            case _:
                return code_response(404)

    def _list(self, params: Mapping[str, str]) -> FakeResponse:
        numbers = {name: _whole(params, name, default) for name, default in NUMBERS.items()}
        sort = params.get("sort", "start")
        if sort not in SORTS:
            return code_response(400, key="sort")
        _check_owner(params)
        calls = self._search(numbers, params.get("caller", ""), params.get("called", ""))
        if len(calls) > self.max_rows:
            return html_response(504, "504 Gateway Time-out")
        if not calls:
            return code_response(204, None)
        ordered = sorted(calls, key=SORTS[sort], reverse=numbers["descending"] == 1)
        return code_response(200, [self._row(call) for call in ordered])

    def _search(self, numbers: Mapping[str, int], caller: str, called: str) -> list[FakeCall]:
        """List the calls from `start`, included, to `end`, not included."""
        shortest_s, longest_s = numbers["totaltime_minimum"], numbers["totaltime_maximum"]

        def matches(call: FakeCall) -> bool:
            return (
                numbers["start"] <= call.start.timestamp() < numbers["end"]
                and numbers["complete"] in {-1, int(_is_complete(call))}
                and call.duration_s >= shortest_s
                and (longest_s < 0 or call.duration_s <= longest_s)
                and (caller in call.from_number or caller in call.from_name)
                and called in call.to_number
            )

        return self.account.cached(
            (caller, called, *numbers.values()),
            lambda: [call for call in self.account.calls() if matches(call)],
        )

    def _get(self, params: Mapping[str, str]) -> FakeResponse:
        parts = [params.get(name, "") for name in ("recordgroup", "uniqueid", "recordid")]
        call = self.account.get("/".join(parts))
        if params.get("encoding") != "base64":
            return code_response(400, key="encoding")
        if call is None:
            return code_response(404, key="uniqueid")
        data = base64.b64encode(call.audio()).decode() if _is_complete(call) else ""
        return code_response(200, {**self._row(call), "data": data})

    def _row(self, call: FakeCall) -> dict[str, object]:
        """Make a row; some lack optional fields, some hold integers instead of strings."""
        group, unique_id, record_id = call.id.split("/")
        source_type, target_type = TYPES[call.direction]
        complete = _is_complete(call)
        recent = self.clock() - call.start < RETENTION * 0.8
        expires = call.start + (RETENTION if recent else LONG_RETENTION)
        seconds = str(round(call.duration_s)) if complete else "0"
        row: dict[str, object] = {
            "uniqueid": unique_id,
            "recordid": record_id,
            "recordgroup": group,
            "callid": call.call_id,
            "start": str(int(call.start.timestamp())),
            "end": str(int(call.end.timestamp())) if complete else "0",
            "expires": str(int(expires.timestamp())),
            "totaltime": seconds,
            "talktime": seconds,
            "size": str(call.size_bytes) if complete else "0",
            "snumber": call.from_number,
            "snumber_display": call.from_name or call.from_number,
            "stype": source_type,
            "scustomer": str(CUSTOMER) if source_type == "phone" else "",
            "spresent": int(call.from_number != "anonymous"),
            "cnumber": call.to_number,
            "dnumber": call.to_number,
            "dnumber_display": call.to_name or call.to_number,
            "dtype": target_type,
            "dcustomer": str(CUSTOMER) if target_type == "phone" else "",
            "complete": int(complete),
            "machine": 0,
            "status": "answered",
            "name": "",
            "path": f"/var/lib/enswitch/recordings/{group}/{unique_id}.{call.format}",
            "mimetype": media_type(call.format),
        }
        if call.number % 41 == 7:
            row = {key: value for key, value in row.items() if key not in OPTIONAL}
        if call.number % 37 == 5:
            row.update({key: int(str(row[key])) for key in NUMERIC})
        return call.patched(row)


def code_response(code: int, data: object = (), *, key: str = "") -> FakeResponse:
    """Return HTTP 200 with a code inside; `key` is the parameter that it is about."""
    response = {"code": str(code), "key": key, "message": MESSAGES.get(code, "Error")}
    return json_response({"responses": [response], "data": data})


def _check_owner(params: Mapping[str, str]) -> None:
    """Refuse two owners at once, text that is not a number, and other owners."""
    if "customer" in params and "recordgroup" in params:
        raise RefusedError(code_response(400, key="recordgroup"))
    if _whole(params, "customer", CUSTOMER) != CUSTOMER:
        raise RefusedError(code_response(402))
    if _whole(params, "recordgroup", int(ENSWITCH_GROUP)) != int(ENSWITCH_GROUP):
        raise RefusedError(code_response(404, key="recordgroup"))


def _is_complete(call: FakeCall) -> bool:
    """Return whether the call is over and its audio stored."""
    return call.state not in {CallState.RECORDING, CallState.SAVING}


def _whole(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.removeprefix("-").isdecimal():
        raise RefusedError(code_response(400, key=name))
    return int(text)
