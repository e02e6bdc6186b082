"""How long to wait: growing by itself, as long as a provider asks, never for ever."""

import pytest

from recli.errors import Transient
from recli.transport.observer import RequestStats
from recli.transport.retry import parse_http_date, requested_delay_s, retry_delay_s

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
DATE_S = 784111777.0


def wait(attempt=1, headers=None, *, now_s=DATE_S, jitter=0.5, **told):
    error = Transient("p", "failed", **told)
    return retry_delay_s(attempt, error, headers or {}, now_s=now_s, jitter=jitter)


def test_waits_double_and_are_capped():
    waits = [wait(attempt, jitter=1.0) for attempt in range(1, 12)]

    assert waits == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait(10_000, jitter=1.0) == 60


def test_jitter_takes_away_up_to_half():
    assert wait(4, jitter=0.0) == 1.0
    assert wait(4, jitter=1.0) == 2.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("1.5", 1.5), ("86400", 300.0), ("999999999", 300.0)],
)
def test_seconds_are_waited_and_capped(text, seconds):
    assert wait(headers={"retry-after": text}) == seconds


@pytest.mark.parametrize("text", ["0", "", "soon", "-5", "\u0667", "1e9", "9" * 400, "nan"])
def test_what_asks_for_nothing_leaves_the_own_wait(text):
    assert wait(3, headers={"retry-after": text}) == 0.75


def test_a_date_counts_from_the_servers_own_clock():
    headers = {"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": DATE}

    assert wait(headers=headers, now_s=DATE_S + 5000) == 10
    assert wait(headers=headers, now_s=DATE_S - 5000) == 10


def test_a_date_without_a_server_clock_counts_from_here_and_is_capped():
    headers = {"retry-after": "Sun, 06 Nov 1994 08:49:47 GMT"}

    assert wait(headers=headers) == 10
    assert wait(headers=headers, now_s=DATE_S - 5000) == 300
    assert wait(2, headers=headers, now_s=DATE_S + 5000) == 0.375


def test_a_moment_counts_from_the_servers_own_clock():
    at_s = DATE_S + 2.5

    assert wait(reset_at_s=at_s, headers={"date": DATE}, now_s=DATE_S - 3600) == 2.5
    assert wait(reset_at_s=at_s, headers={"date": DATE}, now_s=DATE_S + 3600) == 2.5
    assert wait(reset_at_s=at_s, now_s=DATE_S) == 2.5
    assert wait(reset_at_s=at_s, now_s=DATE_S - 3600) == 300


def test_the_errors_own_seconds_come_first():
    assert wait(wait_s=3, reset_at_s=DATE_S + 9, headers={"retry-after": "8"}) == 3
    assert requested_delay_s(Transient("p", ""), {}, now_s=0) is None


@pytest.mark.parametrize(
    ("date", "seconds"),
    [(DATE, DATE_S), ("Sun, 06 Nov 1994 08:49:37", DATE_S), ("Sun, 06 Nov 1994", None)],
)
def test_dates_are_utc_where_they_do_not_say(date, seconds):
    assert parse_http_date(date) == seconds


@pytest.mark.parametrize("date", [None, "", "x", "Sun, 99 Nov 1994 08:49:37 GMT", "0" * 5000])
def test_what_is_no_date_is_none(date):
    assert parse_http_date(date) is None


def test_waits_at_the_same_time_count_once():
    stats = RequestStats()
    went = [
        stats.count_wait(start_s, seconds, limit_s=100)
        for start_s, seconds in [(0, 10), (2, 3), (5, 10), (40, 1)]
    ]

    assert went == [True] * 4
    assert stats.waited_s == 16
    assert stats.retries == 4


def test_a_wait_past_the_patience_is_not_waited_and_not_counted():
    stats = RequestStats()
    stats.count_wait(0, 10, limit_s=12)

    assert stats.count_wait(20, 3, limit_s=12) is False
    assert stats.count_wait(5, 7, limit_s=12) is True
    assert (stats.waited_s, stats.retries) == (12, 2)
