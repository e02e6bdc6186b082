"""Numbers as people and providers write them: what matches what."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recli.archive.rows import phone_key
from recli.errors import UsageError
from recli.phone import COUNTRIES, narrowing_tail, number_matcher, parse_country

ROWS = (
    "00393331234567",
    "+14155550100",
    "sip:bob@pbx.example",
    "anonymous",
    "*98",
    "1001",
    "+44 (0)20 7946 0958",
)


def found(wanted, country=None, rows=ROWS):
    matches = number_matcher(wanted, country)
    return [row for row in rows if matches(row)]


@pytest.mark.parametrize(
    ("wanted", "country", "row"),
    [
        ("+393331234567", None, "00393331234567"),
        ("0039 333 123 4567", None, "00393331234567"),
        ("+39 333 123 4567", None, "00393331234567"),
        ("tel:+39-333-123-4567", None, "00393331234567"),
        ("+39333\N{SOFT HYPHEN}1234567", None, "00393331234567"),
        ("+39\N{MINUS SIGN}333\N{NON-BREAKING HYPHEN}1234567", None, "00393331234567"),
        ("٣٣٣١٢٣٤٥٦٧", "IT", "00393331234567"),
        ("+٣٩٣٣٣١٢٣٤٥٦٧", None, "00393331234567"),
        ("\uff0b\uff13\uff193331234567", None, "00393331234567"),
        ("\u202a+393331234567\u202c", None, "00393331234567"),
        ("333 1234567", "IT", "00393331234567"),
        ("011 39 333 1234567", "US", "00393331234567"),
        ("0039*", None, "00393331234567"),
        ("+39*", None, "00393331234567"),
        ("333*", "IT", "00393331234567"),
        ("415-555-0100", "US", "+14155550100"),
        ("(415) 555.0100", "US", "+14155550100"),
        ("1 415 555 0100", "US", "+14155550100"),
        ("14155550100", None, "+14155550100"),
        ("415555*", "US", "+14155550100"),
        ("*0100", None, "+14155550100"),
        ("bob@pbx.example", None, "sip:bob@pbx.example"),
        ("SIP:Bob@PBX.example", None, "sip:bob@pbx.example"),
        ("sips:bob@pbx.example:5061;transport=tls", None, "sip:bob@pbx.example"),
        ("*@pbx.example", None, "sip:bob@pbx.example"),
        ("sip:*", None, "sip:bob@pbx.example"),
        ("Anonymous", None, "anonymous"),
        (r"\*98", None, "*98"),
        ("+442079460958", None, "+44 (0)20 7946 0958"),
        ("+44(0)2079460958", None, "+44 (0)20 7946 0958"),
        ("020 7946 0958", "GB", "+44 (0)20 7946 0958"),
        ("020*", "GB", "+44 (0)20 7946 0958"),
        ("+4420*", None, "+44 (0)20 7946 0958"),
        ("1001", "US", "1001"),
        ("1001", None, "1001"),
    ],
)
def test_a_number_is_found_however_it_is_written_and_nothing_else(wanted, country, row):
    assert found(wanted, country) == [row]


@pytest.mark.parametrize(
    ("wanted", "country", "row"),
    [
        ("4155550100", None, "+14155550100"),
        ("333 1234567", "US", "+393331234567"),
        (r"\*98", None, "198"),
        (r"\*", None, "198"),
        ("0012", None, "12"),
        ("12", None, "0012"),
        ("tel:*", None, "+14155550100"),
        ("98", None, "*98"),
        ("bob", None, "sip:bob@pbx.example"),
        ("415555010", "US", "+14155550100"),
        ("+39 333 1234567", "US", "3331234567"),
    ],
)
def test_another_number_is_another_number(wanted, country, row):
    assert found(wanted, country, [row]) == []


@pytest.mark.parametrize(
    "row", ["4155550100", "1-415-555-0100", "+1 (415) 555-0100", "14155550100"]
)
@pytest.mark.parametrize("wanted", ["+14155550100", "415.555.0100", "0014155550100"])
def test_in_a_country_all_its_spellings_are_the_same(wanted, row):
    assert found(wanted, "US", [row]) == [row]


@pytest.mark.parametrize("row", ["*98", "198", "sip:x98"])
def test_a_star_is_any_run_also_one_that_holds_a_star(row):
    assert found("*98", None, [row]) == [row]


TEXTS = st.one_of(
    st.from_regex(r"(\+|00|011)?[ (]?[0-9]{1,3}[) -]?(\(0\))?[0-9 .-]{2,12}", fullmatch=True),
    st.from_regex(r"(tel|sip):\+?[0-9a-z.]{1,12}(@[a-z.]{1,9})?(;[a-z0-9]{1,9})?", fullmatch=True),
    st.text(alphabet="0123456789*#+;,@ab٣² \u00ad(", max_size=9),
)
SPELLINGS = (
    "{0}", "+{0}", "00{0}", "011{0}", "+1{0}", "+39 {0}", "0054{0}", "+44 (0){0}", "(0) {0}",
    "0{0}", "{0} (0)", "15{0}", "+549{0}", "tel:{0}", "tel:+{0};ext=5", "sip:{0}@pbx.example",
    "{0}#5", "{0};5", "+{0}x5", "*{0}", "{0}*", "{0}\u0663", "{0}\u00b2", "\uff0b{0}", "{0}\u00ad",
)  # fmt: skip


@given(
    st.from_regex(r"[0-9]{2,12}", fullmatch=True),
    st.sampled_from(SPELLINGS),
    st.sampled_from(SPELLINGS),
    st.sampled_from([None, "US", "IT", "GB", "AR", "MX", "BR"]),
)
def test_what_narrows_a_search_in_an_archive_loses_no_number(digits, wanted, row, country):
    wanted, row = wanted.format(digits), row.format(digits)
    key, tail = phone_key(row), narrowing_tail(wanted)
    if number_matcher(wanted, country)(row):
        assert key.endswith(tail) or not (key.isascii() and key.isdigit())


@given(TEXTS, st.sampled_from([None, "US", "IT", "AR"]))
def test_a_number_is_itself(text, country):
    assert number_matcher(text.replace("\\", "\\\\").replace("*", r"\*"), country)(text)


def test_the_countries_are_those_that_have_numbers():
    assert set(COUNTRIES.split()) == set(phonenumbers.SUPPORTED_REGIONS)
    assert parse_country("it") == "IT"


@pytest.mark.parametrize("text", ["UK", "", "ITA", "39", "İT"])
def test_another_country_is_refused(text):
    with pytest.raises(UsageError, match="there is no country"):
        parse_country(text)


def test_the_library_is_loaded_for_a_number_in_a_country_only():
    code = """
import sys
from recli.phone import number_matcher
number_matcher("+39 333", None)("5")
assert "phonenumbers" not in sys.modules
number_matcher("333 123456", "IT")("5")
assert "phonenumbers" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
