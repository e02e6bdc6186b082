"""Imagicle's filters as its documents tell them: values with an operator before a colon.

Several filters join with AND; a parameter of another name is ignored, as web servers do.
https://kbp.imagicle.com/kb/get-recordings-list-628.html
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from recli.sandbox.account import Call

BAD_FILTER, BAD_PAGING = 0, 1

TIMES = ("startTime", "endTime")
TEXTS = ("localPartyNumber", "ownerUsername", "direction")
OPERATORS = ("before", "after", "between", "contains")
DIRECTIONS = ("0", "1", "2")

TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?)?"
)


class RefusalError(Exception):
    """Refuse a parameter, with the documented reason: 0 for filters, 1 for paging."""

    def __init__(self, reason: int, message: str) -> None:
        super().__init__(message)
        self.reason = reason


Bounds = tuple[str, tuple[datetime, ...]]
Text = tuple[str, str]


def tests(query: Mapping[str, str], remote_name: str) -> dict[str, Bounds | Text]:
    """Read the filters from a query with names in lower case; RefusalError for bad ones."""
    found: dict[str, Bounds | Text] = {}
    for name in (*TIMES, *TEXTS, remote_name):
        value = query.get(name.lower())
        if value is None:
            continue
        operator, colon, rest = value.partition(":")
        if not colon or operator not in OPERATORS:
            operator, rest = "equals", value
        if name in TIMES:
            found[name] = _bounds(name, operator, rest)
        else:
            found[name] = _text(name, operator, rest, remote_name)
    return found


def passes(
    wanted: Mapping[str, Bounds | Text], call: Call, row: Callable[[Call], dict[str, object]]
) -> bool:
    """Tell whether a recording passes; its row is only made where a text filter needs it."""
    for name, (operator, value) in wanted.items():
        if isinstance(value, tuple):
            time = call.start if name == "startTime" else call.end
            if not _within(time, operator, value):
                return False
            continue
        shown = str(row(call).get(name, ""))
        if shown != value and not (operator == "contains" and value in shown):
            return False
    return True


def _text(name: str, operator: str, value: str, remote_name: str) -> Text:
    allowed = {"equals", "contains"} if name == remote_name else {"equals"}
    if operator not in allowed or (name == "direction" and value not in DIRECTIONS):
        raise RefusalError(BAD_FILTER, f"{name} is not valid: {value}")
    return operator, value


def _bounds(name: str, operator: str, text: str) -> Bounds:
    texts = text.split(";") if operator == "between" else [text]
    times = tuple(_time(name, part) for part in texts)
    if operator == "contains" or len(times) != (2 if operator == "between" else 1):
        raise RefusalError(BAD_FILTER, f"{name} is not valid: {text}")
    return operator, times


def _within(time: datetime, operator: str, times: tuple[datetime, ...]) -> bool:
    match operator:
        case "before":
            return time < times[0]
        case "after":
            return time > times[0]
        case "between":
            return times[0] <= time < times[1]
        case _:
            return time == times[0]


def _time(name: str, text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is taken for UTC."""
    parts = TIME.fullmatch(text)
    day, clock, fraction, offset = parts.groups() if parts else ("", "", "", "")
    try:
        time = datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset or 'Z'}").astimezone(UTC)
    except ValueError:
        raise RefusalError(BAD_FILTER, f"{name} is not a valid time: {text}") from None
    return time.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")))
