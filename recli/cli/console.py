"""The streams of a run, and the messages on standard error; rows go elsewhere."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, TextIO

from recli.errors import RecliError
from recli.redact import Redactor
from recli.text import escape_control
from recli.transport.observer import TransportObserver

if TYPE_CHECKING:
    from recli.cli.log_file import LogFile

PROGRAM = "recli"
_FALLBACK_CELLS = 80
_WIDEST_CELLS = 1000
_LABELLED = {"error", "warning"}
_HINT = "  hint: "
_COMMAND = re.compile(rf"{_HINT}(?:recli|export|chmod|keyring|pip|setx) \S")


class Colour(StrEnum):
    """When to use colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Environment:
    """Streams, variables and clocks of one run; a closed stream is None."""

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]

    def width(self) -> int:
        """Return the terminal's width in cells: COLUMNS, else of any stream that is a terminal."""
        columns = self.environ.get("COLUMNS", "")
        if columns.isascii() and columns.isdecimal() and 0 < int(columns[:6]) <= _WIDEST_CELLS:
            return int(columns)
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
    """Say whether a stream is a terminal."""
    try:
        return stream is not None and not stream.closed and stream.isatty()
    except (OSError, ValueError):
        return False


def is_file(stream: TextIO | None) -> bool:
    """Say whether a stream is a regular file."""
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


class Console:
    """Write messages to standard error, redacted and free of control characters.

    `width` returns the cells of a line, between whose words long messages are broken; None leaves
    them whole. Safe for many threads. `write` may be replaced while a progress line is shown.
    """

    def __init__(
        self, stream: TextIO | None, redact: Redactor, *, width: Callable[[], int] | None = None
    ) -> None:
        self.redact = redact
        self.quiet = False
        self.verbose = False
        self.log: LogFile | None = None
        self.write: Callable[[str], None] = self._write
        self._stream = stream
        self._lock = Lock()
        self._warned: set[str] = set()
        self._width = width
        self._held: list[str] | None = None

    def hold(self) -> None:
        """Keep messages back until `release`, so that what the run came to is the first line."""
        with self._lock:
            self._held = self._held or []

    def release(self) -> None:
        """Write what was kept back, and from now on each message at once."""
        with self._lock:
            held, self._held = self._held, None
            if held:
                self.write("".join(held))

    @property
    def wants_details(self) -> bool:
        """Whether each request and each wait is shown or logged."""
        return self.verbose or self.log is not None

    def error(self, error: RecliError, label: str = "") -> None:
        """Show an error with its hint; `label` says what it is about."""
        message = f"{label}: {error.message}" if label else error.message
        self._show("error", message, error.hint)

    def conclude(self, error: RecliError) -> None:
        """Show the error that a run ended with before all messages that were kept back."""
        self._show("error", error.message, error.hint, first=True)

    def warn(self, text: str, hint: str | None = None) -> None:
        """Show a warning, the same one only once."""
        with self._lock:
            if text in self._warned:
                return
            self._warned.add(text)
        self._show("warning", text, hint)

    def verdict(self, text: str, *, is_well: bool) -> None:
        """Show what a run came to, unless `--quiet` is given, before what was kept back."""
        self._show("note" if is_well else "error", text, visible=not self.quiet, first=True)

    def note(self, text: str) -> None:
        """Show a message that `--quiet` leaves out."""
        self._show("note", text, visible=not self.quiet)

    def detail(self, text: str) -> None:
        """Show a message that only `--verbose` brings."""
        self._show("detail", text, visible=self.verbose)

    def _show(
        self,
        level: str,
        text: str,
        hint: str | None = None,
        *,
        visible: bool = True,
        first: bool = False,
    ) -> None:
        line = self._clean(text)
        hint = self._clean(hint) if hint else ""
        if self.log is not None:
            self.log.write(level, f"{line} (hint: {hint})" if hint else line)
        if not visible:
            return
        lines = self._wrapped(f"{level}: {line}" if level in _LABELLED else line)
        if hint:
            lines += self._wrapped(f"{_HINT}{hint}", indent=" " * len(_HINT))
        with self._lock:
            if self._held is not None and not first:
                self._held.append(lines)
            else:
                self.write(lines)

    def _wrapped(self, text: str, indent: str = "  ") -> str:
        """Break a long line between words; commands stay whole, so that they can be copied."""
        width = self._width() if self._width is not None else 0
        if 0 < width < len(text) and not _COMMAND.match(text):
            from textwrap import fill

            text = fill(
                text,
                width,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
        return f"{text}\n"

    def _clean(self, text: str) -> str:
        return escape_control(self.redact(" ".join(text.splitlines())))

    def _write(self, lines: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(lines)
            self._stream.flush()
        except (OSError, ValueError):  # standard error is gone
            self._stream = None


def observer_for(profile: str, console: Console) -> TransportObserver:
    """Return the observer that shows as much of a profile's requests as is wanted."""
    return VerboseObserver(profile, console) if console.wants_details else QuietObserver(console)


class QuietObserver(TransportObserver):
    """Show warnings only."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def warned(self, message: str) -> None:
        self._console.warn(message)


class VerboseObserver(QuietObserver):
    """Show each request and each wait, too."""

    def __init__(self, profile: str, console: Console) -> None:
        super().__init__(console)
        self._profile = profile

    def requested(self, method: str, url: str, outcome: str, duration_s: float) -> None:
        self._console.detail(f"{self._profile}: {method} {url} {outcome} {duration_s:.2f} s")

    def waiting(self, reason: str, wait_s: float) -> None:
        self._console.detail(f"{self._profile}: waiting {wait_s:.1f} s: {reason}")
