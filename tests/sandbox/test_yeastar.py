"""Yeastar's stand-in against Yeastar's documents."""

import http.client
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.sandbox_faults import Fault

SEED_KEYS = [
    "id",
    "time",
    "uid",
    "call_from",
    "call_to",
    "duration",
    "size",
    "call_type",
    "file",
    "call_from_number",
    "call_from_name",
    "call_to_number",
    "call_to_name",
    "archive_status",
    "archive_path",
    "archive_type",
    "file_path",
]


@pytest.fixture
def token(client):
    return client.yeastar_login().json["access_token"]


def rows(client, token):
    return client.yeastar("recording/list", token, page_size=1000).json["data"]


def test_a_login_gives_a_pair_with_its_lifetimes(client):
    reply = client.yeastar_login().json

    assert (reply["errcode"], reply["errmsg"]) == (0, "SUCCESS")
    assert reply["access_token_expire_time"] == 1800
    assert reply["refresh_token_expire_time"] == 86400
    assert reply["access_token"] != reply["refresh_token"]


def test_the_list_has_the_seeds_envelope_and_keys(client, token):
    reply = client.yeastar("recording/list", token, sort_by="id", order_by="asc").json

    assert list(reply) == ["errcode", "errmsg", "total_number", "data"]
    assert reply["total_number"] == 300
    assert list(reply["data"][0]) == SEED_KEYS


def test_pages_lead_through_the_whole_account(client, sandbox, token):
    pages = [
        client.yeastar("recording/list", token, page=page, page_size=70).json["data"]
        for page in range(1, 7)
    ]

    assert [len(page) for page in pages] == [70, 70, 70, 70, 20, 0]
    ids = [str(row["id"]) for page in pages for row in page]
    assert ids == sandbox.accounts["yeastar"].ids()


def test_larger_pages_than_the_box_allows_are_cut_without_a_word(client, behaviour, token):
    behaviour.yeastar_page_size_max = 50

    reply = client.yeastar("recording/list", token, page=2, page_size=100).json

    assert (reply["errcode"], len(reply["data"])) == (0, 50)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort_by": "size"}, "sort_by"),
        ({"order_by": "up"}, "order_by"),
        ({"page": 0}, "page"),
        ({"page_size": "all"}, "page_size"),
    ],
)
def test_bad_parameters_are_named_in_an_answer_of_200(client, token, query, field):
    reply = client.yeastar("recording/list", token, **query)

    assert reply.status == 200
    assert reply.json["errcode"] == 40002
    assert reply.json["invalid_param_list"][0]["field"] == field


def test_search_takes_seconds_and_numbers(client, sandbox, token):
    calls = sandbox.accounts["yeastar"].calls()
    low, high = calls[100].start, calls[200].start
    span = {"start_time": int(low.timestamp()), "end_time": int(high.timestamp())}

    found = client.yeastar("recording/search", token, page_size=300, **span).json
    caller = client.yeastar("recording/search", token, page_size=300, caller="1001").json
    named = client.yeastar("recording/search", token, ids=f"{calls[3].id},{calls[5].id}").json

    assert [str(row["id"]) for row in found["data"]] == [c.id for c in calls[100:201]]
    assert found["total_number"] == 101
    assert caller["total_number"] == sum(call.from_number == "1001" for call in calls) > 0
    assert [str(row["id"]) for row in named["data"]] == [calls[3].id, calls[5].id]


def test_a_search_without_a_match_is_60001(client, token):
    assert client.yeastar("recording/search", token, end_time=5).json["errcode"] == 60001


def test_an_empty_box_lists_nothing_without_an_error(client, sandbox, token):
    sandbox.accounts["yeastar"].clear()

    reply = client.yeastar("recording/list", token).json

    assert (reply["errcode"], reply["total_number"], reply["data"]) == (0, 0, [])


def test_older_firmware_has_no_search(client, behaviour, token):
    behaviour.yeastar_search = False

    assert client.yeastar("recording/search", token).json["errcode"] == 10001
    assert client.yeastar("recording/list", token).json["errcode"] == 0


def test_the_file_name_carries_the_second_that_time_shows_in_the_boxs_zone(client, sandbox, token):
    for row in rows(client, token):
        call = sandbox.accounts["yeastar"].get(str(row["id"]))
        epoch = int(row["file"].split("-")[1].split(".")[0])
        shown = datetime.strptime(row["time"], "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
        assert datetime.fromtimestamp(epoch, UTC) == call.start
        assert shown - call.start == timedelta(hours=8)


def test_zone_format_and_file_names_can_be_set(client, sandbox, behaviour, token):
    behaviour.yeastar_timezone = timezone(timedelta(hours=-5))
    behaviour.yeastar_time_format = "%d/%m/%Y %I:%M:%S %p"
    behaviour.yeastar_file_epoch = False
    call = sandbox.accounts["yeastar"].add(start=datetime(2026, 3, 4, 20, 5, 9, tzinfo=UTC))

    row = next(row for row in rows(client, token) if str(row["id"]) == call.id)
    told = client.yeastar("system/information", token).json["data"]

    assert row["time"] == "04/03/2026 03:05:09 PM"
    assert str(int(call.start.timestamp())) not in row["file"]
    assert told["system_date_format"] == "DD/MM/YYYY"
    assert told["system_time"] == "05/03/2026 10:30:00 AM"
    assert told["timestamp"] == int(sandbox.clock().timestamp())


def test_types_and_fields_vary_between_rows(client, token):
    found = rows(client, token)

    assert {type(row["id"]) for row in found} == {int, str}
    assert any("call_from_number" not in row for row in found)
    assert any("archive_status" not in row and "call_from_number" in row for row in found)
    assert any(row.get("call_from_name", "") is None for row in found)


def test_no_user_agent_no_answer(client):
    connection = http.client.HTTPConnection("127.0.0.1", client.sandbox.port, timeout=5)
    connection.request("POST", "/yeastar/openapi/v1.0/get_token", b"{}")
    status = connection.getresponse().status
    connection.close()

    assert status == 403


def test_a_token_is_needed_and_only_in_the_query(client, token):
    path = "/yeastar/openapi/v1.0/recording/list"

    bearer = client.ask(path, headers={"Authorization": f"Bearer {token}"})

    assert bearer.json["errcode"] == 10004
    assert client.yeastar("recording/list", "0" * 32).json["errcode"] == 10004


def test_tokens_die_after_1800_s_and_their_refresh_tokens_after_86400_s(client, behaviour):
    clock = [1_700_000_000.0]
    behaviour.wall_clock = lambda: clock[0]
    pair = client.yeastar_login().json

    clock[0] += 1799
    alive = client.yeastar("recording/list", pair["access_token"]).json["errcode"]
    clock[0] += 1
    dead = client.yeastar("recording/list", pair["access_token"]).json["errcode"]
    refresh = {"refresh_token": pair["refresh_token"]}
    fresh = client.ask("/yeastar/openapi/v1.0/refresh_token", data=refresh).json
    again = client.ask("/yeastar/openapi/v1.0/refresh_token", data=refresh).json
    used = client.yeastar("recording/list", fresh["access_token"]).json["errcode"]
    clock[0] += 86_400
    late = {"refresh_token": fresh["refresh_token"]}
    too_late = client.ask("/yeastar/openapi/v1.0/refresh_token", data=late).json["errcode"]

    assert (alive, dead, used) == (0, 10004, 0)
    assert fresh["access_token"] != pair["access_token"]
    assert again["errcode"] == 10004
    assert too_late == 10004


def test_the_ninth_live_token_is_refused_until_one_is_revoked(client):
    pairs = [client.yeastar_login().json for _ in range(8)]

    ninth = client.yeastar_login().json["errcode"]
    revoked = client.yeastar("del_token", pairs[0]["access_token"]).json["errcode"]
    after = client.yeastar_login().json["errcode"]

    assert (ninth, revoked, after) == (60002, 0, 0)
    assert client.yeastar("recording/list", pairs[0]["access_token"]).json["errcode"] == 10004


def test_five_refused_logins_in_a_row_block_the_address(client, sandbox, token):
    four = [client.yeastar_login("wrong").json["errcode"] for _ in range(4)]
    good = client.yeastar_login().json["errcode"]
    five = [client.yeastar_login("wrong").json["errcode"] for _ in range(5)]
    shut = client.yeastar_login().json["errcode"]
    listing = client.yeastar("recording/list", token).json["errcode"]
    sandbox.providers["yeastar"].tokens.failures = 0

    assert four == [-1] * 4
    assert good == 0
    assert five == [-1] * 4 + [70004]
    assert (shut, listing) == (70004, 70004)
    assert client.yeastar_login().json["errcode"] == 0


def test_a_token_can_be_made_to_die_after_some_uses_while_its_refresh_token_lives(
    client, behaviour
):
    behaviour.yeastar_token_uses = 2
    pair = client.yeastar_login().json

    codes = [
        client.yeastar("recording/list", pair["access_token"]).json["errcode"] for _ in range(3)
    ]
    refresh = {"refresh_token": pair["refresh_token"]}
    fresh = client.ask("/yeastar/openapi/v1.0/refresh_token", data=refresh).json

    assert codes == [0, 0, 10004]
    assert client.yeastar("recording/list", fresh["access_token"]).json["errcode"] == 0


def test_an_ordered_dead_token_stays_dead(client, behaviour, token):
    orders = [Fault.token_dead()]
    behaviour.fault = lambda request: orders.pop() if orders else None

    codes = [client.yeastar("recording/list", token).json["errcode"] for _ in range(2)]

    assert codes == [10004, 10004]


def test_a_download_takes_two_steps_and_matches_its_size(client, token):
    row = rows(client, token)[0]
    told = client.yeastar("recording/download", token, id=row["id"]).json

    path = told["download_resource_url"]
    sound = client.ask(f"/yeastar{path}", query={"access_token": token})

    assert path.startswith("/api/")
    assert told["file"] == row["file"]
    assert sound.body[:4] == b"RIFF"
    assert len(sound.body) == row["size"]
    assert client.ask(f"/yeastar{path}").json["errcode"] == 10004


def test_a_download_is_good_for_thirty_minutes(client, behaviour):
    clock = [1_700_000_000.0]
    behaviour.wall_clock = lambda: clock[0]
    token = client.yeastar_login().json["access_token"]
    row = rows(client, token)[0]
    told = client.yeastar("recording/download", token, id=row["id"]).json
    clock[0] += 1_800
    token = client.yeastar_login().json["access_token"]

    reply = client.ask(f"/yeastar{told['download_resource_url']}", query={"access_token": token})

    assert (reply.status, reply.json["errcode"]) == (200, -1)


def test_a_download_of_what_is_gone_is_an_errcode(client, token):
    reply = client.yeastar("recording/download", token, id=1)

    assert (reply.status, reply.json["errcode"]) == (200, 40002)


def test_two_downloads_at_the_same_time_are_one_too_many(client, behaviour, token):
    row = rows(client, token)[0]
    path = client.yeastar("recording/download", token, id=row["id"]).json["download_resource_url"]
    behaviour.latency_s = 0.2
    together = threading.Barrier(2)
    bodies = []

    def fetch():
        together.wait()
        bodies.append(client.ask(f"/yeastar{path}", query={"access_token": token}).body)

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    behaviour.latency_s = 0
    after = client.ask(f"/yeastar{path}", query={"access_token": token}).body

    assert sorted(body[:4] == b"RIFF" for body in bodies) == [False, True]
    assert any(b"70651" in body for body in bodies)
    assert after[:4] == b"RIFF"
