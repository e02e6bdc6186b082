"""Enswitch's fact sheet, sentence by sentence, from request to response."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from recli.errors import Denied, Gone, NotReady, ProviderError, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.providers.enswitch.windows import FEW, FIRST, LEAST, MANY
from recli.wire import AudioInfo, FormFields, Response, Window
from tests.providers.reading import DAY, ENSWITCH, NOW, SECRET, at, first, parsed, said, sample

PLAIN = first(ENSWITCH)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OK = [{"code": "200", "key": "", "message": "OK"}]


def rows(count):
    return said({"responses": OK, "data": [{"uniqueid": str(n)} for n in range(count)]})


def seconds(moment):
    return int(moment.timestamp())


# Asking


def test_a_listing_is_a_form_by_post_so_that_the_password_is_in_no_url():
    assert PLAIN.method == "POST"
    assert PLAIN.path == "/api/json/recording/recordings/list/"
    assert dict(PLAIN.params) == {}
    assert ENSWITCH.auth == FormFields({"auth_username": "user", "auth_password": SECRET})
    assert ENSWITCH.base_url == "https://www.015pbx.net/local"


def test_start_and_end_are_always_sent_a_second_wider_in_unix_seconds():
    assert dict(PLAIN.form) == {
        "recordgroup": "12",
        "sort": "start",
        "descending": "1",
        "complete": "-1",
        "start": str(seconds(NOW - FIRST) - 1),
        "end": str(seconds(NOW) + 1),
    }
    assert PLAIN.window == Window(NOW - FIRST, NOW)
    assert PLAIN.oldest == EPOCH


def test_fractions_of_a_second_are_rounded_outwards():
    half = timedelta(seconds=0.5)
    form = first(ENSWITCH, since=NOW - DAY + half, until=NOW - half).form

    assert form["start"] == str(seconds(NOW - DAY) - 1)
    assert form["end"] == str(seconds(NOW) + 1)


def test_customer_or_record_group_and_never_both():
    customer = replace(ENSWITCH, recordgroup="", customer="7")

    assert first(customer).form["customer"] == "7"
    assert "recordgroup" not in first(customer).form
    assert customer.problem() is None
    assert "not both" in replace(ENSWITCH, customer="7").problem()
    assert "customer or recordgroup" in replace(ENSWITCH, recordgroup="").problem()
    assert "whole number" in replace(ENSWITCH, recordgroup="12;customer=1").problem()
    assert "whole number" in replace(ENSWITCH, recordgroup="\u0661").problem()


def test_lengths_and_states_are_filtered_by_the_server_rounded_outwards():
    form = first(ENSWITCH, min_duration_s=1.5, max_duration_s=60.2).form
    assert (form["totaltime_minimum"], form["totaltime_maximum"]) == ("1", "61")
    assert first(ENSWITCH, state=State.COMPLETE).form["complete"] == "1"
    assert first(ENSWITCH, state=State.RECORDING).form["complete"] == "0"


def test_numbers_are_filtered_by_the_client_because_people_write_them_in_many_ways():
    assert first(ENSWITCH, from_number="039", to_number="1", number="2") == PLAIN


@pytest.mark.parametrize(
    ("since", "until"),
    [(NOW, None), (NOW + DAY, None), (NOW - DAY, NOW - DAY), (None, EPOCH), (None, EPOCH - DAY)],
)
def test_an_empty_range_asks_for_nothing(since, until):
    assert list(ENSWITCH.plan(Query(now=NOW, since=since, until=until))) == []


def test_a_range_shorter_than_the_first_window_is_one_request():
    request = first(ENSWITCH, since=NOW - DAY)

    assert request.window == Window(NOW - DAY, NOW)
    assert ENSWITCH.parse(request, rows(3)).next_requests == ()


def test_owners_and_unfinished_states_are_never_told():
    query = Query(now=NOW, owner="x", state=State.SAVING)

    assert ENSWITCH.unsatisfiable(query) == {Filter.OWNER, Filter.STATE}


# Rows


def test_the_documented_page_needs_only_a_unique_id():
    result = parsed(ENSWITCH, "seed")

    assert [row.id for row in result.rows] == ["12/1234567890/", "12/1234567891/"]
    assert result.rows[0][3:-1] == Recording("", "", "", state=State.COMPLETE)[3:-1]
    assert result.rows[0].raw == {"uniqueid": "1234567890"}
    assert result.warnings == result.defects == ()


def test_a_row_of_strings_becomes_a_recording():
    assert (
        parsed(ENSWITCH, "two_pages_1").rows[0][:-1]
        == Recording(
            provider="enswitch",
            profile="e",
            id="12/1704103203.110066/3",
            started_at=at("2024-01-01T10:00:03Z"),
            ended_at=at("2024-01-01T10:00:29Z"),
            duration_s=26,
            direction=Direction.INBOUND,
            from_number="0391234567",
            from_name="Ann Lee",
            to_number="100",
            to_name="Desk",
            local_number="101",
            remote_number="0391234567",
            call_id="c3",
            state=State.COMPLETE,
            format="mp3",
            size_bytes=12345,
            file_name="3.mp3",
            expires_at=at("2024-12-31T10:00:00Z"),
        )[:-1]
    )


def test_integers_are_read_as_well_as_strings():
    row = parsed(ENSWITCH, "odd").rows[0]

    assert row.id == "12/1704103201.110066/1"
    assert (row.started_at, row.duration_s) == (at("2024-01-01T10:00:01Z"), 26)
    assert (row.size_bytes, row.state) == (12345, State.COMPLETE)


def test_direction_comes_from_the_types_of_both_sides():
    inbound, outbound, internal, queue, _ = parsed(ENSWITCH, "odd").rows

    assert [row.direction for row in (inbound, outbound, internal, queue)] == [
        Direction.INBOUND,
        Direction.OUTBOUND,
        Direction.INTERNAL,
        None,
    ]
    assert (outbound.local_number, outbound.remote_number) == ("201", "+390461")
    assert internal.local_number is internal.remote_number is None


def test_the_format_comes_from_the_type_or_else_from_the_path():
    assert [row.format for row in parsed(ENSWITCH, "odd").rows] == [
        "mp3",
        "wav",
        "ogg",
        "mp3",
        "mp3",
    ]


def test_what_cannot_be_read_is_null_with_a_warning():
    result = parsed(ENSWITCH, "odd")
    active, bad = result.rows[3:]

    assert (active.state, active.ended_at, active.duration_s) == (State.RECORDING, None, 0)
    assert bad.started_at is bad.size_bytes is bad.state is None
    assert bad.duration_s == 1000
    assert (bad.from_number, bad.from_name) == ("0399", None)
    assert set(map(str, result.warnings)) == {
        f"{bad.id}: can't read {name}" for name in ("start", "size", "complete")
    }


def test_missing_fields_come_out_of_each_other():
    only, nulls, both, length = parsed(ENSWITCH, "missing").rows

    assert (only.id, nulls.id) == ("12/1234567890/", "12/1234567891.7/")
    assert nulls.state is State.COMPLETE
    assert both.duration_s == 26
    assert length.ended_at == at("2024-01-01T10:00:26Z")
    assert parsed(ENSWITCH, "missing").warnings == ()


def test_a_row_without_a_unique_id_is_a_defect():
    result = ENSWITCH.parse(PLAIN, said({"responses": OK, "data": [{"recordid": "1"}, 7]}))

    assert result.defects == (
        "row 0 of a page has no id",
        "row 1 of a page is not an object but a number",
    )


# The chain of windows


def test_each_window_leads_to_the_next_older_one():
    (onward,) = ENSWITCH.parse(PLAIN, rows(FEW)).next_requests

    assert onward.window == Window(NOW - 2 * FIRST, NOW - FIRST)
    assert onward.form["end"] == str(seconds(NOW - FIRST) + 1)
    assert onward.form["start"] == str(seconds(NOW - 2 * FIRST) - 1)
    assert onward.oldest == PLAIN.oldest


@pytest.mark.parametrize(
    ("count", "factor"), [(0, 2), (FEW - 1, 2), (FEW, 1), (MANY, 1), (MANY + 1, 0.5)]
)
def test_windows_grow_after_few_rows_and_shrink_after_many(count, factor):
    (onward,) = ENSWITCH.parse(PLAIN, rows(count)).next_requests

    assert onward.window.until - onward.window.since == FIRST * factor


def test_the_chain_ends_at_its_beginning_and_never_past_it():
    request = first(ENSWITCH, since=NOW - 10 * DAY)
    (onward,) = ENSWITCH.parse(request, rows(0)).next_requests

    assert onward.window == Window(NOW - 10 * DAY, NOW - 7 * DAY)
    assert ENSWITCH.parse(onward, rows(0)).next_requests == ()


def test_an_empty_system_is_listed_back_to_1970_in_a_few_requests():
    request, count = PLAIN, 1
    while follow := ENSWITCH.parse(request, sample("enswitch", "empty")).next_requests:
        (onward,) = follow
        assert onward.window.until == request.window.since
        request, count = onward, count + 1

    assert request.window.since == EPOCH
    assert count < 20


@pytest.mark.parametrize(
    "answer", [Response(504, {}, b"<html>"), said({"responses": [{"code": "504"}]})]
)
def test_an_answer_that_took_too_long_says_so(answer):
    with pytest.raises(Transient) as caught:
        ENSWITCH.parse(PLAIN, answer)

    assert caught.value.timed_out


def test_a_window_that_is_too_slow_is_halved_and_loses_nothing():
    page = ENSWITCH.split(PLAIN)
    (newer,) = page.next_requests
    length = newer.window.until - newer.window.since
    (older,) = ENSWITCH.parse(newer, rows(1)).next_requests

    assert page.rows == ()
    assert newer.window.until == NOW
    assert newer.window.since > PLAIN.window.since
    assert newer.oldest == PLAIN.oldest
    assert older.window == Window(newer.window.since - length, newer.window.since)


def test_windows_grow_again_after_trouble_and_wait_longer_each_time():
    request, lengths = ENSWITCH.split(PLAIN).next_requests[0], []
    for _ in range(4):
        lengths.append(request.window.until - request.window.since)
        (request,) = ENSWITCH.parse(request, rows(1)).next_requests
    again = ENSWITCH.split(request).next_requests[0]

    assert lengths == [3.5 * DAY, 3.5 * DAY, 3.5 * DAY, 7 * DAY]
    assert again.provider_state.left == 4


def test_trouble_at_a_length_that_had_been_fine_is_soon_forgotten():
    request = ENSWITCH.split(PLAIN).next_requests[0]
    (request,) = ENSWITCH.parse(request, rows(1)).next_requests
    again = ENSWITCH.split(request).next_requests[0]

    assert again.provider_state.left == 1


def test_a_server_that_takes_only_short_windows_is_seldom_asked_for_longer_ones():
    request, refused, answered = PLAIN, 0, 0
    while answered < 1000:
        if request.window.until - request.window.since > 3 * DAY:
            refused += 1
            (request,) = ENSWITCH.split(request).next_requests
        else:
            answered += 1
            (request,) = ENSWITCH.parse(request, rows(1)).next_requests

    assert refused < 25


def test_a_window_of_seconds_is_not_halved_any_more():
    request = first(ENSWITCH, since=NOW - LEAST)

    assert ENSWITCH.split(request) is None


def test_a_server_that_fails_on_wide_windows_is_listed_whole():
    asked, waiting = [], [first(ENSWITCH, since=NOW - 40 * DAY)]
    while waiting:
        request = waiting.pop(0)
        length = request.window.until - request.window.since
        if length > 2 * DAY:
            waiting[:0] = ENSWITCH.split(request).next_requests
        else:
            asked.append(request.window)
            waiting[:0] = ENSWITCH.parse(request, rows(3)).next_requests

    assert asked[0].until == NOW
    assert asked[-1].since == NOW - 40 * DAY
    assert all(a.since == b.until for a, b in pairwise(asked))


# Codes


@pytest.mark.parametrize(
    "body",
    [
        {"responses": [{"code": "204"}]},
        {"responses": [{"code": 204}], "data": None},
        {"responses": {"code": "204"}, "data": []},
        {"responses": OK, "data": []},
        {"responses": [{"code": 201}], "data": None},
        {"responses": OK, "data": {}},
    ],
)
def test_no_data_is_success(body):
    assert ENSWITCH.parse(PLAIN, said(body)).rows == []


def test_http_204_is_no_data():
    assert ENSWITCH.parse(PLAIN, Response(204)).rows == []


def test_a_missing_role_says_which_privilege_it_takes():
    with pytest.raises(Denied) as caught:
        ENSWITCH.parse(PLAIN, said({"responses": [{"code": "402"}]}))
    assert '"record"' in caught.value.hint


# Audio


def test_audio_is_asked_for_by_its_three_keys_and_nothing_else_is_called():
    request = ENSWITCH.audio_request(Recording("enswitch", "e", "12/1770217174.110066/5"))

    assert request.path == "/api/json/recording/recordings/get/"
    assert request.method == "POST"
    assert dict(request.form) == {
        "recordgroup": "12",
        "uniqueid": "1770217174.110066",
        "recordid": "5",
        "encoding": "base64",
    }
    assert request.audio_in_json
    assert request.resource == "media"


def test_keys_that_a_row_lacked_are_not_sent():
    request = ENSWITCH.audio_request(Recording("enswitch", "e", "/1234567890/"))

    assert dict(request.form) == {"uniqueid": "1234567890", "encoding": "base64"}


def test_sound_is_base64_inside_the_row():
    request = ENSWITCH.audio_request(Recording("enswitch", "e", "12/1/1"))
    row = {"data": "UklGRg==", "mimetype": "audio/x-wav", "size": "4"}

    expected = AudioInfo("wav", 4, ("data", "data"))
    assert ENSWITCH.parse_audio(request, said({"responses": OK, "data": row})) == expected
    assert ENSWITCH.parse_audio(request, said({"responses": OK, "data": [row]})) == expected


@pytest.mark.parametrize("data", [None, {}, [], {"data": ""}, {"data": None}, {"data": 7}])
def test_a_row_without_sound_is_not_ready(data):
    request = ENSWITCH.audio_request(Recording("enswitch", "e", "12/1/1"))

    with pytest.raises(NotReady):
        ENSWITCH.parse_audio(request, said({"responses": OK, "data": data}))


def test_deleted_sound_is_gone_and_a_call_in_progress_has_none():
    request = ENSWITCH.audio_request(Recording("enswitch", "e", "12/1/1"))

    with pytest.raises(Gone):
        ENSWITCH.parse_audio(request, said({"responses": [{"code": "404"}]}))
    with pytest.raises(NotReady):
        ENSWITCH.audio_request(Recording("enswitch", "e", "12/1/1", state=State.RECORDING))


def test_an_unknown_code_is_an_error_that_says_it():
    with pytest.raises(ProviderError, match="418 x teapot"):
        ENSWITCH.parse(
            PLAIN, said({"responses": [{"code": "418", "key": "x", "message": "teapot"}]})
        )


PHP = "<br />\n<b>Warning</b>: x in <b>/a.php</b> on line <b>3</b><br />\n"


def answer(text, content_type="text/html"):
    return ENSWITCH.parse(PLAIN, Response(200, {"content-type": content_type}, text.encode()))


def test_a_warning_of_php_before_the_answer_costs_nothing():
    page = answer(PHP + '{"responses":[{"code":"200"}],"data":[{"uniqueid":"1.0"}]}')

    assert [row.id for row in page.rows] == ["12/1.0/"]


def test_rows_keyed_by_their_index_are_rows():
    page = answer(
        '{"responses":[{"code":"200"}],"data":{"0":{"uniqueid":"1.0"},"1":{"uniqueid":"2.0"}}}'
    )

    assert [row.id for row in page.rows] == ["12/1.0/", "12/2.0/"]


@pytest.mark.parametrize("value", ["false", '""', "0", "true", '"x"', '{"uniqueid": "1.0"}'])
def test_data_that_is_no_list_is_an_error_and_not_no_recordings(value):
    with pytest.raises(Transient, match="which is no list of recordings"):
        answer('{"responses":[{"code":"200"}],"data":' + value + "}")


def test_a_raw_tab_in_a_text_is_kept():
    page = answer('{"responses":[{"code":"200"}],"data":[{"uniqueid":"1.0","callid":"a\tb"}]}')

    assert page.rows[0].call_id == "a\tb"


def test_a_size_of_5000_digits_costs_its_field():
    rows = [{"uniqueid": f"{each}.0", "size": 10} for each in range(3)]
    text = json.dumps({"responses": OK, "data": rows}).replace("10", "9" * 5000, 1)
    page = answer(text)

    assert [row.size_bytes for row in page.rows] == [None, 10, 10]
    assert tuple(map(str, page.warnings)) == ("12/0.0/: can't read size",)
