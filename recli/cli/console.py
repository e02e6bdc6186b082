"""What people are told on standard error: errors, warnings, notes, and details for the curious.

Every text passes redaction and `recli.text` on its way out. Rows are not for here.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol, TextIO

from recli.errors import RecliError
from recli.redact import Redactor
from recli.text import escape_control
from recli.transport.observer import NullObserver, TransportObserver

_FALLBACK_CELLS = 80
_WIDEST_CELLS = 1000


class Colour(StrEnum):
    """When colour is used."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Environment:
    """The outside of one run; a stream is None where it was closed before the start."""

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]

    def width(self) -> int:
        """Return the terminal's width in cells, also when standard output is a pipe beside it."""
        said = self.environ.get("COLUMNS", "")
        if said.isascii() and said.isdecimal() and 0 < int(said[:6]) <= _WIDEST_CELLS:
            return int(said)
        for stream in (self.stdout, self.stderr, self.stdin):
            cells = _cells(stream)
            if cells:
                return cells
        return _FALLBACK_CELLS

    def colours(self, chosen: Colour, stream: TextIO | None) -> bool:
        """Say whether to colour what goes to `stream`: https://no-color.org."""
        if chosen is not Colour.AUTO:
            return chosen is Colour.ALWAYS
        return not self.environ.get("NO_COLOR") and self.supports_ansi(stream)

    def supports_ansi(self, stream: TextIO | None) -> bool:
        """Say whether a stream is a terminal that understands control sequences."""
        return is_terminal(stream) and self.environ.get("TERM", "dumb") not in {"dumb", ""}


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a person is at the other end of a stream."""
    try:
        return stream is not None and not stream.closed and stream.isatty()
    except (OSError, ValueError):
        return False


def is_file(stream: TextIO | None) -> bool:
    """Say whether a stream ends in a plain file, where nobody reads along."""
    import stat

    try:
        return stream is not None and stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False


def _cells(stream: TextIO | None) -> int:
    if not is_terminal(stream) or stream is None:
        return 0
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


PROGRAM = "recli"


def profile_label(profile: str, provider: str) -> str:
    """Name a profile and its provider; once is enough where they are called the same."""
    return profile if profile == provider else f"{profile} ({provider})"


class Log(Protocol):
    """A second place for everything that is told."""

    def write(self, level: str, text: str) -> None:
        """Keep one message."""


class Console:
    """Tell people things, each in lines that stand alone; safe for many threads at once.

    `show` is where lines go instead of the stream while a progress line is in the way.
    """

    def __init__(self, stream: TextIO | None, redact: Redactor) -> None:
        self.redact = redact
        self.quiet = False
        self.verbose = False
        self.log: Log | None = None
        self.show: Callable[[str], None] = self._write
        self._stream = stream
        self._lock = Lock()
        self._warned: set[str] = set()

    @property
    def wants_details(self) -> bool:
        """Whether anybody wants details: each request and each wait."""
        return self.verbose or self.log is not None

    def error(self, error: RecliError, profile_label: str = "") -> None:
        """Say what went wrong, with whom, and what would mend it."""
        self._tell(
            "error",
            f"{profile_label}: {error.message}" if profile_label else error.message,
            error.hint,
        )

    def warn(self, text: str, hint: str | None = None) -> None:
        """Say what the user should know; the same thing once only."""
        with self._lock:
            if text in self._warned:
                return
            self._warned.add(text)
        self._tell("warning", text, hint)

    def note(self, text: str) -> None:
        """Say what a person at a terminal likes to know, and a script may ask not to."""
        self._tell("note", text, shown=not self.quiet)

    def detail(self, text: str) -> None:
        """Say what only the curious want to know."""
        self._tell("detail", text, shown=self.verbose)

    def _tell(self, level: str, text: str, hint: str | None = None, *, shown: bool = True) -> None:
        line = self._clean(text)
        mending = self._clean(hint) if hint else ""
        if self.log is not None:
            self.log.write(level, f"{line} (hint: {mending})" if mending else line)
        if not shown:
            return
        kind = "warning: " if level == "warning" else ""
        lines = f"{PROGRAM}: {kind}{line}\n"
        if mending:
            lines += f"  hint: {mending}\n"
        with self._lock:
            self.show(lines)

    def _clean(self, text: str) -> str:
        return escape_control(self.redact(" ".join(text.splitlines())))

    def _write(self, lines: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(lines)
            self._stream.flush()
        except (OSError, ValueError):  # nobody is left to be told
            self._stream = None


def observer_for(profile: str, console: Console) -> TransportObserver:
    """Return who is told of a profile's requests: warnings only, unless somebody is curious."""
    return VerboseObserver(profile, console) if console.wants_details else QuietObserver(console)


class QuietObserver(NullObserver):
    """Pass warnings on, and spare the transport the work of describing each request."""

    def __init__(self, console: Console) -> None:
        self._teller = console

    def warned(self, text: str) -> None:
        """Pass it on."""
        self._teller.warn(text)


class VerboseObserver:
    """Tell each request and each wait."""

    def __init__(self, profile: str, console: Console) -> None:
        self._profile = profile
        self._teller = console

    def requested(self, method: str, url: str, outcome: str, seconds: float) -> None:
        """Tell a request with what came of it and how long that took."""
        self._teller.detail(f"{self._profile}: {method} {url} {outcome} {seconds:.2f} s")

    def waiting(self, why: str, seconds: float) -> None:
        """Tell a wait and its reason."""
        self._teller.detail(f"{self._profile}: waiting {seconds:.1f} s: {why}")

    def warned(self, text: str) -> None:
        """Pass it on."""
        self._teller.warn(text)
