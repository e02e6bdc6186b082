"""Plivo's fact sheet, sentence by sentence, from request to response."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from recli.errors import Denied, Gone, NotReady, ProviderError, Refused, Transient
from recli.model import Query, Recording, State
from recli.providers.plivo import Plivo
from recli.wire import AudioInfo, Basic, Credentials, Response, Window
from tests.providers.reading import (
    DAY,
    NOW,
    PLIVO,
    SECRET,
    at,
    first,
    keys_of,
    parsed,
    said,
    sample,
)

PLAIN = first(PLIVO, since=NOW - DAY)


def page(*ids_and_times, total=None, more=...):
    objects = [{"recording_id": name, "add_time": time} for name, time in ids_and_times]
    meta = {"total_count": total, "next": more}
    return said(
        {"meta": {k: v for k, v in meta.items() if v is not None and v is not ...}}
        | {"objects": objects}
    )


def full(total, **meta):
    objects = [{"recording_id": f"r{n}"} for n in range(20)]
    return said({"meta": {"total_count": total, **meta}, "objects": objects})


# Asking


def test_a_listing_goes_to_the_account_with_a_trailing_slash():
    assert PLAIN.path == "/v1/Account/MAXXXXXXXXXXXXXXXXXX/Recording/"
    assert PLAIN.method == "GET"
    assert PLIVO.base_url == "https://api.plivo.com"
    assert PLIVO.auth == Basic("MAXXXXXXXXXXXXXXXXXX", SECRET)


def test_both_bounds_are_always_sent_half_open_in_utc_without_an_offset():
    request = first(PLIVO, since=at("2024-06-01T02:00:00.000001+02:00"), until=NOW)

    assert request.params["add_time__gte"] == "2024-06-01 12:00:00.000000"
    assert request.params["add_time__lt"] == "2024-06-30 12:00:00.000000"
    requests = list(PLIVO.plan(Query(now=NOW, since=at("2024-06-01T02:00:00.000001+02:00"))))
    assert requests[-1].params["add_time__gte"] == "2024-06-01 00:00:00.000001"
    assert "callback_url" not in request.params


def test_slices_of_at_most_29_days_adjoin_newest_first_back_to_2011():
    windows = [request.window for request in PLIVO.plan(Query(now=NOW))]

    assert windows[0].until == NOW
    assert windows[-1].since == datetime(2011, 1, 1, tzinfo=UTC)
    assert all(each.until - each.since <= timedelta(days=29) for each in windows)
    assert all(a.since == b.until for a, b in pairwise(windows))
    assert 150 < len(windows) < 220


def test_until_is_widened_by_the_longest_call_but_never_past_now():
    until = NOW - 10 * DAY

    def asked(provider, until):
        return first(provider, since=NOW - 12 * DAY, until=until).window.until

    assert asked(PLIVO, until) == until + DAY
    assert asked(replace(PLIVO, max_call_hours=0.5), until) == until + timedelta(minutes=30)
    assert asked(PLIVO, NOW - timedelta(hours=1)) == NOW
    assert asked(PLIVO, NOW + DAY) == NOW


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOW, None),
        (NOW + DAY, None),
        (NOW - DAY, NOW - DAY),
        (NOW - DAY, NOW - 2 * DAY),
        (None, datetime(2010, 1, 1, tzinfo=UTC)),
        (NOW + DAY, NOW + 2 * DAY),
    ],
)
def test_an_empty_range_asks_for_nothing(since, until):
    assert list(PLIVO.plan(Query(now=NOW, since=since, until=until))) == []


def test_a_call_uuid_is_sent_together_with_the_window():
    request = first(PLIVO, since=NOW - DAY, call_id="c2c1")

    assert request.params["call_uuid"] == "c2c1"
    assert {"add_time__gte", "add_time__lt"} < set(request.params)
    assert (request.params["limit"], request.params["offset"]) == ("20", "0")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"auth_id": "MA/../x"}, "auth_id"),
        ({"auth_id": ""}, "auth_id"),
        ({"max_call_hours": -1}, "max_call_hours"),
        ({"max_call_hours": float("nan")}, "max_call_hours"),
        ({"max_call_hours": 1e300}, "max_call_hours"),
        ({"media_url": "https://media.example.com/x"}, None),
        ({"media_url": "media.example.com"}, "media_url"),
        ({"media_url": "https://user@media.example.com"}, "media_url"),
    ],
)
def test_keys_that_cannot_be_used_are_named(changed, problem):
    found = replace(PLIVO, **changed).problem()

    assert (found is None) is (problem is None)
    assert problem is None or problem in found


# Rows


def test_the_documented_page_becomes_rows_to_the_millisecond():
    rows = parsed(PLIVO, "seed", since=NOW - DAY).rows

    assert (
        rows[0][:-1]
        == Recording(
            provider="plivo",
            profile="p",
            id="c2186400-1c8c-1124-a664-0026b945b522",
            started_at=at("2014-08-05T10:39:23.907Z"),
            ended_at=at("2014-08-05T10:45:09.007Z"),
            duration_s=345.1,
            call_id="c2c128e2-1c8c-11e4-9bff-1db8a9db0432",
            state=State.COMPLETE,
            format="mp3",
            file_name="c2186400-1c8c-1124-a664-0026b945b522.mp3",
            media_url="http://s3.amazonaws.com/recordings_2013/c2186400-1c8c-1124-a664-0026b945b522.mp3",
            added_at=at("2020-08-05T16:15:15.852059+05:30"),
        )[:-1]
    )
    assert rows[0].raw["conference_name"] == "noname"
    assert rows[0].raw["resource_uri"].startswith("/v1/Account/")
    assert rows[1].duration_s == 90.7
    assert rows[1].started_at == at("2014-08-05T10:33:49.553Z")


def test_both_parties_may_be_numbers_or_sip_addresses():
    row = parsed(PLIVO, "two_pages_1", since=NOW - DAY).rows[0]

    assert (row.from_number, row.to_number) == ("+14155550001", "sip:alice@phone.plivo.com")
    assert (row.direction, row.local_number, row.owner) == (None, None, None)


def test_a_missing_start_comes_from_the_end_or_from_when_it_was_stored():
    result = parsed(PLIVO, "missing", since=NOW - DAY)
    only, added, ended, nulls = result.rows

    assert only == nulls._replace(id="only-an-id", raw=only.raw)
    assert only.started_at is only.ended_at is only.duration_s is only.media_url is None
    assert added.started_at == at("2012-02-04T23:33:00.079231Z")
    assert added.ended_at == at("2012-02-04T23:33:08.079231Z")
    assert ended.started_at == at("2022-04-12T10:38:42.838-00:00") - timedelta(seconds=7.56)
    assert result.warnings == result.defects == ()


def test_types_vary_and_what_cannot_be_read_is_null_with_a_warning():
    result = parsed(PLIVO, "odd", since=NOW - DAY)
    number, bad, nine, fraction = result.rows

    assert (number.id, number.format, number.duration_s) == ("7", "wav", 7.56)
    assert number.added_at == at("2022-04-12T16:08:53.523657+05:30")
    assert number.media_url == "https://media.plivo.com/x/7.wav?Expires=1"
    assert number.file_name == "7.wav"
    assert (bad.started_at, bad.ended_at, bad.duration_s, bad.added_at) == (None,) * 4
    assert set(map(str, result.warnings)) == {
        f"bad-time: can't read {field}"
        for field in (
            "add_time",
            "recording_start_ms",
            "recording_end_ms",
            "recording_duration_ms",
        )
    }
    assert nine.added_at == at("2022-04-13T00:08:53.523657Z")
    assert fraction.started_at == at("2022-04-12T10:38:42.8385Z")
    assert fraction.duration_s == 7.56
    assert result.total == 4


@pytest.mark.parametrize(
    ("add_time", "utc"),
    [
        ("2022-04-12 16:08:53.523657+05:30", "2022-04-12T10:38:53.523657Z"),
        ("2012-02-04T23:33:08.079231", "2012-02-04T23:33:08.079231Z"),
        ("2012-02-04 23:33:08", "2012-02-04T23:33:08Z"),
        ("2012-02-04 23:33:08.1Z", "2012-02-04T23:33:08.1Z"),
        ("2012-02-04 23:33:08.123456789-09:30", "2012-02-05T09:03:08.123456Z"),
    ],
)
def test_add_time_has_any_offset_and_any_number_of_fraction_digits(add_time, utc):
    result = PLIVO.parse(PLAIN, page(("a", add_time)))

    assert result.rows[0].added_at == at(utc)
    assert result.rows[0].added_at.tzinfo is UTC


def test_a_row_without_an_id_or_that_is_no_object_is_a_defect():
    result = PLIVO.parse(PLAIN, said({"objects": [{}, "x", None, [1], {"recording_id": "a"}]}))

    assert [row.id for row in result.rows] == ["a"]
    assert result.defects == (
        "row 0 of a page has no id",
        "row 1 of a page is not an object but text",
        "row 2 of a page is not an object but null",
        "row 3 of a page is not an object but an array",
    )


# What follows


def test_a_first_page_with_a_total_tells_all_other_pages():
    follow = PLIVO.parse(PLAIN, full(90)).next_requests

    assert [each.params["offset"] for each in follow] == ["20", "40", "60", "80"]
    assert {each.params["limit"] for each in follow} == {"20"}
    assert {each.window for each in follow} == {PLAIN.window}
    assert all(PLIVO.parse(each, full(90)).next_requests == () for each in follow[:-1])


def test_the_last_page_ends_the_listing():
    assert PLIVO.parse(PLAIN, full(20, next=None)).next_requests == ()
    assert PLIVO.parse(PLAIN, full(20)).next_requests == ()
    assert parsed(PLIVO, "empty", since=NOW - DAY).next_requests == ()


def test_a_next_link_beyond_the_total_is_believed():
    follow = PLIVO.parse(PLAIN, full(20, next="/v1/x?limit=20&offset=20")).next_requests

    assert [each.params["offset"] for each in follow] == ["20"]


def test_without_a_total_the_listing_goes_on_until_next_is_null_or_a_page_is_empty():
    onward = PLIVO.parse(PLAIN, full(None, next="/v1/x")).next_requests
    assert [each.params["offset"] for each in onward] == ["20"]
    assert PLIVO.parse(PLAIN, said({"objects": [{"recording_id": "a"}]})).next_requests[0].params[
        "offset"
    ] == ("1")
    assert PLIVO.parse(PLAIN, full(None, next=None)).next_requests == ()
    assert PLIVO.parse(PLAIN, said({"objects": []})).next_requests == ()


def test_the_path_in_next_is_never_followed_itself():
    follow = PLIVO.parse(PLAIN, full(None, next="https://evil.example/steal")).next_requests

    assert follow[0].path == PLAIN.path
    assert {"add_time__gte", "add_time__lt"} < set(follow[0].params)


def test_a_server_that_gives_fewer_rows_than_asked_is_paged_by_what_came():
    follow = PLIVO.parse(PLAIN, sample("plivo", "two_pages_1")).next_requests

    assert [(e.params["offset"], e.params["limit"]) for e in follow] == [("2", "2")]
    last = PLIVO.parse(follow[0], sample("plivo", "two_pages_2"))
    assert [row.id for row in last.rows] == ["rec-1"]
    assert last.next_requests == ()


def test_an_absurd_total_foretells_a_thousand_pages_at_a_time():
    follow = PLIVO.parse(PLAIN, full(10**15)).next_requests

    assert len(follow) == 1000
    assert PLIVO.parse(follow[0], full(10**15)).next_requests == ()
    onward = PLIVO.parse(follow[-1], full(10**15)).next_requests
    assert len(onward) == 1000
    assert int(onward[0].params["offset"]) == int(follow[-1].params["offset"]) + 20
    assert PLIVO.parse(follow[-1], said({"objects": [], "meta": {}})).next_requests == ()


def test_a_foretold_listing_of_many_pages_asks_for_each_offset_once():
    total, asked, waiting = 50_003, [], [PLAIN]
    while waiting:
        request = waiting.pop(0)
        offset = int(request.params["offset"])
        asked.append(offset)
        count = min(20, total - offset)
        body = {"meta": {"total_count": total}, "objects": [{"recording_id": "x"}] * count}
        waiting[:0] = PLIVO.parse(request, said(body)).next_requests

    assert asked == list(range(0, total, 20))


# Careful walks


def careful(request=PLAIN):
    return replace(request, stable_paging=True)


def times(*seconds):
    start = NOW - timedelta(hours=1)
    return [(f"r{n}", (start - timedelta(seconds=s)).isoformat()) for n, s in enumerate(seconds)]


def test_a_careful_walk_goes_on_below_the_last_row_and_takes_it_in_again():
    result = PLIVO.parse(careful(), page(*times(0.5, 1.25), total=9))

    (onward,) = result.next_requests
    last = NOW - timedelta(hours=1, seconds=1.25)
    assert onward.window == Window(NOW - DAY, last + timedelta(milliseconds=1))
    assert onward.params["offset"] == "0"
    assert onward.params["add_time__lt"] == f"{onward.window.until:%Y-%m-%d %H:%M:%S.%f}"
    assert onward.params["add_time__gte"] == PLAIN.params["add_time__gte"]
    assert onward.stable_paging


@pytest.mark.parametrize(("told", "grain_us"), [(1.0, 10**6), (1.25, 1000), (1.000001, 1)])
def test_the_overlap_of_a_careful_walk_is_as_coarse_as_the_times_are_told(told, grain_us):
    (onward,) = PLIVO.parse(careful(), page(*times(0, told), total=9)).next_requests

    last = NOW - timedelta(hours=1, seconds=told)
    assert onward.window.until == last + timedelta(microseconds=grain_us)


def test_a_careful_walk_goes_by_offset_where_all_rows_share_a_moment():
    (narrow,) = PLIVO.parse(careful(), page(*times(0.1, 0.123456), total=9)).next_requests
    (onward,) = PLIVO.parse(narrow, page(*times(0.123456, 0.123456), total=8)).next_requests

    assert onward.window == narrow.window
    assert onward.params["offset"] == "2"


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "2024-06-30T11:00:00Z"), ("b", "2024-06-30T11:30:00Z")],
        [("a", "2024-06-30T11:00:00Z"), ("b", None)],
        [("a", "2025-06-30T11:00:00Z"), ("b", "2024-06-30T11:30:00Z")],
    ],
    ids=["unsorted", "a time missing", "the end not heeded"],
)
def test_a_careful_walk_goes_by_offset_where_times_do_not_lead_on(rows):
    (onward,) = PLIVO.parse(careful(), page(*rows, total=9)).next_requests

    assert onward.window == PLAIN.window
    assert onward.params["offset"] == "2"


def test_a_careful_walk_ends_where_the_total_or_the_next_link_says():
    assert PLIVO.parse(careful(), page(*times(1, 2), total=2)).next_requests == ()
    assert (
        PLIVO.parse(careful(), said({"objects": [], "meta": {"total_count": 5}})).next_requests
        == ()
    )
    body = {"meta": {"next": None}, "objects": [{"recording_id": "a"}]}
    assert PLIVO.parse(careful(), said(body)).next_requests == ()


# Audio


def recording(**fields):
    return Recording("plivo", "p", "id", **fields)


def test_audio_is_asked_for_without_credentials_first():
    url = "https://media.plivo.com/v1/x.mp3"

    request = PLIVO.audio_request(recording(raw={"recording_url": url}))
    assert (request.path, request.credentials) == (url, Credentials.WITHHELD)
    assert request.resource == "media"
    assert PLIVO.audio_request(recording(media_url=url)).path == url
    assert PLIVO.parse_audio(request, Response(200, {}, b"", streamed=True)) == AudioInfo()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("host", ["media.plivo.com", "eu.media.plivo.com", "MEDIA.plivo.com:443"])
def test_credentials_follow_a_refusal_to_plivos_own_hosts(status, host):
    request = PLIVO.audio_request(recording(media_url=f"https://{host}/x.mp3"))

    again = PLIVO.parse_audio(request, Response(status))
    assert again == replace(request, credentials=Credentials.SENT)
    with pytest.raises(Denied) as caught:
        PLIVO.parse_audio(again, Response(status))
    assert "subaccount" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://media.plivo.com/x.mp3",
        "https://s3.amazonaws.com/x.mp3",
        "https://media.plivo.com.evil.example/x.mp3",
        "https://evilmedia.plivo.com/x.mp3",
        "https://media.plivo.com:8443/x.mp3",
        "https://media.plivo.com:99999/x.mp3",
        "https://media.plivo.com:x/x.mp3",
        "https://media.plivo.com@evil.example/x.mp3",
        "https://user:pass@media.plivo.com/x.mp3",
        "https://evil.example\\@media.plivo.com/x.mp3",
        "https://evil.example\\.media.plivo.com/x.mp3",
        "https://evil.example\t.media.plivo.com/x.mp3",
        "https://evil.example#.media.plivo.com/x.mp3",
        "https://evil.example?.media.plivo.com/x.mp3",
        "https://media。plivo.com/x.mp3",
        "https://[media.plivo.com/x.mp3",
        "ftp://media.plivo.com/x.mp3",
        "//media.plivo.com/x.mp3",
        "https:///x.mp3",
        "",
    ],
)
def test_credentials_go_nowhere_else(url):
    assert not PLIVO.trusts(url)
    request = replace(PLIVO.audio_request(recording(media_url="https://x.example/")), path=url)
    with pytest.raises(Denied):
        PLIVO.parse_audio(request, Response(403))


def test_a_profile_may_name_a_place_of_its_own():
    own = replace(PLIVO, media_url="https://rec.example.com/audio")

    assert own.trusts("https://rec.example.com/x.mp3")
    assert own.trusts("https://rec.example.com:443/x.mp3")
    assert own.trusts("https://media.plivo.com/x.mp3")
    assert not own.trusts("http://rec.example.com/x.mp3")
    assert not own.trusts("https://rec.example.com:8443/x.mp3")
    assert not own.trusts("https://a.rec.example.com/x.mp3")


def test_a_recording_without_a_url_is_not_ready_and_other_schemes_are_refused():
    with pytest.raises(NotReady):
        PLIVO.audio_request(recording(raw={"recording_url": ""}))
    with pytest.raises(NotReady):
        PLIVO.audio_request(recording())
    for url in ("file:///etc/passwd", "/v1/x", "javascript:x"):
        with pytest.raises(ProviderError, match="no web address"):
            PLIVO.audio_request(recording(media_url=url))


def test_audio_that_is_gone_or_unavailable_says_so_without_the_signature():
    request = PLIVO.audio_request(
        recording(raw={"recording_url": "https://x.example/a?Signature=abc"})
    )

    with pytest.raises(Gone) as caught:
        PLIVO.parse_audio(request, Response(404))
    assert "abc" not in caught.value.message
    with pytest.raises(Transient):
        PLIVO.parse_audio(request, Response(503))
    with pytest.raises(NotReady):
        PLIVO.parse_audio(request, Response(204))


def test_refused_credentials_on_the_listing_are_refused_for_good():
    with pytest.raises(Refused):
        PLIVO.parse(PLAIN, said({}, 401))


def test_nothing_of_a_plivo_is_secret_but_its_token():
    assert [key.name for key in keys_of(Plivo) if key.secret] == ["auth_token"]
    assert {key.env for key in keys_of(Plivo)} == {None, "PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN"}
