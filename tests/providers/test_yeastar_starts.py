"""When Yeastar's rows started, against a stand-in whose file names tell no time.

The stand-in filters by its own clock in Unix seconds, and shows times of its zone.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from recli.engine.listing import Listing
from recli.engine.result import Completeness
from recli.model import Query
from recli.providers.yeastar import Yeastar
from recli.sandbox.account import FakeAccount, FakeCall
from recli.sandbox.http_server import ReceivedRequest
from recli.sandbox.yeastar import CLIENT_ID, CLIENT_SECRET, FakeYeastar, error_response
from recli.transport.observer import RequestStats
from recli.wire import Response, Secret

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


class Pbx(FakeYeastar):
    """A PBX in a zone; only the ids in `named` carry the epoch in their file names."""

    time_format = "%d/%m/%Y %H:%M:%S"
    ends_count = True
    heeds_times = True
    has_search = True
    tells_clock = True

    def __init__(self, starts, zone, named=()):
        calls = [
            FakeCall(
                str(number),
                number,
                start,
                30,
                start + HOUR,
                patch={} if str(number) in named else {"file": f"{number}.wav"},
            )
            for number, start in enumerate(starts, start=1)
        ]
        super().__init__(FakeAccount(lambda: calls), lambda: NOW, "http://127.0.0.1")
        self.timezone = ZoneInfo(zone)
        self.token = self.tokens.log_in(CLIENT_ID, CLIENT_SECRET, NOW.timestamp()).access

    def _search(self, query):
        if not self.heeds_times:
            query = {**query, "start_time": "0", "end_time": "99999999999"}
        elif not self.ends_count:
            since, until = int(query["start_time"]) + 1, int(query["end_time"]) - 1
            query = {**query, "start_time": str(max(since, 0)), "end_time": str(until)}
        return super()._search(query)

    def _serve(self, endpoint, query):
        missing = (endpoint == "GET recording/search" and not self.has_search) or (
            endpoint == "GET system/information" and not self.tells_clock
        )
        return error_response(10001) if missing else super()._serve(endpoint, query)


class Client:
    """Ask the stand-in without a network, and note what was asked."""

    parallel = 1

    def __init__(self, pbx, timezone):
        self.pbx = pbx
        self.provider = Yeastar(
            profile="y", base_url="https://y", client_id="c", client_secret=Secret("s")
        )
        object.__setattr__(self.provider, "timezone", timezone)
        self.stats = RequestStats()
        self.asked = []

    def fetch(self, request):
        self.asked.append(request)
        query = {**request.params, "access_token": self.pbx.token}
        headers = {"user-agent": "recli"}
        received = ReceivedRequest("yeastar", "GET", request.path, query, headers=headers)
        answer = self.pbx.handle(received)
        return self.provider.parse(request, Response(answer.status, {}, answer.body))


def listed(pbx, timezone="", **query):
    """Return the starts by id, and the listing; every id comes once, and nothing is missing."""
    listing = Listing("y", Client(pbx, timezone), Query(**{"now": NOW, **query}))
    rows = [row for batch in listing.batches() for row in batch]
    assert listing.result.error is None
    assert listing.result.completeness is not Completeness.SHORT
    assert len({row.id for row in rows}) == len(rows)
    starts = [row.started_at for row in rows]
    assert starts == sorted(starts, reverse=True)
    return {row.id: row.started_at for row in rows}, listing


def exactly(pbx, timezone="", **query):
    starts, listing = listed(pbx, timezone, **query)
    assert starts == {call.id: call.start for call in pbx.account.calls()}
    assert listing.result.warnings == []
    return listing


# The hour that comes twice

FOLDS = [
    ("Europe/Rome", "2026-10-25T00:30:00Z", HOUR),
    ("Europe/Rome", "2026-10-25T00:00:00Z", HOUR),
    ("Europe/Rome", "2026-10-25T00:59:59Z", HOUR),
    ("America/New_York", "2026-11-01T05:15:00Z", HOUR),
    ("Australia/Sydney", "2026-04-04T15:45:00Z", HOUR),
    ("Atlantic/Azores", "2026-10-25T00:10:00Z", HOUR),
    ("America/Santiago", "2026-04-05T02:30:00Z", HOUR),
    ("Australia/Lord_Howe", "2026-04-04T14:40:00Z", HOUR / 2),
]


@pytest.mark.parametrize("ends_count", [True, False])
@pytest.mark.parametrize("has_zone", [True, False])
@pytest.mark.parametrize(("zone", "first", "apart"), FOLDS)
def test_both_rows_of_an_hour_that_comes_twice_have_their_own_start(
    zone, first, apart, has_zone, ends_count
):
    if not has_zone and zone == "Australia/Lord_Howe":
        pytest.skip("half an hour of summer time needs the zone")
    early, late = at(first), at(first) + apart
    pbx = Pbx([early, late], zone)
    pbx.ends_count = ends_count
    shown = {row["time"] for row in map(pbx._row, pbx.account.calls())}
    timezone = zone if has_zone else ""

    assert len(shown) == 1
    exactly(pbx, timezone)
    exactly(pbx, timezone, since=early - 12 * HOUR, until=late + 12 * HOUR)
    for number, start in (("1", early), ("2", late)):
        for since, until in ((start, start + apart), (start - apart / 2, start + apart / 2)):
            starts, listing = listed(pbx, timezone, since=since, until=until)
            assert starts == {number: start}
            assert listing.result.warnings == []


def test_the_second_of_two_equal_local_times_is_found_by_its_own_hour():
    pbx = Pbx([at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")], "Europe/Rome")
    hour = {"since": at("2026-10-25T01:00:00Z"), "until": at("2026-10-25T02:00:00Z")}

    assert listed(pbx, "Europe/Rome", **hour)[0] == {"2": at("2026-10-25T01:30:00Z")}


@pytest.mark.parametrize("has_zone", [True, False])
def test_a_busy_night_of_the_change_takes_few_questions(has_zone):
    begin = at("2026-10-24T20:00:00Z")
    pbx = Pbx([begin + timedelta(seconds=37 * each) for each in range(900)], "Europe/Rome")

    listing = exactly(pbx, "Europe/Rome" if has_zone else "")
    assert len(listing.client.asked) <= 24


@pytest.mark.parametrize("kind", ["no search", "times not heeded"])
def test_a_start_that_the_pbx_can_not_settle_is_given_and_named(kind):
    pbx = Pbx([at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"), NOW - DAY], "Europe/Rome")
    pbx.has_search, pbx.heeds_times = kind != "no search", kind != "times not heeded"
    whole, listing = listed(pbx, "Europe/Rome")

    assert len(whole) == 3
    (warning,) = listing.result.warnings
    assert "can't tell the hour of the start of 2 recordings, the first" in warning
    assert "came twice" in warning
    hour = {"since": at("2026-10-25T01:00:00Z"), "until": at("2026-10-25T02:00:00Z")}
    assert listed(pbx, "Europe/Rome", **hour)[0].keys() >= {"2"}


# Without a zone

YEAR = [NOW - DAY * 367 + timedelta(days=each, minutes=7 * each) for each in range(365)]


def test_a_year_without_any_epoch_or_zone_has_the_right_hours():
    listing = exactly(Pbx(YEAR, "Europe/Rome"))

    paths = [request.path.rpartition("/")[2] for request in listing.client.asked]
    assert paths[:2] == ["search", "information"]
    assert len(paths) < 80


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Australia/Sydney", "Africa/Casablanca", "Asia/Kolkata", "UTC"]
)
def test_a_year_in_any_zone_has_the_right_hours(zone):
    exactly(Pbx(YEAR, zone))


def test_the_rows_of_a_day_take_one_question_about_the_clock_and_one_about_the_oldest():
    pbx = Pbx([NOW - timedelta(minutes=7 * each) for each in range(1, 60)], "Europe/Rome")

    assert len(exactly(pbx).client.asked) == 3


def test_a_limit_asks_for_as_few_rows_and_fetches_its_page_once():
    pbx = Pbx(YEAR, "Europe/Rome")
    starts, listing = listed(pbx, limit=5)
    first, *others = listing.client.asked

    assert list(starts.values()) == YEAR[:-6:-1]
    assert first.params["page_size"] == "5"
    assert first.params not in [request.params for request in others]


def test_rows_between_two_epochs_that_agree_ask_nothing():
    pbx = Pbx([NOW - DAY * each for each in range(1, 20)], "Europe/Rome", named={"1", "19"})

    assert len(exactly(pbx).client.asked) == 1


def test_rows_between_epochs_that_differ_are_settled_by_the_server():
    begin = at("2026-10-20T10:00:00Z")
    starts = [begin + timedelta(hours=7 * each) for each in range(40)]
    pbx = Pbx(starts, "Europe/Rome", named={"1", "40"})
    listing = exactly(pbx)

    assert all(request.path.endswith("/recording/search") for request in listing.client.asked)
    assert len(listing.client.asked) < 15


def test_pages_of_few_rows_lead_to_the_same_starts():
    pbx = Pbx(YEAR, "Europe/Rome", named={str(each) for each in range(1, 365, 50)})
    pbx.max_rows_per_page = 20

    exactly(pbx)


def test_old_firmware_settles_what_lies_between_epochs_and_names_the_rest():
    pbx = Pbx(YEAR, "Europe/Rome", named={"1", "10", "365"})
    pbx.has_search = False
    starts, listing = listed(pbx)
    (warning,) = listing.result.warnings

    assert starts["5"] == YEAR[4]
    assert "can't tell the hour of the start of 354 recordings" in warning
    assert "recli config set profiles.y.timezone" in warning


def test_a_pbx_that_hides_its_clock_and_has_no_epochs_asks_for_the_zone():
    pbx = Pbx(YEAR, "Europe/Rome")
    pbx.tells_clock = False
    listing = Listing("y", Client(pbx, ""), Query(now=NOW))

    assert list(listing.batches()) == []
    assert "set timezone" in listing.result.error.hint


def test_a_row_that_goes_while_its_start_is_asked_for_is_given_and_named():
    pbx = Pbx([NOW - DAY * each for each in range(1, 4)], "Europe/Rome")
    search = pbx._search
    pbx._search = lambda query: search(query) if query["page_size"] == "3" else []
    starts, listing = listed(pbx, limit=3)

    assert starts.keys() == {"1", "2", "3"}
    assert "can't tell the hour" in listing.result.warnings[0]
    assert len(listing.client.asked) < 20


# Day and month


def test_epochs_tell_whether_the_day_comes_first():
    pbx = Pbx([at("2026-11-03T10:00:00Z"), at("2026-11-04T10:00:00Z")], "Europe/Rome", named={"1"})

    listing = exactly(pbx)
    assert all(request.path.endswith("/recording/search") for request in listing.client.asked)
