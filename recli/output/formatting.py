"""Values as text, by kind of column: for CSV, for CSV that spreadsheets open, and for JSON."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from math import isfinite
from typing import Any, TypeAlias

from recli.output.columns import ColumnKind
from recli.text import rfc3339, rfc3339_local

Formatter: TypeAlias = Callable[[Any], str]
"""Return the text of a value that is not None; the column's kind decides on its type."""

NULL = "null"

encode_text: Formatter = json.JSONEncoder(ensure_ascii=False).encode
"""Write a string as JSON, quotes included."""

_encode_value: Formatter = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode

# What spreadsheets take for the start of a formula, in its plain and full-width forms, after
# whatever they skip; a cell that starts with a tab or a line break is cut apart by some of them.
_SKIPPED = "[\x00-\x20\x7f-\xa0\u200b-\u200f\u2060\u3000\ufeff]*"
_FORMULA = re.compile(rf"[\t\r\n]|{_SKIPPED}[=+@\uff1d\uff0b\uff20\uff0d\u2212-]")
_NUMBER = re.compile(r"[+-][0-9]+(?:\.[0-9]+)?")


@lru_cache(maxsize=4096)
def seconds_text(value_s: float) -> str:
    """Return seconds with at most three decimals and no exponent; NaN and infinities are `null`."""
    try:
        if not isfinite(value_s):
            return NULL
        return f"{value_s:z.3f}".rstrip("0").rstrip(".")
    except OverflowError:  # an integer beyond what a float holds
        return NULL


def json_text(value: object) -> str:
    """Return a provider's object as compact JSON that every reader accepts.

    NaN and infinities, which JSON doesn't have, become null; depth has no limit.
    """
    try:
        return _encode_value(value)
    except (ValueError, TypeError, RecursionError):
        return _encode_iteratively(value)


class _Literal(str):
    """JSON that is complete, between values that are still to be encoded."""

    __slots__ = ()


def _encode_iteratively(value: object) -> str:
    """Encode without recursion what the standard encoder refuses."""
    pieces: list[str] = []
    pending: list[object] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Literal):
            pieces.append(item)
        elif isinstance(item, dict):
            pieces.append("{")
            pending.append(_Literal("}"))
            for index, (key, inner) in reversed(list(enumerate(item.items()))):
                pending += [inner, _Literal(f"{',' if index else ''}{encode_text(str(key))}:")]
        elif isinstance(item, list | tuple):
            pieces.append("[")
            pending.append(_Literal("]"))
            for index, inner in reversed(list(enumerate(item))):
                pending += [inner, _Literal("," if index else "")]
        elif isinstance(item, float) and not isfinite(item):
            pieces.append(NULL)
        elif item is None or isinstance(item, str | int | float):
            pieces.append(_encode_value(item))
        else:
            pieces.append(encode_text(str(item)))
    return "".join(pieces)


def plain_text(value: object) -> str:
    """Return a value of a provider's object: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json_text(value)


def escape_formula(text: str) -> str:
    """Put a `'` before text that a spreadsheet would run as a formula; plain numbers stay."""
    head = text[:1]
    if head.isalnum() or (head == "+" and text[1:].isdecimal()):  # nearly all cells
        return text
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def format_cells(formatter: Formatter, cells: Sequence[object], empty: str) -> list[str]:
    """Format a column; None becomes `empty`."""
    if None in cells:
        return [empty if cell is None else formatter(cell) for cell in cells]
    return list(map(formatter, cells))


def _csv_seconds(duration_s: float) -> str:
    text = seconds_text(duration_s)
    return "" if text == NULL else text


def _guarded_raw(value: object) -> str:
    return escape_formula(value) if isinstance(value, str) else plain_text(value)


def _json_time(moment: datetime) -> str:
    return f'"{rfc3339(moment)}"'


def formatters_in_zone(
    formatters: Mapping[ColumnKind, Formatter], zone: tzinfo | None
) -> Mapping[ColumnKind, Formatter]:
    """Return formatters whose times have a zone's offset; None leaves them in UTC."""
    if zone is None:
        return formatters
    quote = '"' if formatters[ColumnKind.TIME] is _json_time else ""

    def local_time(moment: datetime) -> str:
        return f"{quote}{rfc3339_local(moment, zone)}{quote}"

    return {**formatters, ColumnKind.TIME: local_time}


CSV: Mapping[ColumnKind, Formatter] = {
    ColumnKind.TEXT: str,
    ColumnKind.TIME: rfc3339,
    ColumnKind.DURATION: _csv_seconds,
    ColumnKind.INTEGER: str,
    ColumnKind.RAW: plain_text,
}
GUARDED_CSV = {**CSV, ColumnKind.TEXT: escape_formula, ColumnKind.RAW: _guarded_raw}
JSON: Mapping[ColumnKind, Formatter] = {
    ColumnKind.TEXT: encode_text,
    ColumnKind.TIME: _json_time,
    ColumnKind.DURATION: seconds_text,
    ColumnKind.INTEGER: str,
    ColumnKind.RAW: json_text,
}
