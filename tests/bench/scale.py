"""Ten times the rows: the same memory, ten times the time."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from tests.bench.lines import Line
from tests.bench.measure import Bench, Run, expect, ratio, serving

_DAYS = 5400
"""Rows lie in all windows since 2012, so that as many requests as pages are full."""
_MOST_MIB = 80.0


def scale(bench: Bench) -> Iterator[Line]:
    """Measure peak memory and wall time of many Plivo rows against a tenth of them."""
    many = 1_000_000 if bench.full else 100_000
    few = many // 10
    once = replace(bench, rounds=1)
    with ExitStack() as stack:
        large = stack.enter_context(serving({"plivo": many}, days=_DAYS))
        small = stack.enter_context(serving({"plivo": few}, days=_DAYS))

        def listing(rows: int) -> Run:
            server = large if rows == many else small
            run = bench.recli(server, "list", "-p", "plivo", "-f", "jsonl", unhurried=True)
            expect([run], rows)
            return run

        # The short runs before and after: what else the machine does changes slowly.
        runs = once.rounds_of(few=lambda: listing(few), many=lambda: listing(many))
        after = once.rounds_of(few=lambda: listing(few))
    most, least = runs["many"][0], [*runs["few"], *after["few"]]
    few_mib = min(run.peak_mib for run in least)
    few_s = sum(run.wall_s for run in least) / len(least)
    yield Line(
        f"peak memory, {many:,} Plivo rows against {few:,}",
        f"{most.peak_mib:.0f} MiB",
        f"{few_mib:.0f} MiB",
        ratio([most.peak_mib], [few_mib]),
        most=1.1,
        failed=most.peak_mib >= _MOST_MIB,
    )
    yield Line(
        f"wall time, {many:,} Plivo rows against {few:,}",
        f"{most.wall_s:.1f} s",
        f"{few_s:.1f} s",
        ratio([most.wall_s], [few_s]),
        most=11,
    )
