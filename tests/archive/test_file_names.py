import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.archive.file_names import (
    LONGEST_BYTES,
    LONGEST_PATH,
    NameTemplate,
    alternative_path,
    safe_file_name,
)
from recli.errors import UsageError

from .conftest import NOW, row

TEXT = st.text(max_size=400)
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?\Z")


def assert_component(name: str) -> None:
    assert name not in {"", ".", ".."}
    assert not set(name) & set('<>:"/\\|?*')
    assert all(ord(each) >= 32 and ord(each) != 127 for each in name)
    assert not re.search("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]", name)
    assert not name.endswith((".", " "))
    assert not name.startswith((" ", ".", "-"))
    assert not RESERVED.match(name)
    assert len(name.encode()) <= LONGEST_BYTES + 12


def path_of(template=None, extension="wav", identity=None, **fields):
    made = row(**fields)
    parsed = NameTemplate.parse(template) if template else NameTemplate.parse()
    return parsed.path(made, identity or made.id, extension)


@settings(deadline=None)
@given(TEXT)
def test_any_text_becomes_a_name_that_every_system_takes(text):
    assert_component(safe_file_name(text))


@settings(deadline=None)
@given(TEXT)
def test_a_safe_name_stays_as_it_is(text):
    name = safe_file_name(text)

    assert safe_file_name(name) == name


@settings(deadline=None)
@given(name=TEXT, profile=TEXT, number=TEXT, extension=st.text(max_size=9))
def test_any_row_gives_a_path_inside_the_archive(name, profile, number, extension):
    path = path_of(id=name, profile=profile, from_number=number, extension=extension)

    parts = path.split("/")
    assert parts[0] == "audio"
    assert len(path.encode()) <= LONGEST_PATH
    for part in parts:
        assert_component(part)


@settings(deadline=None)
@given(one=st.text(min_size=1, max_size=90), other=st.text(min_size=1, max_size=90))
def test_two_ids_never_share_a_name_even_without_regard_to_case(one, other):
    first, second = path_of(id=one), path_of(id=other)

    assert (first.casefold() == second.casefold()) == (one == other)


def test_the_default_name_says_when_and_who():
    path = path_of(id="r1", from_number="+14155550001", to_number="+39021234")

    assert path == "audio/main/2026/03/05/153000-+14155550001-+39021234-r1.wav"


def test_a_row_without_a_time_goes_to_undated():
    assert path_of(id="r1", start=None) == "audio/main/undated/undated-unknown-unknown-r1.wav"


def test_an_id_with_slashes_gets_a_hash():
    path = path_of("{id}.{ext}", id="7/1770.11/3")

    assert re.fullmatch(r"audio/7_1770\.11_3-[0-9a-f]{10}\.wav", path)


def test_a_traversal_stays_inside():
    path = path_of("{profile}/../../{from_number}/{id}", profile="..", from_number="../../etc")

    assert ".." not in path.split("/")
    assert path.startswith("audio/")


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("{profile}/{started_at:%Y-%m}/{id}.{ext}", "audio/main/2026-03/r1.wav"),
        ("audio/{id}", "audio/r1.wav"),
        ("{owner}.{ext}", "audio/unknown-r1.wav"),
        ("calls/{started_at}", "audio/calls/20260305T153000-r1.wav"),
        ("{duration_s}s-{id}", "audio/91.87s-r1.wav"),
        ("CON/{id}", "audio/_CON/r1.wav"),
        ("a:b?/{id}", "audio/a_b_/r1.wav"),
    ],
)
def test_templates_make_the_names_that_they_say(template, path):
    assert path_of(template, duration_s=91.87) == path


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{form_number}", "from_number"),
        ("{id.__class__}", "unknown field"),
        ("{id!r}", "only times"),
        ("{id:>10}", "only times"),
        ("{0}", "unknown field"),
        ("{id", "expected"),
    ],
)
def test_a_template_that_can_not_be_carried_out_is_refused(template, words):
    with pytest.raises(UsageError) as refused:
        NameTemplate.parse(template)

    assert words in refused.value.message
    assert refused.value.hint is None or "started_at" in refused.value.hint


def test_a_taken_name_has_others_beside_it():
    path = path_of(id="r1")

    others = [alternative_path(path, "main", "r1", number) for number in (1, 2, 3)]
    assert len({path, *others}) == 4
    assert all(other.startswith("audio/main/2026/03/05/") for other in others)
    assert all(other.endswith(".wav") for other in others)


def test_the_same_row_always_has_the_same_name():
    assert path_of(id="A/b", start=NOW) == path_of(id="A/b", start=NOW)
