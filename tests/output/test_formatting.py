import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.output.formatting import encode_text, escape_formula, json_text, plain_text, seconds_text


@pytest.mark.parametrize(
    ("value_s", "text"),
    [
        (91, "91"),
        (91.0, "91"),
        (7.56, "7.56"),
        (7.560000001, "7.56"),
        (0.1 + 0.2, "0.3"),
        (1e-05, "0"),
        (-0.0001, "0"),
        (100, "100"),
        (0, "0"),
        (1e22, "10000000000000000000000"),
        (float("nan"), "null"),
        (float("inf"), "null"),
        (10**400, "null"),
    ],
)
def test_a_duration_has_at_most_three_decimals_and_no_exponent(value_s: float, text: str) -> None:
    assert seconds_text(value_s) == text


@given(st.text())
def test_text_is_json_that_gives_it_back(text: str) -> None:
    assert json.loads(encode_text(text)) == text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_JSON)
def test_an_object_is_json_that_gives_it_back(value: object) -> None:
    written = json_text(value)

    assert json.loads(written, parse_constant=pytest.fail) == _finite(value)


@given(_JSON, st.sampled_from([float("nan"), float("inf"), float("-inf")]))
def test_numbers_that_json_does_not_have_become_null_and_the_rest_stays(
    value: object, odd: float
) -> None:
    written = json_text({"a": [1, odd, value], "b": odd, "c": True, "d": {}})

    read = json.loads(written, parse_constant=pytest.fail)
    assert read == {"a": [1, None, _finite(value)], "b": None, "c": True, "d": {}}


def _finite(value: object) -> object:
    """JSON's own round trip, with infinities as null."""
    return json.loads(json.dumps(value), parse_constant=lambda _: None)


def test_an_object_of_any_depth_is_written() -> None:
    deep: object = 1.5
    for _ in range(20_000):
        deep = [{"k": deep}]

    written = json_text(deep)

    assert written == '[{"k":' * 20_000 + "1.5" + "}]" * 20_000


def test_what_json_does_not_know_is_written_as_text() -> None:
    assert json_text({"at": datetime(2024, 1, 2, tzinfo=UTC)}) == (
        '{"at":"2024-01-02 00:00:00+00:00"}'
    )


def test_dug_out_text_stays_as_it_is_and_all_else_is_json() -> None:
    assert plain_text('say "hi"') == 'say "hi"'
    assert plain_text({"a": [1, None]}) == '{"a":[1,null]}'
    assert plain_text(True) == "true"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\rx",
        "\nx",
        " =1+1",
        "\u00a0=1",
        "\ufeff=1",
        "\x00=1",
        "\uff1d1+1",
        "\uff0b1+A1",
        "\uff20x",
        "\uff0d1+A1",
        "\u22121+A1",
        "+1-415-555-0001",
        "+1+1",
        "+14155550001\n",
        "-",
        "+",
    ],
)
def test_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+14155550001",
        "-12",
        "-12.5",
        "+1.5",
        "1=1",
        "Anna",
        "é=1",
        "a\t=1",
        "'=1",
        "(415)",
        " x",
    ],
)
def test_numbers_and_plain_text_are_not_guarded(text: str) -> None:
    assert escape_formula(text) == text
