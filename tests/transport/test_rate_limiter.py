"""The gate: documented limits, proof before parallel, refusals, overloads."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import Denied, Refused, Transient
from recli.transport.rate_limiter import RateLimiter, Stopped
from recli.wire import Rate
from tests.transport.conftest import FakeClock


class Full(Exception):
    """Nobody may enter before somebody leaves."""


class Alone(FakeClock):
    """A clock for one thread: waiting for a change would be for ever."""

    def wait(self, condition, timeout_s):
        if timeout_s is None:
            raise Full
        self.advance(timeout_s)


def proven(gate):
    with gate.acquire():
        pass
    return gate


def places(gate):
    """Enter until the gate is full; return the places held."""
    held = []
    while True:
        place = gate.acquire()
        try:
            place.__enter__()
        except Full:
            return held
        held.append(place)


def leave(place, error=None):
    place.__exit__(type(error) if error else None, error, None)


@settings(deadline=None, max_examples=60)
@given(
    limit=st.sampled_from([Rate(1, 1, 1), Rate(1, 1, 4), Rate(300, 5, 16), Rate(7, 2, 3)]),
    steps=st.lists(
        st.tuples(st.booleans(), st.floats(0, 3), st.integers(0, 99), st.booleans()), max_size=60
    ),
)
def test_a_limit_is_never_exceeded_whenever_in_its_time_the_server_counts(limit, steps):
    clock = Alone()
    gate = RateLimiter(limit, limit.parallel, clock)
    spans: list[list[float]] = []
    held: list[tuple[object, list[float]]] = []
    full = False
    for enter, later_s, which, begun in [*steps, *[(True, 0.001, 0, False)] * 400]:
        clock.advance(later_s)
        if held and (full or not enter):
            place, span = held.pop(which % len(held))
            span[1] = clock.monotonic
            if begun:
                place.responded()
            leave(place)
        full = False
        place = gate.acquire()
        try:
            place.__enter__()
        except Full:
            full = True
            continue
        span = [clock.monotonic, float("inf")]
        spans.append(span)
        held.append((place, span))

    assert len(spans) > 20
    for index, (started, _) in enumerate(spans):
        counted = sum(ended > started - limit.per_s for _, ended in spans[:index])
        assert counted < limit.requests


def test_three_hundred_go_at_once_and_the_next_waits_five_seconds_after_the_first_answer():
    clock = Alone()
    gate = RateLimiter(Rate(300, 5, 16), 16, clock)
    for _ in range(300):
        with gate.acquire():
            clock.advance(0.001)
    begun = clock.monotonic

    with gate.acquire():
        entered = clock.monotonic

    assert begun == pytest.approx(1000.3)
    assert entered == pytest.approx(1005.001 + 0.002)


def test_one_per_second_counts_from_the_answer():
    clock = Alone()
    gate = RateLimiter(Rate(1, 1, 1), 1, clock)
    entered = []
    for _ in range(3):
        with gate.acquire():
            entered.append(clock.monotonic)
            clock.advance(0.4)

    assert entered == pytest.approx([1000, 1001.402, 1002.804])


def test_a_long_body_holds_no_place_in_the_limit():
    clock = Alone()
    gate = proven(RateLimiter(Rate(1, 1, 2), 2, clock))
    clock.advance(2)
    long = gate.acquire()
    with long as place:
        place.responded()
        clock.advance(5)
        with gate.acquire():
            entered = clock.monotonic

    assert entered == 1007


def test_the_first_request_goes_alone_until_its_answer_is_good():
    gate = RateLimiter(Rate(parallel=8), 8, Alone())
    first = places(gate)
    assert len(first) == 1
    leave(first[0], Transient("p", "failed"))
    second = places(gate)
    assert len(second) == 1
    leave(second[0])

    assert len(places(gate)) == 8


def test_a_place_can_be_good_before_it_is_left():
    gate = RateLimiter(Rate(parallel=3), 3, Alone())
    (first,) = places(gate)
    first.succeeded()

    assert len(places(gate)) == 2


def test_a_hanging_first_request_frees_its_place_when_it_fails():
    gate = RateLimiter(Rate(parallel=4), 4, FakeClock())
    entered, passed = threading.Event(), []

    def hang():
        place = gate.acquire()
        place.__enter__()
        entered.set()
        released.wait(10)
        leave(place, Transient("p", "timed out"))

    def follow():
        with gate.acquire():
            passed.append(1)

    released = threading.Event()
    first = threading.Thread(target=hang)
    first.start()
    assert entered.wait(5)
    others = [threading.Thread(target=follow) for _ in range(6)]
    for each in others:
        each.start()
    assert passed == []
    released.set()
    for each in [first, *others]:
        each.join(5)

    assert len(passed) == 6


@pytest.mark.parametrize("error", [Refused("p", "no"), Denied("p", "no")])
def test_a_fatal_error_shuts_the_gate_before_anybody_else_gets_through(error):
    gate = RateLimiter(Rate(parallel=16), 16, FakeClock())
    sent, caught = [], []
    start = threading.Barrier(16)

    def ask():
        start.wait(5)
        try:
            with gate.acquire(Refused, Denied):
                sent.append(1)
                raise error
        except (Refused, Denied) as problem:
            caught.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(5)

    assert len(sent) == 1
    assert {(type(each), each.message, each.provider) for each in caught} == {
        (type(error), "no", "p")
    }
    assert len({id(each) for each in caught}) == 16


def test_shutting_ends_all_waiting_at_once():
    gate = RateLimiter(Rate(parallel=1), 1, FakeClock())
    caught = []

    def ask():
        try:
            with gate.acquire():
                pass
        except Stopped as problem:
            caught.append(problem)

    with gate.acquire():
        threads = [threading.Thread(target=ask) for _ in range(5)]
        for each in threads:
            each.start()
        gate.block(Stopped())
        for each in threads:
            each.join(5)

    assert len(caught) == 5


def test_an_overload_pauses_everybody_and_halves_the_number():
    clock = Alone()
    gate = proven(RateLimiter(Rate(parallel=8), 8, clock))
    gate.slow_down(7, overloaded=True)
    held = places(gate)

    assert clock.monotonic == 1007
    assert len(held) == 4


def test_a_failure_slows_without_a_pause_and_one_failure_counts_once():
    clock = Alone()
    gate = proven(RateLimiter(Rate(parallel=10), 10, clock))
    for _ in range(10):
        gate.slow_down(0.5, overloaded=False)
    held = places(gate)

    assert clock.monotonic == 1000
    assert len(held) == 8


def test_the_number_falls_to_one_at_the_least_and_rises_again_to_parallel_at_the_most():
    clock = Alone()
    gate = proven(RateLimiter(Rate(parallel=6), 6, clock))
    for _ in range(20):
        gate.slow_down(2, overloaded=True)
        clock.advance(3)
    low = places(gate)
    for place in low:
        leave(place)
    for _ in range(100):
        with gate.acquire():
            pass

    assert len(low) == 1
    assert len(places(gate)) == 6


def test_of_the_threads_at_a_full_limit_one_keeps_the_time():
    """If all did, each place that comes free would wake them all."""
    waiting, timed = threading.Semaphore(0), []

    class Still(FakeClock):
        def wait(self, condition, timeout_s):
            timed.append(timeout_s is not None)
            waiting.release()
            condition.wait(20)

    gate = proven(RateLimiter(Rate(1, 5, 16), 16, Still()))

    def ask():
        with pytest.raises(Stopped), gate.acquire():
            pass

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for each in threads:
        each.start()
    for _ in threads:
        assert waiting.acquire(timeout=5)
    kept = sum(timed)
    gate.block(Stopped())
    for each in threads:
        each.join(5)

    assert kept == 1
    assert not any(each.is_alive() for each in threads)


def test_threads_at_a_full_limit_all_get_through():
    gate = proven(RateLimiter(Rate(20, 5, 16), 16, FakeClock()))
    passed = []

    def ask():
        for _ in range(25):
            with gate.acquire():
                passed.append(1)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)

    assert len(passed) == 400
