"""Imagicle's fact sheet, sentence by sentence, from request to response."""

from datetime import UTC, datetime, timedelta

import pytest

from recli.errors import Gone, ProviderError, Transient
from recli.model import Direction, Filter, Query, Recording, State
from recli.wire import AudioInfo, Basic, Response, Window
from tests.providers.reading import DAY, IMAGICLE, NOW, SECRET, at, first, parsed, said, sample

PLAIN = first(IMAGICLE)


def page(*starts, total=None):
    rows = [{"id": f"r{n}", "startTime": start} for n, start in enumerate(starts)]
    return said({"totalCount": total, "recordings": rows})


# Asking


def test_pages_are_always_asked_for_from_0_with_the_end_frozen():
    assert PLAIN.path == "/fw/Apps/Recorder/WebAPI/Recordings"
    assert dict(PLAIN.params) == {
        "page": "0",
        "pageSize": "1000",
        "startTime": "before:2024-06-30T12:00:00Z",
    }
    assert PLAIN.window == Window(None, NOW)
    assert IMAGICLE.auth == Basic("auditor", SECRET)


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        (NOW - DAY, None, "between:2024-06-29T11:59:59Z;2024-06-30T12:00:00Z"),
        (NOW - DAY, NOW + DAY, "between:2024-06-29T11:59:59Z;2024-06-30T12:00:00Z"),
        (None, NOW - DAY, "before:2024-06-29T12:00:00Z"),
        (
            at("2024-06-01T02:00:00.9+02:00"),
            at("2024-06-02T00:00:00.1Z"),
            "between:2024-05-31T23:59:59Z;2024-06-02T00:00:01Z",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), NOW, "before:2024-06-30T12:00:00Z"),
        (None, datetime(900, 1, 1, tzinfo=UTC), "before:0900-01-01T00:00:00Z"),
    ],
)
def test_times_are_sent_in_utc_rounded_outwards(since, until, asked):
    assert first(IMAGICLE, since=since, until=until).params["startTime"] == asked


@pytest.mark.parametrize(
    ("since", "until"), [(NOW, None), (NOW + DAY, None), (NOW - DAY, NOW - DAY)]
)
def test_an_empty_range_asks_for_nothing(since, until):
    assert list(IMAGICLE.plan(Query(now=NOW, since=since, until=until))) == []


def test_direction_and_owner_are_filtered_by_the_server():
    asked = first(IMAGICLE, direction=Direction.INBOUND, owner="john_doe").params
    assert (asked["direction"], asked["ownerUsername"]) == ("1", "john_doe")
    assert first(IMAGICLE, direction=Direction.OUTBOUND).params["direction"] == "2"


def test_an_owner_that_would_read_as_an_operator_is_filtered_by_the_client():
    assert "ownerUsername" not in first(IMAGICLE, owner="contains:x").params


def test_numbers_are_filtered_by_the_client_because_their_names_differ_between_versions():
    assert first(IMAGICLE, number="1", from_number="2", to_number="3") == PLAIN


def test_internal_calls_and_call_ids_are_never_told():
    query = Query(now=NOW, direction=Direction.INTERNAL, call_id="x", state=State.SAVING)

    assert IMAGICLE.unsatisfiable(query) == {Filter.DIRECTION, Filter.CALL_ID, Filter.STATE}


# Rows


def test_the_documented_page_becomes_rows_in_utc():
    result = parsed(IMAGICLE, "seed")

    assert result.total == 50
    assert (
        result.rows[0][:-1]
        == Recording(
            provider="imagicle",
            profile="i",
            id="75A90276-E47E-4e9e-B463-E3C743D5FF3A",
            started_at=at("2018-11-01T14:39:15Z"),
            ended_at=at("2018-11-01T14:40:46.870Z"),
            duration_s=91.87,
            direction=Direction.INBOUND,
            from_number="980200",
            to_number="229",
            local_number="229",
            remote_number="980200",
            owner="user1",
            state=State.COMPLETE,
            reference="2017000000175",
        )[:-1]
    )
    assert result.rows[1].started_at == at("2018-11-01T09:20:59Z")
    assert result.rows[1].duration_s == 140.65
    assert result.rows[1].raw["startTime"] == "2018-11-01T10:20:59.0000000+01:00"


def test_outgoing_goes_from_local_to_remote_and_unknown_neither_way():
    outgoing, unknown = parsed(IMAGICLE, "odd").rows[:2]

    assert (outgoing.direction, outgoing.from_number, outgoing.to_number) == (
        Direction.OUTBOUND,
        "229",
        "980200",
    )
    assert (unknown.direction, unknown.from_number, unknown.to_number) == (None, None, None)
    assert (unknown.local_number, unknown.remote_number) == ("229", "980200")


def test_what_cannot_be_read_is_null_with_a_warning():
    result = parsed(IMAGICLE, "odd")
    zulu, hours, _, year, negative, days, minutes = result.rows

    assert zulu.started_at == at("2018-11-09T14:39:15.123456Z")
    assert zulu.ended_at == zulu.started_at
    assert [each.duration_s for each in result.rows] == [0, 5400, 1.5, None, None, 90000, 5400.5]
    assert hours.ended_at == hours.started_at + timedelta(hours=1.5)
    assert year.direction is year.ended_at is None
    assert negative.started_at is None
    assert days.remote_number == days.from_number == "0461"
    assert minutes.reference == "42"
    names = [row.id for row in result.rows]
    assert set(map(str, result.warnings)) == {
        f"{names[3]}: can't read duration",
        f"{names[3]}: can't read direction",
        f"{names[4]}: can't read startTime",
        f"{names[4]}: can't read duration",
    }
    assert result.total == 7


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1M31.87S", 91.87),
        ("PT2M20.6549999S", 140.655),
        ("PT0S", 0),
        ("PT1H", 3600),
        ("PT1H2M3S", 3723),
        ("PT1,5S", 1.5),
        ("PT0.0005S", 0.001),
        ("P1DT1S", 86401),
        ("P1W", 604800),
        ("PT", None),
        ("P", None),
        ("P1Y", None),
        ("P1M", None),
        ("-PT1S", None),
        ("PT-1S", None),
        ("-1", None),
        ("00:01:31", None),
        ("PT1S ", None),
        ("PT\u0661S", None),
        ("PT" + "9" * 100 + "H", None),
        ("P" + "9" * 30 + "D", None),
    ],
)
def test_durations_are_iso_8601_to_the_millisecond(text, seconds):
    body = {"recordings": [{"id": "a", "duration": text}]}
    result = IMAGICLE.parse(PLAIN, said(body))

    if seconds is None:
        assert tuple(map(str, result.warnings)) == ("a: can't read duration",)
    assert result.rows[0].duration_s == (pytest.approx(seconds, abs=0.0006) if seconds else seconds)


def test_only_the_id_is_needed():
    result = parsed(IMAGICLE, "missing")

    assert [row.id for row in result.rows] == ["A1", "a2"]
    assert result.rows[0][3:15] == result.rows[1][3:15] == (None,) * 12
    assert result.warnings == result.defects == ()


def test_ids_are_the_same_in_any_case():
    assert IMAGICLE.identity("75A90276-E47E-4e9e") == IMAGICLE.identity("75a90276-e47e-4E9E")


# What follows


def test_a_listing_goes_on_below_the_last_row_by_time():
    (onward,) = IMAGICLE.parse(PLAIN, sample("imagicle", "two_pages_1")).next_requests

    assert onward.window == Window(None, at("2018-11-02T14:39:16Z"))
    assert onward.params["startTime"] == "before:2018-11-02T14:39:16Z"
    assert onward.params["page"] == "0"
    last = IMAGICLE.parse(onward, said({"totalCount": 1, "recordings": [{"id": "x"}]}))
    assert last.next_requests == ()


def test_a_range_keeps_its_beginning_and_its_filters_on_the_way_down():
    request = first(IMAGICLE, since=NOW - DAY, owner="john")
    (onward,) = IMAGICLE.parse(request, page("2024-06-30T10:00:00.5+01:00", total=9)).next_requests

    assert onward.params["startTime"] == "between:2024-06-29T11:59:59Z;2024-06-30T09:00:01Z"
    assert onward.params["ownerUsername"] == "john"
    assert onward.window == Window(NOW - DAY, at("2024-06-30T09:00:01Z"))


def test_order_is_by_the_instant_and_not_by_how_it_is_written():
    starts = ("2024-06-30T10:00:00+02:00", "2024-06-30T07:30:00Z")
    (onward,) = IMAGICLE.parse(PLAIN, page(*starts, total=9)).next_requests

    assert onward.window.until == at("2024-06-30T07:30:01Z")


@pytest.mark.parametrize(
    "starts",
    [
        ("2024-06-30T10:00:00Z", "2024-06-30T10:00:00.001Z"),
        ("2024-06-30T10:00:00Z", None),
        ("2024-06-30T10:00:00Z", "soon"),
        ("2025-06-30T10:00:00Z", "2024-06-30T10:00:00Z"),
        ("2024-06-30T11:59:59.5Z", "2024-06-30T11:59:59.1Z"),
    ],
    ids=["unsorted", "a time missing", "a time unread", "the end not heeded", "one moment"],
)
def test_pages_are_counted_where_times_do_not_lead_on(starts):
    (onward,) = IMAGICLE.parse(PLAIN, page(*starts, total=9)).next_requests

    assert onward.window == PLAIN.window
    assert (onward.params["page"], onward.params["pageSize"]) == ("1", "2")
    (third,) = IMAGICLE.parse(onward, page(*starts, total=9)).next_requests
    assert (third.params["page"], third.params["pageSize"]) == ("2", "2")


def test_the_end_is_as_many_rows_as_the_total_or_an_empty_page_and_never_a_short_one():
    assert IMAGICLE.parse(PLAIN, page("2024-01-01T00:00:00Z", total=1)).next_requests == ()
    assert parsed(IMAGICLE, "empty").next_requests == ()
    assert IMAGICLE.parse(PLAIN, page(total=9)).next_requests == ()
    assert IMAGICLE.parse(PLAIN, page("2024-01-01T00:00:00Z")).next_requests != ()


def walked(times, *, size, heeds=True):
    """List a server that gives `size` rows at a time; return the ids in order of arrival."""
    ranked = sorted(((moment, f"r{n}") for n, moment in enumerate(times)), reverse=True)
    waiting, seen, been = [PLAIN], [], set()
    while waiting:
        request = waiting.pop()
        until = at(request.params["startTime"].rpartition(":before:")[2].removeprefix("before:"))
        place = tuple(request.params.items())
        assert place not in been
        been.add(place)
        rows = [row for row in ranked if row[0] < until or not heeds]
        number = int(request.params["page"])
        per_page = min(size, int(request.params["pageSize"]))
        came = rows[number * per_page : (number + 1) * per_page]
        seen += [name for _, name in came]
        body = {"recordings": [{"id": n, "startTime": m.isoformat()} for m, n in came]}
        waiting += IMAGICLE.parse(request, said(body | {"totalCount": len(rows)})).next_requests
    return seen


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("step_s", [0.05, 0.4, 1, 3600])
@pytest.mark.parametrize("heeds", [True, False])
def test_whatever_the_page_size_and_however_dense_every_row_comes(size, step_s, heeds):
    times = [NOW - timedelta(seconds=1 + step_s * n) for n in range(40)]

    assert set(walked(times, size=size, heeds=heeds)) == {f"r{n}" for n in range(40)}


def test_rows_of_one_moment_all_come():
    times = [NOW - timedelta(hours=1)] * 9 + [NOW - timedelta(hours=2)] * 9

    assert len(set(walked(times, size=4))) == 18


# Audio and errors


def test_audio_is_mp3_below_the_quoted_id():
    request = IMAGICLE.audio_request(Recording("imagicle", "i", "{A/1}"))

    assert request.path == "/fw/Apps/Recorder/WebAPI/Recordings/%7BA%2F1%7D/Media"
    assert request.accept.startswith("audio/mpeg")
    assert IMAGICLE.parse_audio(request, Response(200, {}, b"", streamed=True)) == AudioInfo("mp3")
    with pytest.raises(Gone):
        IMAGICLE.parse_audio(request, Response(404))
    with pytest.raises(ProviderError):
        IMAGICLE.audio_request(Recording("imagicle", "i", ".."))


def test_another_shape_may_pass():
    for body in ([], {}, {"recordings": {}}, {"recordings": None}, 5, None):
        with pytest.raises(Transient, match="another shape"):
            IMAGICLE.parse(PLAIN, said(body))


def test_the_user_is_told_of_permissions_and_audit():
    assert "permission level" in IMAGICLE.notes[0]
    assert "audit" in IMAGICLE.notes[1]
