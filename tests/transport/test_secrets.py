"""No secret in what is told, raised, logged or shown, whatever goes wrong, for any provider."""

import base64
import io
import logging
import traceback
from contextlib import suppress
from urllib.parse import quote, quote_plus

import pytest

from recli.errors import ProviderError
from recli.redact import Redactor
from recli.transport.auth import Authenticator, AuthorizedRequest
from recli.transport.media import open_audio
from recli.wire import Credentials, Request, Response
from tests.sandbox_faults import Fault
from tests.transport.conftest import PROFILES, SECRET, answer, make, secrets_in, walked
from tests.transport.test_client import EMPTY, first
from tests.transport.test_faults import NAMES, QUERY, provider_of

ACCESS, REFRESH = "Acc3ss/+=tök", "R3fresh/+=tök"
TOKENS = (
    b'{"errcode": 0, "access_token": "' + ACCESS.encode() + b'", "access_token_expire_time": 1800,'
    b' "refresh_token": "' + REFRESH.encode() + b'", "refresh_token_expire_time": 86400}'
)


def forms(*secrets):
    """Return secrets as they travel: plain, percent-encoded in both ways, and as HTTP Basic."""
    found = []
    for secret in secrets:
        found += [secret, quote(secret), quote(secret, safe=""), quote_plus(secret)]
        found += [quote(secret, safe="").lower()]
        for user in ("MA0123456789ABCDEFGH", "t-token", "user", "auditor"):
            found.append(base64.b64encode(f"{user}:{secret}".encode()).decode())
    return found


ALL = forms(SECRET, ACCESS, REFRESH)


def shown(error: BaseException) -> str:
    stream = io.StringIO()
    traceback.print_exception(error, file=stream)
    chain, each = [], error
    while each is not None:
        chain += [repr(each), str(each), repr(vars(each))]
        each = each.__cause__ or each.__context__
    return stream.getvalue() + "\n".join(chain)


TROUBLES = {
    "refused connection": None,
    "reset": lambda connection: connection.close(),
    "cut": lambda connection: connection.sendall(answer(b"a" * 99)[:-5]),
    "odd head": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nodd\r\n\r\n"),
    "server error": answer(b"{}", "500 Oops"),
    "said back": answer(
        f'{{"error": "{SECRET} {ACCESS}", "message": "{quote_plus(SECRET)}"}}'.encode(), "400 Bad"
    ),
    "not found": answer(b"{}", "404 Not Found"),
    "refused": answer(b"{}", "401 No"),
    "html": answer(b"<html>", Content_Type="text/html"),
}


@pytest.mark.parametrize("kind", TROUBLES)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_told_or_raised_holds_a_secret(  # noqa: PLR0917
    opened, staged, noted, caplog, name, kind
):
    caplog.set_level(logging.DEBUG)
    for logger in ("urllib3", "urllib3.connectionpool", "requests"):
        logging.getLogger(logger).setLevel(logging.DEBUG)
    turn = TROUBLES[kind]
    good = [answer(TOKENS)] if name == "yeastar" else []
    stage = staged(*good, turn or answer())
    url = stage.url
    if turn is None:
        stage.close()
        url = "http://127.0.0.1:1"
    transport = opened(make(name, url), observer=noted, retries=1)
    request, caught = first(transport.provider), []
    for _ in range(2):  # Yeastar takes the first "not found" for older firmware
        try:
            request = transport.fetch(request).next_requests[0]
        except ProviderError as error:
            caught.append(error)
            break
    with suppress(ProviderError), open_audio(transport, Request("/x", resource="media")):
        pass

    told = shown(caught[0]) + noted.text() + caplog.text + repr(transport.provider)
    mine = ALL if name == "yeastar" else forms(SECRET)
    assert secrets_in(told, *mine) == []
    assert noted.requests


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_listing_with_audio_tells_no_secret(  # noqa: PLR0917
    opened, sandbox, noted, capfd, name, caplog
):
    caplog.set_level(logging.DEBUG)
    provider = provider_of(sandbox, name)
    transport = opened(provider, observer=noted)
    walked(transport, QUERY)
    row = next(row for row in transport.fetch(first(provider)).rows if str(row.state) == "complete")
    with open_audio(transport, provider.audio_request(row)) as audio:
        assert b"".join(audio.chunks)
    tokens = [request.query.get("access_token", "") for request in sandbox.requests]
    profile = sandbox.profiles()[name]
    hidden = [str(profile[key]) for key in profile if key in PROFILES[name] and "secret" in key]
    hidden += [str(profile[key]) for key in profile if key in {"auth_token", "password"}]
    printed = capfd.readouterr()

    told = noted.text() + caplog.text + printed.out + printed.err
    assert secrets_in(told, *filter(None, tokens), *forms(*hidden)) == []
    assert hidden
    assert len(noted.requests) == len(sandbox.requests)
    assert (name == "yeastar") == any(tokens)


def test_what_yeastar_is_asked_with_is_shown_with_its_token_hidden(opened, staged, noted):
    stage = staged(answer(TOKENS), answer(b'{"errcode": 0, "total_number": 0, "data": []}'))
    transport = opened(make("yeastar", stage.url), observer=noted)
    transport.fetch(first(transport.provider))
    (_, login, _), (_, listing, _) = noted.requests

    assert login == f"{stage.url}/openapi/v1.0/get_token"
    assert "access_token=***" in listing
    assert quote(ACCESS, safe="").encode() in stage.asked[1]


@pytest.mark.parametrize("name", NAMES)
def test_what_goes_out_shows_no_secret_in_its_repr(name, clock):
    provider = make(name, "https://good.example")
    wardrobe = Authenticator(
        provider,
        lambda dressed: Response(200, {}, TOKENS),
        allow_http=False,
        token_folder=None,
        clock=clock,
        redactor=Redactor(),
    )
    dressed = wardrobe.with_auth(first(provider))
    login = getattr(provider.auth, "login", lambda: Request("/x"))()

    assert secrets_in(f"{dressed!r} {login!r} {provider!r} {provider.auth!r}", *ALL) == []
    assert dressed.url.startswith("https://good.example/")


@pytest.mark.parametrize("name", NAMES)
def test_withheld_credentials_are_on_nothing(name, clock):
    provider = make(name, "https://good.example")
    wardrobe = Authenticator(
        provider,
        lambda dressed: pytest.fail("a token was asked for"),
        allow_http=False,
        token_folder=None,
        clock=clock,
        redactor=Redactor(),
    )
    request = Request("https://elsewhere.example/x", credentials=Credentials.WITHHELD)

    assert wardrobe.with_auth(request) == AuthorizedRequest(request, request.path)


def test_form_credentials_cannot_be_taken_over_by_a_request(clock):
    provider = make("enswitch", "https://good.example")
    wardrobe = Authenticator(
        provider,
        lambda dressed: Response(200),
        allow_http=False,
        token_folder=None,
        clock=clock,
        redactor=Redactor(),
    )
    asked = Request("/x", method="POST", form={"auth_username": "evil", "a": "b"})

    assert wardrobe.with_auth(asked).request.form == {
        "auth_username": "user",
        "auth_password": SECRET,
        "a": "b",
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_stand_ins_own_log_holds_credentials_on_its_own_host_only(
    opened, sandbox, staged, name
):
    """A link, a path to audio or a redirect that names a stranger's host brings it nothing."""
    stranger = staged(answer(EMPTY.get(name, b"{}")))
    transport = opened(provider_of(sandbox, name), retries=0)
    for path in (f"{stranger.url}/x", f"{stranger.url.replace('//', '//127.0.0.1@')}/x"):
        with pytest.raises(ProviderError):
            transport.fetch(Request(path))
        with pytest.raises(ProviderError), open_audio(transport, Request(path, resource="media")):
            pass

    assert stranger.asked == []


def test_a_login_that_fails_shows_no_secret(opened, sandbox, behaviour, noted):
    behaviour.fault = lambda request: Fault.errcode(-1)
    provider = provider_of(sandbox, "yeastar")
    transport = opened(provider, observer=noted)
    with pytest.raises(ProviderError) as caught:
        transport.fetch(first(provider))

    secret = provider.client_secret.reveal()
    assert secret not in shown(caught.value) + noted.text()
