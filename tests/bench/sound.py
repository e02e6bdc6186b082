"""Audio: files of 1 MiB into an archive, against a bare thread pool that writes files."""

from collections.abc import Iterator
from statistics import median

from tests.bench.lines import Line
from tests.bench.measure import Bench, MeasureError, Run, Server, ratio, serving
from tests.bench.server import SOUND_BYTES

_JOBS = "8"


def audio(bench: Bench) -> Iterator[Line]:
    """Measure files per second, listing included; recli also hashes, checks and catalogues."""
    files = 2_000 if bench.full else 500
    with serving({"plivo": files}, latency_ms=50) as server:
        runs = bench.rounds_of(
            recli=lambda: _archive(bench, server, files),
            threads=lambda: bench.floor(server, "audio", "--threads", _JOBS, "--folder", "{home}"),
        )
    ours = [files / run.wall_s for run in runs["recli"]]
    floor = [files / run.wall_s for run in runs["threads"]]
    yield Line(
        f"audio, {files} files of {SOUND_BYTES >> 20} MiB, 50 ms per answer, 8 at a time",
        f"{median(ours):.0f}/s",
        f"{median(floor):.0f}/s",
        ratio(ours, floor),
        least=0.8,
    )


def _archive(bench: Bench, server: Server, files: int) -> Run:
    server.reset()
    run = bench.recli(
        server,
        "export",
        "-p",
        "plivo",
        "--since",
        "28d",
        "--archive",
        "{home}/archive",
        "--audio",
        "--jobs",
        _JOBS,
    )
    asked = server.reset()["requests"]
    if asked < files:
        raise MeasureError(f"{asked:.0f} requests can't have fetched {files} files")
    return run
