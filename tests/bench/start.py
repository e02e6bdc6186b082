"""The start: how soon a command says something."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from tests.bench.lines import Line
from tests.bench.measure import Bench, Run, ratio, recli, serving

_ROUNDS = 15


def version(bench: Bench) -> Iterator[Line]:
    """Measure `recli --version` against importing the library of its command line."""
    often = replace(bench, rounds=_ROUNDS)
    runs = often.rounds_of(
        recli=lambda: bench.run([recli(), "--version"]),
        typer=lambda: bench.run([sys.executable, "-c", "import typer"]),
        python=lambda: bench.run([sys.executable, "-c", "pass"]),
        help=lambda: bench.run([recli(), "--help"]),
    )
    for ours, floor, name, most in (
        ("recli", "typer", "recli --version against python -c 'import typer'", 1.3),
        ("help", "typer", "recli --help against python -c 'import typer'", None),
        ("recli", "python", "recli --version against python -c 'pass'", None),
    ):
        ours_s, floor_s = _walls(runs[ours]), _walls(runs[floor])
        yield Line(
            f"wall, {name}",
            f"{median(ours_s) * 1000:.0f} ms",
            f"{median(floor_s) * 1000:.0f} ms",
            ratio(ours_s, floor_s),
            most=most,
        )


def first(bench: Bench) -> Iterator[Line]:
    """Measure from the first request of five profiles to the first byte of their merged rows.

    Both ends are on the machine's monotonic clock: the server's for the request, the reader's of
    the pipe for the byte. The unit is one answer's time, 100 ms.
    """
    rows = {"plivo": 20_000, "bandwidth": 900, "yeastar": 900, "enswitch": 2_000, "imagicle": 900}
    command = [recli(), "list", "--all", "-f", "jsonl"]
    taken: list[float] = []
    with serving(rows, latency_ms=100) as server:

        def once() -> Run:
            server.reset()
            run = bench.run(command, server, first=True)
            taken.append(run.first_s - server.reset()["first_s"])
            return run

        runs = bench.rounds_of(recli=once)["recli"]
    answers = median(taken) / server.latency_s
    yield Line(
        "first row of five profiles, 100 ms per answer, in answers' times",
        f"{median(taken) * 1000:.0f} ms",
        "100 ms",
        answers,
        most=4,
    )
    bench.tell(f"  from the start of the process: {median(_walls(runs)):.2f} s")


def _walls(runs: list[Run]) -> list[float]:
    return [run.wall_s for run in runs]
