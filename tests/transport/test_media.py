"""The way to a recording's audio: steps, tokens, redirects; and what is no audio."""

import gzip
import json

import pytest

from recli.errors import Blocked, Denied, Gone, NotReady, ProviderError, Refused, Transient
from recli.model import Recording
from recli.transport.client import Client
from recli.transport.media import open_audio
from recli.wire import Credentials, Request, Response
from tests.sandbox_faults import Fault
from tests.transport.conftest import answer, make
from tests.transport.test_client import at_once, first
from tests.transport.test_faults import NAMES, provider_of

SOUND = b"ID3\x04" + bytes(range(256)) * 400
MP3 = answer(SOUND, Content_Type="audio/mpeg")


def heard(transport: Client, request: Request, headers=None) -> bytes:
    with open_audio(transport, request, headers) as audio:
        return b"".join(audio.chunks)


def recording(**known):
    return Recording(provider="plivo", profile="plivo", id=known.pop("id", "r1"), **known)


def plivo_media(stage_url):
    return Request(stage_url, resource="media", credentials=Credentials.WITHHELD, accept="audio/*")


def rows_of(transport):
    rows, waiting = [], [first(transport.provider)]
    while waiting and len(rows) < 10:
        page = transport.fetch(waiting.pop(0))
        rows += [row for row in page.rows if str(row.state) == "complete"]
        waiting += page.next_requests
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_every_providers_audio_is_heard(opened, sandbox, name):
    transport = opened(provider_of(sandbox, name))
    row = rows_of(transport)[0]
    with open_audio(transport, transport.provider.audio_request(row)) as audio:
        body = b"".join(audio.chunks)
        sound = audio.info
    if name == "enswitch":
        small = json.loads(body)
        small["data"]["data"] = "AAAA"
        told = Response(audio.status, audio.headers, json.dumps(small).encode())
        sound = transport.provider.parse_audio(audio.request, told)
        assert sound.base64_at == ("data", "data")

    assert len(body) > 500
    assert sound is not None


def test_a_recording_that_is_gone_says_so_and_harms_no_other(opened, sandbox):
    transport = opened(provider_of(sandbox, "imagicle"))
    row = rows_of(transport)[0]
    gone = Request(
        transport.provider.audio_request(row).path.replace(row.id, "0" * 8), resource="media"
    )
    with pytest.raises(Gone):
        heard(transport, gone)

    assert heard(transport, transport.provider.audio_request(row))


TEXTS = {
    "json": answer(b'{"message": "sorry"}', Content_Type="application/json"),
    "json as audio": answer(b' \n{"message": "sorry"}', Content_Type="audio/mpeg"),
    "json after a mark": answer(b'\xef\xbb\xbf{"message": "sorry"}', Content_Type="audio/mpeg"),
    "html": answer(b"<html><title>sorry</title>", Content_Type="text/html; charset=utf-8"),
    "html as audio": answer(b"<html><title>sorry</title>", Content_Type="audio/mpeg"),
    "plain": answer(b"sorry", Content_Type="text/plain"),
    "compressed": answer(
        gzip.compress(b'{"message": "sorry"}'),
        Content_Type="application/json",
        Content_Encoding="gzip",
    ),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", ["plivo", "bandwidth", "imagicle"])
def test_text_with_http_200_is_never_taken_for_audio(opened, staged, name, kind):
    stage = staged(TEXTS[kind])
    transport = opened(make(name, stage.url))
    request = Request("/x", resource="media", accept="audio/*")
    with pytest.raises(ProviderError, match=r"text instead of audio: .*sorry") as caught:
        heard(transport, request)

    assert len(stage.asked) == 1
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize("content_type", ["application/json", "audio/mpeg"])
@pytest.mark.parametrize("name", NAMES)
def test_a_providers_error_in_the_place_of_audio_is_an_error(
    opened, sandbox, behaviour, name, content_type
):
    transport = opened(provider_of(sandbox, name))
    row = rows_of(transport)[0]
    behaviour.fault = lambda request: Fault.error_as_audio(content_type)
    if name == "enswitch":
        with open_audio(transport, transport.provider.audio_request(row)) as audio:
            told = Response(audio.status, audio.headers, b"".join(audio.chunks))
            with pytest.raises(ProviderError):
                transport.provider.parse_audio(audio.request, told)
        return

    with pytest.raises(ProviderError):
        heard(transport, transport.provider.audio_request(row))


def test_nothing_instead_of_audio_may_come_later(opened, staged):
    stage = staged(answer(b"", Content_Type="audio/mpeg"))

    with pytest.raises(Transient, match="nothing instead of audio"):
        heard(opened(make("imagicle", stage.url)), Request("/x", resource="media", accept="a/b"))


def test_no_content_is_not_ready(opened, staged):
    stage = staged(answer(b"", "204 No Content"))

    with pytest.raises(NotReady):
        heard(opened(make("imagicle", stage.url)), Request("/x", resource="media", accept="a/b"))


@pytest.mark.parametrize("keep", [50_000, 5])
def test_audio_that_is_cut_short_is_an_error_however_much_came(opened, staged, keep):
    stage = staged(lambda connection: connection.sendall(MP3[: -(len(SOUND) - keep)]))
    transport = opened(make("imagicle", stage.url))

    with pytest.raises(Transient, match="ended its answer early"):
        heard(transport, Request("/x", resource="media", accept="audio/mpeg"))


@pytest.mark.parametrize(("status", "kind"), [(500, Transient), (503, Transient), (429, Transient)])
def test_troubles_that_pass_carry_how_long_to_wait(opened, staged, status, kind):
    stage = staged(answer(b"{}", f"{status} Oops", Retry_After="12"))

    with pytest.raises(kind) as caught:
        heard(opened(make("imagicle", stage.url)), Request("/x", resource="media", accept="a/b"))
    assert caught.value.wait_s == 12


def test_refused_credentials_for_audio_shut_the_profile(opened, staged):
    stage = staged(answer(b"{}", "401 No"))
    transport = opened(make("bandwidth", stage.url))
    request = Request("/x", resource="media", accept="audio/*")
    ends = at_once(16, lambda: heard(transport, request))
    with pytest.raises(Refused):
        transport.fetch(first(transport.provider))

    assert [type(each) for each in ends] == [Refused] * 16
    assert len(stage.asked) == 1


def test_audio_that_good_credentials_are_refused_for_harms_no_other(opened, staged):
    stage = staged(answer(b"[]"), answer(b"{}", "401 No"), MP3)
    transport = opened(make("bandwidth", stage.url))
    transport.fetch(first(transport.provider))
    request = Request("/x", resource="media", accept="audio/*")
    with pytest.raises(Denied):
        heard(transport, request)

    assert heard(transport, request) == SOUND


def test_audio_that_is_denied_harms_no_other(opened, staged):
    stage = staged(answer(b"{}", "403 No"), MP3)
    transport = opened(make("imagicle", stage.url))
    request = Request("/x", resource="media", accept="audio/*")
    with pytest.raises(Denied):
        heard(transport, request)

    assert heard(transport, request) == SOUND


@pytest.mark.parametrize("error", [-1, 70004, 10005])
def test_a_login_that_is_refused_on_the_way_to_audio_is_asked_once(
    opened, sandbox, behaviour, error
):
    behaviour.fault = lambda request: Fault.errcode(error)
    transport = opened(provider_of(sandbox, "yeastar"), jobs=16)
    request = transport.provider.audio_request(recording(id="5"))
    ends = at_once(16, lambda: heard(transport, request))

    assert {type(each) for each in ends} <= {Refused, Blocked}
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("which", ["download", "/api/"])
def test_a_token_that_dies_between_yeastars_steps_is_renewed(opened, sandbox, behaviour, which):
    transport = opened(provider_of(sandbox, "yeastar"))
    row = rows_of(transport)[0]
    dead = []

    def die(request):
        if which in request.path and not dead:
            dead.append(1)
            return Fault.token_dead()
        return None

    behaviour.fault = die
    body = heard(transport, transport.provider.audio_request(row))
    paths = [request.path for request in sandbox.requests]

    assert len(body) == row.size_bytes
    assert sum("refresh_token" in path for path in paths) == 1
    assert sum("get_token" in path for path in paths) == 1


def test_plivos_audio_is_asked_for_without_credentials_first(opened, sandbox):
    transport = opened(provider_of(sandbox, "plivo"))
    row = rows_of(transport)[0]
    sandbox.requests.clear()
    heard(transport, transport.provider.audio_request(row))

    assert ["authorization" in request.headers for request in sandbox.requests] == [False]


def test_plivos_audio_gets_credentials_where_they_are_asked_for_by_a_trusted_host(
    opened, sandbox, behaviour
):
    behaviour.plivo_media_auth = True
    transport = opened(provider_of(sandbox, "plivo"))
    row = rows_of(transport)[0]
    sandbox.requests.clear()
    body = heard(transport, transport.provider.audio_request(row))

    assert body
    assert ["authorization" in request.headers for request in sandbox.requests] == [False, True]


@pytest.mark.parametrize("status", ["401 No", "403 No"])
def test_plivos_audio_elsewhere_never_gets_credentials(opened, staged, status):
    stage, api = staged(answer(b"", status)), staged(answer())
    transport = opened(make("plivo", api.url))
    with pytest.raises(Denied) as caught:
        heard(transport, plivo_media(f"{stage.url}/x.mp3"))

    assert len(stage.asked) == 1
    assert b"authorization" not in stage.asked[0].lower()
    assert "media_url" in (caught.value.hint or "")


def moved(url, status="302 Found"):
    return answer(b"", status, Location=url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_without_credentials(opened, staged, status):
    there = staged(MP3)
    stage = staged(moved(f"{there.url}/sound?sig=1", f"{status} Moved"))
    transport = opened(make("bandwidth", stage.url))
    body = heard(transport, Request("/x", resource="media", accept="audio/*"))

    assert body == SOUND
    assert b"authorization" in stage.asked[0].lower()
    assert b"authorization" not in there.asked[0].lower()
    assert there.asked[0].startswith(b"GET /sound?sig=1 ")


def test_a_redirect_to_the_same_host_goes_without_credentials_too(opened, staged):
    stage = staged(moved("/there"), MP3)
    transport = opened(make("bandwidth", stage.url))

    assert heard(transport, Request("/x", resource="media", accept="audio/*")) == SOUND
    assert b"authorization" not in stage.asked[1].lower()


def test_a_token_and_a_form_do_not_follow_a_redirect(opened, staged):
    there = staged(MP3)
    stage = staged(moved(f"{there.url}/sound"))
    transport = opened(make("enswitch", stage.url))
    with pytest.raises(ProviderError, match="not JSON"):
        heard(transport, transport.provider.audio_request(recording(id="1/2/3")))

    assert b"auth_password" in stage.asked[0]
    assert there.asked[0].startswith(b"GET /sound HTTP/1.1\r\n")
    assert there.asked[0].endswith(b"\r\n\r\n")


def test_a_refusal_after_a_redirect_is_of_no_credentials(opened, staged):
    there = staged(answer(b"", "401 No"))
    stage = staged(moved(f"{there.url}/sound"), MP3)
    transport = opened(make("bandwidth", stage.url))
    request = Request("/x", resource="media", accept="audio/*")
    with pytest.raises(Denied):
        heard(transport, request)

    assert heard(transport, request) == SOUND


def test_a_circle_of_redirects_ends(opened, staged):
    stage = staged(moved("/x"))
    transport = opened(make("bandwidth", stage.url))
    with pytest.raises(ProviderError, match="redirects too often"):
        heard(transport, Request("/x", resource="media", accept="audio/*"))

    assert len(stage.asked) == 8


@pytest.mark.parametrize(
    "location",
    ["ftp://a.example/x", "file:///etc/passwd", "javascript:x", "//[", "data:audio/mpeg,x"],
)
def test_a_redirect_to_what_is_no_web_address_is_not_followed(opened, staged, location):
    stage = staged(moved(location))
    transport = opened(make("bandwidth", stage.url), retries=0)

    with pytest.raises(ProviderError):
        heard(transport, Request("/x", resource="media", accept="audio/*"))
    assert len(stage.asked) == 1


def test_a_redirect_does_not_leave_tls(opened, monkeypatch):
    import responses

    with responses.RequestsMock() as mocked:
        mocked.get("https://api.example/x", status=302, headers={"Location": "http://b.example/"})
        transport = opened(make("bandwidth", "https://api.example"))
        with pytest.raises(ProviderError, match="not https"):
            heard(transport, Request("/x", resource="media", accept="audio/*"))

        assert len(mocked.calls) == 1


def test_a_listing_is_never_redirected(opened, staged):
    there = staged(answer(b"[]"))
    stage = staged(moved(f"{there.url}/x"))
    transport = opened(make("bandwidth", stage.url))
    with pytest.raises(ProviderError, match="redirects"):
        transport.fetch(first(transport.provider))

    assert there.asked == []
    assert len(stage.asked) == 1


def test_a_range_is_asked_for_where_the_sound_is_and_not_on_the_way(opened, sandbox):
    transport = opened(provider_of(sandbox, "yeastar"))
    row = rows_of(transport)[0]
    sandbox.requests.clear()
    heard(
        transport, transport.provider.audio_request(row), {"Range": "bytes=10-", "If-Range": '"x"'}
    )

    assert [request.headers.get("range") for request in sandbox.requests] == [None, "bytes=10-"]
    assert [request.headers.get("if-range") for request in sandbox.requests] == [None, '"x"']


def test_a_range_goes_on_after_a_redirect_and_a_part_is_audio(opened, staged):
    there = staged(answer(SOUND[10:], "206 Partial", Content_Type="audio/mpeg"))
    stage = staged(moved(there.url + "/sound"))
    transport = opened(make("bandwidth", stage.url))
    request = Request("/x", resource="media", accept="audio/*")
    with open_audio(transport, request, {"Range": "bytes=10-"}) as audio:
        body = b"".join(audio.chunks)

    assert (audio.status, body) == (206, SOUND[10:])
    assert b"range: bytes=10-" in there.asked[0].lower()


def test_sound_is_asked_for_uncompressed(opened, staged):
    stage = staged(MP3)
    heard(opened(make("imagicle", stage.url)), Request("/x", resource="media", accept="audio/*"))

    assert b"accept-encoding: identity" in stage.asked[0].lower()


def test_downloads_go_side_by_side_once_the_first_has_begun(opened, staged):
    stage = staged(MP3)
    transport = opened(make("plivo", stage.url))
    request = plivo_media(f"{stage.url}/x.mp3")
    with open_audio(transport, request) as one, open_audio(transport, request) as other:
        assert next(one.chunks) == next(other.chunks)


def test_text_that_drips_does_not_hold_a_download_for_ever(opened, staged):
    stage = staged(None)

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{")
        while not stage.left.wait(0.02):
            connection.sendall(b" ")

    stage.turns = [drip]
    transport = opened(make("imagicle", stage.url), timeout_s=0.1)
    with pytest.raises(Transient, match="no answer within"):
        heard(transport, Request("/x", resource="media", accept="audio/*"))


def test_sound_inside_json_may_take_as_long_as_it_comes(opened, staged):
    stage = staged(None)

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")
        for _ in range(30):
            stage.left.wait(0.03)
            connection.sendall(b"a")

    stage.turns = [drip]
    transport = opened(make("enswitch", stage.url), timeout_s=0.1)

    assert heard(transport, transport.provider.audio_request(recording(id="1/2/3"))) == b"a" * 30


def test_leaving_early_lets_the_place_go(opened, staged):
    stage = staged(MP3)
    transport = opened(make("bandwidth", stage.url))
    for _ in range(3):
        with open_audio(transport, Request("/x", resource="media", accept="audio/*")) as audio:
            next(audio.chunks)

    assert len(stage.asked) == 3


def test_an_error_of_the_listener_passes_through(opened, staged):
    stage = staged(MP3)
    transport = opened(make("bandwidth", stage.url))
    with (
        pytest.raises(OSError, match="disk full"),
        open_audio(transport, Request("/x", resource="media", accept="audio/*")),
    ):
        raise OSError(28, "disk full")

    assert heard(transport, Request("/x", resource="media", accept="audio/*")) == SOUND
