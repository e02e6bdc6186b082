"""A person at a real shell: a pseudo-terminal, keys, and the line that completion made of them."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from pathlib import Path

PATIENCE_S = 60.0
TAB, LINE_START, LINE_END, CLEAR = "\t", "\x01", "\x05", "\x15"


class Typist:
    """Type into an interactive shell, and read what it makes of a half-written line."""

    def __init__(self, command: list[str], environ: dict[str, str], folder: Path) -> None:
        self.seen = ""
        self._sum = "(math 7000+{})" if command[0].endswith("fish") else "$((7000+{}))"
        self._count = 0
        self._outer, inner = pty.openpty()
        self._process = subprocess.Popen(
            command,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environ,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  # the shell is alone in its session
        )
        os.close(inner)
        self._echo("ready")

    def completed(self, line: str) -> str:
        """Return the line after a TAB, as the shell then reads it."""
        return self._echo(f"{line}{TAB}")

    def _echo(self, keys: str) -> str:
        """Put `echo` before what the keys write, so that the shell shows how it reads them."""
        self._count += 1
        number = 7000 + self._count
        self._send(f"{CLEAR}{keys}")
        self._send(f"{LINE_START}echo {self._sum.format(self._count)}'<'{LINE_END}'>'\r")
        found = self._until(re.compile(rf"{number}<(.*?)>", re.DOTALL))
        return found[1].strip()

    def close(self) -> None:
        """End the shell, whatever it is at."""
        self._process.kill()
        self._process.wait()
        os.close(self._outer)

    def _send(self, keys: str) -> None:
        os.write(self._outer, keys.encode())

    def _until(self, wanted: re.Pattern[str]) -> re.Match[str]:
        end_s = time.monotonic() + PATIENCE_S
        while not (found := wanted.search(_plain(self.seen))):
            ready, _, _ = select.select([self._outer], [], [], max(0, end_s - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {wanted.pattern} in {_plain(self.seen)!r}")
            self.seen += os.read(self._outer, 65536).decode(errors="replace")
        return found


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _plain(text: str) -> str:
    return re.sub(r"\x1b(\[[0-9;?<>=]*[A-Za-z]|\][^\x07]*\x07|[()].|[=>])|[\x00\x07\r]", "", text)
