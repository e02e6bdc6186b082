"""Whole commands in this process: arguments and environment in; exit code, stdout, stderr out."""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recli.cli.console import Environment
from recli.cli.main import main
from tests.sandbox_faults import Behaviour, FaultySandbox

NOW = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str
    data: bytes = b""

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Stream(io.TextIOWrapper):
    """A stream in memory that may say that it is a terminal."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        self.kept = io.BytesIO()
        self.terminal = terminal
        super().__init__(self.kept, encoding=encoding, errors="backslashreplace")

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        self.flush()
        return self.kept.getvalue().decode(self.encoding, "backslashreplace")


Recli = Callable[..., Result]


@pytest.fixture
def recli(tmp_path: Path) -> Recli:
    """Run a command line; `terminal` names the streams that are one."""

    def run(
        *argv: str,
        environ: Mapping[str, str] | None = None,
        terminal: str = "",
        now: datetime = NOW,
        stdin: str = "",
    ) -> Result:
        out = Stream(terminal="stdout" in terminal)
        err = Stream(terminal="stderr" in terminal)
        seconds = iter(range(10_000))
        said = {"HOME": str(tmp_path), "TZ": "UTC", "TERM": "xterm", **(environ or {})}
        environment = Environment(
            stdin=io.StringIO(stdin),
            stdout=out,
            stderr=err,
            environ=said,
            now=lambda: now,
            monotonic_s=lambda: float(next(seconds)),
        )
        code = main(list(argv), environment)
        return Result(code, out.text, err.text, out.kept.getvalue())

    return run


@pytest.fixture
def account() -> Iterator[FaultySandbox]:
    """Five stand-ins with sixty recordings each, ending at NOW."""
    with FaultySandbox(clock=lambda: NOW, rows=60, behaviour=Behaviour()) as sandbox:
        yield sandbox


@pytest.fixture
def config(account: FaultySandbox, tmp_path: Path) -> Path:
    """A configuration whose profiles ask the account's stand-ins."""
    return write_config(tmp_path / "recli.toml", account.config_toml())


def write_config(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def refusing(config: Path, *providers: str) -> Path:
    """Give some profiles credentials that their stand-ins refuse."""
    text = config.read_text()
    parts = text.split("\n[")
    spoiled = [
        "\n".join(map(_spoiled, part.split("\n")))
        if any(f"profiles.{name}]" in part for name in providers)
        else part
        for part in parts
    ]
    return write_config(config, "\n[".join(spoiled))


def _spoiled(line: str) -> str:
    name = line.partition(" ")[0]
    secret = name in {"auth_token", "api_secret", "client_secret", "password"}
    return f'{name} = "wrong-{os.urandom(4).hex()}"' if secret else line
