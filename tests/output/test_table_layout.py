"""Widths: who gives way, in what order, and what is left out."""

from recli.output.columns import Column
from recli.output.table_layout import GAP, TableField, fit_widths, select_columns

NEEDS = {
    "started_at": 19, "profile": 8, "direction": 3, "from_number": 12, "to_number": 13,
    "duration_s": 7, "state": 9, "id": 36, "from_name": 10, "to_name": 10, "owner": 20,
    "size_bytes": 7, "call_id": 36, "format": 6, "file_name": 20, "local_number": 12,
    "remote_number": 12,
}  # fmt: skip


def fields(*names):
    return [TableField(Column.parse(name), NEEDS[name], NEEDS[name]) for name in names]


def widths(shown):
    return {field.column.name: field.width for field in shown}


def chosen(width, *absent):
    return widths(select_columns(fields(*NEEDS), width, informative=frozenset(NEEDS) - set(absent)))


def test_what_fits_is_left_as_it_is():
    assert widths(fit_widths(fields("id", "owner"), 58)) == {"id": 36, "owner": 20}


def test_seconds_and_texts_give_way_first_then_numbers_and_ids_never():
    names = ("started_at", "from_number", "owner", "id")

    assert widths(fit_widths(fields(*names), 81)) == {
        "started_at": 16, "from_number": 12, "owner": 11, "id": 36,
    }  # fmt: skip
    assert widths(fit_widths(fields(*names), 70)) == {
        "started_at": 11, "from_number": 9, "owner": 8, "id": 36,
    }  # fmt: skip
    assert widths(fit_widths(fields(*names), 65)) == {
        "started_at": 11, "from_number": 12, "id": 36,
    }  # fmt: skip


def test_room_that_a_shortened_time_sets_free_goes_to_what_was_cut():
    shown = widths(fit_widths(fields("started_at", "owner", "from_number"), 38))

    assert shown == {"started_at": 11, "owner": 11, "from_number": 12}
    assert sum(shown.values()) + 2 * GAP == 38


def test_a_narrow_table_leaves_out_direction_and_cuts_numbers_before_it_leaves_out_the_id():
    assert chosen(80, "profile") == {
        "started_at": 11, "from_number": 9, "to_number": 9, "duration_s": 7, "id": 36,
    }  # fmt: skip
    assert chosen(80) == {
        "started_at": 16, "profile": 8, "direction": 3, "from_number": 12, "to_number": 13,
        "duration_s": 7, "state": 9,
    }  # fmt: skip


def test_a_wide_table_adds_columns_only_in_full():
    shown = chosen(160, "profile", "state")

    assert {name: cells for name, cells in shown.items() if cells != NEEDS[name]} == {}
    assert list(shown) == [
        "started_at", "direction", "from_number", "from_name", "to_number", "to_name",
        "duration_s", "owner", "size_bytes", "id",
    ]  # fmt: skip


def test_chosen_columns_leave_from_the_right_and_one_always_stays():
    assert list(widths(fit_widths(fields("id", "owner", "started_at"), 36))) == ["id"]
    assert list(widths(fit_widths(fields("owner", "started_at"), 20))) == ["owner", "started_at"]
    assert list(widths(fit_widths(fields("owner", "started_at"), 16))) == ["owner"]
    assert widths(fit_widths(fields("id", "owner"), 3)) == {"id": 3}
