"""File names that mean the same on Linux, macOS and Windows: a pure function from any text.

What comes out is one component of a path: never a way up, a reserved name, or something that looks
like another name on a screen.
"""

import re
import unicodedata

LONGEST_BYTES = 120
"""A component's length in UTF-8; the file systems take 255."""
_FORBIDDEN = frozenset('<>:"/\\|?*')
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]"
    r"|lpt[0-9\u00b9\u00b2\u00b3])\Z",
    re.IGNORECASE,
)
_FILLER = "_"


def safe(text: str, longest_bytes: int = LONGEST_BYTES) -> str:
    """Return a component made of `text`; the same text if it is one already."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(_FILLER if _is_bad(each) else " " if each.isspace() else each for each in text)
    text = unicodedata.normalize("NFC", text)
    text = cut(text, longest_bytes).strip(" ").rstrip(". ")
    if text[:1] in {".", "-", "~"}:
        # Hidden files, options of other programs, somebody's home.
        text = _FILLER + text[1:]
    if _RESERVED.match(text.partition(".")[0].rstrip(" ")):
        text = cut(_FILLER + text, longest_bytes).rstrip(". ")
    return text or _FILLER


def cut(text: str, longest_bytes: int) -> str:
    """Return as much of the beginning of `text` as fits, no character cut in two."""
    body = text.encode()
    if len(body) <= longest_bytes:
        return text
    return body[:longest_bytes].decode("utf-8", "ignore")


def _is_bad(character: str) -> bool:
    return character in _FORBIDDEN or unicodedata.category(character) in _HIDDEN
