"""Every provider's error bodies, as its documents and users show them, mean the right error."""

import json

import pytest

from recli import errors
from recli.errors import ProviderError, Transient
from recli.text import EXCERPT
from recli.wire import Response
from tests.providers.reading import PROVIDERS, SAMPLES, first, sample

CASES = [
    pytest.param(PROVIDERS[name], case, id=f"{name}-{case['status']}-{case['says']}")
    for name in PROVIDERS
    for case in json.loads((SAMPLES / name / "errors.json").read_text())
]


def answered(case):
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])
    headers = {"content-type": case.get("type", "application/json"), **case.get("headers", {})}
    return Response(case["status"], headers, body.encode())


@pytest.mark.parametrize(("provider", "case"), CASES)
def test_an_error_body_means_one_error_in_the_providers_words(provider, case):
    with pytest.raises(ProviderError) as caught:
        provider.parse(first(provider), answered(case))

    assert type(caught.value) is getattr(errors, case["error"])
    assert case["says"] in caught.value.message
    assert caught.value.provider == provider.name
    assert len(caught.value.message) < EXCERPT + 120
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 507, 520, 599])
def test_what_may_pass_is_transient(provider, status):
    with pytest.raises(Transient, match=f"HTTP {status}") as caught:
        provider.parse(first(provider), Response(status))

    assert caught.value.busy is (status in {429, 503})


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())
@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_says_what_to_set(provider, status):
    with pytest.raises(ProviderError) as caught:
        provider.parse(first(provider), Response(status, {"location": "https://evil.example/"}))

    assert "base_url" in caught.value.hint


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_a_proxys_page_with_status_200_may_pass(provider):
    with pytest.raises(Transient, match=r"not JSON \(no type: Service unavailable\)"):
        provider.parse(first(provider), sample(provider.name, "bad_json"))


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"objects": [',
        b"\xff\xfe\x00",
        b"\x00\x01\x02",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\x1b[31mred\x1b[0m",
    ],
    ids=["empty", "cut", "utf-16", "binary", "deep", "deeper", "control"],
)
def test_a_body_that_is_no_json_may_pass_and_is_shown_as_plain_text(provider, body):
    with pytest.raises(Transient, match="not JSON") as caught:
        provider.parse(first(provider), Response(200, {"content-type": "x\x1b[2J"}, body))

    assert caught.value.message.isprintable()


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())
@pytest.mark.parametrize(
    "body", [b"null", b"5", b'"text"', b"[1", b"{}", b"true", b'{"id": %s}' % (b"9" * 5000)]
)
def test_json_of_another_shape_may_pass(provider, body):
    with pytest.raises(Transient):
        provider.parse(first(provider), Response(200, {}, body))
