"""Lines: an answer that takes too long is cut, and so is everything at the end."""

import socket
import threading

import pytest

from recli.transport.deadline import DeadlineWatchdog


@pytest.fixture
def pair():
    one, other = socket.socketpair()
    yield one, other
    one.close()
    other.close()


class Time:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def lines(time, monkeypatch):
    """Lines whose watcher looks only when a test says so."""
    monkeypatch.setattr(DeadlineWatchdog, "_run", lambda self: None)
    return DeadlineWatchdog(10, now_s=time)


def cut(sock):
    sock.setblocking(False)
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False


def test_a_late_line_is_cut_and_says_so(lines, time, pair):
    line = lines.start()
    lines.attach(pair[0])
    time.now += 9.9
    lines.check()
    early = (line.expired, cut(pair[0]))
    time.now += 0.2
    lines.check()

    assert early == (False, False)
    assert (line.expired, cut(pair[0])) == (True, True)


def test_a_line_that_may_take_its_time_is_left_alone(lines, time, pair):
    line = lines.start()
    lines.attach(pair[0])
    line.lift()
    time.now += 9999
    lines.check()

    assert (line.expired, cut(pair[0])) == (False, False)


def test_a_line_that_has_ended_lets_its_socket_go(lines, time, pair):
    line = lines.start()
    lines.attach(pair[0])
    lines.end(line)
    time.now += 9999

    assert lines.check() is False
    assert not cut(pair[0])


def test_a_socket_that_comes_after_the_end_of_its_time_is_cut_at_once(lines, time, pair):
    line = lines.start()
    time.now += 11
    lines.check()
    lines.attach(pair[0])

    assert line.expired
    assert cut(pair[0])


def test_closing_cuts_what_is_under_way_and_what_comes(lines, pair):
    lines.start()
    lines.attach(pair[0])
    lines.close()
    lines.start()
    lines.attach(pair[1])

    assert cut(pair[0])
    assert cut(pair[1])


def test_each_thread_has_its_own_line(lines, time, pair):
    mine = lines.start()
    lines.attach(pair[0])
    theirs = []

    def begin():
        theirs.append(lines.start())
        lines.attach(pair[1])

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join(5)
    mine.lift()
    time.now += 11
    lines.check()

    assert (mine.expired, theirs[0].expired) == (False, True)


def test_a_thread_that_reads_wakes_when_its_line_is_cut(pair):
    lines = DeadlineWatchdog(0.2)
    lines.start()
    lines.attach(pair[0])
    pair[0].settimeout(20)

    assert pair[0].recv(1) == b""


def test_the_watcher_goes_when_there_is_nothing_to_watch():
    before = set(threading.enumerate())
    lines = DeadlineWatchdog(0.08)
    line = lines.start()
    (watcher,) = set(threading.enumerate()) - before
    lines.end(line)
    watcher.join(5)

    assert not watcher.is_alive()
    assert watcher.daemon
