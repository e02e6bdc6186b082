"""JSON as servers really send it: with a script's warnings around it, stray bytes, huge numbers.

What can be read in one way only is read; everything else is a ValueError.
"""

from __future__ import annotations

import json
import re

SURROUNDED = "its server puts other text around its JSON, such as PHP warnings: it is passed over"
NOT_UTF8 = "it sent bytes that are not UTF-8: each is read as \N{REPLACEMENT CHARACTER}"
_MOST_DIGITS = 4300
"""Digits of a whole number that Python converts."""
_JUNK = " \t\r\n\0\N{ZERO WIDTH NO-BREAK SPACE}"
_OPENING = re.compile(r'\{\s*"|\[\s*[\[{]')
"""How an answer begins; `[0]` and `{main}` in a warning don't look like that."""
_WEB_PAGE = re.compile(r"<(?:!doctype|html|head|body|script)\b", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)  # a raw control character in a text is kept


def decode_json(body: bytes) -> tuple[object, tuple[str, ...]]:
    """Return the decoded JSON of a body, and a warning for each thing that had to be repaired.

    ValueError if there is no JSON, more than one, or a web page around it; RecursionError if it is
    nested too deeply.
    """
    warnings: tuple[str, ...] = ()
    encoding = json.detect_encoding(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:  # one name in another encoding must not cost the page
        text = body.decode(encoding, "replace")
        warnings = (NOT_UTF8,)
    try:
        return _DECODER.decode(text), warnings
    except ValueError:
        value, is_surrounded = _decode_damaged(text.strip(_JUNK))
    return value, (*warnings, SURROUNDED) if is_surrounded else warnings


def _decode_damaged(text: str) -> tuple[object, bool]:
    """Return the only JSON value in a text, and whether there is other text around it."""
    decoder = json.JSONDecoder(strict=False, parse_int=_whole_number)
    opening = None if text[:1] in {"{", "["} else _OPENING.search(text)
    start = opening.start() if opening else 0
    value, end = decoder.raw_decode(text, start)
    if _OPENING.search(text, end):
        raise ValueError("more than one JSON value")
    if _WEB_PAGE.search(text, 0, start) or _WEB_PAGE.search(text, end):
        raise ValueError("a web page")
    return value, start > 0 or end < len(text)


def _whole_number(digits: str) -> int | str:
    """Return a whole number; as text if it is too long to be one, so that it costs its field."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits
