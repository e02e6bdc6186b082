"""The README's picture of the terminal: a real run, recorded in a terminal of its own.

It can't be compared with a new one: the made-up recordings end today.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

PLACE = "recli/cli/documents/terminal.svg"
_CELLS = (118, 24)
_RUNS = (
    ("recli", "list", "--sandbox", "--since", "30d", "-n", "9"),
    ("recli", "list", "--sandbox", "-P", "plivo", "--since", "14d", "--summary"),
)


def record(root: Path) -> None:
    """Run the picture's commands and write `terminal.svg` below `root`."""
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    width, _ = _CELLS
    console = Console(record=True, width=width, file=StringIO(), force_terminal=True)
    for run in _RUNS:
        console.print(Text.from_markup(f"[bold green]$[/] [bold]{' '.join(run)}[/]"))
        console.print(Text.from_ansi(_shown(run)))
    (root / PLACE).write_text(_own_fonts(console.export_svg(title="recli")), encoding="utf-8")


def _own_fonts(picture: str) -> str:
    """Leave out fonts that a reader's browser would fetch from elsewhere."""
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def _shown(run: tuple[str, ...]) -> str:
    """Return what a command shows on a terminal."""
    program = [sys.executable, "-m", *run]
    outer, inner = pty.openpty()
    width, height = _CELLS
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    environ = {"PATH": os.defpath, "HOME": "/nonexistent", "TERM": "xterm-256color", "TZ": "UTC"}
    with subprocess.Popen(  # noqa: S603  # the commands above
        program, stdout=inner, stderr=subprocess.DEVNULL, stdin=inner, env=environ
    ) as process:
        os.close(inner)
        pieces = []
        while piece := _piece(outer):
            pieces.append(piece)
        os.close(outer)
        if process.wait() != 0:
            raise SystemExit(f"{' '.join(run)} failed")
    return b"".join(pieces).decode().replace("\r\n", "\n")


def _piece(outer: int) -> bytes:
    try:
        return os.read(outer, 65536)
    except OSError:  # the other end is closed
        return b""
