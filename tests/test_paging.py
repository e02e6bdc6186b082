"""The ways of cutting a listing into requests."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.model import Query
from recli.paging import (
    bisect_window,
    next_link,
    query_window,
    seek_below,
    split_windows,
    time_resolution,
)
from recli.wire import Window

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)

moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://x.example/a?page=1>; rel="next"', "https://x.example/a?page=1"),
        ("<a>; rel=next", "a"),
        ('<a>;REL="NEXT"', "a"),
        ('<a>; rel="prev next"', "a"),
        ('<a>; rel="first", <b>; rel="next", <c>; rel="last"', "b"),
        ('<a>; title="x, <y>; rel=next"; rel="first", <b>; rel="next"', "b"),
        ('<a,b;c>; rel="next"', "a,b;c"),
        ('<a>; anchor="#x"; rel="next"; hreflang=en', "a"),
        ("< a >; rel=next", "a"),
        ('<a>; rel="nextish"', None),
        ('<a>; rel="previous"', None),
        ("<a>", None),
        ("a; rel=next", None),
        ("", None),
        ("<<<>>>;;;,,,", None),
    ],
)
def test_the_next_link_is_found_in_a_link_header(header, target):
    assert next_link(header) == target


@pytest.mark.parametrize(
    "piece", ["<a>; ", "<", '<a>;x="', "; ;", "<a>; rel=", " " * 9, '<a>; t="x', "<>;a,"]
)
def test_a_hostile_link_header_takes_no_long_time(piece):
    header = "<a>" + piece * (65_536 // len(piece))
    started = time.perf_counter()

    next_link(header)
    assert time.perf_counter() - started < 2


@given(moments, moments, st.timedeltas(timedelta(hours=1), timedelta(days=900)))
def test_slices_adjoin_and_cover_the_whole_range_newest_first(since, until, length):
    cut = list(split_windows(since, until, length))

    if since >= until:
        assert cut == []
        return
    assert cut[0].until == until
    assert cut[-1].since == since
    assert all(a.since == b.until for a, b in pairwise(cut))
    assert all(timedelta(0) < each.until - each.since <= length for each in cut)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(1, 100))
def test_halves_adjoin_at_a_whole_second_and_lose_nothing(since, length, least_s):
    window = Window(since, since + length)
    two = bisect_window(window, timedelta(seconds=least_s))

    if length < timedelta(seconds=2 * least_s):
        assert two is None
    elif two is not None:
        newer, older = two
        assert (older.since, newer.until) == (window.since, window.until)
        assert older.until == newer.since
        assert older.until.microsecond == 0
        assert window.since < older.until < window.until


def test_an_open_window_has_no_halves():
    assert bisect_window(Window(None, NOW), SECOND) is None
    assert bisect_window(Window(NOW, None), SECOND) is None


@pytest.mark.parametrize(
    ("ages_s", "until_s"),
    [
        ([1, 2, 30], -29),
        ([1.5, 30.25], -30),
        ([30], -29),
        ([1, 1, 1.9, 2], -1),
        ([1.1, 1.9], -1),
        ([], None),
        ([2, 1], None),
        ([1, None], None),
        ([None], None),
        ([0.5, 0.9], None),
        ([-2, 30], None),
        ([-1.9, 30], -29),
        ([3600 * 24 + 5], None),
    ],
)
def test_below_is_what_the_last_row_leaves_of_the_window(ages_s, until_s):
    keys = [None if age is None else NOW - timedelta(seconds=age) for age in ages_s]
    found = seek_below(Window(NOW - DAY, NOW), keys, SECOND)

    expected = None if until_s is None else Window(NOW - DAY, NOW + timedelta(seconds=until_s))
    assert found == expected


def test_below_needs_an_end_but_no_beginning():
    assert seek_below(Window(NOW, None), [NOW], SECOND) is None
    assert seek_below(Window(None, NOW), [NOW - DAY], SECOND) == Window(None, NOW - DAY + SECOND)
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert seek_below(Window(None, NOW), [first], SECOND) == Window(None, first + SECOND)


@given(
    st.lists(moments, min_size=1, max_size=30),
    st.sampled_from([timedelta(microseconds=1), timedelta(milliseconds=1), SECOND]),
)
def test_below_shrinks_the_window_and_keeps_all_that_was_not_seen(keys, grain):
    keys = sorted(keys, reverse=True)
    window = Window(None, keys[0] + SECOND)
    rest = seek_below(window, keys, grain)

    if rest is not None:
        assert rest.until < window.until
        assert rest.until > keys[-1]
        assert rest.until - keys[-1] <= grain
        assert (rest.until - datetime(1970, 1, 1, tzinfo=UTC)) % grain == timedelta(0)


@pytest.mark.parametrize(
    ("microsecond", "grain_us"), [(0, 10**6), (500_000, 1000), (1000, 1000), (1, 1), (123_456, 1)]
)
def test_the_grain_of_a_time_is_how_finely_it_is_told(microsecond, grain_us):
    assert time_resolution(NOW.replace(microsecond=microsecond)) == timedelta(microseconds=grain_us)


@pytest.mark.parametrize(
    ("since", "until", "window"),
    [
        (None, None, Window(None, NOW)),
        (NOW - DAY, None, Window(NOW - DAY, NOW)),
        (None, NOW + DAY, Window(None, NOW)),
        (NOW - DAY, NOW - SECOND, Window(NOW - DAY, NOW - SECOND)),
        (NOW, None, None),
        (NOW + DAY, NOW + 2 * DAY, None),
        (NOW - DAY, NOW - DAY, None),
    ],
)
def test_what_is_wanted_ends_when_the_run_began(since, until, window):
    assert query_window(Query(now=NOW, since=since, until=until)) == window
