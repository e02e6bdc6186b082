"""Bandwidth's stand-in against Bandwidth's documents."""

import re
from urllib.parse import urljoin

import pytest

from recli.sandbox.account import CallState
from recli.sandbox.bandwidth import OTHER_USER_ID

SEED_KEYS = {"endTime", "id", "media", "call", "startTime", "state"}


def link(reply, rel="next"):
    found = re.search(rf'<([^>]*)>; rel="{rel}"', reply.headers.get("Link", ""))
    return found and found[1]


def walk(client, **query):
    """Follow the next links; give the rows and the links."""
    reply = client.bandwidth(**query)
    rows, links = reply.json, []
    while following := link(reply):
        links.append(following)
        base = f"{client.sandbox.url}/bandwidth/v1/users/x/recordings"
        reply = client.bandwidth(urljoin(base, following))
        rows += reply.json
    return rows, links


def test_a_page_is_a_bare_array_of_25_with_the_seeds_keys(client):
    reply = client.bandwidth()

    assert reply.status == 200
    assert len(reply.json) == 25
    complete = [row for row in reply.json if row["state"] == "complete"]
    assert all(set(row) == SEED_KEYS for row in complete)
    assert complete


@pytest.mark.parametrize("style", ["absolute", "relative", "cursor"])
def test_links_lead_through_the_whole_account(client, sandbox, behaviour, style):
    behaviour.bandwidth_links = style

    rows, links = walk(client, size=40)

    assert sorted(row["id"] for row in rows) == sorted(sandbox.accounts["bandwidth"].ids())
    relative = [found.startswith("/") for found in links]
    assert len(links) == 7
    assert all("sortKeyLT=" in found for found in links) == (style == "cursor")
    assert (any(relative), all(relative)) == {
        "absolute": (False, False),
        "relative": (True, True),
        "cursor": (True, False),
    }[style]


def test_without_links_pages_still_follow_each_other(client, sandbox, behaviour):
    behaviour.bandwidth_links = "none"

    pages = [client.bandwidth(size=100, page=page) for page in range(4)]

    assert [len(page.json) for page in pages] == [100, 100, 100, 0]
    assert len({row["id"] for page in pages for row in page.json}) == 300
    assert all("Link" not in page.headers for page in pages)


def test_rels_are_first_previous_and_next_in_one_header(client, behaviour):
    behaviour.bandwidth_links = "absolute"

    middle = client.bandwidth(size=10, page=3)
    last = client.bandwidth(size=100, page=2)

    assert "page=0" in link(middle, "first")
    assert "page=2" in link(middle, "previous")
    assert "page=4" in link(middle, "next")
    assert link(last) is None


def test_a_cursor_survives_arrivals_and_deletions(client, sandbox):
    account = sandbox.accounts["bandwidth"]
    before = set(account.ids())
    first = client.bandwidth(size=100)
    gone = first.json[0]["id"]
    account.delete(gone)
    account.add()

    rows = first.json
    reply = first
    while following := link(reply):
        reply = client.bandwidth(urljoin(f"{sandbox.url}/x", following))
        rows = rows + reply.json

    ids = [row["id"] for row in rows]
    assert before <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_order_is_none_unless_switched_to_newest_first(client, behaviour):
    shuffled = [row["startTime"] for row in client.bandwidth(size=1000).json]
    behaviour.bandwidth_newest_first = True
    newest_first = [row["startTime"] for row in client.bandwidth(size=1000).json]
    readable = [time for time in newest_first if time.startswith("20")]

    assert shuffled not in (sorted(shuffled), sorted(shuffled, reverse=True))
    assert readable == sorted(readable, reverse=True)
    assert len(newest_first) - len(readable) == 1


@pytest.mark.parametrize("query", [{"size": 1001}, {"size": 0}, {"size": "x"}, {"page": "-1"}])
def test_bad_paging_is_400(client, query):
    reply = client.bandwidth(**query)

    assert reply.status == 400
    assert set(reply.json) == {"category", "code", "message", "details"}


def test_unfinished_recordings_have_neither_end_nor_media(client):
    rows = client.bandwidth(size=1000).json
    unfinished = [row for row in rows if row["state"] != "complete"]

    assert {row["state"] for row in unfinished} == {"recording", "saving", "error"}
    assert all(set(row) == SEED_KEYS - {"endTime", "media"} for row in unfinished)


def test_one_row_holds_the_impossible_time_of_the_documents(client):
    rows = client.bandwidth(size=1000).json

    assert [row["startTime"] for row in rows].count("13:15:65.887Z") == 1


def test_refusals_tell_a_wrong_token_another_user_and_an_unknown_user_apart(client):
    wrong = client.bandwidth(login=("t-wrong", "wrong"))
    other = client.bandwidth(user=OTHER_USER_ID)
    unknown = client.bandwidth(user="u-nobody")

    assert wrong.status == 401
    assert (other.status, other.json["code"]) == (401, "user-access-denied")
    assert (unknown.status, unknown.json["code"]) == (404, "user-not-found")


def test_a_second_request_within_a_second_is_429_with_its_time_in_milliseconds(client, behaviour):
    clock = [1_700_000_000.0]
    behaviour.limits, behaviour.wall_clock = True, lambda: clock[0]

    first = client.bandwidth()
    clock[0] += 0.25
    second = client.bandwidth()
    media = client.bandwidth("/media/none.wav")
    clock[0] += 0.75
    third = client.bandwidth()

    assert [first.status, second.status, third.status] == [200, 429, 200]
    assert second.headers["X-RateLimit-Reset"] == "1700000001000"
    assert "message" not in second.json
    assert "Retry-After" not in second.headers
    assert media.status == 404


def test_a_429_may_come_without_its_header(client, behaviour):
    behaviour.limits, behaviour.bandwidth_reset_header = True, False
    client.bandwidth()

    reply = client.bandwidth()

    assert reply.status == 429
    assert "X-RateLimit-Reset" not in reply.headers


def test_media_needs_the_login_and_knows_ranges(client, sandbox):
    row = next(row for row in client.bandwidth().json if row["state"] == "complete")
    whole = client.bandwidth(row["media"])

    part = client.bandwidth(row["media"], headers={"Range": "bytes=-5"})

    assert client.ask(row["media"]).status == 401
    assert whole.body == sandbox.accounts["bandwidth"].get(row["id"]).audio()
    assert (part.status, part.body) == (206, whole.body[-5:])


def test_names_of_media_may_hold_spaces(client):
    rows = client.bandwidth(size=1000).json
    spaced = next(row["media"] for row in rows if "%20" in row.get("media", ""))

    assert client.bandwidth(spaced).status == 200


def test_media_that_is_not_ready_is_503_and_unknown_media_404(client, sandbox):
    account = sandbox.accounts["bandwidth"]
    call = account.add(state=CallState.SAVING)

    reply = client.bandwidth(f"/media/{call.call_id}-{call.number}.wav")
    unknown = client.bandwidth("/media/unknown.wav")

    assert (reply.status, reply.json["code"]) == (503, "media-unavailable")
    assert (unknown.status, unknown.json["code"]) == (404, "media-not-found")
