"""No secret leaves, in whichever form it travels, and ordinary words stay."""

import base64
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.redact import HIDDEN, Redactor, public_url

AWKWARD = 'pä/ss w+rd&=;%"\\x'
PLAIN = Redactor()


def lower(text):
    return "".join(
        text[i].lower() if "%" in text[max(0, i - 2) : i] else text[i] for i in range(len(text))
    )


FORMS = {
    "itself": lambda s: s,
    "quoted": quote,
    "quoted whole": lambda s: quote(s, safe=""),
    "quoted for a form": quote_plus,
    "quoted in lower case": lambda s: lower(quote(s, safe="")),
    "quoted twice": lambda s: quote(quote(s, safe=""), safe=""),
    "quoted twice in lower case": lambda s: lower(quote(quote(s, safe=""), safe="")),
    "for a form, quoted again": lambda s: quote(quote_plus(s), safe=""),
    "in JSON": lambda s: json.dumps(s)[1:-1],
    "in JSON as UTF-8": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
    "in an exception": lambda s: repr(ValueError(s)),
    "in an exception about bytes": lambda s: repr(ValueError(s.encode())),
    "in HTML": lambda s: s.replace("&", "&amp;").replace('"', "&quot;"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", ["abcd", "s3cr3t-w0rd", AWKWARD, "日本語の鍵", "a'b\"c'd"])
def test_a_known_secret_is_hidden_in_every_form(secret, form):
    redact = Redactor([secret])
    text = f"before {form(secret)} after"

    shown = redact(text)
    assert form(secret) not in shown
    assert HIDDEN in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@given(st.text(min_size=4, max_size=40).filter(lambda s: len(s.strip()) >= 4))
def test_any_known_secret_is_hidden(secret):
    assert secret not in Redactor([secret])(f"<{secret}> {quote(secret, errors='replace')}") or (
        secret in f"<{HIDDEN}> {HIDDEN}"
    )


def test_the_http_basic_form_of_a_known_secret_is_hidden():
    redact = Redactor()
    redact.add("tok", username="MA123")
    encoded = base64.b64encode(b"MA123:tok").decode()

    assert encoded not in redact(f"sent {encoded} as header")
    assert encoded not in redact(f"{{'Authorization': 'Basic {encoded}'}}")


def test_a_secret_learned_later_is_hidden_from_then_on():
    redact = Redactor(["first-secret"])
    assert "second-secret" in redact("second-secret")
    redact.add("second-secret")

    assert redact("first-secret second-secret") == f"{HIDDEN} {HIDDEN}"


def test_a_secret_that_holds_another_is_hidden_whole():
    redact = Redactor(["abcd", "abcdefgh"])

    assert redact("abcdefgh abcd") == f"{HIDDEN} {HIDDEN}"


def test_a_very_short_secret_does_not_hide_every_letter():
    assert Redactor(["a", "", "   "])("a banana") == "a banana"
    assert Redactor(["a"])("password=a&x=1") == f"password={HIDDEN}&x=1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Yeastar: a token in every URL
        (
            "GET https://pbx:8088/openapi/v1.0/recording/list?access_token=AbC&page=1",
            "GET https://pbx:8088/openapi/v1.0/recording/list?access_token=***&page=1",
        ),
        ("/api/x.wav?page=1&access_token=AbC", "/api/x.wav?page=1&access_token=***"),
        ("?ACCESS_TOKEN=AbC", "?ACCESS_TOKEN=***"),
        ("https://x/?u=%2Flist%3Faccess_token%3DAbC%26page%3D1", None),
        ("https://x/?u=%252Flist%253Faccess_token%253DAbC", None),
        ('{"errcode": 0, "access_token": "AbC", "refresh_token":"dEf"}', None),
        ("{'refresh_token': 'AbC'}", "{'refresh_token': ***}"),
        ('{\\"access_token\\": \\"AbC\\"}', None),
        ('{"username": "me", "password": "AbC \\" x"}', '{"username": "me", "password": ***}'),
        # Enswitch: credentials in forms and URLs, parted by ; or &
        (
            "list/?auth_username=user;auth_password=AbC;recordgroup=123",
            "list/?auth_username=user;auth_password=***;recordgroup=123",
        ),
        (
            "auth_username=user&auth_password=AbC&start=1",
            "auth_username=user&auth_password=***&start=1",
        ),
        # Basic credentials
        ("Authorization: Basic TUExMjM6dG9r", "Authorization: Basic ***"),
        ("authorization: Bearer eyJhbGciOi.eyJzdWIi", "authorization: Bearer ***"),
        ("https://user:AbC@api.example/x", "https://***@api.example/x"),
        ("https://user:A@bC@api.example/x", "https://***@api.example/x"),
        ("<https://AbC@api.example>", "<https://***@api.example>"),
        # signed URLs
        ("https://s3/x?X-Amz-Signature=AbC&X-Amz-Date=1", None),
        ("https://cdn/x?Expires=1&Signature=AbC&Key-Pair-Id=AbC", None),
        ("AWSAccessKeyId=AbC&Signature=AbC", "AWSAccessKeyId=***&Signature=***"),
        # configuration
        ('auth_token = "AbC"', "auth_token = ***"),
        ("api_secret='AbC'", "api_secret=***"),
        ("password: AbC123", "password: ***"),
        ("client_secret=AbC", "client_secret=***"),
        ('password="AbC', "password=***"),
    ],
)
def test_what_is_named_like_a_secret_is_hidden_though_nobody_knows_it(text, shown):
    result = PLAIN(text)

    assert "AbC" not in result
    assert "dEf" not in result
    assert HIDDEN in result
    assert shown is None or result == shown


@pytest.mark.parametrize(
    "text",
    [
        "the token pair is kept on disk",
        "plivo: refused the token (HTTP 401)",
        "HTTP Basic authentication, Basic Authentication, basic privileges",
        "Basic credentials go over plain http to loopback only",
        "profile main: auth_token: must not be empty",
        "password: the password of the API user",
        "key api_token is missing; add api_token to [profiles.main]",
        "errcode 10004: TOKEN EXPIRED",
        "secret: 'keyring' has nothing under plivo"[:7] + " of the profile",
        "bearer of bad news",
        "signature: audio/mpeg",
        "https://api.plivo.com/v1/Account/MA123/Recording/?limit=20&offset=0",
        "https://host/rec/sip:alice@phone.plivo.com.mp3",
        "mail me@example.com",
        "token, secret and password",
        "design=1&sign=2&tokens=3",
        "",
    ],
)
def test_ordinary_words_stay(text):
    assert PLAIN(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        " ",
        "token ",
        "token=",
        'token="',
        "token='\"",
        "token : ",
        '"token"  ',
        '"token":"',
        '\\"token\\":\\"',
        "Basic ",
        "Basic a",
        "Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "://",
        "a://a@",
        "x://aaaaaaaaa",
        "%25",
        "%3Ftoken%3D",
        "\\",
        "&sig",
        "x-amz-",
    ],
)
def test_a_hostile_text_takes_no_long_time(piece):
    redact = Redactor(["s3cr3t-w0rd", AWKWARD])
    text = piece * (100_000 // len(piece))
    started = time.perf_counter()

    redact(text)
    redact(text + "!")
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://media.plivo.com/v1/x.mp3", "https://media.plivo.com/v1/x.mp3"),
        ("https://x/a.mp3?id=7&part=2", "https://x/a.mp3?id=7&part=2"),
        (
            "https://b.s3.amazonaws.com/a.mp3?X-Amz-Algorithm=A&X-Amz-Credential=c&X-Amz-Date=d"
            "&X-Amz-Security-Token=t&X-Amz-Signature=s",
            "https://b.s3.amazonaws.com/a.mp3?X-Amz-Algorithm=A&X-Amz-Date=d",
        ),
        ("https://x/a?AWSAccessKeyId=k&Expires=1&Signature=s", "https://x/a?Expires=1"),
        ("https://x/a?Policy=p&Signature=s&Key-Pair-Id=k", "https://x/a"),
        ("https://x/a?GoogleAccessId=g&X-Goog-Signature=s", "https://x/a?GoogleAccessId=g"),
        ("https://x/a?sv=1&sig=s", "https://x/a?sv=1"),
        ("https://x/a?access%5Ftoken=s;id=1", "https://x/a?id=1"),
        ("https://x/a?jwt=s&password=p&auth=b#access_token=z", "https://x/a"),
        ("https://user:pass@x:8443/a", "https://x:8443/a"),
        ("https://x/sip:me@phone.mp3", "https://x/sip:me@phone.mp3"),
        ("https://u:p@[x/a?token=s", "[x/a"),
        ("", ""),
    ],
)
def test_a_public_url_holds_no_user_and_no_signature(url, public):
    assert public_url(url) == public


@pytest.mark.parametrize("source", ["env", "command", "file", "keyring"])
def test_where_a_secret_comes_from_is_no_secret(source):
    told = f'hint: add auth_token = {{ {source} = "PLIVO_AUTH_TOKEN" }}: Auth Token.'

    assert Redactor()(told) == told


@pytest.mark.parametrize(
    "hint",
    [
        "--set api_token=env:BANDWIDTH_API_TOKEN, or --secret-stdin api_token",
        "--set api_token=env:NAME, file:PATH, keyring:NAME or command:LINE",
        "--set api_token=…",
        "--set client_secret=file:~/.secrets/yeastar",
    ],
)
def test_a_hint_that_says_how_to_keep_a_secret_stays_whole(hint):
    assert PLAIN(hint) == hint


def test_a_known_secret_is_hidden_where_a_reference_would_stand():
    assert "hunter22" not in Redactor(["hunter22"])("--set api_token=env:hunter22")


def test_a_secret_that_looks_like_a_table_is_hidden_by_its_name():
    assert Redactor()("auth_token={environment-7") == f"auth_token={HIDDEN}"


def test_many_threads_may_add_secrets_while_others_are_hidden():
    from concurrent.futures import ThreadPoolExecutor

    redact = Redactor()
    secrets = [f"secret-number-{number}" for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(redact.add, secrets))

    assert redact(" ".join(reversed(secrets))) == " ".join([HIDDEN] * 100)
