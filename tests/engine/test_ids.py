"""Queries by id: what matches, what ends a listing early, and what was not found."""

from datetime import UTC, datetime

import pytest

from recli.engine.match import ids_of_profile, matcher, missing_ids
from recli.model import Query, Recording

NOW = datetime(2026, 3, 5, tzinfo=UTC)
GUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"


def row(id_, profile="main"):
    return Recording("plivo", profile, id_)


def matches(text, made):
    return matcher(Query(NOW, ids=(text,)))(made)


@pytest.mark.parametrize("text", ["614", "main:614"])
def test_an_id_matches_alone_and_with_its_profile(text):
    assert matches(text, row("614"))
    assert not matches(text, row("6140"))


def test_an_id_of_another_profile_does_not_match():
    assert not matches("main:614", row("614", "branch"))


@pytest.mark.parametrize("text", [GUID, GUID.lower(), f"main:{GUID.lower()}"])
def test_a_guid_matches_in_any_case_and_no_other_id_does(text):
    assert matches(text, row(GUID))
    assert matches(text, row(GUID.lower()))
    assert not matches("rec-A", row("rec-a"))


def test_an_id_with_colons_and_slashes_is_one_where_no_profile_is_called_so():
    assert ids_of_profile(["1/2:3/4", "a:5", "b:6"], "a", {"a", "b"}) == ("1/2:3/4", "5")


def test_ids_are_missing_unless_a_profile_that_is_meant_had_them():
    found = {("a", "1"), ("b", "2")}

    assert missing_ids(["1", "a:1", "b:1", "2", "3", "c:1"], ["a", "b"], found) == (
        "b:1",
        "3",
        "c:1",
    )
