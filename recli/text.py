"""Text for people: control characters made visible, and counts, durations and sizes in words."""

import re

# C0, DEL and C1; then, by Unicode's own list, what changes the direction of text, ends lines, or
# shows as nothing at all (tags and variation selectors past the ones that emoji use included);
# then lone surrogates, which can't be encoded.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def escape_control(text: str) -> str:
    """Show control, bidirectional and invisible characters as marks: `␛`, `⟨U+202E⟩`."""
    if (text.isascii() and text.isprintable()) or _HIDDEN.search(text) is None:
        return text
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"


def plural(count: int, noun: str = "recording") -> str:
    """Return a count with its noun: `1 recording`, `1,200 recordings`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration_text(duration_s: float) -> str:
    """Return a duration as `3.2 s`, `4:05 min` or `1:02:03`."""
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02} min"


def size_text(size_bytes: float) -> str:
    """Return a size in decimal units: `999 B`, `1.2 MB`."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
