from datetime import timedelta

import pytest

from recli.archive.archive import ArchiveReader, RunEstimate
from recli.engine.match import matcher
from recli.errors import UsageError
from recli.model import Query, State

from .conftest import NOW, before, opened, plivo, provider_of, row

DAY = timedelta(days=1)
OVERLAP = timedelta(hours=48)


def listed(folder, now=NOW, rows=(), *, complete=True, provider=None, full=False, **asked):
    """Run a listing and return since when it asked."""
    provider = provider or plivo()
    with opened(folder, at=now) as archive:
        query = archive.incremental_query(provider, Query(now=now, **asked), full=full)
        archive.add(provider, list(rows))
        archive.mark_listed(provider, query, complete=complete)
    return query.since


def test_the_first_listing_asks_for_everything(folder):
    assert listed(folder) is None


def test_the_next_listing_starts_at_the_last_complete_one_less_the_overlap(folder):
    listed(folder)

    assert listed(folder, NOW + DAY) == NOW - OVERLAP
    assert listed(folder, NOW + 2 * DAY) == NOW + DAY - OVERLAP


def test_a_listing_that_was_not_complete_does_not_move_the_mark(folder):
    listed(folder, complete=False)
    assert listed(folder, NOW + DAY) is None

    listed(folder, NOW + 2 * DAY, complete=False)
    assert listed(folder, NOW + 3 * DAY) == NOW + DAY - OVERLAP


def test_a_limit_does_not_move_the_mark(folder):
    listed(folder, limit=5)

    assert listed(folder, NOW + DAY) is None


def test_a_provider_s_own_filters_move_no_mark_and_heed_none(folder):
    listed(folder, params=(("from_number", "5"),))
    assert listed(folder, NOW + DAY) is None

    assert listed(folder, NOW + 2 * DAY, params=(("from_number", "5"),)) is None


def test_a_filter_moves_only_its_own_mark(folder):
    listed(folder, number="1001")

    assert listed(folder, NOW + DAY, number="1001") == NOW - OVERLAP
    assert listed(folder, NOW + DAY, number="1002") is None
    assert listed(folder, NOW + DAY) is None
    assert listed(folder, NOW + 2 * DAY, number="1003") == NOW + DAY - OVERLAP


def test_a_beginning_is_kept_and_what_lies_before_it_is_asked_for(folder):
    listed(folder, since=NOW - 30 * DAY)

    assert listed(folder, NOW + DAY, since=NOW - 30 * DAY) == NOW - OVERLAP
    assert listed(folder, NOW + DAY, since=NOW - 29 * DAY) == NOW + DAY - OVERLAP
    assert listed(folder, NOW + DAY, since=NOW + DAY / 2) == NOW + DAY / 2
    assert listed(folder, NOW + 2 * DAY, since=NOW - 60 * DAY) == NOW - 60 * DAY
    assert listed(folder, NOW + 3 * DAY, since=NOW - 60 * DAY) == NOW + 2 * DAY - OVERLAP
    assert listed(folder, NOW + 4 * DAY) is None


def test_a_range_apart_from_what_is_covered_closes_no_gap(folder):
    listed(folder, since=NOW - 30 * DAY)
    later = NOW + 30 * DAY
    listed(folder, later, since=later - 7 * DAY, until=later)
    with opened(folder, at=later) as archive:
        provider = plivo()
        archive.mark_listed(provider, Query(now=later, since=later - 7 * DAY), complete=True)
        query = archive.incremental_query(provider, Query(now=later, since=NOW - 30 * DAY))

    assert query.since == NOW - OVERLAP


def test_an_upper_end_is_as_far_as_the_mark_goes(folder):
    listed(folder, until=NOW - 10 * DAY)

    assert listed(folder, NOW + DAY) == NOW - 10 * DAY - OVERLAP


def test_full_asks_for_everything(folder):
    listed(folder)

    assert listed(folder, NOW + DAY, full=True) is None


def test_unfinished_rows_are_looked_at_again_until_they_are_final(folder):
    start = NOW - 10 * DAY
    listed(folder, rows=[row("a", start=start, state=State.RECORDING)])

    unfinished = row("a", start=start, state=State.SAVING)
    assert listed(folder, NOW + DAY, [unfinished]) == start
    assert listed(folder, NOW + 2 * DAY, [row("a", start=start)]) == start
    assert listed(folder, NOW + 3 * DAY) == NOW + 2 * DAY - OVERLAP


def test_an_unfinished_row_that_vanished_is_given_up(folder):
    start = NOW - 10 * DAY
    listed(folder, rows=[row("a", start=start, state=State.RECORDING)])

    assert listed(folder, NOW + DAY) == start
    assert listed(folder, NOW + 2 * DAY) == NOW + DAY - OVERLAP


def test_an_unfinished_row_that_a_filter_leaves_out_is_not_given_up(folder):
    start = NOW - 10 * DAY
    listed(folder, rows=[row("a", start=start, state=State.RECORDING)])
    listed(folder, NOW + DAY, number="1001")

    assert listed(folder, NOW + 2 * DAY) == start


def test_a_listing_that_brings_nothing_changes_no_file(folder):
    listed(folder, rows=[row("a")])
    before_it = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    listed(folder, NOW + timedelta(hours=1), rows=[row("a")])

    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before_it


def test_another_account_under_the_same_profile_is_refused(folder):
    listed(folder)
    other = plivo(auth_id="MA2")

    with pytest.raises(UsageError, match="MA2") as refused:
        listed(folder, provider=other)
    assert "--full" in refused.value.hint
    assert listed(folder, NOW + DAY, provider=other, full=True) is None
    assert listed(folder, NOW + 2 * DAY, provider=other) == NOW + DAY - OVERLAP


def test_another_provider_under_the_same_profile_is_refused_even_in_full(folder):
    listed(folder)
    table = {"base_url": "http://127.0.0.1", "username": "u", "password": "long-one"}
    other = provider_of("imagicle", table, "main")

    with pytest.raises(UsageError, match="imagicle"):
        listed(folder, provider=other, full=True)


def test_a_new_port_or_password_is_the_same_account(folder):
    listed(folder)

    moved = plivo("http://127.0.0.1:99", auth_token="another-token")
    assert listed(folder, NOW + DAY, provider=moved) == NOW - OVERLAP


def test_other_settings_list_everything_once(folder):
    listed(folder)
    other = plivo(media_url="https://media.example.com")

    assert listed(folder, NOW + DAY, provider=other) is None
    assert listed(folder, NOW + 2 * DAY, provider=other) == NOW + DAY - OVERLAP


def test_no_secret_is_kept(folder):
    listed(folder, rows=[row("a")])

    assert b"a-token" not in (folder / "catalog.db").read_bytes()


def test_what_a_run_would_bring_is_counted_without_one(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row("a", size_bytes=10)])
    rows = [row("a"), row("b", size_bytes=5), row("c"), row("d", state=State.RECORDING)]

    with ArchiveReader.open_or_empty(folder) as contents:
        estimate = RunEstimate()
        contents.estimate_pending(estimate, "main", 5)
        contents.estimate_rows(estimate, plivo(), rows, audio=True)
        since = contents.incremental_query(plivo(), Query(now=NOW)).since

    assert (estimate.rows, estimate.files, estimate.bytes, estimate.unsized) == (3, 3, 15, 1)
    assert since is None


def test_an_archive_that_is_not_there_is_foreseen_and_not_made(folder):
    with ArchiveReader.open_or_empty(folder) as contents:
        estimate = RunEstimate()
        contents.estimate_pending(estimate, "main", 5)
        contents.estimate_rows(estimate, plivo(), [row("a", start=before(1))], audio=False)

    assert (estimate.rows, estimate.files) == (1, 0)
    assert not folder.exists()


def test_a_listing_covers_no_more_than_the_provider_s_own_time(folder):
    ahead = NOW + 400 * DAY
    with opened(folder, at=ahead) as archive:
        query = archive.incremental_query(plivo(), Query(now=ahead))
        said = archive.mark_listed(
            plivo(), query, complete=True, ahead_s=(ahead - NOW).total_seconds()
        )

    assert said == []
    assert listed(folder, NOW + DAY) == NOW - OVERLAP


@pytest.mark.parametrize("days", [3, 400])
def test_a_listing_up_to_a_time_to_come_is_told_once_and_ignored(folder, days):
    listed(folder, NOW + days * DAY)
    now = NOW + DAY
    with opened(folder, at=now) as archive:
        said = archive.forget_future_marks(plivo(), now)
        again = archive.forget_future_marks(plivo(), now)

    assert len(said) == 1
    assert "clock was ahead" in said[0]
    assert again == []
    assert listed(folder, now) is None
    assert listed(folder, now + DAY) == now - OVERLAP


def test_an_estimate_ignores_a_listing_up_to_a_time_to_come(folder):
    listed(folder, NOW + 400 * DAY)
    with ArchiveReader.open(folder) as archive:
        assert archive.incremental_query(plivo(), Query(now=NOW)).since is None


def test_a_clock_that_is_still_ahead_is_told_when_the_provider_s_is_known(folder):
    ahead = NOW + 400 * DAY
    listed(folder, ahead)
    with opened(folder, at=ahead + DAY) as archive:
        query = archive.incremental_query(plivo(), Query(now=ahead + DAY))
        said = archive.mark_listed(plivo(), query, complete=True, ahead_s=401 * DAY.total_seconds())

    assert len(said) == 1
    assert "next run lists everything" in said[0]
    assert listed(folder, ahead + 2 * DAY) is None


def test_rows_without_a_start_match_times_that_nobody_asked_for(folder):
    listed(folder)
    undated = row("r9", start=None)
    with opened(folder, at=NOW + DAY) as archive:
        own = archive.incremental_query(plivo(), Query(now=NOW + DAY))
        asked = archive.incremental_query(plivo(), Query(now=NOW + DAY, since=NOW - DAY))

    assert own.since == NOW - OVERLAP
    assert matcher(own)(undated)
    assert not matcher(asked)(undated)
    assert not matcher(own)(row("old", start=NOW - 30 * DAY))
