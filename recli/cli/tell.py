"""What people are told on standard error: errors, warnings, notes, and details for the curious.

Every text passes redaction and `recli.output.marks` on its way out. Rows are not for here.
"""

from collections.abc import Callable
from threading import Lock
from typing import Protocol, TextIO

from recli.errors import RecliError
from recli.output.marks import visible
from recli.redact import Redactor

PROGRAM = "recli"


def who(profile: str, provider: str) -> str:
    """Name a profile and its provider; once is enough where they are called the same."""
    return profile if profile == provider else f"{profile} ({provider})"


class Log(Protocol):
    """A second place for everything that is told."""

    def write(self, level: str, text: str) -> None:
        """Keep one message."""


class Teller:
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
    def curious(self) -> bool:
        """Whether anybody wants details: each request and each wait."""
        return self.verbose or self.log is not None

    def error(self, error: RecliError, who: str = "") -> None:
        """Say what went wrong, with whom, and what would mend it."""
        self._tell("error", f"{who}: {error.message}" if who else error.message, error.hint)

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
        return visible(self.redact(" ".join(text.splitlines())))

    def _write(self, lines: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(lines)
            self._stream.flush()
        except (OSError, ValueError):  # nobody is left to be told
            self._stream = None
