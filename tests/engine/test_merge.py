"""Listings merged while some answer late, or never; the clock moves only when nothing can come."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from recli.cli.progress import listing_progress_text
from recli.engine.listing import Listing
from recli.engine.listing_thread import ListingThread
from recli.engine.merge import Merge
from recli.engine.report import RunReport
from recli.engine.result import exit_code
from recli.engine.run import ListingObserver, ListingRun
from recli.errors import ExitCode, ProviderError
from recli.model import Query, Recording
from recli.providers.bandwidth import Bandwidth
from recli.transport.clock import Clock
from recli.transport.observer import RequestStats
from recli.transport.rate_limiter import Stopped
from recli.wire import Page, Request, Secret

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
KEYS = {"user_id": "u", "api_token": Secret("t"), "api_secret": Secret("s")}


class Server:
    """One page of rows after another; before page `silent_at` it waits for `answer`."""

    parallel = 1

    def __init__(self, profile: str, *pages: list[int], silent_at: int | None = None) -> None:
        self.provider = Bandwidth(profile=profile, order="newest-first", **KEYS)
        self.stats = RequestStats()
        self.silent_at = silent_at
        self.answer = threading.Event()
        self.failure: Exception | None = None
        self.closed = False
        self.warnings: tuple[str, ...] = ()
        self._pages = pages

    def fetch(self, request: Request) -> Page:
        index = int(request.path) if request.path.isdecimal() else 0
        if index == self.silent_at:
            self.answer.wait(20)
            if self.closed:
                raise Stopped
            if self.failure is not None:
                raise self.failure
        profile = self.provider.profile
        rows = [
            Recording("bandwidth", profile, f"{profile}{number}", NOW - timedelta(hours=number))
            for number in self._pages[index]
        ]
        more = index + 1 < len(self._pages)
        follow = (Request(str(index + 1)),) if more else ()
        return Page(rows, follow, warnings=self.warnings)

    def close(self) -> None:
        self.closed = True
        self.answer.set()


class ScriptedClock(Clock):
    """Waits for threads that can go on; else a second passes, and what was planned happens."""

    def __init__(self) -> None:
        super().__init__()
        self.merge: Merge | None = None
        self.events: dict[int, threading.Event] = {}
        self._now_s = 1000.0

    def monotonic_s(self) -> float:
        return self._now_s

    def wait(self, condition: threading.Condition, timeout_s: float | None) -> None:
        if condition.wait_for(self._is_stuck, 0):
            self._now_s += timeout_s or 0.0
            for at_s in [at_s for at_s in self.events if at_s <= self._now_s - 1000]:
                self.events.pop(at_s).set()
        else:
            condition.wait(20)

    def _is_stuck(self) -> bool:
        return all(
            each.is_done or is_silent(each.listing.client, each.puts)
            for each in self.merge._threads
        )


def is_silent(server: Server, puts: int) -> bool:
    return server.silent_at == puts and not server.answer.is_set()


@pytest.fixture(autouse=True)
def _counted_puts(monkeypatch):
    put = ListingThread._put

    def counted(thread: ListingThread, batch: list[Recording]) -> bool:
        is_wanted = put(thread, batch)
        thread.puts += 1
        return is_wanted

    monkeypatch.setattr(ListingThread, "puts", 0, raising=False)
    monkeypatch.setattr(ListingThread, "_put", counted)


def listing(server: Server, told: list[str] | None = None, **query) -> Listing:
    warn = (told if told is not None else []).append
    return Listing(server.provider.profile, server, Query(now=NOW, **query), warn=warn)


@contextmanager
def merged(
    servers: list[Server], *, told=None, answers_at_s=None, limit=None, **options
) -> Iterator:
    clock = ScriptedClock()
    clock.events = {at_s: server.answer for server, at_s in (answers_at_s or {}).items()}
    listings = [listing(server, told, limit=limit) for server in servers]
    merge = clock.merge = Merge(listings, limit, clock=clock, **options)
    try:
        yield merge, listings
    finally:
        merge.close()
        for server in servers:
            server.close()


def ids(batches) -> list[str]:
    return [row.id for batch in batches for row in batch]


def test_a_silent_profile_is_waited_for_and_keeps_its_place_if_it_answers_in_time():
    slow, quick, told = Server("s", [1, 4], silent_at=0), Server("q", [2, 3]), []
    with merged([slow, quick], told=told, patience_s=20, answers_at_s={slow: 15}) as (merge, _):
        assert ids(merge.batches()) == ["s1", "q2", "q3", "s4"]
    assert told == []


def test_rows_of_a_late_profile_follow_at_the_end_with_a_warning_and_exit_0():
    slow, quick, told = Server("s", [1, 4], silent_at=0), Server("q", [2, 3]), []
    with merged([slow, quick], told=told, patience_s=20, answers_at_s={slow: 40}) as (
        merge,
        listings,
    ):
        assert ids(merge.batches()) == ["q2", "q3", "s1", "s4"]
    assert len(told) == 1
    assert "no answer for 20 s" in told[0]
    assert exit_code([each.result for each in listings]) is ExitCode.OK


def test_a_profile_that_falls_silent_in_the_middle_holds_up_no_other_longer_than_that():
    slow, quick, told = Server("s", [1], [4], silent_at=1), Server("q", [2, 3, 5]), []
    with merged([slow, quick], told=told, patience_s=20, answers_at_s={slow: 40}) as (merge, _):
        assert ids(merge.batches()) == ["s1", "q2", "q3", "q5", "s4"]
    assert len(told) == 1


def test_a_late_profile_is_not_held_up_by_one_that_is_later_still():
    one, two = Server("a", [1, 4], silent_at=0), Server("b", [2, 3], silent_at=0)
    quick = Server("q", [9])
    with merged([one, two, quick], patience_s=5, answers_at_s={one: 7, two: 8}) as (merge, _):
        assert ids(merge.batches()) == ["q9", "a1", "a4", "b2", "b3"]


def test_a_late_profile_that_fails_is_partial_and_the_others_rows_came():
    dead, quick = Server("d", [1], silent_at=0), Server("q", [2])
    dead.failure = ProviderError("bandwidth", "gave up")
    with merged([dead, quick], patience_s=5, answers_at_s={dead: 9}) as (merge, listings):
        assert ids(merge.batches()) == ["q2"]
    assert exit_code([each.result for each in listings]) is ExitCode.PARTIAL


def test_without_patience_the_order_is_waited_for():
    slow, quick = Server("s", [1], silent_at=0), Server("q", [2])
    with merged([slow, quick], patience_s=None, answers_at_s={slow: 500}) as (merge, _):
        assert ids(merge.batches()) == ["s1", "q2"]


def test_in_no_order_a_silent_profile_holds_up_nobody():
    dead, quick = Server("d", [1], silent_at=0), Server("q", [2], [3])
    with merged([dead, quick], in_order=False, answers_at_s={dead: 30}) as (merge, _):
        batches = merge.batches()
        first = [next(batches), next(batches)]

        assert ids(first) == ["q2", "q3"]
        assert ids(batches) == ["d1"]


def test_a_limit_that_others_used_up_is_a_gap_if_a_late_profile_may_have_newer_rows():
    dead, quick = Server("d", [1], silent_at=0), Server("q", [2, 3])
    with merged([dead, quick], limit=2, patience_s=5) as (merge, listings):
        results = [each.result for each in listings]
        assert ids(merge.batches()) == ["q2", "q3"]
    assert "some of the newest 2" in results[0].gaps[0]
    assert exit_code(results) is ExitCode.PARTIAL


@pytest.mark.parametrize("order", ["newest-first", "unknown"])
def test_an_interrupt_gives_out_and_counts_what_came(order, monkeypatch):
    monkeypatch.setattr("recli.engine.merge._TICK_S", 0.01)
    dead, quick = Server("d", [1], silent_at=0), Server("q", [2, 3])
    half = Server("h", [4, 5], [6], silent_at=1)
    half.provider = Bandwidth(profile="h", order=order, **KEYS)
    servers = [dead, quick, half]
    report = RunReport(NOW, Query(now=NOW))
    listings = [listing(server) for server in servers]
    report.results = [each.result for each in listings]

    class Interrupting(ListingObserver):
        def listing_waits(self) -> None:
            if listings[1].result.is_finished and listings[2].result.pages:
                raise KeyboardInterrupt

    class Rows(list):
        write = list.extend

    rows = Rows()
    with pytest.raises(KeyboardInterrupt), ListingRun(listings, report, Interrupting()) as run:
        run.write_to(rows, patience_s=None)

    assert [row.id for row in rows] == ["q2", "q3", "h4", "h5"]
    assert report.delivered == 4


def test_the_progress_line_names_who_is_waited_for_and_the_try():
    dead, quick = Server("d", [1], silent_at=0), Server("q", [2])
    dead.stats.current_try = 2
    with merged([dead, quick], patience_s=5) as (merge, listings):
        batches = merge.batches()
        for _ in range(4):
            next(batches)
        text = listing_progress_text([each.result for each in listings], 4.0)

    assert text.endswith("waiting for d (try 2)")


def test_a_listing_that_reached_the_limit_has_told_everything_when_the_merge_is_closed():
    for _ in range(50):
        only, told = Server("q", [1, 2, 3]), []
        only.warnings = ("can't read endTime",)
        listings = [listing(only, told, limit=2)]
        result, merge = listings[0].result, Merge(listings, 2)

        assert ids(merge.batches()) == ["q1", "q2"]
        merge.close()
        assert result.is_finished
        assert len(told) == 1
