"""Listing: wall time by latency and under the documented limit, CPU time per row and format."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from tests.bench.lines import Line
from tests.bench.measure import Bench, MeasureError, Run, Server, expect, ratio, serving

_THREADS = "16"
_ROWS = 4_000
_ONE_WINDOW = ("list", "-p", "plivo", "--since", "28d", "-f", "jsonl")
_LIMIT_ROWS_PER_S = 1200
"""20 rows a page, 300 pages per 5 s."""


def latency(bench: Bench) -> Iterator[Line]:
    """Measure wall time of 4,000 Plivo rows in one window against bare threads, by latency."""
    for latency_ms in (0, 20, 100):
        name = f"wall, {_ROWS:,} Plivo rows, {latency_ms} ms per answer, against 16 bare threads"
        most = 1.25 if latency_ms == 100 else None
        yield _against(bench, name, latency_ms, ("--threads", _THREADS), most)
    if bench.full:
        name = f"wall, {_ROWS:,} Plivo rows, 100 ms per answer, against one request after another"
        yield _against(replace(bench, rounds=1), name, 100, (), None)


def _against(
    bench: Bench, name: str, latency_ms: int, options: Sequence[str], most: float | None
) -> Line:
    with serving({"plivo": _ROWS}, latency_ms=latency_ms) as server:
        runs = bench.rounds_of(
            recli=lambda: bench.recli(server, *_ONE_WINDOW),
            floor=lambda: bench.floor(server, "plivo", *options),
        )
    ours, floor = runs["recli"], runs["floor"]
    expect([*ours, *floor], _ROWS)
    ours_s, floor_s = [run.wall_s for run in ours], [run.wall_s for run in floor]
    shown = f"{median(ours_s):.2f} s", f"{median(floor_s):.2f} s"
    return Line(name, *shown, ratio(ours_s, floor_s), most=most)


def limit(bench: Bench) -> Iterator[Line]:
    """Measure rows per second where the server enforces Plivo's limit; a refusal fails it."""
    rows = 40_000
    with serving({"plivo": rows}, latency_ms=100, limited=True) as server:
        server.reset()
        run = bench.recli(server, *_ONE_WINDOW)
        counts = server.reset()
    bench.tell(f"  {run.wall_s:.2f} s, CPU {run.cpu_s:.2f} s, {counts}")
    expect([run], rows)
    per_s = rows / run.wall_s
    yield Line(
        f"rows per second, {rows:,} Plivo rows, 100 ms, limit enforced"
        f" ({counts['refused']:.0f} refused)",
        f"{per_s:.0f}/s",
        f"{_LIMIT_ROWS_PER_S}/s",
        per_s / _LIMIT_ROWS_PER_S,
        least=0.93,
        failed=counts["refused"] > 0,
    )


def cpu(bench: Bench) -> Iterator[Line]:
    """Measure CPU time per row, start included, against the bare sequential loop."""
    rows, large_rows = (100_000, 100_000) if bench.full else (20_000, 50_000)
    with serving({"plivo": rows, "bandwidth": large_rows}) as server:
        plivo = bench.rounds_of(
            recli=lambda: bench.recli(server, *_ONE_WINDOW, unhurried=True),
            loop=lambda: bench.floor(server, "plivo"),
        )
        yield _cpu("CPU per row, Plivo, pages of 20, JSON Lines", plivo, rows, 1.4)
        bandwidth = bench.rounds_of(
            recli=lambda: _bandwidth(bench, server),
            loop=lambda: bench.floor(server, "bandwidth"),
        )
        yield _cpu(
            "CPU per row, Bandwidth, pages of 1,000, JSON Lines",
            bandwidth,
            large_rows,
            2.5,
        )


def formats(bench: Bench) -> Iterator[Line]:
    """Measure CPU time per row of each format, against the loop that writes raw JSON Lines."""
    rows = 20_000
    with serving({"bandwidth": rows}) as server:
        runs = bench.rounds_of(
            jsonl=lambda: _bandwidth(bench, server, "jsonl"),
            csv=lambda: _bandwidth(bench, server, "csv"),
            table=lambda: _bandwidth(bench, server, "table"),
            loop=lambda: bench.floor(server, "bandwidth"),
        )
    expect(runs["csv"], rows + 1)
    if min(run.rows for run in runs["table"]) <= rows:
        raise MeasureError("the table has fewer lines than rows")
    for form, title in (("jsonl", "JSON Lines"), ("csv", "CSV"), ("table", "table")):
        name = f"CPU per row, Bandwidth, {title}"
        yield _per_row(name, runs[form], runs["loop"], rows, None)


def _bandwidth(bench: Bench, server: Server, form: str = "jsonl") -> Run:
    return bench.recli(server, "list", "-p", "bandwidth", "-f", form, unhurried=True)


def _cpu(name: str, runs: dict[str, list[Run]], rows: int, most: float) -> Line:
    expect([*runs["recli"], *runs["loop"]], rows)
    return _per_row(name, runs["recli"], runs["loop"], rows, most)


def _per_row(
    name: str, ours: Sequence[Run], floor: Sequence[Run], rows: int, most: float | None
) -> Line:
    ours_us = [run.cpu_s / rows * 1e6 for run in ours]
    floor_us = [run.cpu_s / rows * 1e6 for run in floor]
    return Line(
        name,
        f"{median(ours_us):.0f} µs",
        f"{median(floor_us):.0f} µs",
        ratio(ours_us, floor_us),
        most=most,
    )
