"""One request, one answer: what goes out, what comes back, and every way in which it may not."""

import errno
import gzip
import json
import logging
import socket
import ssl
import struct
import threading
import zlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import requests
import responses
import urllib3

from recli import __version__
from recli.errors import ProviderError, TooLarge, Transient
from recli.transport.http_client import HttpClient
from recli.transport.rate_limiter import Stopped
from recli.transport.settings import Settings
from recli.wire import Basic, Request, Secret
from tests.transport.conftest import answer


@pytest.fixture
def wire():
    wires = []

    def make_wire(**settings):
        wires.append(HttpClient("p", Settings(**{"timeout_s": 5, **settings}), connections=4))
        return wires[-1]

    yield make_wire
    for each in wires:
        each.close()


def ask(wire, url, request=None, basic=None):
    return wire.send(request or Request("/x"), url, basic)


def lines_of(asked):
    head, _, body = asked.partition(b"\r\n\r\n")
    first, *named = head.decode().split("\r\n")
    return first, {n.lower(): v for n, _, v in (each.partition(": ") for each in named)}, body


def test_a_get_says_who_asks_and_what_it_takes(wire, staged):
    stage = staged(answer(b'{"a": 1}', X_Some="Thing"))
    request = Request("/x", {"limit": "20", "add time": "2024-01-01 00:00:00", "ä&=": "1+1/%"})
    basic = Basic("user", Secret("pä:ss"))
    came = ask(wire(), f"{stage.url}/x/", request, basic)
    first, headers, body = lines_of(stage.asked[0])

    assert first == (
        "GET /x/?limit=20&add%20time=2024-01-01%2000%3A00%3A00&%C3%A4%26%3D=1%2B1%2F%25 HTTP/1.1"
    )
    assert headers == {
        "host": stage.url[7:],
        "user-agent": f"recli/{__version__}",
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "authorization": "Basic dXNlcjpww6Q6c3M=",
    }
    assert body == b""
    assert (came.status, came.body, came.headers["x-some"]) == (200, b'{"a": 1}', "Thing")


def test_forms_and_json_go_as_bodies_with_their_length(wire, staged):
    stage = staged(answer())
    sender = wire()
    ask(sender, f"{stage.url}/f", Request("/f", method="POST", form={"a": "ü &", "b": "="}))
    ask(sender, f"{stage.url}/j", Request("/j", method="POST", json={"a": "ü"}))
    ask(sender, f"{stage.url}/g", Request("/g"))
    (form, json_, get) = (lines_of(each) for each in stage.asked)

    assert form[2] == b"a=%C3%BC+%26&b=%3D"
    assert form[1]["content-type"] == "application/x-www-form-urlencoded"
    assert json.loads(json_[2]) == {"a": "ü"}
    assert json_[1]["content-type"] == "application/json"
    assert not {"content-type", "content-length", "transfer-encoding"} & set(get[1])


def test_connections_are_kept_and_cookies_are_not(wire, staged):
    stage = staged(answer(Set_Cookie="session=abc; Path=/"))
    sender = wire()
    for _ in range(5):
        ask(sender, f"{stage.url}/x")

    assert stage.connections == 1
    assert not any(b"cookie" in each.lower() for each in stage.asked)


def hang_up(connection):
    """Close a connection without an answer: the request was read by the kernel alone."""


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("end", [hang_up, reset])
def test_a_kept_connection_that_was_closed_unread_costs_no_answer(wire, staged, end):
    stage = staged(answer(), end, answer(b"second"))
    sender = wire()
    ask(sender, f"{stage.url}/1")

    assert ask(sender, f"{stage.url}/2").body == b"second"
    assert [lines_of(each)[0][:6] for each in stage.asked] == ["GET /1", "GET /2", "GET /2"]
    assert stage.connections == 2


@pytest.mark.parametrize("end", [hang_up, reset])
def test_a_new_connection_that_was_closed_unread_is_a_failure(wire, staged, end):
    stage = staged(answer(), end, end, answer())
    sender = wire()
    ask(sender, f"{stage.url}/1")

    with pytest.raises(Transient, match="connection"):
        ask(sender, f"{stage.url}/2")
    assert len(stage.asked) == 3
    with pytest.raises(Transient, match="connection"):
        ask(wire(), f"{staged(end).url}/1")


def test_an_answer_that_is_none_on_a_kept_connection_is_not_asked_for_again(wire, staged):
    stage = staged(answer(), b"garbage\r\n\r\n", answer())
    sender = wire()
    ask(sender, f"{stage.url}/1")

    with pytest.raises(Transient, match="did not answer with HTTP"):
        ask(sender, f"{stage.url}/2")
    assert len(stage.asked) == 2


def test_netrc_is_never_read(wire, staged, tmp_path, monkeypatch):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    stage = staged(answer())
    ask(wire(), f"{stage.url}/x")

    assert b"authorization" not in stage.asked[0].lower()


def test_user_and_password_in_a_url_are_not_made_credentials_of(wire, staged):
    stage = staged(answer())
    ask(wire(), stage.url.replace("//", "//user:pass@") + "/x")

    assert b"authorization" not in stage.asked[0].lower()
    assert b"pass" not in stage.asked[0]


def test_a_redirect_is_an_answer_like_others(wire, staged):
    other = staged(answer())
    stage = staged(answer(b"", "302 Found", Location=f"{other.url}/there"))

    assert ask(wire(), f"{stage.url}/x").status == 302
    assert other.asked == []


def test_headers_that_come_twice_are_joined(wire, staged):
    links = b"Link: <a>; rel=first\r\nLINK: <b>; rel=next\r\n"
    stage = staged(b"HTTP/1.1 200 OK\r\n" + links + b"Content-Length: 0\r\n\r\n")

    assert ask(wire(), f"{stage.url}/x").headers["link"] == "<a>; rel=first, <b>; rel=next"


def test_odd_characters_in_a_link_are_quoted_and_its_fragment_stays_here(wire, staged):
    stage = staged(answer())
    ask(wire(), f"{stage.url}/a b\r\nEvil: 1/ä%2F%zz?x=<1>&y=%3C#frag")
    first, headers, _ = lines_of(stage.asked[0])

    assert first == "GET /a%20bEvil:%201/%C3%A4%252F%25zz?x=%3C1%3E&y=%3C HTTP/1.1"
    assert "evil" not in headers


@pytest.mark.parametrize("rest", ["", "?x=1", "#f"])
def test_a_url_without_a_path_asks_for_the_root(wire, staged, rest):
    stage = staged(answer())
    ask(wire(), stage.url + rest)

    assert lines_of(stage.asked[0])[0] == f"GET /{rest.partition('#')[0]} HTTP/1.1"


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_compressed_answers_are_unpacked(wire, staged, packed):
    text = b'{"a": 1}' * 10_000
    body = gzip.compress(text) if packed == "gzip" else zlib.compress(text)
    stage = staged(answer(body, Content_Encoding=packed))

    assert ask(wire(), f"{stage.url}/x").body == text


def chunked(*chunks, end=True, **headers):
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{named}\r\n".encode()
    body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in chunks)
    return head + body + (b"0\r\n\r\n" if end else b"")


def test_chunked_answers_are_joined(wire, staged):
    stage = staged(chunked(b"abc", b"d" * 100_000))

    assert ask(wire(), f"{stage.url}/x").body == b"abc" + b"d" * 100_000


def test_an_answer_that_ends_with_the_connection_is_whole(wire, staged):
    stage = staged(closing(b"HTTP/1.0 200 OK\r\n\r\nabc"))

    assert ask(wire(), f"{stage.url}/x").body == b"abc"


def closing(data):
    return lambda connection: connection.sendall(data)


BREAKS = {
    "cut short": (closing(answer(b"a" * 100)[:-50]), "ended its answer early"),
    "cut in a chunk": (closing(chunked(b"a" * 100, end=False)[:-50]), "ended its answer early"),
    "cut between chunks": (closing(chunked(b"abc", end=False)), "ended its answer early"),
    "bad chunk": (closing(chunked(b"abc", end=False) + b"zz\r\n"), "ended its answer early"),
    "cut in the head": (closing(b"HTTP/1.1 200 OK\r\nContent-Le"), None),
    "no answer": (closing(b""), "closed the connection without an answer"),
    "reset": (reset, "reset the connection"),
    "no http": (closing(b"SSH-2.0-OpenSSH_9.6\r\n"), "did not answer with HTTP"),
    "no gzip": (answer(b"hello", Content_Encoding="gzip"), "can't be decompressed"),
    "gzip cut short": (
        answer(gzip.compress(json.dumps([1] * 10_000).encode())[:50], Content_Encoding="gzip"),
        None,
    ),
    "head too long": (
        closing(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000),
        "did not answer with HTTP",
    ),
    "heads too many": (
        closing(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(200))),
        "did not answer with HTTP",
    ),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_what_breaks_on_the_way_may_be_asked_again(wire, staged, kind):
    turn, words = BREAKS[kind]
    stage = staged(turn, answer(b"whole"))
    sender = wire()
    if words is None:
        # The line shows nothing of it; it shows where the body is read as JSON.
        with pytest.raises(ValueError):
            json.loads(ask(sender, f"{stage.url}/x").body)
        return
    with pytest.raises(Transient) as caught:
        ask(sender, f"{stage.url}/x")

    assert words in caught.value.message
    assert stage.url[7:] in caught.value.message
    assert not caught.value.timed_out
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert ask(sender, f"{stage.url}/x").body == b"whole"


def test_a_port_where_nobody_listens_refuses(wire):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Transient, match=f"127.0.0.1:{port} refused the connection") as caught:
        ask(wire(), f"http://127.0.0.1:{port}/x?access_token=abc")

    assert not caught.value.timed_out
    assert "abc" not in repr(caught.value)


def test_a_host_that_does_not_resolve_says_so(wire, monkeypatch):
    def resolve(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    with pytest.raises(Transient, match=r"nowhere\.invalid does not resolve"):
        ask(wire(), "https://nowhere.invalid/x")


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
def test_silence_is_a_time_out(wire, staged, head):
    stage = staged(None)

    def hang(connection):
        connection.sendall(head)
        stage.left.wait(20)

    stage.turns = [hang]
    with pytest.raises(Transient, match=r"gave no answer within 0\.1 s") as caught:
        ask(wire(timeout_s=0.1), f"{stage.url}/x")

    assert caught.value.timed_out


DRIPS = {
    "head": b"HTTP/1.1 200 OK\r\nX: ",
    "body with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    "body without a length": b"HTTP/1.1 200 OK\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("kind", DRIPS)
def test_an_answer_that_drips_is_given_up_after_some_time_outs(wire, staged, kind):
    stage = staged(None)

    def drip(connection):
        connection.sendall(DRIPS[kind])
        while not stage.left.wait(0.02):
            connection.sendall(b"1\r\na\r\n" if kind == "chunks" else b"a")

    stage.turns = [drip]
    with pytest.raises(Transient, match=r"gave no answer within 0\.5 s") as caught:
        ask(wire(timeout_s=0.1), f"{stage.url}/x")

    assert caught.value.timed_out


def test_sound_may_drip_as_long_as_it_comes(wire, staged):
    stage = staged(None)

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")
        for _ in range(30):
            stage.left.wait(0.02)
            connection.sendall(b"a")

    stage.turns = [drip]
    sender = wire(timeout_s=0.1)
    with sender.stream(Request("/x"), f"{stage.url}/x", None, {}) as came:
        came.deadline.lift()

        assert b"".join(came.chunks) == b"a" * 30


def test_closing_ends_requests_under_way(wire, staged):
    stage = staged(None)
    asked = threading.Event()

    def hang(connection):
        asked.set()
        stage.left.wait(20)

    stage.turns = [hang]
    sender = wire(timeout_s=20)
    caught = []

    def go():
        try:
            ask(sender, f"{stage.url}/x")
        except BaseException as problem:
            caught.append(type(problem))

    thread = threading.Thread(target=go)
    thread.start()
    assert asked.wait(5)
    sender.close()
    thread.join(5)

    assert caught == [Stopped]


SIZES = {
    "announced": answer(b"a" * 2_000_000),
    "unannounced": chunked(*[b"a" * 100_000] * 20),
    "compressed": answer(gzip.compress(b"a" * 2_000_000), Content_Encoding="gzip"),
    "compressed chunks": chunked(gzip.compress(b"a" * 2_000_000), Content_Encoding="gzip"),
    "a bomb in a bomb": answer(
        gzip.compress(gzip.compress(b"a" * 50_000_000)), Content_Encoding="gzip, gzip"
    ),
}


@pytest.mark.parametrize("kind", SIZES)
def test_answers_larger_than_the_cap_are_not_read_to_the_end(wire, staged, kind):
    stage = staged(SIZES[kind], answer(b"a" * 1_000_000))
    sender = wire(max_response_mb=1)
    with pytest.raises(TooLarge, match="answered more than 1 MB") as caught:
        ask(sender, f"{stage.url}/x")

    assert "max_response_mb" in (caught.value.hint or "")
    assert len(ask(sender, f"{stage.url}/x").body) == 1_000_000


@pytest.mark.parametrize("said", ["-1", "abc", "1" * 300, "5, 5"])
def test_a_length_that_is_none_is_no_fault_of_ours(wire, staged, said):
    stage = staged(closing(f"HTTP/1.1 200 OK\r\nContent-Length: {said}\r\n\r\nabc".encode()))
    try:
        came = ask(wire(timeout_s=0.2), f"{stage.url}/x")
    except ProviderError:
        return

    assert came.body in {b"abc", b""}


def test_urllib3_logs_nothing(wire, staged, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
    stage = staged(closing(b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n"))
    ask(wire(), f"{stage.url}/x", Request("/x", {"access_token": "abcdef"}))

    assert "abcdef" not in caplog.text


def test_the_environments_proxy_is_asked(wire, staged, monkeypatch):
    proxy = staged(answer(b"from the proxy"))
    monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:word@"))
    monkeypatch.setenv("no_proxy", "direct.example")
    sender = wire()
    came = ask(sender, "http://api.example/x?y=1")
    again = ask(sender, "http://media.example/z")
    first, headers, _ = lines_of(proxy.asked[0])

    assert came.body == again.body == b"from the proxy"
    assert first == "GET http://api.example/x?y=1 HTTP/1.1"
    assert headers["proxy-authorization"] == "Basic bWU6d29yZA=="
    assert lines_of(proxy.asked[1])[0] == "GET http://media.example/z HTTP/1.1"
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **kwargs: (_ for _ in ()).throw(OSError)
    )
    with pytest.raises(Transient):
        ask(sender, "http://direct.example/x")
    assert len(proxy.asked) == 2


def test_this_machine_is_asked_without_a_proxy_which_would_see_plain_credentials(
    wire, staged, monkeypatch
):
    proxy, stage = staged(answer()), staged(answer())
    monkeypatch.setenv("http_proxy", proxy.url)
    ask(wire(), f"{stage.url}/x", basic=Basic("u", Secret("p")))

    assert (len(proxy.asked), len(stage.asked)) == (0, 1)


def test_a_proxy_that_fails_is_named_without_its_password(wire, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://me:word@127.0.0.1:{port}")

    with pytest.raises(Transient, match=r"api\.example is behind a proxy that failed") as caught:
        ask(wire(), "https://api.example/x")
    assert "word" not in repr(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/x", "http://[::zz]/x", "http:///x"])
def test_an_address_that_is_none_is_not_asked_again(wire, url):
    with pytest.raises(ProviderError, match="not a valid address") as caught:
        ask(wire(), url)

    assert type(caught.value) is ProviderError


def test_responses_can_stand_in_for_the_line(wire):
    with responses.RequestsMock() as mocked:
        mocked.get("https://api.example/x", json={"a": 1}, headers={"Link": "<b>"})
        came = ask(wire(), "https://api.example/x", Request("/x", {"y": "1"}))
        sent = mocked.calls[0].request

    assert (came.status, came.body, came.headers["link"]) == (200, b'{"a": 1}', "<b>")
    assert sent.url == "https://api.example/x?y=1"
    assert sent.headers["user-agent"] == f"recli/{__version__}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but itself."""
    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pbx")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "pbx.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def secure(certificate, staged):
    stage = staged(answer(b"safe"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    serve = stage._serve

    def serve_tls(connection):
        try:
            connection.settimeout(5)
            wrapped = context.wrap_socket(connection, server_side=True)
        except OSError:
            return
        serve(wrapped)

    stage._serve = serve_tls
    return stage, stage.url.replace("http:", "https:")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted_and_not_asked_again(wire, secure):
    stage, url = secure
    with pytest.raises(ProviderError, match="certificate is not valid") as caught:
        ask(wire(), f"{url}/x")

    assert type(caught.value) is ProviderError
    assert "ca_file" in (caught.value.hint or "")
    assert stage.asked == []


def test_a_ca_file_makes_a_certificate_trusted(wire, secure, certificate):
    _, url = secure

    assert ask(wire(ca_file=certificate), f"{url}/x").body == b"safe"


def test_a_ca_file_for_another_name_is_of_no_use(wire, secure, certificate):
    stage, url = secure
    other = url.replace("127.0.0.1", "localhost")
    with pytest.raises(ProviderError, match="certificate is not valid"):
        ask(wire(ca_file=certificate), f"{other}/x")

    assert stage.asked == []


def test_certificates_are_not_looked_at_only_where_asked_in_so_many_words(wire, secure, recwarn):
    _, url = secure
    came = ask(wire(verify_tls=False), f"{url}/x")

    assert came.body == b"safe"
    assert len(recwarn) == 0


def test_plain_http_on_a_tls_port_can_be_asked_again(wire, staged):
    stage = staged(answer())
    stage._serve = lambda connection: connection.sendall(answer())
    url = stage.url.replace("http:", "https:")

    with pytest.raises(Transient, match="TLS"):
        ask(wire(), f"{url}/x")


@pytest.mark.parametrize(("has_answered", "limit_s"), [(False, 10), (True, 30)])
def test_a_first_answer_is_waited_for_less_long(wire, monkeypatch, has_answered, limit_s):
    client = wire(timeout_s=30)
    client.has_answered = has_answered
    timeouts = []

    def send(prepared, *, timeout, **_):
        timeouts.append(timeout)
        raise requests.ReadTimeout(urllib3.exceptions.ReadTimeoutError(None, "", ""))

    monkeypatch.setattr(client._adapter, "send", send)
    with pytest.raises(Transient, match=f"within {limit_s} s"):
        ask(client, "http://127.0.0.1:9/x")

    assert timeouts == [limit_s]


def test_too_many_open_files_are_named_and_what_to_do(wire, monkeypatch):
    def connect(*_args, **_kwargs):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    with pytest.raises(Transient, match="too many files and connections are open") as caught:
        ask(wire(), "http://127.0.0.1:9/x")

    assert "ulimit -n" in caught.value.hint
