"""Stand in for an Enswitch telephone system, as 015pbx runs it.

`/api/json/recording/recordings/list/` and `…/get/`, login with every call, GET or POST, no
paging; HTTP 200 with a code inside for nearly all; Unix seconds, nearly all of it as strings.
https://www.integrics.com/enswitch/guides/
"""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from recli.sandbox.account import CallDirection, CallState, FakeAccount, FakeCall
from recli.sandbox.audio import sound_type
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.fake_calls import ENSWITCH_GROUP
from recli.sandbox.http_server import FakeResponse, ReceivedRequest, html_answer, json_answer

RETENTION = timedelta(days=365)
LONG_RETENTION = timedelta(days=3_650)  # of what would have expired already

# Source and destination types, from which a direction can be told; a queue tells none.
TYPES = {
    CallDirection.INBOUND: ("external", "phone"),
    CallDirection.OUTBOUND: ("phone", "external"),
    CallDirection.INTERNAL: ("phone", "phone"),
    CallDirection.UNKNOWN: ("external", "queue"),
}
OPTIONAL = ("name", "status", "snumber_display", "dnumber_display", "callid")
NUMERIC = ("start", "end", "totaltime", "talktime", "size", "recordid")


def is_complete(call: FakeCall) -> bool:
    """Tell whether the call is over and its sound stored."""
    return call.state not in {CallState.RECORDING, CallState.SAVING}


def row(call: FakeCall, customer: int, now: datetime) -> dict[str, object]:
    """Make the row of one recording; some rows lack optional fields, some hold integers."""
    group, unique_id, record_id = call.id.split("/")
    source_type, target_type = TYPES[call.direction]
    over = is_complete(call)
    start_s = int(call.start.timestamp())
    kept = RETENTION if now - call.start < RETENTION * 0.8 else LONG_RETENTION
    seconds = str(round(call.duration_s)) if over else "0"
    made: dict[str, object] = {
        "uniqueid": unique_id,
        "recordid": record_id,
        "recordgroup": group,
        "callid": call.call_id,
        "start": str(start_s),
        "end": str(int(call.end.timestamp())) if over else "0",
        "expires": str(int((call.start + kept).timestamp())),
        "totaltime": seconds,
        "talktime": seconds,
        "size": str(call.size_bytes) if over else "0",
        "snumber": call.from_number,
        "snumber_display": call.from_name or call.from_number,
        "stype": source_type,
        "scustomer": str(customer) if source_type == "phone" else "",
        "spresent": int(call.from_number != "anonymous"),
        "cnumber": call.to_number,
        "dnumber": call.to_number,
        "dnumber_display": call.to_name or call.to_number,
        "dtype": target_type,
        "dcustomer": str(customer) if target_type == "phone" else "",
        "complete": int(over),
        "machine": 0,
        "status": "answered",
        "name": "",
        "path": f"/var/lib/enswitch/recordings/{group}/{unique_id}.{call.form}",
        "mimetype": sound_type(call.form),
    }
    if call.number % 41 == 7:
        for key in OPTIONAL:
            del made[key]
    if call.number % 37 == 5:
        made.update({key: int(str(made[key])) for key in NUMERIC})
    return call.patched(made)


USERNAME = "sandbox"
PASSWORD = "sandbox-enswitch-password"  # noqa: S105 - opens nothing but this stand-in
CUSTOMER = 1207

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


class CodeError(Exception):
    """Refuse with a code and the name of a parameter."""

    def __init__(self, code: int, key: str = "") -> None:
        super().__init__(code, key)
        self.code = code
        self.key = key


class FakeEnswitch:
    """Answer in the place of one system, for one customer with one record group."""

    def __init__(
        self, account: FakeAccount, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        self._account = account
        self._behaviour = behaviour
        self._now = now
        self._url = url

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "enswitch",
            "base_url": f"{self._url}/enswitch",
            "username": USERNAME,
            "password": PASSWORD,
            "customer": CUSTOMER,
        }

    def refuse(self, status: int) -> FakeResponse:
        """Give the page of the web server in front."""
        return html_answer(status, f"{status} Error")

    def errcode(self, code: int, seen: ReceivedRequest) -> FakeResponse:  # noqa: ARG002 - the same for every request
        """Give HTTP 200 with a code inside."""
        return self._reply(code, [])

    def answer(self, seen: ReceivedRequest) -> FakeResponse:
        """Answer for the two calls that recordings need; siblings that change things are absent."""
        sent = seen.body.decode("utf-8", "replace") if seen.form else ""
        # The documents separate parameters with `;`, clients do so with `&`.
        text = f"{seen.raw_query}&{sent}".replace(";", "&")
        given = dict(parse_qsl(text, keep_blank_values=True))
        try:
            self._check_login(given)
            match seen.path.removesuffix("/"):
                case "/api/json/recording/recordings/list":
                    return self._list(given)
                case "/api/json/recording/recordings/get":
                    return self._get(given)
                case _:
                    return self._reply(404, [])
        except CodeError as error:
            return self._reply(error.code, [], error.key)

    def _check_login(self, given: Mapping[str, str]) -> None:
        if (given.get("auth_username"), given.get("auth_password")) != (USERNAME, PASSWORD):
            raise CodeError(401)
        if not self._behaviour.enswitch_role:
            raise CodeError(402)

    def _list(self, given: Mapping[str, str]) -> FakeResponse:
        numbers = {name: _whole(given, name, default) for name, default in NUMBERS.items()}
        sort = given.get("sort", "start")
        if sort not in SORTS:
            raise CodeError(400, "sort")
        self._check_owner(given)
        has_window = "start" in given and "end" in given
        if self._behaviour.enswitch_needs_window and not has_window:
            return html_answer(504, "504 Gateway Time-out")
        calls = self._found(numbers, given.get("caller", ""), given.get("called", ""))
        most = self._behaviour.enswitch_max_rows
        if most is not None and len(calls) > most:
            return html_answer(504, "504 Gateway Time-out")
        if not calls:
            return self._reply(204, None)
        ordered = sorted(calls, key=SORTS[sort], reverse=numbers["descending"] == 1)
        return self._reply(200, [row(call, CUSTOMER, self._now()) for call in ordered])

    def _check_owner(self, given: Mapping[str, str]) -> None:
        """Refuse both owners at once, what is no number, and what is not ours."""
        if "customer" in given and "recordgroup" in given:
            raise CodeError(400, "recordgroup")
        if _whole(given, "customer", CUSTOMER) != CUSTOMER:
            raise CodeError(402)
        if _whole(given, "recordgroup", int(ENSWITCH_GROUP)) != int(ENSWITCH_GROUP):
            raise CodeError(404, "recordgroup")

    def _found(self, numbers: Mapping[str, int], caller: str, called: str) -> list[FakeCall]:
        """List the calls from `start`, included, to `end`, not included."""
        shortest_s, longest_s = numbers["totaltime_minimum"], numbers["totaltime_maximum"]

        def matches(call: FakeCall) -> bool:
            return (
                numbers["start"] <= call.start.timestamp() < numbers["end"]
                and numbers["complete"] in {-1, int(is_complete(call))}
                and call.duration_s >= shortest_s
                and (longest_s < 0 or call.duration_s <= longest_s)
                and (caller in call.from_number or caller in call.from_name)
                and called in call.to_number
            )

        return self._account.memo(
            (caller, called, *numbers.values()),
            lambda: [call for call in self._account.calls() if matches(call)],
        )

    def _get(self, given: Mapping[str, str]) -> FakeResponse:
        parts = [given.get(name, "") for name in ("recordgroup", "uniqueid", "recordid")]
        call = self._account.get("/".join(parts))
        if given.get("encoding") != "base64":
            raise CodeError(400, "encoding")
        if call is None:
            raise CodeError(404, "uniqueid")
        coded = base64.b64encode(call.sound()).decode() if is_complete(call) else ""
        return self._reply(200, {**row(call, CUSTOMER, self._now()), "data": coded})

    def _reply(self, code: int, data: object, key: str = "") -> FakeResponse:
        shown = code if self._behaviour.enswitch_code_as == "int" else str(code)
        said = {"code": shown, "key": key, "message": MESSAGES.get(code, "Error")}
        as_object = self._behaviour.enswitch_code_as == "object"
        return json_answer({"responses": said if as_object else [said], "data": data})


def _whole(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, str(default))
    if not text.removeprefix("-").isdecimal():
        raise CodeError(400, name)
    return int(text)
