"""Yeastar's fact sheet, sentence by sentence, from request to response."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from recli.errors import Blocked, Gone, ProviderError, Refused, TokenExpired, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.wire import AudioInfo, Request, Response, Secret, TokenPair, Window
from tests.providers.reading import (
    DAY,
    HIDDEN_TEXT,
    NOW,
    YEASTAR,
    at,
    first,
    parsed,
    said,
    sample,
)

SEARCH = first(YEASTAR, since=NOW - DAY)
NO_SEARCH = said({"errcode": 10001, "errmsg": "INTERFACE NOT EXISTED"})
LIST = YEASTAR.parse(first(YEASTAR), NO_SEARCH).next_requests[0]


def page(*moments, total=9, shown="%m/%d/%Y %H:%M:%S", errcode=0):
    """Answer rows at these moments, shown at +08:00, with the epoch in the file name."""
    data = [
        {
            "id": number,
            "time": f"{moment + timedelta(hours=8):{shown}}",
            "file": f"x-{int(moment.timestamp())}.7-1-2-Internal.wav",
        }
        for number, moment in enumerate(moments)
    ]
    return said({"errcode": errcode, "total_number": total, "data": data})


def bare(*times):
    """Answer rows whose file names tell no time."""
    data = [{"id": number, "time": time} for number, time in enumerate(times)]
    return said({"errcode": 0, "total_number": len(times), "data": data})


# The token


def test_the_token_is_fetched_with_id_and_secret_in_a_json_body():
    request = YEASTAR.auth.login()

    assert (request.method, request.path) == ("POST", "/openapi/v1.0/get_token")
    assert request.json == {"username": "client", "password": HIDDEN_TEXT}
    assert YEASTAR.auth.parameter == "access_token"
    assert HIDDEN_TEXT not in repr(request) + repr(YEASTAR.auth)


def test_a_refresh_sends_the_refresh_token_and_brings_a_new_pair():
    request = YEASTAR.auth.refresh(Secret("r1"))
    body = {
        "errcode": 0,
        "access_token": "a2",
        "refresh_token": "r2",
        "access_token_expire_time": 1800,
        "refresh_token_expire_time": "86400",
    }

    assert (request.path, request.json) == ("/openapi/v1.0/refresh_token", {"refresh_token": "r1"})
    pair = YEASTAR.auth.read(request, said(body))
    assert pair == TokenPair(Secret("a2"), Secret("r2"), 1800, 86400)
    assert "a2" not in repr(pair)


def test_lifetimes_that_are_not_told_are_the_documented_ones():
    pair = YEASTAR.auth.read(YEASTAR.auth.login(), said({"errcode": 0, "access_token": "a"}))

    assert (pair.access_life_s, pair.refresh_life_s) == (1800, 86400)
    with pytest.raises(Transient, match="no access_token"):
        YEASTAR.auth.read(YEASTAR.auth.login(), said({"errcode": 0}))


@pytest.mark.parametrize("code", [-1, 10004, 40002, 12345])
def test_a_refused_login_is_never_tried_again(code):
    with pytest.raises(Refused):
        YEASTAR.auth.read(YEASTAR.auth.login(), said({"errcode": code, "errmsg": "NO"}))


@pytest.mark.parametrize("code", [-1, 10004, 40002])
def test_a_dead_refresh_token_calls_for_a_login(code):
    request = YEASTAR.auth.refresh(Secret("r1"))

    with pytest.raises(TokenExpired):
        YEASTAR.auth.read(request, said({"errcode": code}))
    with pytest.raises(TokenExpired):
        YEASTAR.auth.read(request, Response(401))


def test_a_login_that_is_blocked_or_busy_is_not_a_refusal():
    login = YEASTAR.auth.login()

    with pytest.raises(Blocked) as caught:
        YEASTAR.auth.read(login, said({"errcode": 70004}))
    assert "administrator" in caught.value.hint
    with pytest.raises(Transient) as caught:
        YEASTAR.auth.read(login, said({"errcode": 60002}))
    assert "8 tokens" in caught.value.hint
    with pytest.raises(Refused):
        YEASTAR.auth.read(login, Response(401))


# Asking


def test_everything_is_a_search_whose_end_is_frozen():
    request = first(YEASTAR)

    assert request.path == "/openapi/v1.0/recording/search"
    assert dict(request.params) == {
        "page": "1",
        "page_size": "1000",
        "sort_by": "time",
        "order_by": "desc",
        "start_time": "0",
        "end_time": str(int(NOW.timestamp())),
    }
    assert request.window == Window(None, NOW)


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ({"limit": 5}, "5"),
        ({"limit": 5000}, "1000"),
        ({"limit": 5, "since": NOW - DAY, "until": NOW}, "5"),
        ({"limit": 5, "from_number": "1"}, "1000"),
        ({}, "1000"),
    ],
)
def test_no_more_rows_are_asked_for_than_a_limit_may_need(query, size):
    request = first(YEASTAR, **query)

    assert request.params["page_size"] == size
    (onward,) = YEASTAR.parse(request, page(NOW - DAY / 3, NOW - DAY / 2)).next_requests
    assert onward.params["page_size"] == size
    (old,) = YEASTAR.parse(request, NO_SEARCH).next_requests
    assert old.params["page_size"] == ("100" if size == "5" else size)


def test_times_are_sent_in_unix_seconds_rounded_outwards():
    half = timedelta(seconds=0.5)
    request = first(YEASTAR, since=NOW - DAY + half, until=NOW - half)

    assert request.path == "/openapi/v1.0/recording/search"
    assert request.params["start_time"] == str(int((NOW - DAY).timestamp()) - 1)
    assert request.params["end_time"] == str(int(NOW.timestamp()))
    assert request.params["sort_by"] == "time"
    assert first(YEASTAR, until=NOW - DAY).params["start_time"] == "0"
    assert first(YEASTAR, since=at("1960-01-01T00:00:00Z")).params["start_time"] == "0"


def test_the_path_of_the_api_is_the_profiles():
    assert first(replace(YEASTAR, api_path="/api/v2/")).path == "/api/v2/recording/search"


@pytest.mark.parametrize(
    ("since", "until"), [(NOW, None), (NOW + DAY, None), (NOW - DAY, NOW - DAY)]
)
def test_an_empty_range_asks_for_nothing(since, until):
    assert list(YEASTAR.plan(Query(now=NOW, since=since, until=until))) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"timezone": "Europe/Rome"}, None),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"time_format": "%d/%m/%Y %H:%M:%S"}, None),
        ({"time_format": "%d/%m/%Y %I:%M %p"}, None),
        ({"time_format": "%Y-%m-%dT%H:%M:%S%z"}, None),
        ({"time_format": "%d/%m/%Y"}, "time_format"),
        ({"time_format": "%d/%m/%Y %I:%M:%S"}, "time_format"),
        ({"time_format": "%Q"}, "time_format"),
        ({"time_format": "dd/mm/yyyy"}, "time_format"),
    ],
)
def test_keys_that_cannot_be_used_are_named(changed, problem):
    found = replace(YEASTAR, **changed).problem()

    assert (found is None) is (problem is None)
    assert problem is None or found.startswith(problem)


def test_owners_are_never_told():
    assert YEASTAR.unsatisfiable(Query(now=NOW, owner="x", call_id="y")) == {Filter.OWNER}


# Rows


def test_the_documented_page_becomes_rows_whose_file_names_tell_the_time():
    result = parsed(YEASTAR, "seed")

    assert result.total == 184
    assert (
        result.rows[0][:-1]
        == Recording(
            provider="yeastar",
            profile="y",
            id="614",
            started_at=at("2022-01-12T17:36:24+08:00"),
            ended_at=at("2022-01-12T17:40:34+08:00"),
            duration_s=250,
            direction=Direction.INTERNAL,
            from_number="5566",
            from_name="Evelyn",
            to_number="5556",
            to_name="Dave Harris",
            call_id="2022011217362446627",
            state=State.COMPLETE,
            format="wav",
            size_bytes=825588,
            file_name="20220112173629-1641980184.14-5566-5556-Internal.wav",
        )[:-1]
    )
    assert result.rows[1].started_at == at("2022-01-13T14:09:04+08:00")
    assert result.rows[2].started_at == at("2022-01-25T14:32:06+08:00")
    assert result.rows[0].raw["archive_type"] == "sharepoint"
    assert result.warnings == result.defects == ()


def test_older_firmware_tells_name_and_number_in_one_field():
    outbound, inbound, *_ = parsed(YEASTAR, "odd").rows

    assert (outbound.from_number, outbound.from_name) == ("1001", "Bob")
    assert (outbound.to_number, outbound.to_name) == ("+390461234567", None)
    assert (outbound.local_number, outbound.remote_number) == ("1001", "+390461234567")
    assert (inbound.from_number, inbound.from_name) == ("0461", None)
    assert (inbound.local_number, inbound.remote_number) == ("5556", "0461")


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ("Evelyn<5566>", "5566", "Evelyn"),
        (" Dave  Harris < 5556 > ", "5556", "Dave  Harris"),
        ("a<b<1>", "1", "a<b"),
        ("<5566>", "5566", None),
        ("Evelyn<>", None, "Evelyn"),
        ("5566", "5566", None),
        ("Evelyn<5566", "Evelyn<5566", None),
        ("", None, None),
        (5566, "5566", None),
    ],
)
def test_a_party_is_a_name_with_a_number_in_brackets_or_a_number(text, number, name):
    body = {"errcode": 0, "data": [{"id": 1, "call_from": text}]}
    row = YEASTAR.parse(LIST, said(body)).rows[0]

    assert (row.from_number, row.from_name) == (number, name)


def test_what_cannot_be_read_is_null_with_a_warning():
    result = parsed(YEASTAR, "odd")
    rows = {row.id: row for row in result.rows}

    assert (rows["2"].duration_s, rows["2"].size_bytes) == (12.346, 99)
    assert rows["3"].direction is rows["3"].duration_s is rows["3"].size_bytes is None
    assert rows["3"].ended_at is None
    assert tuple(map(str, result.warnings)) == (
        "3: can't read duration",
        "3: can't read call_type",
        "3: can't read size",
    )
    assert result.total == 5


def test_only_the_id_is_needed():
    one, two = parsed(YEASTAR, "missing").rows

    assert (one.id, two.id) == ("1", "2")
    assert one[3:14] == two[3:14] == (None,) * 11
    assert parsed(YEASTAR, "missing").warnings == ()
    assert YEASTAR.parse(LIST, said({"errcode": 0, "data": [{"id": None}]})).defects == (
        "row 0 of a page has no id",
    )


# When: the file name


@pytest.mark.parametrize("hours", [-12, -9.5, -3.5, 0, 1, 5.75, 8, 12.75, 14])
@pytest.mark.parametrize(
    "shown",
    [
        "%m/%d/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%Y-%m-%d %I:%M:%S %p",
        "%d.%m.%Y %I:%M:%S%p",
        "%m/%d/%Y %H:%M",
        "%d/%m/%y %H:%M:%S",
        " %Y/%m/%d  %H:%M:%S ",
    ],
)
@pytest.mark.parametrize("moment", ["2022-02-03T16:45:12Z", "2022-12-31T23:59:59Z"])
def test_the_epoch_in_the_file_name_counts_in_any_zone_and_format(hours, shown, moment):
    start = at(moment)
    time = f"{start + timedelta(hours=hours):{shown}}"
    body = {
        "errcode": 0,
        "data": [{"id": 1, "time": time, "file": f"a-{int(start.timestamp())}.1-b.wav"}],
    }

    assert YEASTAR.parse(LIST, said(body)).rows[0].started_at == start


@pytest.mark.parametrize("off_s", [1, 60, 899, -13 * 3600, 15 * 3600, 40 * 86400])
def test_an_epoch_that_the_time_does_not_bear_out_is_not_taken(off_s):
    start = at("2022-02-03T16:45:12Z")
    time = f"{start + timedelta(seconds=off_s):%Y/%m/%d %H:%M:%S}"
    body = {
        "errcode": 0,
        "data": [{"id": 1, "time": time, "file": f"a-{int(start.timestamp())}.1-b.wav"}],
    }

    result = YEASTAR.parse(LIST, said(body))

    assert result.next_requests[0].path.endswith("/system/information")


# When: the profile


def test_the_profiles_zone_and_format_tell_the_time_next():
    rome = replace(YEASTAR, timezone="Europe/Rome", time_format="%d/%m/%Y %H:%M:%S")
    rows = rome.parse(first(rome), bare("01/02/2022 10:00:00", "01/07/2022 10:00:00")).rows

    assert [row.started_at for row in rows] == [
        at("2022-02-01T09:00:00Z"),
        at("2022-07-01T08:00:00Z"),
    ]


def test_a_format_with_an_offset_needs_no_zone():
    zoned = replace(YEASTAR, time_format="%Y-%m-%d %H:%M:%S%z")
    rows = zoned.parse(first(zoned), bare("2022-02-01 10:00:00-0330")).rows

    assert rows[0].started_at == at("2022-02-01T13:30:00Z")
    assert rows[0].started_at.tzinfo is UTC


def test_a_zone_alone_reads_what_can_be_read_in_one_way_only():
    west = replace(YEASTAR, timezone="America/New_York")
    times = ("13/02/2022 10:00:00", "2022/02/03 10:00:00 PM", "05/05/2022 00:00")
    rows = west.parse(first(west), bare(*times)).rows

    assert [row.started_at for row in rows] == [
        at("2022-02-13T15:00:00Z"),
        at("2022-02-04T03:00:00Z"),
        at("2022-05-05T04:00:00Z"),
    ]


@pytest.mark.parametrize(
    "time", ["yesterday", "32/13/2022 10:00:00", "2022/02/30 10:00", "13:00", "2022/02/03 13:00 PM"]
)
def test_a_time_that_is_none_is_null_with_a_warning(time):
    rome = replace(YEASTAR, timezone="Europe/Rome")
    result = rome.parse(first(rome), bare(time))

    assert result.rows[0].started_at is None
    assert tuple(map(str, result.warnings)) == ("0: can't read time",)


# When: what the PBX says


def information(**told):
    return said({"errcode": 0, "data": told})


def learned(times, request=LIST, **told):
    (question,) = YEASTAR.parse(request, times).next_requests
    return YEASTAR.parse(question, information(**told))


EAST = {
    "system_date_format": "DD/MM/YYYY",
    "system_time_format": "hh:mm:ss",
    "system_time": "01/07/2022 20:00:30",
    "timestamp": 1656676800,
}


def test_the_pbx_is_asked_once_for_its_clock_and_no_page_twice():
    times = bare("02/01/2022 10:00:00", "03/01/2022 23:59:59")
    held = YEASTAR.parse(LIST, times)
    (question,) = held.next_requests

    assert held.rows == ()
    assert question.path == "/openapi/v1.0/system/information"
    assert dict(question.params) == {}
    assert question.window == LIST.window
    page = YEASTAR.parse(question, information(**EAST))
    assert [row.started_at for row in page.rows] == [
        at("2022-01-02T02:00:00Z"),
        at("2022-01-03T15:59:59Z"),
    ]
    assert page.next_requests == ()


def test_an_offset_of_today_that_no_search_bears_out_for_a_row_is_told_with_what_to_do():
    (warning, _) = learned(bare("02/01/2022 10:00:00", "03/01/2022 23:59:59"), **EAST).warnings

    assert (warning.id, warning.problem) == ("0", "can't tell the hour of the start")
    assert "recli config set profiles.y.timezone Europe/Rome" in warning.remedy


@pytest.mark.parametrize(
    ("told", "start"),
    [
        (EAST | {"system_time": "01/07/2022 08:30:00"}, "2022-01-02T13:30:00Z"),
        (EAST | {"system_time": "01/07/2022 12:00:00 PM"}, "2022-01-02T10:00:00Z"),
        (EAST | {"timestamp": "1656676800"}, "2022-01-02T02:00:00Z"),
        (EAST | {"system_date_format": ""}, "2022-01-02T02:00:00Z"),
        (
            EAST | {"system_date_format": "MM/DD/YYYY", "system_time": "07/01/2022 20:00:00"},
            "2022-02-01T02:00:00Z",
        ),
        (EAST | {"system_date_format": "", "system_time": "07/01/2022 20:00"}, "2022-02-01T02:00Z"),
    ],
)
def test_hh_does_not_mean_twelve_hours_and_zones_lie_west_and_east(told, start):
    page = learned(bare("02/01/2022 10:00:00"), **told)

    assert page.rows[0].started_at == at(start)


def test_what_was_learned_goes_with_the_listing():
    times = said(
        {"errcode": 0, "total_number": 9, "data": [{"id": 1, "time": "02/01/2022 10:00:00"}]}
    )
    (onward,) = learned(times, **EAST).next_requests

    assert onward.params["page"] == "2"
    assert YEASTAR.parse(onward, times).rows


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"timestamp": 0, "system_time": "01/07/2022 20:00:00"},
        EAST | {"timestamp": 10**12},
        EAST | {"timestamp": "now"},
        EAST | {"system_time": "30/07/2022 20:00:00"},
        EAST | {"system_time": None},
        {"system_date_format": ["x"], "timestamp": {}},
    ],
)
def test_a_pbx_whose_zone_stays_unknown_asks_for_timezone(told):
    with pytest.raises(ProviderError) as caught:
        learned(bare("02/01/2022 10:00:00"), **told)
    assert not isinstance(caught.value, Transient)
    assert "02/01/2022 10:00:00" in caught.value.message
    assert "timezone" in caught.value.hint


@pytest.mark.parametrize("code", [10001, 10005, 40002, -1])
def test_a_pbx_that_does_not_tell_its_clock_asks_for_timezone(code):
    times = bare("02/01/2022 10:00:00")
    (question,) = YEASTAR.parse(LIST, times).next_requests

    with pytest.raises(ProviderError, match="zone or format is not known"):
        YEASTAR.parse(question, said({"errcode": code}))


def test_a_clock_that_may_come_yet_is_waited_for():
    (question,) = YEASTAR.parse(LIST, bare("02/01/2022 10:00:00")).next_requests

    with pytest.raises(Transient):
        YEASTAR.parse(question, said({"errcode": 70082}))
    with pytest.raises(TokenExpired):
        YEASTAR.parse(question, said({"errcode": 10004}))


def test_the_profiles_zone_needs_only_the_order_of_day_and_month():
    rome = replace(YEASTAR, timezone="Europe/Rome")
    times = bare("02/01/2022 10:00:00")
    (question,) = rome.parse(first(rome), times).next_requests
    page = rome.parse(question, information(system_date_format="DD/MM/YYYY"))

    assert page.warnings == ()
    assert page.rows[0].started_at == at("2022-01-02T09:00:00Z")


# Other spellings


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-27T10:00:00",
        "2026-11-27T10:00:00.250",
        "2026-11-27T09:00:00Z",
        "2026-11-27 14:30:00+05:30",
        "1795770000",
        1795770000,
        1795770000.0,
        "1795770000000",
        "27/11/2026 10:00:00 a.m.",
        "27/11/2026 10:00:00 A. M.",
        "27/11/2026, 10:00:00\u202fAM",
        "2026/11/27 上午 10:00:00",
        "2026/11/27 上午10:00",
        "2026-11-27 오전 10:00:00",
        "27.11.2026 10:00",
        "\u200f27/\u200f11/2026 10:00:00 ص",
        "2026/11/27 10:00:00".translate({48 + digit: 0x660 + digit for digit in range(10)}),
    ],
)
def test_each_spelling_of_a_time_is_read(time):
    rome = replace(YEASTAR, timezone="Europe/Rome")
    result = rome.parse(
        first(rome, until=at("2027-01-01T00:00:00Z"), now=NOW + 999 * DAY), bare(time)
    )

    assert result.rows[0].started_at == at("2026-11-27T09:00:00Z")
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("time", "start"),
    [
        ("2026/11/27 下午 10:00:00", "2026-11-27T21:00:00Z"),
        ("27/11/2026 12:30:00 a.m.", "2026-11-26T23:30:00Z"),
        ("27/11/2026 12:30:00 p.m.", "2026-11-27T11:30:00Z"),
        ("27/11/2026 0:30 AM", "2026-11-26T23:30:00Z"),
        ("2026/11/27 午後 3:00", "2026-11-27T14:00:00Z"),
    ],
)
def test_the_half_of_the_day_counts_in_each_language(time, start):
    rome = replace(YEASTAR, timezone="Europe/Rome")

    assert rome.parse(first(rome), bare(time)).rows[0].started_at == at(start)


def test_a_display_that_was_changed_is_read_though_the_profile_says_another_one():
    rome = replace(YEASTAR, timezone="Europe/Rome", time_format="%d/%m/%Y %H:%M:%S")
    result = rome.parse(first(rome), bare("2022-02-01 10:00:00", "01/02/2022 10:00:00"))

    assert [row.started_at for row in result.rows] == [at("2022-02-01T09:00:00Z")] * 2


def test_a_time_that_needs_no_zone_asks_for_none():
    result = YEASTAR.parse(SEARCH, bare("1719700000", "2024-06-29T10:00:00+02:00"))

    assert [row.started_at for row in result.rows] == [
        at("2024-06-29T22:26:40Z"),
        at("2024-06-29T08:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("told", "length_s"),
    [
        ("0:01:00", 60),
        ("01:30", 90),
        ("1:00:00", 3600),
        ("60", 60),
        (60, 60),
        ("12.3456", 12.346),
        ("1m30s", 90),
        ("", None),
        (None, None),
    ],
)
def test_a_length_is_seconds_or_as_on_a_clock(told, length_s):
    result = YEASTAR.parse(LIST, said({"errcode": 0, "data": [{"id": 1, "duration": told}]}))

    assert result.rows[0].duration_s == length_s
    assert result.warnings == ()


@pytest.mark.parametrize("told", ["long", "-1", "1:99:00", [60], True])
def test_a_length_that_is_none_is_null_with_a_warning(told):
    result = YEASTAR.parse(LIST, said({"errcode": 0, "data": [{"id": 1, "duration": told}]}))

    assert result.rows[0].duration_s is None
    assert tuple(map(str, result.warnings)) == ("1: can't read duration",)


@pytest.mark.parametrize(
    ("told", "direction"),
    [("INBOUND", Direction.INBOUND), (" outbound ", Direction.OUTBOUND), ("呼入", None), (7, None)],
)
def test_a_kind_of_call_that_is_not_known_costs_its_field_and_not_the_row(told, direction):
    result = YEASTAR.parse(LIST, said({"errcode": 0, "data": [{"id": 1, "call_type": told}]}))

    assert result.rows[0].direction is direction
    assert len(result.warnings) == (direction is None)


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ("Bob<1001>,Eve<1002>", "1001, 1002", "Bob, Eve"),
        ("Bob<1001>; Eve<1002> ; <1003>", "1001, 1002, 1003", "Bob, Eve"),
        ("Rossi, Mario<1001>,Eve<1002>", "1001, 1002", "Rossi, Mario, Eve"),
        ("1001,1002", "1001, 1002", None),
        ("+39 0461 123/1002", "+39 0461 123, 1002", None),
        ("Bob<1001>&1002", "1001, 1002", "Bob"),
        ("Rossi, Mario<1001>", "1001", "Rossi, Mario"),
        ("Smith, Bob", "Smith, Bob", None),
        ("Tom &amp; Jerry&lt;1001&gt;", "1001", "Tom & Jerry"),
        ("O&#39;Brien<1001>", "1001", "O'Brien"),
        ("AT&T<1001>", "1001", "AT&T"),
        ("a&notit<1001>", "1001", "a&notit"),
    ],
)
def test_several_parties_and_escaped_names_are_read(text, number, name):
    body = {"errcode": 0, "data": [{"id": 1, "call_to": text}]}
    row = YEASTAR.parse(LIST, said(body)).rows[0]

    assert (row.to_number, row.to_name) == (number, name)
    assert row.raw["call_to"] == text


# What follows


def test_a_search_goes_on_below_the_last_row_and_takes_its_second_in_again():
    last = NOW - timedelta(hours=5)
    (onward,) = YEASTAR.parse(SEARCH, page(NOW - timedelta(hours=1), last)).next_requests

    assert onward.window == Window(NOW - DAY, last + timedelta(seconds=1))
    assert onward.params["page"] == "1"
    assert onward.params["end_time"] == str(int(last.timestamp()) + 1)
    assert onward.params["start_time"] == SEARCH.params["start_time"]


def test_parameters_of_its_own_go_with_every_search():
    search = first(YEASTAR, params=(("ids", "614,615"),))
    below = page(NOW - timedelta(hours=1), NOW - timedelta(hours=5))
    (onward,) = YEASTAR.parse(search, below).next_requests

    assert (search.params["ids"], onward.params["ids"]) == ("614,615", "614,615")


def test_a_pbx_without_a_search_can_not_filter_by_them():
    search = first(YEASTAR, params=(("caller", "5"),))

    with pytest.raises(ProviderError, match="no recording/search to send --param to"):
        YEASTAR.parse(search, NO_SEARCH)


@pytest.mark.parametrize("careful", [False, True])
def test_a_list_is_paged_by_number(careful):
    answer = page(NOW - timedelta(hours=1), NOW - timedelta(hours=5))
    (onward,) = YEASTAR.parse(replace(LIST, stable_paging=careful), answer).next_requests

    assert (onward.path, onward.params["page"]) == (LIST.path, "2")
    assert onward.params["page_size"] == "2"


@pytest.mark.parametrize(
    "answer",
    [
        page(NOW - timedelta(hours=5), NOW - timedelta(hours=1)),
        page(NOW + DAY, NOW - DAY),
        page(NOW - timedelta(seconds=0.5), NOW - timedelta(seconds=0.5)),
    ],
    ids=["unsorted", "the end not heeded", "one moment"],
)
def test_a_search_is_paged_by_number_where_times_do_not_lead_on(answer):
    (onward,) = YEASTAR.parse(SEARCH, answer).next_requests

    assert onward.window == SEARCH.window
    assert (onward.params["page"], onward.params["page_size"]) == ("2", "2")
    (third,) = YEASTAR.parse(onward, answer).next_requests
    assert (third.params["page"], third.params["page_size"]) == ("3", "2")


def test_a_time_that_is_not_exact_is_no_key_to_go_on_from():
    rome = replace(YEASTAR, timezone="Europe/Rome")
    answer = said(
        {"errcode": 0, "total_number": 9, "data": [{"id": 1, "time": "2024/06/30 10:00:00"}]}
    )
    (onward,) = rome.parse(first(rome, since=NOW - DAY), answer).next_requests

    assert onward.params["page"] == "2"


def test_the_end_is_as_many_rows_as_the_total_or_an_empty_page_and_never_a_short_one():
    assert YEASTAR.parse(LIST, page(NOW - DAY, total=1)).next_requests == ()
    assert YEASTAR.parse(LIST, page(total=9)).next_requests == ()
    assert YEASTAR.parse(LIST, page(NOW - DAY, total=2)).next_requests != ()
    assert YEASTAR.parse(LIST, page(NOW - DAY, total=None)).next_requests != ()
    two = YEASTAR.parse(LIST, sample("yeastar", "two_pages_1")).next_requests[0]
    assert YEASTAR.parse(two, sample("yeastar", "two_pages_2")).next_requests == ()
    assert parsed(YEASTAR, "empty").next_requests == ()


@pytest.mark.parametrize("request_", [LIST, SEARCH], ids=["list", "search"])
@pytest.mark.parametrize(
    "body",
    [
        {"errcode": 60001, "errmsg": "NO RECORD"},
        {"errcode": "60001", "data": None},
        {"errcode": 0, "total_number": 0, "data": None},
        {"errcode": 0, "total_number": "0"},
        {"errcode": 0, "total_number": 0, "data": {}},
    ],
)
def test_nothing_found_is_an_empty_list(request_, body):
    result = YEASTAR.parse(request_, said(body))

    assert (result.rows, result.next_requests, result.total) == ((), (), 0)


def test_nothing_found_on_a_later_page_claims_nothing():
    (onward,) = YEASTAR.parse(LIST, page(NOW - DAY, total=2)).next_requests

    assert YEASTAR.parse(onward, said({"errcode": 60001})).total is None


@pytest.mark.parametrize(
    "body", [{"errcode": 0}, {"errcode": 0, "data": {"x": 1}}, {"data": []}, [], 5, {"errcode": {}}]
)
def test_another_shape_may_pass(body):
    with pytest.raises(Transient, match="another shape"):
        YEASTAR.parse(LIST, said(body))


@pytest.mark.parametrize("answer", [NO_SEARCH, Response(404)])
def test_firmware_without_a_search_is_listed_by_id_and_filtered_by_the_client(answer):
    (onward,) = YEASTAR.parse(SEARCH, answer).next_requests

    assert onward.path == "/openapi/v1.0/recording/list"
    assert onward.window == SEARCH.window
    assert dict(onward.params) == {
        "page": "1",
        "page_size": "1000",
        "sort_by": "id",
        "order_by": "desc",
    }
    with pytest.raises(Gone):
        YEASTAR.parse(onward, answer)


def test_errors_wait_where_the_pbx_is_overloaded():
    with pytest.raises(Transient) as caught:
        YEASTAR.parse(LIST, said({"errcode": 70082}))
    assert caught.value.busy


# Audio


def test_audio_takes_two_steps():
    ask = YEASTAR.audio_request(Recording("yeastar", "y", "614"))
    answer = said(
        {
            "errcode": 0,
            "download_resource_url": "/api/download/20220112-5566 (1).wav".replace(" ", "%20"),
        }
    )
    fetch = YEASTAR.parse_audio(ask, answer)

    assert (ask.path, dict(ask.params)) == ("/openapi/v1.0/recording/download", {"id": "614"})
    assert isinstance(fetch, Request)
    assert fetch.path == "/api/download/20220112-5566%20(1).wav"
    assert ask.resource == fetch.resource == "media"
    assert YEASTAR.parse_audio(fetch, Response(200, {}, b"", streamed=True)) == AudioInfo()


@pytest.mark.parametrize(
    "path",
    [
        None,
        5,
        "",
        "/",
        "/api",
        "/apix/a.wav",
        "/openapi/v1.0/del_token",
        "https://evil.example/api/a.wav",
        "//evil.example/api/a.wav",
        "/api//evil.example/a.wav",
        "/api/../a.wav",
        "/api/x/..",
        "/api/./a.wav",
        "/api/%2e%2e/a.wav",
        "/api/%252e%252e/a.wav",
        "/api/%25252e%25252e/a.wav",
        "/api/%2525252e%2525252e/a.wav",
        "/api/..%2fa.wav",
        "/api/x%2f..%2f..%2fa.wav",
        "/api/\\..\\a.wav",
        "/api/%5c..%5ca.wav",
        "/api/%5Cevil.example",
        "/api/a.wav#x",
        "/api/a\r\nX: y",
        "/api/%0d%0aX:y",
        "/api/%00",
        "api/a.wav",
        " /api/a.wav",
        "/API/a.wav",
    ],
)
def test_the_token_goes_to_a_plain_path_below_api_only(path):
    ask = YEASTAR.audio_request(Recording("yeastar", "y", "614"))

    with pytest.raises(Transient, match="/api/"):
        YEASTAR.parse_audio(ask, said({"errcode": 0, "download_resource_url": path}))


def test_an_error_with_status_200_is_never_taken_for_sound():
    fetch = Request("/api/download/a.wav", resource="media")

    with pytest.raises(TokenExpired):
        YEASTAR.parse_audio(fetch, said({"errcode": 10004}))
    with pytest.raises(Transient, match="another download"):
        YEASTAR.parse_audio(fetch, said({"errcode": 70651}))
    with pytest.raises(Transient):
        YEASTAR.parse_audio(fetch, Response(200, {}, b"<html>"))
    with pytest.raises(TokenExpired):
        YEASTAR.parse_audio(fetch, Response(401))


def test_tokens_are_sent_to_no_other_host():
    assert not YEASTAR.trusts("https://pbx.example:8088.evil.example/api/x")
