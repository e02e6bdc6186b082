"""The head of an answer: interim answers and lines that are no headers cost nothing."""

import io

import pytest

from recli.transport.http_client import HttpClient
from recli.transport.response_head import HeadReader
from recli.transport.settings import Settings
from recli.wire import Request

BODY = b'{"a": 1}'


@pytest.fixture
def client():
    made = HttpClient("p", Settings(timeout_s=2), connections=2)
    yield made
    made.close()


def head(*lines, status=b"HTTP/1.1 200 OK"):
    return b"\r\n".join([status, *lines, b"", b""])


def read(text):
    reader = HeadReader(io.BytesIO(text))
    return list(iter(reader.readline, b""))


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 99\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 40 + b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n",
        b"HTTP/1.1 199\r\n\r\n",
    ],
)
def test_an_interim_answer_is_not_the_final_one(client, staged, interim):
    stage = staged(interim + head(b"Content-Length: 8") + BODY)
    answers = [client.send(Request("/x"), f"{stage.url}/x", None) for _ in range(2)]

    assert [(each.status, each.body) for each in answers] == [(200, BODY)] * 2
    assert "link" not in answers[0].headers
    assert stage.connections == 1


@pytest.mark.parametrize(
    "odd",
    [
        b"no colon at all",
        b"Content-Type application/json",
        b": a header without a name",
        b"N\xc3\xa4me: x",
        b"two words: x",
        b"From somebody",
        b"\x00\x01",
        b"\tcontinued from nowhere",
        b"X-Broken: a\rno colon: in a line of its own",
    ],
)
@pytest.mark.parametrize("before", [[], [b"X-First: 1"]])
def test_a_line_that_is_no_header_is_passed_over(client, staged, odd, before):
    stage = staged(head(*before, odd, b"Content-Length: 8", b"X-Last: 2") + BODY)
    answers = [client.send(Request("/x"), f"{stage.url}/x", None) for _ in range(2)]

    assert [each.body for each in answers] == [BODY] * 2
    assert answers[0].headers["x-last"] == "2"
    assert stage.connections == 1


@pytest.mark.parametrize(
    "line",
    [b"Content-Length : 8", b"Content-Length\t:8", b"\tContent-Length: 8", b" Content-Length: 8"],
)
@pytest.mark.parametrize("before", [[], [b"Content-Type: application/json"]])
def test_white_space_around_a_header_name_is_passed_over(client, staged, line, before):
    stage = staged(head(*before, line) + BODY)
    answers = [client.send(Request("/x"), f"{stage.url}/x", None) for _ in range(2)]

    assert [each.body for each in answers] == [BODY] * 2
    assert answers[0].headers.get("content-type", "application/json") == "application/json"


@pytest.mark.parametrize("length", [b"8, 8", b"8,8,8", b" 8 , 8 "])
def test_a_length_given_twice_in_a_line_is_one_length(client, staged, length):
    stage = staged(head(b"Content-Length:" + length) + BODY)

    assert client.send(Request("/x"), f"{stage.url}/x", None).body == BODY


def test_a_folded_header_stays_one_header(client, staged):
    folded = [b"Link: <a>;", b' rel="next"', b"Location:", b"\thttps://other.example/x"]
    stage = staged(head(*folded, b"Content-Length: 8") + BODY)
    answer = client.send(Request("/x"), f"{stage.url}/x", None)

    assert " ".join(answer.headers["link"].split()) == '<a>; rel="next"'
    assert answer.headers["location"].strip() == "https://other.example/x"


def test_a_head_in_good_order_is_read_as_it_stands():
    text = head(b"Content-Type:  text/plain ", b"X:", b"Y: a:b")

    assert b"".join(read(text)) == text


def test_a_line_that_is_cut_off_or_too_long_is_the_callers_to_refuse():
    reader = HeadReader(io.BytesIO(b"HTTP/1.1 200 OK\r\n" + b"x" * 50))
    reader.readline(20)

    assert reader.readline(20) == b"x" * 20
    assert read(b"HTTP/1.1 200 OK\r\nX: 1") == [b"HTTP/1.1 200 OK\r\n", b"X: 1"]
    assert read(b"HTTP/1.1 103 Early Hints\r\nX: 1\r\n") == []
