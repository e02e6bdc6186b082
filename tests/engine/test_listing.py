from datetime import UTC, datetime, timedelta

import pytest

from recli.engine.listing import Listing
from recli.engine.merge import Merge
from recli.engine.result import Completeness, ProfileResult, exit_code
from recli.errors import ExitCode, ProviderError, Refused
from recli.model import Query, Recording
from recli.providers.bandwidth import Bandwidth
from recli.transport.observer import RequestStats
from recli.wire import Page, Request, RowWarning, Secret

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)


def recording(number: int, profile: str = "b") -> Recording:
    return Recording("bandwidth", profile, f"r{number}", NOW - timedelta(hours=number))


class Canned:
    """A transport that knows its pages by path; each leads to the next number."""

    parallel = 1

    def __init__(self, pages: list[Page | Exception], order: str = "unknown", profile: str = "b"):
        keys = {"user_id": "u", "api_token": Secret("t"), "api_secret": Secret("s")}
        self.provider = Bandwidth(profile=profile, order=order, **keys)
        self.stats = RequestStats()
        self.closed = False
        self.asked = 0
        self._pages = pages

    def fetch(self, request: Request) -> Page:
        index = int(request.path) if request.path.isdecimal() else 0
        self.asked += 1
        page = self._pages[index]
        if isinstance(page, Exception):
            raise page
        follow = (Request(str(index + 1)),) if index + 1 < len(self._pages) else ()
        return Page(page.rows, follow, page.total, page.warnings, page.defects)

    def close(self) -> None:
        self.closed = True


def listing(pages, order="unknown", profile="b", **query) -> Listing:
    return Listing(profile, Canned(pages, order, profile), Query(now=NOW, **query))


def ids(listings: list[Listing], limit: int | None = None) -> list[str]:
    return [row.id for batch in Merge(listings, limit).batches() for row in batch]


def page(*numbers: int, profile: str = "b", **more) -> Page:
    return Page([recording(number, profile) for number in numbers], **more)


def test_rows_of_a_provider_without_order_come_out_newest_first():
    mixed = listing([page(3, 1), page(9, 2)])

    assert ids([mixed]) == ["r1", "r2", "r3", "r9"]
    assert mixed.result.completeness is Completeness.ENDED


def test_a_limit_takes_the_newest_of_an_unordered_listing():
    assert ids([listing([page(3, 1), page(9, 2)], limit=2)], 2) == ["r1", "r2"]


def test_a_row_that_comes_again_is_given_out_once():
    assert ids([listing([page(1, 2), page(2, 3)], "newest-first")]) == ["r1", "r2", "r3"]


def test_a_known_order_stops_at_a_page_that_is_all_too_old():
    known = listing(
        [page(1, 2), page(3, 30), page(40, 41), page(50)],
        "newest-first",
        since=NOW - timedelta(hours=24),
    )

    assert ids([known]) == ["r1", "r2", "r3"]
    assert known.client.asked <= 4
    assert known.result.is_complete


def test_an_unknown_order_never_stops_early_on_time():
    unknown = listing([page(40, 41), page(1)], since=NOW - timedelta(hours=24))

    assert ids([unknown]) == ["r1"]


def test_a_limit_in_a_known_order_asks_for_one_page():
    known = listing([page(1, 2, 3), page(4), page(5)], "newest-first", limit=3)

    assert ids([known], 3) == ["r1", "r2", "r3"]
    assert known.client.asked == 1


def test_an_error_in_the_middle_keeps_what_came_and_is_told():
    broken = listing([page(1, 2), ProviderError("bandwidth", "broke")], "newest-first")

    assert ids([broken]) == ["r1", "r2"]
    assert str(broken.result.error) == "broke"
    assert broken.result.completeness is Completeness.SHORT
    assert exit_code([broken.result]) is ExitCode.PARTIAL


def test_a_row_without_an_id_is_a_gap_and_not_silence():
    odd = listing([page(1, defects=("row 1 of a page has no id",))])

    assert ids([odd]) == ["r1"]
    assert "has no id" in odd.result.gaps[0]
    assert exit_code([odd.result]) is ExitCode.PARTIAL


def test_unread_fields_are_warned_of_once_for_each_kind_with_a_count_and_the_first_ids():
    told = []
    odd = tuple(RowWarning(f"r{n}", "can't read endTime") for n in range(1, 61))
    pages = [
        page(*range(1, 31), warnings=(*odd[:30], RowWarning("r7", "can't read state"))),
        page(*range(31, 61), warnings=(*odd[30:], "something before the JSON")),
        page(61, 5, warnings=(odd[4], "something before the JSON")),
    ]
    rows = Listing("b", Canned(pages, "newest-first"), Query(now=NOW), warn=told.append)

    assert len(ids([rows])) == 61
    assert told == rows.result.warnings
    assert told == [
        "b (bandwidth): can't read endTime of 60 recordings, the first r1, r2, r3",
        "b (bandwidth): can't read state of recording r7",
        "b (bandwidth): something before the JSON",
    ]


def test_what_an_earlier_run_told_of_a_row_is_not_told_again():
    told, asked = [], []
    odd = (RowWarning("r1", "can't read endTime"), RowWarning("r2", "can't read endTime"))
    canned = Canned([page(1, 2, 3, warnings=odd), page(4)], "newest-first")

    def told_ids(rows):
        asked.append([row.id for row in rows])
        return {"r1"}

    rows = Listing("b", canned, Query(now=NOW), warn=told.append, told_ids=told_ids)

    assert len(ids([rows])) == 4
    assert asked == [["r1", "r2"]]
    assert told == ["b (bandwidth): can't read endTime of recording r2"]


def test_several_profiles_are_merged_newest_first():
    one = listing([page(1, 4, profile="one")], "newest-first", "one")
    two = listing([page(2, 3, 5, profile="two")], "newest-first", "two")

    assert ids([one, two]) == ["r1", "r2", "r3", "r4", "r5"]
    assert ids([listing([page(1, 4)]), listing([page(2, 3)])], 3) == ["r1", "r2", "r3"]


def test_a_failing_profile_does_not_take_the_others_down():
    bad = listing([Refused("bandwidth", "no")], profile="bad")
    good = listing([page(1, 2)], profile="good")

    assert ids([bad, good]) == ["r1", "r2"]
    assert exit_code([bad.result, good.result]) is ExitCode.PARTIAL


def outcome(error: Exception | None = None, rows: int = 0) -> ProfileResult:
    return ProfileResult("p", "bandwidth", rows=rows, error=error)


REFUSED, FAILED = Refused("p", "no"), ProviderError("p", "down")


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([outcome()], ExitCode.OK),
        ([outcome(rows=5), outcome(rows=1)], ExitCode.OK),
        ([outcome(REFUSED)], ExitCode.REFUSED),
        ([outcome(REFUSED), outcome(REFUSED)], ExitCode.REFUSED),
        ([outcome(FAILED)], ExitCode.FAILED),
        ([outcome(FAILED), outcome(REFUSED)], ExitCode.FAILED),
        ([outcome(FAILED, rows=1)], ExitCode.PARTIAL),
        ([outcome(REFUSED), outcome()], ExitCode.PARTIAL),
        ([outcome(FAILED), outcome(rows=3)], ExitCode.PARTIAL),
    ],
)
def test_the_exit_code_says_what_was_delivered(outcomes, code):
    assert exit_code(outcomes) is code
