"""Measure: `python -m tests.bench [NAME…] [--full] [--rounds N] [--markdown]`."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from tests.bench import listing, probe, scale, sound, start
from tests.bench.lines import Line, circumstances, load, markdown, plain
from tests.bench.measure import Bench, MeasureError

_ALL: Mapping[str, Callable[[Bench], Iterator[Line]]] = {
    "server": probe.server,
    "version": start.version,
    "first": start.first,
    "latency": listing.latency,
    "limit": listing.limit,
    "cpu": listing.cpu,
    "formats": listing.formats,
    "scale": scale.scale,
    "audio": sound.audio,
}


def main() -> int:
    """Run the benchmarks that are named, or all; 1 if a number was missed or a run failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(_ALL)}")
    parser.add_argument("--full", action="store_true", help="a million rows; takes ten minutes")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side, in turn")
    parser.add_argument(
        "--markdown", action="store_true", help="print a table for tests/bench/README.md"
    )
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(_ALL))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(_ALL)}")
    load_before = load()
    bench = Bench(given.rounds, given.full, _tell)
    measured = [_measured(name, bench) for name in given.names or _ALL]
    lines = list(chain.from_iterable(each for each, _ in measured))
    print((markdown if given.markdown else plain)(lines))
    print(f"\nMeasured on {circumstances(load_before)}.")
    well = all(good for _, good in measured) and all(line.reached for line in lines)
    return 0 if well else 1


def _measured(name: str, bench: Bench) -> tuple[list[Line], bool]:
    """Run one benchmark; one that fails takes none of the others down."""
    _tell(name)
    lines: list[Line] = []
    try:
        for line in _ALL[name](bench):
            _tell("  = " + "  ".join(line.cells()))
            lines.append(line)
    except MeasureError as error:
        _tell(f"  FAILED: {error}")
        return lines, False
    return lines, True


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
