"""What a command knows of the outside: streams, environment and clocks, all of them arguments.

Facts about terminals are asked here and nowhere else; nothing here writes.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TextIO

_FALLBACK_CELLS = 80
_WIDEST_CELLS = 1000


class Colour(StrEnum):
    """When colour is used."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class World:
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
        return not self.environ.get("NO_COLOR") and self.obeys(stream)

    def obeys(self, stream: TextIO | None) -> bool:
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
