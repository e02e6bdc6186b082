"""Made-up accounts of the five providers, for a server that must cost next to nothing.

Each is a pure function from a request to a body. They know just as much of the providers' APIs as
the benchmarks need; the stand-ins that follow the documents are in `recli.sandbox`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from tests.bench.answers import DAY_US, EPOCH, MICROSECOND, Answering, Spread
from tests.bench.paged import bandwidth, plivo
from tests.bench.small import enswitch, imagicle, yeastar


def accounts(rows: Mapping[str, int], days: float) -> dict[str, Answering]:
    """Make the accounts of `rows`, by provider; the newest rows are an hour old."""
    until_us = (datetime.now(UTC) - EPOCH) // MICROSECOND - DAY_US // 24
    makers: dict[str, Callable[[Spread], Answering]] = {
        "plivo": plivo,
        "bandwidth": bandwidth,
        "yeastar": yeastar,
        "enswitch": enswitch,
        "imagicle": imagicle,
    }
    return {
        name: makers[name](Spread(count, until_us - int(days * DAY_US), until_us))
        for name, count in rows.items()
    }
