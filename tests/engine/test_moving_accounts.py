from datetime import timedelta
from functools import partial
from random import Random

import pytest

from recli.engine.listing import Listing
from recli.engine.result import Completeness
from recli.model import Query
from tests.engine.moving import (
    IMAGICLE,
    NOW,
    PLIVO,
    YEASTAR,
    Account,
    FakeTransport,
    imagicle_answer,
    plivo_answer,
    yeastar_answer,
)

WAYS = {
    "plivo-16": (PLIVO, plivo_answer, 16),
    "plivo-1": (PLIVO, plivo_answer, 1),
    "imagicle": (IMAGICLE, imagicle_answer, 4),
    "yeastar-search": (YEASTAR, yeastar_answer, 1),
    "yeastar-list": (YEASTAR, partial(yeastar_answer, search=False), 1),
}
PROVABLE = ["plivo-16", "plivo-1", "imagicle", "yeastar-search"]


def account(way: str, rows: int, move, *, spread_s: int = 600) -> Account:
    # Plivo sorts by when a recording was stored, so nothing arrives in the past of its order.
    made = Account(earliest_arrival=NOW if way.startswith("plivo") else None)
    for number in range(rows):
        made.add(NOW - timedelta(seconds=1 + number * spread_s))
    made.settle_in()
    made.move = move
    return made


def run(way: str, moving: Account, **query) -> tuple[list[str], Listing]:
    provider, answer, parallel = WAYS[way]
    since = NOW - timedelta(days=20)
    wanted = Query(now=NOW, since=since, **query)
    listing = Listing("p", FakeTransport(provider, moving, answer, parallel), wanted)
    return [row.id for batch in listing.batches() for row in batch], listing


def nothing(_: Account) -> None:
    pass


def arrival(moving: Account) -> None:
    moving.add(NOW + timedelta(seconds=moving.requests))


def delete_oldest(moving: Account) -> None:
    if len(moving.times) > 20:
        moving.delete(moving.newest_first()[-1][0])


def delete_newest(moving: Account) -> None:
    if len(moving.times) > 20:
        moving.delete(moving.newest_first()[0][0])


def deletions():
    chance = Random(3)
    return lambda moving: moving.times and moving.delete(chance.choice(sorted(moving.times)))


def delete_one_in_three():
    chance = Random(4)

    def move(moving: Account) -> None:
        if moving.times and chance.random() < 1 / 3:
            moving.delete(chance.choice(sorted(moving.times)))

    return move


def both_ways(moving: Account) -> None:
    delete_newest(moving)
    moving.add(NOW - timedelta(days=19, seconds=moving.requests))


def at_random(seed: int):
    chance = Random(seed)

    def move(moving: Account) -> None:
        for _ in range(chance.randrange(3)):
            if moving.times and chance.random() < 0.6:
                moving.delete(chance.choice(sorted(moving.times)))
            else:
                moving.add(NOW - timedelta(seconds=chance.randrange(-3600, 1_500_000)))

    return move


@pytest.mark.parametrize("way", WAYS)
def test_a_still_account_is_delivered_whole_and_proven_in_one_walk(way):
    moving = account(way, 205, nothing)

    ids, listing = run(way, moving)

    assert sorted(ids) == sorted(moving.times)
    assert listing.result.completeness is Completeness.PROVEN
    assert listing.result.scans == 1
    assert listing.result.claimed == 205


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("move", [arrival, delete_oldest, delete_newest, both_ways])
def test_what_stays_throughout_is_delivered_once_or_missed_aloud(way, move):
    moving = account(way, 205, move)

    ids, listing = run(way, moving)

    assert len(ids) == len(set(ids))
    missed = moving.throughout - set(ids)
    assert not missed or not listing.result.is_complete
    if way in PROVABLE:
        assert not missed
        assert listing.result.completeness is Completeness.PROVEN


@pytest.mark.parametrize("way", ["yeastar-list"])
def test_pages_that_only_grow_at_the_top_still_settle_without_a_search(way):
    moving = account(way, 205, arrival)

    ids, listing = run(way, moving)

    assert moving.throughout <= set(ids)
    assert listing.result.is_complete


@pytest.mark.parametrize("way", PROVABLE)
@pytest.mark.parametrize("seed", range(12))
def test_any_coming_and_going_loses_and_repeats_nothing(way, seed):
    moving = account(way, Random(seed).randrange(150), at_random(seed), spread_s=1 + seed * 97)

    ids, listing = run(way, moving)

    assert len(ids) == len(set(ids))
    assert not moving.throughout - set(ids), listing.result
    assert listing.result.is_complete


@pytest.mark.parametrize("way", ["imagicle", "yeastar-search", "plivo-1"])
def test_more_rows_in_one_second_than_fit_on_a_page_are_all_delivered(way):
    moving = account(way, 95, nothing, spread_s=0)

    ids, listing = run(way, moving)

    assert sorted(ids) == sorted(moving.times)
    assert listing.result.completeness is Completeness.PROVEN


@pytest.mark.parametrize("way", PROVABLE)
@pytest.mark.parametrize("crowd", [11, 24, 60, 140])
@pytest.mark.parametrize("move", [delete_newest, delete_oldest, deletions, delete_one_in_three])
def test_crowds_in_one_second_that_change_are_delivered_or_missed_aloud(way, crowd, move):
    moving = account(way, 0, nothing)
    for number in range(400):
        moving.add(NOW - timedelta(seconds=1 + number // crowd * 600))
    moving.settle_in()
    moving.move = move() if move in {deletions, delete_one_in_three} else move

    ids, listing = run(way, moving)

    assert len(ids) == len(set(ids))
    assert not moving.throughout - set(ids) or not listing.result.is_complete


def test_a_claim_that_is_never_met_is_a_gap_that_names_window_and_numbers():
    def answer(moving: Account, request) -> object:
        page = plivo_answer(moving, request)
        page["meta"]["total_count"] += 7
        return page

    moving = account("plivo", 45, nothing)
    query = Query(now=NOW, since=NOW - timedelta(days=9))
    listing = Listing("p", FakeTransport(PLIVO, moving, answer, 4), query)

    ids = [row.id for batch in listing.batches() for row in batch]

    assert sorted(ids) == sorted(moving.times)
    assert listing.result.completeness is Completeness.SHORT
    assert listing.result.scans == 5
    assert "52" in listing.result.gaps[0]
    assert "45" in listing.result.gaps[0]


def test_a_crowded_plivo_window_is_halved_after_its_first_page_and_loses_nothing(monkeypatch):
    monkeypatch.setattr("recli.providers.plivo.pages.MAX_WINDOW_ROWS", 60)
    moving = account("plivo", 500, nothing)

    ids, listing = run("plivo-16", moving)

    assert sorted(ids) == sorted(moving.times)
    assert listing.result.completeness is Completeness.PROVEN
    assert listing.result.claimed == 500
    assert moving.requests <= 25 + 2 * 16
