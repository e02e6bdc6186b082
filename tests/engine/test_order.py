"""Newest first by start, from listings that come in another order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recli.engine.listing import Listing
from recli.model import Query, Recording
from recli.providers.plivo import Plivo
from recli.providers.yeastar import Yeastar
from recli.transport.observer import RequestStats
from recli.wire import Page, Request, Secret, Window

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PLIVO = Plivo(profile="p", auth_id="MA01", auth_token=Secret("t"))
YEASTAR = Yeastar(profile="y", base_url="https://y", client_id="c", client_secret=Secret("s"))


def row(name: str, minutes_ago: float, length_min: float) -> Recording:
    """Return a recording that was stored at its end."""
    started_at = NOW - timedelta(minutes=minutes_ago)
    added_at = started_at + timedelta(minutes=length_min)
    return Recording("plivo", "p", name, started_at, added_at=added_at)


class StoredPages:
    """Serve rows by when they were stored, newest first, in one window."""

    parallel = 1

    def __init__(self, rows: list[Recording], size: int, provider=PLIVO, *, in_order: bool = True):
        self.provider = provider
        self.stats = RequestStats()
        self.asked = 0
        self._rows = sorted(rows, key=lambda each: each.added_at, reverse=True)
        self._size = size
        self._in_order = in_order

    def fetch(self, request: Request) -> Page:
        self.asked += 1
        offset = int(request.params.get("start", 0))
        rows = self._rows[offset : offset + self._size]
        follow = Request("", {"start": str(offset + self._size)}, window=request.window)
        more = offset + self._size < len(self._rows)
        return Page(rows, (follow,) if more else (), in_order=self._in_order)


def listed(pages: StoredPages, **query) -> list[str]:
    query.setdefault("since", NOW - timedelta(days=2))
    listing = Listing("p", pages, Query(now=NOW, **query))
    return [each.id for batch in listing.batches() for each in batch]


A = row("A", 120, 120)
B = row("B", 30, 1)


def test_a_long_call_comes_behind_the_later_one_that_was_stored_before_it():
    assert listed(StoredPages([A, B], 1)) == ["B", "A"]


def test_one_row_is_the_newest_by_start_and_not_the_last_one_stored():
    assert listed(StoredPages([A, B], 1), limit=1) == ["B"]


def test_a_limit_reads_on_until_it_is_sure_and_no_further():
    pages = StoredPages([A, B, *(row(str(n), 200 + n, 1) for n in range(50))], 1)

    assert listed(pages, limit=1) == ["B"]
    assert pages.asked == 3  # the third was stored before B started


def test_a_row_goes_out_once_the_listing_is_down_to_its_start():
    pages = StoredPages([A, B, *(row(str(n), 60 + n, 1) for n in range(1000))], 20)
    listing = Listing("p", pages, Query(now=NOW, since=NOW - timedelta(days=2)))
    first = next(rows for rows in listing.batches() if rows)

    assert first[0].id == "B"
    assert pages.asked < 10


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 300)), max_size=60),
    st.integers(1, 7),
    st.integers(1, 70),
)
def test_any_lengths_come_newest_first_and_limits_are_exact(calls, size, limit):
    rows = [row(str(n), ago, length) for n, (ago, length) in enumerate(calls)]
    starts = {each.id: each.started_at for each in rows}
    newest_first = sorted(starts.values(), reverse=True)

    assert [starts[name] for name in listed(StoredPages(rows, size))] == newest_first
    names = listed(StoredPages(rows, size), limit=limit)
    assert [starts[name] for name in names] == newest_first[:limit]


def test_a_row_whose_start_is_after_its_storing_is_not_lost():
    assert listed(StoredPages([A, row("ahead", 1, -30), B], 1)) == ["ahead", "B", "A"]


def test_a_yeastar_listing_by_id_is_read_whole_before_it_is_sorted():
    pages = StoredPages([A, B], 1, YEASTAR, in_order=False)

    assert listed(pages, limit=1) == ["B"]
    assert pages.asked == 2


def test_an_empty_window_says_how_far_the_listing_has_come():
    window = Window(NOW - timedelta(days=1), NOW - timedelta(minutes=45))
    pages = StoredPages([], 1)
    listing = Listing("p", pages, Query(now=NOW))
    listing._lower_newest_to_come(Request("", window=window), Page())

    assert listing._newest_to_come == window.until
