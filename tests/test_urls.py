import pytest

from recli.urls import url_problem


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("x.example", "must begin with https:// (or http://)"),
        ("https:x.example", "must begin with https:// (or http://)"),
        ("ftp://x.example", "must begin with https:// (or http://)"),
        ("https://", "names no host"),
        ("https://:8080", "names no host"),
        ("https://x:0", "names no host"),
        ("https://x:99999", "is not a URL that can be read"),
        ("https://[::1", "is not a URL that can be read"),
        ("https://x:port", "is not a URL that can be read"),
        (
            "https://ada:hush@x",
            "must not hold a user name or password; give them their own keys",
        ),
        ("https://x/?a=b", "must not hold a query or fragment (? or #)"),
        ("https://x/#", "must not hold a query or fragment (? or #)"),
        ("https://x y", "must not hold spaces or characters that are not fit for a URL"),
        ("https://x\\@y", "must not hold a user name or password; give them their own keys"),
        ("https://x\\y", "must not hold spaces or characters that are not fit for a URL"),
        ("https://x.example", None),
        ("https://büro.example:8088/local", None),
        ("https://[2001:db8::1]:8088", None),
        ("http://127.0.0.1", None),
    ],
)
def test_a_base_url_is_scheme_host_and_path(url, expected):
    assert url_problem(url) == expected
