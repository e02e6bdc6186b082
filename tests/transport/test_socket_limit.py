import threading

import pytest

from recli.transport.http_client import HttpClient
from recli.transport.rate_limiter import Stopped
from recli.transport.settings import Settings
from recli.transport.socket_limit import SocketLimit, open_file_limit
from recli.wire import Request
from tests.transport.conftest import answer


def test_a_few_clients_keep_connections_and_very_many_keep_none():
    assert SocketLimit(1024, 5).kept > 50
    assert SocketLimit(1024, 400).kept == 1
    assert SocketLimit(256, 400).kept == 0


def test_no_more_requests_are_under_way_than_files_allow():
    limit, most, held = SocketLimit(256, 400), 0, 0
    lock, enough = threading.Lock(), threading.Barrier(56)

    def request() -> None:
        nonlocal most, held
        with limit.hold(lambda: False):
            with lock:
                held += 1
                most = max(most, held)
            enough.wait(10)
            with lock:
                held -= 1

    threads = [threading.Thread(target=request) for _ in range(112)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)

    assert most == 56


def test_a_closed_client_waits_for_no_socket():
    limit, closed, ends = SocketLimit(1, 1), threading.Event(), []

    def request() -> None:
        with pytest.raises(Stopped), limit.hold(closed.is_set):
            pass
        ends.append("stopped")

    with limit.hold(lambda: False):
        thread = threading.Thread(target=request)
        thread.start()
        closed.set()
        limit.wake()
        thread.join(10)

    assert ends == ["stopped"]


def test_where_no_connection_can_be_kept_each_is_closed_after_its_answer(staged):
    stage = staged(answer())
    client = HttpClient("p", Settings(), connections=4, sockets=SocketLimit(256, 400))
    for _ in range(2):
        client.send(Request("/x"), f"{stage.url}/x", None)
    client.close()

    assert stage.connections == 2
    assert b"Connection: close" in stage.asked[0]


def test_the_process_has_a_limit():
    assert open_file_limit() > 0
