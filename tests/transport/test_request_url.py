"""Credentials go to the profile's own scheme, host and port, however a URL is written."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.errors import ConfigError, ProviderError
from recli.transport.auth import check_base_url, request_url
from recli.urls import authority_end, is_absolute_url, is_loopback, same_origin
from recli.wire import Credentials, Request
from tests.transport.conftest import make

BASE = "https://good.example:8443/root"
STRANGERS = [
    "http://good.example:8443/x",
    "https://good.example/x",
    "https://good.example:8444/x",
    "https://good.example:84430/x",
    "https://evil.example:8443/x",
    "https://good.example.evil.example:8443/x",
    "https://sub.good.example:8443/x",
    "https://good.example:8443@evil.example/x",
    "https://good.example@evil.example:8443/x",
    "https://user:pass@good.example:8443/x",
    "https://@good.example:8443/x",
    "https://good.example:8443\\@evil.example/x",
    "https://good.example:8443\\.evil.example/x",
    "https:\\\\good.example:8443/x",
    "https:///good.example:8443/x",
    "https://good%2eexample:8443/x",
    "https://good.example%00.evil.example:8443/x",
    "https://good.example\t:8443/x",
    "https://good.example\n.evil.example:8443/x",
    "https://good.example :8443/x",
    "https://\uff47ood.example:8443/x",
    "https://good\u3002example:8443/x",
    "https://good.example:\uff18443/x",
    "https://good.example:8443.evil.example/x",
    "https://[::1]:8443/x",
    "https://[good.example]:8443/x",
    "https://:8443/x",
    "https://",
    "HTTPS://evil.example:8443/x",
    "https://evil.example:8443/https://good.example:8443/x",
    "https://evil.example:8443?https://good.example:8443/x",
    "https://evil.example:8443#@good.example:8443/x",
]


@pytest.mark.parametrize("path", STRANGERS)
@pytest.mark.parametrize("name", ["plivo", "bandwidth", "yeastar", "enswitch", "imagicle"])
def test_a_stranger_gets_no_credentials(name, path):
    provider = make(name, BASE)

    with pytest.raises(ProviderError, match=r"not followed|not a URL"):
        request_url(provider, Request(path), allow_http=True)


@pytest.mark.parametrize("path", ["ftp://good.example/x", "evil.example", "javascript:x", "", "?x"])
def test_what_is_no_path_and_no_web_address_goes_nowhere(path):
    with pytest.raises(ProviderError, match="not a URL"):
        request_url(make("plivo", BASE), Request(path), allow_http=True)


@pytest.mark.parametrize(
    "path", ["/x", "//evil.example/x", "/\\evil.example/x", "/@evil.example", "/..//evil.example"]
)
def test_a_path_stays_below_the_profiles_host(path):
    url = request_url(make("plivo", BASE), Request(path), allow_http=False)

    assert url == BASE + path
    assert urlsplit(url).hostname == "good.example"
    assert url[: authority_end(url)] == "https://good.example:8443"


@pytest.mark.parametrize(
    "start",
    [
        "https://good.example:8443",
        "HTTPS://GOOD.example:8443",
        "https://good.example.:8443",
        "https://good.example:08443",
    ],
)
@pytest.mark.parametrize("rest", ["", "/x?y=1&z=%2F", "?y", "#f", "/a\\b", "/ä ö"])
def test_the_same_host_is_asked_at_the_profiles_own_address(start, rest):
    url = request_url(make("bandwidth", BASE), Request(start + rest), allow_http=False)

    assert url == f"https://good.example:8443{rest}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example", "https://a.example:443/x"),
        ("http://a.example:80", "http://A.EXAMPLE"),
        ("https://[::1]:8088", "https://[::1]:8088/x"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]:443"),
    ],
)
def test_default_ports_and_case_make_no_difference(one, other):
    assert same_origin(one, other)
    assert same_origin(other, one)


@given(st.text(alphabet="goodevil.:/@\\?#%[]1234567890 \t\n", max_size=40))
def test_whatever_follows_the_scheme_goes_to_the_good_host_or_nowhere(rest):
    try:
        url = request_url(
            make("bandwidth", "https://good"), Request("https://" + rest), allow_http=True
        )
    except ProviderError:
        return

    assert url[: authority_end(url)] == "https://good"
    assert urlsplit(url).netloc == "good"


def test_without_credentials_any_address_may_be_asked():
    request = replace(Request("https://elsewhere.example/x"), credentials=Credentials.WITHHELD)

    assert (
        request_url(make("plivo", BASE), request, allow_http=False) == "https://elsewhere.example/x"
    )


@pytest.mark.parametrize(
    ("path", "trusted"),
    [
        ("https://media.plivo.com/x.mp3", True),
        ("https://eu.media.plivo.com/x.mp3", True),
        ("http://media.plivo.com/x.mp3", False),
        ("https://media.plivo.com.evil.example/x.mp3", False),
        ("https://mediaxplivo.com/x.mp3", False),
        ("https://u@media.plivo.com/x.mp3", False),
        ("https://[2001:db8::1%25.media.plivo.com]/x.mp3", False),
        ("https://evil.example%2f.media.plivo.com/x.mp3", False),
        ("https://evil.example\\.media.plivo.com/x.mp3", False),
        ("https://recordings.s3.amazonaws.com/x.mp3", False),
    ],
)
def test_plivos_media_hosts_are_trusted_over_https_only(path, trusted):
    provider = make("plivo", "https://api.plivo.com")
    request = Request(path)
    if trusted:
        assert request_url(provider, request, allow_http=False) == path
        return

    with pytest.raises(ProviderError, match="not followed"):
        request_url(provider, request, allow_http=False)


def test_a_media_place_of_the_profiles_own_is_asked_over_plain_http_only_where_allowed():
    provider = make("plivo", "https://api.plivo.com", media_url="http://media.example")
    request = Request("http://media.example/x.mp3")

    with pytest.raises(ProviderError, match="not followed"):
        request_url(provider, request, allow_http=False)
    assert request_url(provider, request, allow_http=True) == "http://media.example/x.mp3"


def test_plain_http_is_for_this_machine_only_unless_allowed():
    with pytest.raises(ConfigError) as caught:
        check_base_url(make("plivo", "http://api.example"), allow_http=False)
    check_base_url(make("plivo", "http://api.example"), allow_http=True)
    check_base_url(make("plivo", "http://127.0.0.1:8080"), allow_http=False)
    check_base_url(make("plivo", "https://api.example"), allow_http=False)

    assert "profile plivo" in caught.value.message
    assert "allow_http" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        (None, False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("x.localhost", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_addresses(host, here):
    assert is_loopback(host) is here


def test_whole_addresses_are_told_from_paths():
    assert is_absolute_url("HtTpS://x")
    assert not is_absolute_url("/http://x")
    assert not is_absolute_url("https:/x")
