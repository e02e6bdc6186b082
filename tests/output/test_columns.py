import pytest

from recli.errors import UsageError
from recli.model import COLUMNS, TIME_COLUMNS, Recording
from recli.output.columns import ColumnKind, Columns

_ROW = Recording(
    "plivo",
    "main",
    "r1",
    raw={"a": {"b": [10, {"c": None}]}, "list": [], "text": "xyz", "1": "one"},
)


def test_without_a_selection_all_fields_come_in_their_order() -> None:
    assert Columns.parse(None, raw=False).names == COLUMNS


def test_raw_is_added_at_the_end() -> None:
    assert Columns.parse(None, raw=True).names == (*COLUMNS, "raw")
    assert Columns.parse("id", raw=True).names == ("id", "raw")


def test_raw_that_is_selected_keeps_its_place() -> None:
    assert Columns.parse("raw,id", raw=True).names == ("raw", "id")


def test_a_selection_orders_the_cells() -> None:
    columns = Columns.parse("profile, id ,provider", raw=False)

    assert columns.names == ("profile", "id", "provider")
    assert [list(cells) for cells in columns.transpose([_ROW])] == [["main"], ["r1"], ["plivo"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("raw.a", {"b": [10, {"c": None}]}),
        ("raw.a.b.0", 10),
        ("raw.a.b.1.c", None),
        ("raw.a.b.2", None),
        ("raw.a.b.-1", None),
        ("raw.a.b.x", None),
        ("raw.1", "one"),
        ("raw.text.0", None),
        ("raw.missing.deeper", None),
        ("raw", _ROW.raw),
    ],
)
def test_keys_dig_into_raw_and_a_missing_one_is_none(name: str, value: object) -> None:
    columns = Columns.parse(name, raw=False)

    assert columns.transpose([_ROW]) in ([[value]], [(value,)])


def test_keys_dig_into_rows_without_raw() -> None:
    columns = Columns.parse("raw.a.b", raw=False)

    assert columns.transpose([Recording("plivo", "main", "r1")]) == [[None]]


def test_every_column_has_the_kind_of_its_field() -> None:
    kinds = {column.name: column.kind for column in Columns.parse(None, raw=True).items}

    assert {name for name, kind in kinds.items() if kind is ColumnKind.TIME} == TIME_COLUMNS
    assert kinds["duration_s"] is ColumnKind.DURATION
    assert kinds["size_bytes"] is ColumnKind.INTEGER
    assert kinds["raw"] is ColumnKind.RAW
    assert kinds["direction"] is kinds["state"] is kinds["id"] is ColumnKind.TEXT


@pytest.mark.parametrize(
    ("text", "near"),
    [("form_number", "from_number"), ("ID", "id"), ("duration", "duration_s"), ("rwa", "raw")],
)
def test_an_unknown_name_is_refused_with_the_nearest(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        Columns.parse(f"id,{text}", raw=False)

    assert repr(text) in caught.value.message
    assert near in caught.value.message.partition("nearest: ")[2]


def test_an_unknown_name_far_from_all_lists_all() -> None:
    with pytest.raises(UsageError) as caught:
        Columns.parse("qqqqqq", raw=False)

    assert caught.value.message == "unknown column 'qqqqqq'"
    assert caught.value.hint is not None
    assert set(COLUMNS) < set(caught.value.hint.replace(",", "").split())


@pytest.mark.parametrize("text", ["", " ", "id,", ",id", "id,,state", "raw.", "raw.a..b", "raw.a."])
def test_empty_names_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        Columns.parse(text, raw=False)


@pytest.mark.parametrize(("text", "name"), [("id,id", "id"), ("raw.a, id ,raw.a", "raw.a")])
def test_repeated_names_are_refused(text: str, name: str) -> None:
    with pytest.raises(UsageError, match=rf"names {name} more than once"):
        Columns.parse(text, raw=False)


@pytest.mark.parametrize(("text", "used"), [("id", False), ("raw", True), ("id,raw.a", True)])
def test_a_selection_says_whether_it_needs_raw(text: str, *, used: bool) -> None:
    assert Columns.parse(text, raw=False).uses_raw is used
