"""Short texts for people and files: safe to show, of bounded length, each spelled in one way."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

EXCERPT = 200
"""Characters of a foreign text that an error message shows."""
_NAME_LENGTH = 60
_CLOCK_LIMIT_S = 10**9  # no recording lasts thirty years
_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))

# C0, DEL and C1; then, by Unicode's own list, what changes the direction of text, ends lines, or
# shows as nothing at all (tags and variation selectors past the ones that emoji use included);
# then lone surrogates, which can't be encoded.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def escape_control(text: str) -> str:
    """Replace control, bidirectional and invisible characters by marks: `␛`, `⟨U+202E⟩`.

    For terminals only: files hold what the provider sent.
    """
    if (text.isascii() and text.isprintable()) or _HIDDEN.search(text) is None:
        return text
    return _HIDDEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"⟨U+{code:04X}⟩"


def printable(text: str, encoding: str) -> str:
    """Return what a terminal of this encoding can show, without anything that it would obey."""
    text = escape_control(text)
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)


def can_encode(text: str, encoding: str) -> bool:
    """Return whether an encoding has all characters of `text`."""
    try:
        text.encode(encoding)
    except UnicodeError:
        return False
    return True


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which UTF-8 can't hold, by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def shorten(text: str) -> str:
    """Return `text` on one line of printable characters, at most `EXCERPT` of them."""
    line = " ".join(text[: 8 * EXCERPT].split())
    if not line.isprintable():
        line = "".join(char if char.isprintable() else "\ufffd" for char in line)
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1] + "…"


def quote_name(name: str) -> str:
    """Return what a user wrote, quoted, on one line, at most 60 characters of it."""
    return repr(name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 1] + "…")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that resembles `name` most, or None."""
    return next(iter(nearest_names(name, names, most=1)), None)


def nearest_names(
    name: str, names: Iterable[str], *, most: int = 3, cutoff: float = 0.6
) -> list[str]:
    """Return up to `most` of `names` that resemble `name`, the best first.

    Case, and whether words are joined by `-`, `_` or a space, make no difference. `cutoff` is
    the least ratio of `difflib`, 0 to 1.
    """
    from difflib import get_close_matches  # noqa: PLC0415  # only an error needs it

    by_key = {_comparable(known): known for known in names}
    matches = get_close_matches(_comparable(name[:_NAME_LENGTH]), by_key, n=most, cutoff=cutoff)
    return [by_key[match] for match in matches]


def nearest_clause(name: str, names: Iterable[str]) -> str:
    """Return `; nearest: a, b, c` for an error about an unknown name, empty if none is near."""
    near = nearest_names(name, names, cutoff=0.5)
    return f"; nearest: {', '.join(near)}" if near else ""


def _comparable(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def plural(number: int, noun: str = "recording") -> str:
    """Return a count with its noun: `1 recording`, `2,000 recordings`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def some_of(names: Sequence[str], most: int = 5) -> str:
    """Return the first names of a list and how many more there are: `a, b and 7 others`."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} others"


def size_text(size_bytes: float) -> str:
    """Return a size in steps of a thousand: `12 B`, `3.4 MB`."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def clock_text(duration_s: float) -> str:
    """Return a length as `1:31` or `1:02:03`, to the nearest second; `?` where it can't be one."""
    if not 0 <= duration_s < _CLOCK_LIMIT_S:
        return "?"
    minutes, seconds = divmod(int(duration_s + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def duration_text(duration_s: float) -> str:
    """Return how long something took: `2.5 s`, `1:31 min`, `1:02:03`."""
    if duration_s < 60:
        return f"{duration_s:.1f} s"
    text = clock_text(duration_s)
    return text if text.count(":") > 1 else f"{text} min"


def rfc3339(moment: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC, cut (not rounded) to milliseconds.

    Put together from looked-up pieces, in half the time of `isoformat`: a million rows hold
    millions of times.
    """
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return (
        f"{_day_text(moment.toordinal())}T{_TWO_DIGITS[moment.hour]}:{_TWO_DIGITS[moment.minute]}"
        f":{_TWO_DIGITS[moment.second]}.{_three_digits(moment.microsecond // 1000)}Z"
    )


def rfc3339_local(moment: datetime, zone: tzinfo) -> str:
    """Return an aware time as RFC 3339 with a zone's offset, cut to milliseconds.

    UTC where RFC 3339 can't say it: offsets with seconds, of the years before zones.
    """
    try:
        local = moment.astimezone(zone)
    except OverflowError:  # in the first or last hours that there are
        return rfc3339(moment)
    offset = local.utcoffset() or timedelta()
    return rfc3339(moment) if offset.seconds % 60 else local.isoformat(timespec="milliseconds")


def utc_text(moment: datetime) -> str:
    """Return an aware time for people: UTC, to the second, `2024-01-02 03:04:05Z`."""
    return f"{moment.astimezone(UTC).isoformat(' ', 'seconds')[:19]}Z"


@lru_cache(maxsize=4096)
def _day_text(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


@lru_cache(maxsize=1000)
def _three_digits(number: int) -> str:
    return f"{number:03}"
