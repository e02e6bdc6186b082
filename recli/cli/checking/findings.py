"""Findings for people and for programs: a line of a table with a mark, and plain JSON values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from recli.cli.checking.trial import Finding
from recli.cli.tell import who
from recli.errors import RecliError
from recli.output.cells import time_text
from recli.output.marks import visible
from recli.redact import Redactor

_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"
_HALF_S = 0.5
_LONG_S = 120


@dataclass(frozen=True, slots=True)
class Look:
    """How the table looks: width in cells, the reader's zone, whether marks and colour may be."""

    width: int
    zone: tzinfo
    marks: bool
    colour: bool


class FindingsTable:
    """Write a table of findings, line by line as they come; who is in it is known before.

    On a narrow screen the time that it took goes first, then the clock.
    """

    def __init__(self, people: Sequence[tuple[str, str]], look: Look) -> None:
        self._look = look
        widths = {
            "profile": max([7, *(len(visible(who(*each))) for each in people)]),
            "reach": 5,
            "login": 5,
            "list": 4,
            "clock": 7,
            "newest recording": 21,
            "took": 6,
        }
        for name in ("took", "clock"):
            if sum(widths.values()) + 2 * len(widths) > look.width:
                del widths[name]
        self._widths = widths

    def head(self) -> str:
        """Return the heading line."""
        cells = [self._padded(name, name) for name in self._widths]
        return f"  {'  '.join(cells)}".rstrip() + "\n"

    def line(self, found: Finding) -> str:
        """Return a finding's line."""
        texts = {
            "profile": visible(who(found.profile, found.provider)),
            "reach": self._mark(found.reached),
            "login": self._mark(found.accepted),
            "list": self._mark(found.allowed),
            "clock": _skew(found.skew_s),
            "newest recording": self._newest(found),
            "took": f"{found.seconds:.1f} s",
        }
        cells = [self._padded(name, texts[name]) for name in self._widths]
        mark = self._mark(found.right)
        return f"{self._coloured(mark, found.right)} {'  '.join(cells)}".rstrip() + "\n"

    def _padded(self, name: str, text: str) -> str:
        wide = self._widths[name]
        return text.rjust(wide) if name in {"clock", "took"} else text.ljust(wide)

    def _mark(self, good: bool | None) -> str:
        marks: Mapping[bool | None, str] = {True: "✓", False: "✗", None: "·"}
        plain: Mapping[bool | None, str] = {True: "+", False: "x", None: "."}
        return (marks if self._look.marks else plain)[good]

    def _coloured(self, mark: str, good: bool) -> str:
        if not self._look.colour:
            return mark
        return f"{_GREEN if good else _RED}{mark}{_PLAIN}"

    def _newest(self, found: Finding) -> str:
        if found.newest_at is not None:
            local = found.newest_at.astimezone(self._look.zone)
            least = "" if found.certain else "≥ " if self._look.marks else ">="
            return f"{least}{local:%Y-%m-%d %H:%M} {local.tzname() or ''}"
        if not found.right:
            return ""
        if found.empty_from is None:
            return "none"
        return f"none since {found.empty_from.astimezone(self._look.zone):%Y-%m-%d}"


def as_json(findings: Sequence[Finding], redact: Redactor) -> str:
    """Return all findings as one JSON document."""
    told = [_plain(found, redact) for found in findings]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _plain(found: Finding, redact: Redactor) -> dict[str, object]:
    error = found.error
    return {
        "profile": found.profile,
        "provider": found.provider,
        "ok": found.right,
        "reached": found.reached,
        "accepted": found.accepted,
        "allowed": found.allowed,
        "clock_skew_s": None if found.skew_s is None else round(found.skew_s, 3),
        "newest_recording_at": None if found.newest_at is None else time_text(found.newest_at),
        "newest_is_certain": found.certain,
        "none_since": None if found.empty_from is None else time_text(found.empty_from),
        "seconds": round(found.seconds, 3),
        "error": None if error is None else _error(error, redact),
    }


def _error(error: RecliError, redact: Redactor) -> dict[str, object]:
    return {
        "message": visible(redact(error.message)),
        "hint": visible(redact(error.hint)) if error.hint else None,
        "exit_code": int(error.exit_code),
    }


def _skew(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if abs(seconds) < 1 + _HALF_S:  # the header that tells it has whole seconds
        return "right"
    if abs(seconds) < _LONG_S:
        return f"{seconds:+.0f} s"
    return f"{seconds / 60:+.0f} min"
