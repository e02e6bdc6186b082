"""How single values are spelled: times, durations, JSON and cells that a spreadsheet may run.

Pure functions from a value to its text; where the text goes is not known here.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from math import isfinite

NULL = "null"

encode_text: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode
"""Write a string as JSON, quotes included."""

_encode_value: Callable[[object], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":")
).encode

# What spreadsheets take for the start of a formula, in its plain and full-width forms, after
# whatever they skip; a cell that starts with a tab or a line break is cut apart by some of them.
_SKIPPED = "[\x00-\x20\x7f-\xa0\u200b-\u200f\u2060\u3000\ufeff]*"
_FORMULA = re.compile(rf"[\t\r\n]|{_SKIPPED}[=+@\uff1d\uff0b\uff20\uff0d\u2212-]")
_NUMBER = re.compile(r"[+-][0-9]+(?:\.[0-9]+)?")


@lru_cache(maxsize=4096)
def seconds_text(value_s: float) -> str:
    """Write seconds with at most three decimals, never with an exponent; no number is `null`."""
    try:
        if not isfinite(value_s):
            return NULL
        return f"{value_s:z.3f}".rstrip("0").rstrip(".")
    except OverflowError:  # an integer beyond what a float holds
        return NULL


def json_text(value: object) -> str:
    """Write any provider's object as compact JSON that every reader accepts.

    NaN and infinities, which JSON doesn't have, become null; depth has no limit.
    """
    try:
        return _encode_value(value)
    except (ValueError, TypeError, RecursionError):
        return _spelled_out(value)


class _Literal(str):
    """JSON text that is ready, between values that are still to be written."""

    __slots__ = ()


def _spelled_out(value: object) -> str:
    """Write without recursion what the standard encoder refuses."""
    written: list[str] = []
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Literal):
            written.append(item)
        elif isinstance(item, dict):
            written.append("{")
            waiting.append(_Literal("}"))
            for place, (key, inner) in reversed(list(enumerate(item.items()))):
                waiting += [inner, _Literal(f"{',' if place else ''}{encode_text(str(key))}:")]
        elif isinstance(item, list | tuple):
            written.append("[")
            waiting.append(_Literal("]"))
            for place, inner in reversed(list(enumerate(item))):
                waiting += [inner, _Literal("," if place else "")]
        elif isinstance(item, float) and not isfinite(item):
            written.append(NULL)
        elif item is None or isinstance(item, str | int | float):
            written.append(_encode_value(item))
        else:
            written.append(encode_text(str(item)))
    return "".join(written)


def plain_text(value: object) -> str:
    """Write a value dug out of the provider's object: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json_text(value)


def escape_formula(text: str) -> str:
    """Put a `'` before text that a spreadsheet would run as a formula; plain numbers stay."""
    head = text[:1]
    if head.isalnum() or (head == "+" and text[1:].isdecimal()):  # nearly all cells
        return text
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
