"""Running processes and measuring what they took: seconds, CPU seconds, peak memory, rows.

CPU and memory are the kernel's numbers for that one child, so the server's are not among them. A
child's peak memory is never told as less than this process's own, which is why this one is small.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.request import ProxyHandler, build_opener

from tests.bench.answers import PLIVO_ID

ROOT = Path(__file__).parents[2]
_DIRECT = build_opener(ProxyHandler({}))

CONFIG = """\
[profiles.plivo]
provider = "plivo"
base_url = "{url}"
auth_id = "{plivo_id}"
auth_token = "bench-token"

[profiles.bandwidth]
provider = "bandwidth"
base_url = "{url}"
user_id = "u-bench"
api_token = "bench-token"
api_secret = "bench-secret"

[profiles.yeastar]
provider = "yeastar"
base_url = "{url}"
client_id = "bench-client"
client_secret = "bench-secret"

[profiles.enswitch]
provider = "enswitch"
base_url = "{url}"
username = "bench"
password = "bench-password"
recordgroup = "7"

[profiles.imagicle]
provider = "imagicle"
base_url = "{url}"
username = "bench"
password = "bench-password"
"""


class MeasureError(Exception):
    """A run that failed, or delivered something else than it should: it has no time."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took; `rows` counts the lines that it wrote, `first_s` is for the first."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    rows: int = 0
    first_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server of canned pages that is running; see `tests.bench.server`."""

    url: str
    latency_s: float

    def reset(self) -> Mapping[str, float]:
        """Return the counts since the last reset, and begin anew."""
        with _DIRECT.open(f"{self.url}/bench/reset") as answer:
            counts: dict[str, float] = json.load(answer)
        return counts


@contextmanager
def serving(
    rows: Mapping[str, int], *, latency_ms: float = 0, days: float = 20, limited: bool = False
) -> Iterator[Server]:
    """Run a server with accounts of so many rows."""
    command = [sys.executable, "-m", "tests.bench.server"]
    command += [f"{name}={count}" for name, count in rows.items()]
    command += ["--latency-ms", str(latency_ms), "--days", str(days)]
    command += ["--limited"] if limited else []
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise MeasureError("the server did not start")
        yield Server(url, latency_ms / 1000)
    finally:
        process.terminate()
        process.communicate()


@dataclass(frozen=True, slots=True)
class Bench:
    """Where runs happen: a fresh home for each, nothing of this machine's configuration."""

    rounds: int
    full: bool
    tell: Callable[[str], None] = field(repr=False)

    def recli(self, server: Server, *args: str, unhurried: bool = False) -> Run:
        """Run a whole recli command; `unhurried` without the providers' documented limits."""
        command = [sys.executable, "-m", "tests.bench.unhurried"] if unhurried else [recli()]
        return self.run(command + list(args), server)

    def floor(self, server: Server, what: str, *args: str) -> Run:
        """Run the floor of something; see `tests.bench.floor`."""
        return self.run([sys.executable, "-m", "tests.bench.floor", what, server.url, *args])

    def run(
        self, command: Sequence[str], server: Server | None = None, *, first: bool = False
    ) -> Run:
        """Run a process and measure it; `first`: only to the first byte that it writes."""
        with TemporaryDirectory(prefix="recli-bench-") as home, TemporaryFile() as complaints:
            environ = _environ(Path(home), server)
            place = [part.replace("{home}", home) for part in command]
            if first:
                return _until_first(place, environ, complaints.fileno())
            with TemporaryFile() as out:
                run = _whole(place, environ, out.fileno(), complaints.fileno())
                out.seek(0)
                rows = sum(block.count(b"\n") for block in iter(lambda: out.read(1 << 20), b""))
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace")
        if run is None:
            raise MeasureError(f"{' '.join(command)} failed: {said[-2000:]}")
        return Run(run.wall_s, run.cpu_s, run.peak_mib, rows)

    def rounds_of(self, **sides: Callable[[], Run]) -> dict[str, list[Run]]:
        """Run the sides in turn, as many rounds as there are to be: A B, A B, A B."""
        runs: dict[str, list[Run]] = {name: [] for name in sides}
        for number in range(self.rounds):
            for name, side in sides.items():
                run = side()
                self.tell(
                    f"  {name} {number + 1}: {run.wall_s:.2f} s, CPU {run.cpu_s:.2f} s,"
                    f" {run.peak_mib:.0f} MiB, {run.rows} lines"
                )
                runs[name].append(run)
        return runs


def ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """Return the median of the ratios, each within one round."""
    return median(one / other for one, other in zip(ours, floor, strict=True))


def recli() -> str:
    """Return the path of the installed command."""
    return str(Path(sys.executable).with_name("recli"))


def expect(runs: Sequence[Run], rows: int) -> None:
    """Check that every run wrote so many lines: losing rows would be quick."""
    for run in runs:
        if run.rows != rows:
            raise MeasureError(f"{run.rows} lines came instead of {rows}")


def _environ(home: Path, server: Server | None) -> dict[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    environ |= {"HOME": str(home), "TZ": "UTC"}
    if server is not None:
        config = home / "config.toml"
        config.touch(0o600)
        config.write_text(CONFIG.format(url=server.url, plivo_id=PLIVO_ID), encoding="utf-8")
        environ["RECLI_CONFIG"] = str(config)
    return environ


def _whole(
    command: Sequence[str], environ: Mapping[str, str], out: int, complaints: int
) -> Run | None:
    started_s = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=complaints)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - started_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return None
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _until_first(command: Sequence[str], environ: Mapping[str, str], complaints: int) -> Run:
    started_s = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=complaints, bufsize=0
    )
    assert process.stdout is not None
    came = process.stdout.read(1)
    first_s = time.monotonic()
    process.kill()
    process.communicate()
    if not came:
        raise MeasureError(f"{' '.join(command)} wrote nothing")
    return Run(first_s - started_s, 0.0, 0.0, 0, first_s)
