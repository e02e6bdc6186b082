"""Reading answers that are not rows: the envelope around a page, and what an error body says.

Everything that comes out of here may be shown to people: it is one short line of printable text.
"""

from __future__ import annotations

import re

from recli.providers.fields import Item

EXCERPT = 200
"""How many characters of a provider's own words an error shows."""
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{1,400})<", re.IGNORECASE)
_KINDS = {str: "text", list: "an array", bool: "true or false", type(None): "null"}


def excerpt(body: bytes | str) -> str:
    """Return the start of a body on one line, fit for an error message; of HTML, the title."""
    text = body[: 8 * EXCERPT].decode("utf-8", "replace") if isinstance(body, bytes) else body
    title = _TITLE.search(text[: 8 * EXCERPT]) if text.lstrip()[:1] == "<" else None
    return shorten(title[1] if title else text) or "empty"


def shorten(text: str) -> str:
    """Return `text` on one line of printable characters, cut to the length that errors show."""
    line = " ".join(text[: 8 * EXCERPT].split())
    if not line.isprintable():
        line = "".join(each if each.isprintable() else "\ufffd" for each in line)
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def kind_of(value: object) -> str:
    """Return what sort of JSON value something is, in a word that errors can hold."""
    return _KINDS.get(type(value), "a number")


def items_of(decoded: object, name: str) -> list[object] | None:
    """Return the list under `name` of a decoded object, or None if there is none."""
    value = decoded.get(name) if isinstance(decoded, dict) else None
    return value if isinstance(value, list) else None


def count_of(decoded: object, name: str) -> int | None:
    """Return a whole number under `name` of a decoded object, however it was sent, or None."""
    return Item(decoded).integer(name) if isinstance(decoded, dict) else None
