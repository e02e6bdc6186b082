"""Bandwidth's fact sheet, sentence by sentence, from request to response."""

from dataclasses import replace

import pytest

from recli.errors import Gone, NotReady, ProviderError, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.wire import AudioInfo, Basic, Order, Request, Response
from tests.providers.reading import BANDWIDTH, DAY, NOW, SECRET, at, first, parsed, said, sample

API = "https://api.catapult.inetwork.com"
PLAIN = first(BANDWIDTH)


def linked(header, rows=1):
    return said([{"id": f"r{n}"} for n in range(rows)], link=header)


# Asking


def test_everything_is_asked_for_in_pages_of_a_thousand_from_page_0():
    assert BANDWIDTH.base_url == API
    assert PLAIN.path == "/v1/users/u-abc/recordings"
    assert dict(PLAIN.params) == {"size": "1000", "page": "0"}
    assert len(list(BANDWIDTH.plan(Query(now=NOW)))) == 1


def test_the_login_name_is_the_token_and_not_the_user_id():
    assert BANDWIDTH.auth == Basic(SECRET.reveal(), SECRET)


def test_the_user_id_is_quoted_and_stays_one_segment():
    assert first(replace(BANDWIDTH, user_id="u/a b?")).path == "/v1/users/u%2Fa%20b%3F/recordings"
    with pytest.raises(ProviderError):
        first(replace(BANDWIDTH, user_id=".."))


def test_nothing_is_filtered_by_the_server():
    asked = first(BANDWIDTH, since=NOW - DAY, until=NOW, call_id="c", state=State.COMPLETE)

    assert asked == PLAIN
    assert BANDWIDTH.filters == frozenset()


def test_an_empty_range_asks_for_nothing():
    assert list(BANDWIDTH.plan(Query(now=NOW, since=NOW + DAY))) == []


def test_filters_on_what_it_never_tells_cannot_be_satisfied():
    query = Query(now=NOW, direction=Direction.INBOUND, number="1", owner="x", call_id="c")

    assert BANDWIDTH.unsatisfiable(query) == {Filter.DIRECTION, Filter.NUMBER, Filter.OWNER}
    assert BANDWIDTH.unsatisfiable(Query(now=NOW, state=State.ERROR)) == frozenset()


def test_its_order_is_what_the_profile_says():
    assert BANDWIDTH.listing_order is Order.UNKNOWN
    assert replace(BANDWIDTH, order="newest-first").listing_order is Order.NEWEST_FIRST
    assert BANDWIDTH.problem() is None
    assert "order must be" in replace(BANDWIDTH, order="oldest").problem()


# Rows


def test_the_documented_page_becomes_rows_to_the_millisecond():
    result = parsed(BANDWIDTH, "seed")

    assert (
        result.rows[0][:-1]
        == Recording(
            provider="bandwidth",
            profile="b",
            id="{recordingId1}",
            started_at=at("2013-02-08T13:15:47.587Z"),
            ended_at=at("2013-02-08T13:17:12.181Z"),
            duration_s=84.594,
            call_id="{callId1}",
            state=State.COMPLETE,
            format="wav",
            file_name="{callId1}-1.wav",
            media_url="https://.../v1/users/.../media/{callId1}-1.wav",
        )[:-1]
    )
    assert result.rows[0].raw["id"] == "{recordingId1}"
    assert [row.duration_s for row in result.rows] == [84.594, 87.999999 + 0.000001, 319.92]
    assert result.total is None
    assert result.warnings == result.defects == result.next_requests == ()


def test_end_and_media_are_missing_while_recording():
    only, active, nulls = parsed(BANDWIDTH, "missing").rows

    assert (active.state, active.started_at) == (State.RECORDING, at("2017-01-01T17:58:45Z"))
    assert active.ended_at is active.duration_s is active.file_name is active.format is None
    assert active.call_id == "c-1"
    assert only[3:-1] == nulls[3:-1] == (None,) * 21


@pytest.mark.parametrize(
    ("start", "end", "length_s"),
    [
        ("10:00:00.500Z", "10:00:00Z", 0),
        ("10:00:00.999Z", "10:00:00.000Z", 0),
        ("10:00:00.500Z", "10:01:00Z", 60),
        ("10:00:00Z", "10:01:00.750Z", 60),
        ("10:00:00.500Z", "10:01:00.000Z", 59.5),
        ("10:00:00.500Z", "12:00:00+02:00", 0),
        ("10:00:00Z", "10:00:00Z", 0),
    ],
)
def test_a_length_is_as_fine_as_both_of_its_ends_are_written(start, end, length_s):
    item = {"id": "r", "startTime": f"2026-11-27T{start}", "endTime": f"2026-11-27T{end}"}
    result = BANDWIDTH.parse(PLAIN, said([item]))

    assert result.rows[0].duration_s == length_s
    assert result.rows[0].ended_at == at(item["endTime"])
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("start", "end"), [("10:00:00.500Z", "10:00:00.400Z"), ("10:00:01.500Z", "10:00:00Z")]
)
def test_an_end_before_the_second_of_the_start_cannot_be_read(start, end):
    item = {"id": "r", "startTime": f"2026-11-27T{start}", "endTime": f"2026-11-27T{end}"}
    result = BANDWIDTH.parse(PLAIN, said([item]))

    assert result.rows[0].duration_s is result.rows[0].ended_at is None
    assert len(result.warnings) == 1


def test_what_cannot_be_read_is_null_with_a_warning():
    result = parsed(BANDWIDTH, "odd")
    rows = {row.id: row for row in result.rows}

    assert rows["no-time"].ended_at is rows["no-time"].duration_s is None
    assert rows["no-time"].started_at == at("2017-01-01T17:58:45Z")
    assert rows["backwards"].ended_at is rows["backwards"].duration_s is None
    assert rows["paused"].state is None
    assert rows["capital"].state is State.COMPLETE
    assert rows["offset"].started_at == at("2017-01-05T17:58:45Z")
    assert rows["quoted"].file_name == "my file/1.MP3"
    assert rows["quoted"].format == "mp3"
    assert (rows["8"].file_name, rows["8"].call_id) == ("5", None)
    assert tuple(map(str, result.warnings)) == (
        "no-time: can't read endTime",
        "backwards: can't read endTime",
        "paused: can't read state",
        "8: can't read call",
    )


# What follows


@pytest.mark.parametrize(
    "header",
    [
        f'<{API}/v1/users/u-abc/recordings?page=1&size=1000>; rel="next"',
        f'<{API}/x>; rel="first", <{API}/v1/users/u-abc/recordings?page=1&size=1000>;rel=next',
        '</v1/users/u-abc/recordings?page=1&size=1000>; rel="next"',
        '<?page=1&size=1000>; rel="next"',
        '<recordings?page=1&size=1000>; rel="last next"; title="a, b; c"',
    ],
)
def test_the_next_link_is_followed_absolute_or_relative(header):
    (onward,) = BANDWIDTH.parse(PLAIN, linked(header)).next_requests

    assert onward.path == f"{API}/v1/users/u-abc/recordings?page=1&size=1000"
    assert dict(onward.params) == {}


def test_a_next_link_is_opaque_and_relative_to_the_link_before_it():
    (one,) = BANDWIDTH.parse(
        PLAIN, linked('<?sortKeyLT=a%2Fb%3D&size=9>; rel="next"')
    ).next_requests
    (two,) = BANDWIDTH.parse(one, linked('<?sortKeyLT=c>; rel="next"')).next_requests

    assert one.path == f"{API}/v1/users/u-abc/recordings?sortKeyLT=a%2Fb%3D&size=9"
    assert two.path == f"{API}/v1/users/u-abc/recordings?sortKeyLT=c"


def test_relative_links_stay_below_a_base_url_of_ones_own():
    own = replace(BANDWIDTH, base_url="http://127.0.0.1:8080/catapult/")
    (onward,) = own.parse(first(own), linked('<?page=1>; rel="next"')).next_requests

    assert onward.path == "http://127.0.0.1:8080/catapult/v1/users/u-abc/recordings?page=1"


@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_a_page_of_any_length_ends_the_listing_without_a_next_link(rows):
    header = f'<{API}/x?page=0>; rel="first", <{API}/x?page=1>; rel="previous"'

    assert BANDWIDTH.parse(PLAIN, linked(header, rows)).next_requests == ()
    assert BANDWIDTH.parse(PLAIN, linked("", rows)).next_requests == ()


@pytest.mark.parametrize("rows", [0, 3])
def test_a_short_or_empty_page_goes_on_while_there_is_a_next_link(rows):
    assert len(BANDWIDTH.parse(PLAIN, linked('<?page=1>; rel="next"', rows)).next_requests) == 1


def test_a_full_page_without_any_link_header_has_a_next_page():
    (onward,) = BANDWIDTH.parse(PLAIN, said([{"id": "a"}] * 1000)).next_requests

    assert onward.path == PLAIN.path
    assert dict(onward.params) == {"size": "1000", "page": "1"}
    assert BANDWIDTH.parse(onward, said([{"id": "a"}] * 999)).next_requests == ()
    assert BANDWIDTH.parse(onward, sample("bandwidth", "empty")).next_requests == ()


@pytest.mark.parametrize(
    ("rows", "goes_on"), [(24, False), (25, True), (100, True), (110, False), (900, False)]
)
def test_a_first_page_cut_to_a_usual_size_has_a_next_page_of_that_size(rows, goes_on):
    follow = BANDWIDTH.parse(PLAIN, said([{"id": f"r{n}"} for n in range(rows)])).next_requests

    assert [each.params for each in follow] == [{"size": str(rows), "page": "1"}] * goes_on


def test_a_later_short_page_without_any_link_header_is_the_last():
    cut = said([{"id": f"r{n}"} for n in range(100)])
    (onward,) = BANDWIDTH.parse(PLAIN, cut).next_requests

    assert len(BANDWIDTH.parse(onward, cut).next_requests) == 1
    assert BANDWIDTH.parse(onward, said([{"id": f"s{n}"} for n in range(50)])).next_requests == ()


def test_a_link_without_a_header_in_its_answer_is_paged_by_what_the_link_says():
    link = Request(f"{API}/v1/users/u-abc/recordings?page=3&size=2")
    (onward,) = BANDWIDTH.parse(link, sample("bandwidth", "two_pages_1")).next_requests

    assert onward.path == f"{API}/v1/users/u-abc/recordings"
    assert dict(onward.params) == {"page": "4", "size": "2"}
    for query in ("sortKeyLT=x", "page=0&size=0", f"page=0&size={'9' * 5000}", "page=x&size=1"):
        link = Request(f"{API}/v1/users/u-abc/recordings?{query}")
        assert BANDWIDTH.parse(link, said([])).next_requests == ()
        assert BANDWIDTH.parse(link, said([{"id": "a"}])).next_requests == ()


def test_a_next_link_that_is_no_url_is_another_shape():
    with pytest.raises(Transient, match="next link"):
        BANDWIDTH.parse(PLAIN, linked('<https://[x>; rel="next"'))


def test_an_object_instead_of_the_array_is_another_shape():
    with pytest.raises(Transient, match="not an array"):
        BANDWIDTH.parse(PLAIN, said({"recordings": []}))


# Errors


def test_a_429_tells_in_milliseconds_when_to_try_again_if_at_all():
    def caught(**headers):
        with pytest.raises(Transient) as error:
            BANDWIDTH.parse(PLAIN, said({"code": "multiple-requests-limit"}, 429, **headers))
        return error.value

    assert caught(x_ratelimit_reset="1479308598680").reset_at_s == 1479308598.68
    assert caught().reset_at_s is None
    assert caught(x_ratelimit_reset="soon").reset_at_s is None
    assert caught(x_ratelimit_reset="9" * 5000).reset_at_s is None
    assert caught().busy


def test_error_details_are_never_shown():
    details = [{"name": "remoteAddress", "value": "198.51.100.7"}]
    for body in ({"details": details}, {"code": "c", "details": details}, {"message": details}):
        with pytest.raises(ProviderError) as caught:
            BANDWIDTH.parse(PLAIN, said(body, 400))
        assert "198.51" not in caught.value.message


# Audio


def complete(file_name, state=State.COMPLETE):
    return Recording("bandwidth", "b", "r", file_name=file_name, state=state)


def test_audio_is_asked_for_by_its_quoted_name():
    request = BANDWIDTH.audio_request(complete("my file/1.wav"))

    assert request.path == "/v1/users/u-abc/media/my%20file%2F1.wav"
    assert request.resource == "media"
    assert BANDWIDTH.parse_audio(request, Response(200, {}, b"", streamed=True)) == AudioInfo()


def test_a_name_that_travelled_encoded_is_not_encoded_twice():
    rows = {row.id: row for row in parsed(BANDWIDTH, "odd").rows}

    assert BANDWIDTH.audio_request(rows["quoted"]).path.endswith("/media/my%20file%2F1.MP3")


@pytest.mark.parametrize("state", [State.RECORDING, State.SAVING, State.ERROR, None])
def test_only_complete_recordings_have_audio(state):
    with pytest.raises(NotReady):
        BANDWIDTH.audio_request(complete("a.wav", state))


@pytest.mark.parametrize("name", [".", "..", "..."])
def test_a_media_name_cannot_lead_elsewhere(name):
    with pytest.raises(ProviderError):
        BANDWIDTH.audio_request(complete(name))


def test_missing_audio_is_gone_and_unavailable_audio_may_come():
    request = BANDWIDTH.audio_request(complete("a.wav"))

    with pytest.raises(Gone, match="media-not-found"):
        BANDWIDTH.parse_audio(request, said({"code": "media-not-found"}, 404))
    with pytest.raises(Transient, match="media-unavailable"):
        BANDWIDTH.parse_audio(request, said({"code": "media-unavailable"}, 503))
    with pytest.raises(NotReady):
        BANDWIDTH.audio_request(complete(None))


def test_the_user_is_told_that_the_api_is_deprecated():
    assert "deprecated" in BANDWIDTH.notes[0]
