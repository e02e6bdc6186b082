"""Enswitch's stand-in against Enswitch's documents."""

import base64

import pytest

STRINGS = ("uniqueid", "recordgroup", "snumber", "cnumber", "expires", "mimetype", "stype")
WINDOW = {"start": 1, "end": 2_000_000_000}


def code(reply):
    assert reply.status == 200
    return reply.json["responses"][0]["code"]


def ids(reply):
    return [f"{r['recordgroup']}/{r['uniqueid']}/{r['recordid']}" for r in reply.json["data"]]


def test_a_window_gives_one_array_with_everything(client, sandbox):
    reply = client.enswitch(customer=1207, complete=-1, **WINDOW)

    assert reply.json["responses"] == [{"code": "200", "key": "", "message": "OK"}]
    assert ids(reply) == sandbox.accounts["enswitch"].ids()


@pytest.mark.parametrize("owner", [{"customer": 1207}, {"recordgroup": 4711}, {}])
def test_a_customer_or_a_record_group_or_the_users_own_customer(client, owner):
    assert len(client.enswitch(complete=-1, **owner, **WINDOW).json["data"]) == 300


@pytest.mark.parametrize("separator", [";", "&"])
def test_get_works_with_both_separators(client, separator):
    profile = client.profiles["enswitch"]
    pairs = {
        "auth_username": profile["username"],
        "auth_password": profile["password"],
        "recordgroup": 4711,
        **WINDOW,
    }
    query = separator.join(f"{key}={value}" for key, value in pairs.items())

    reply = client.ask("/enswitch/api/json/recording/recordings/list/", query=query)

    assert code(reply) == "200"


def test_values_are_strings_but_for_the_flags(client):
    rows = client.enswitch(customer=1207, complete=-1, **WINDOW).json["data"]

    assert all(isinstance(row[key], str) for row in rows for key in STRINGS)
    assert {type(row[key]) for row in rows for key in ("complete", "machine", "spresent")} == {int}
    assert {type(row["start"]) for row in rows} == {int, str}
    assert {"callid" in row for row in rows} == {True, False}


@pytest.mark.parametrize(
    ("given", "expected", "key"),
    [
        ({"customer": 1207, "recordgroup": 4711}, "400", "recordgroup"),
        ({"start": "yesterday"}, "400", "start"),
        ({"sort": "name"}, "400", "sort"),
        ({"customer": 5}, "402", ""),
        ({"recordgroup": 5}, "404", "recordgroup"),
        ({"auth_password": "wrong"}, "401", ""),
    ],
)
def test_refusals_are_codes_in_answers_of_200(client, given, expected, key):
    reply = client.enswitch(**given)

    assert code(reply) == expected
    assert reply.json["responses"][0]["key"] == key
    assert reply.json["data"] == []


def test_a_user_without_the_role_gets_402(client, behaviour):
    behaviour.enswitch_role = False

    assert code(client.enswitch(customer=1207, **WINDOW)) == "402"


def test_nothing_found_is_204(client):
    reply = client.enswitch(customer=1207, start=5, end=6)

    assert code(reply) == "204"
    assert not reply.json["data"]


def test_the_window_includes_its_start_and_not_its_end(client, sandbox):
    call = sandbox.accounts["enswitch"].calls()[-20]
    second = int(call.start.timestamp())

    at = client.enswitch(customer=1207, complete=-1, start=second, end=second + 1)
    before = client.enswitch(customer=1207, complete=-1, start=second - 1, end=second)

    assert ids(at) == [call.id]
    assert code(before) == "204"


def test_complete_chooses_between_finished_and_running(client):
    finished = client.enswitch(customer=1207, **WINDOW).json["data"]
    running = client.enswitch(customer=1207, complete=0, **WINDOW).json["data"]

    assert {row["complete"] for row in finished} == {1}
    assert {row["complete"] for row in running} == {0}
    assert len(finished) + len(running) == 300
    assert len(running) == 3


def test_caller_called_and_times_filter(client, sandbox):
    calls = sandbox.accounts["enswitch"].calls()

    def count(**given):
        reply = client.enswitch(customer=1207, complete=-1, **given, **WINDOW)
        return len(reply.json["data"] or [])

    assert count(caller="1415") == sum("1415" in call.from_number for call in calls) > 0
    assert count(called="100") == sum("100" in call.to_number for call in calls) > 0
    assert count(totaltime_minimum=300) == sum(call.duration_s >= 300 for call in calls) > 0
    assert count(totaltime_maximum=10) == sum(call.duration_s <= 10 for call in calls) > 0


@pytest.mark.parametrize("sort", ["start", "expires", "totaltime"])
def test_sort_and_descending(client, sort):
    rows = client.enswitch(customer=1207, sort=sort, descending=1, **WINDOW).json["data"]
    values = [int(row[sort]) for row in rows]
    fallback = [int(row["start"]) for row in rows]

    assert (fallback if sort == "expires" else values) == sorted(
        fallback if sort == "expires" else values, reverse=True
    )


def test_a_window_with_too_many_rows_times_out(client, behaviour):
    behaviour.enswitch_max_rows = 299

    assert client.enswitch(customer=1207, complete=-1, **WINDOW).status == 504
    assert client.enswitch(customer=1207, complete=0, **WINDOW).status == 200


def test_a_call_without_a_window_can_be_made_to_time_out(client, behaviour):
    behaviour.enswitch_needs_window = True

    assert client.enswitch(customer=1207, start=1).status == 504
    assert client.enswitch(customer=1207, **WINDOW).status == 200


@pytest.mark.parametrize(
    ("style", "responses"),
    [
        ("int", [{"code": 200, "key": "", "message": "OK"}]),
        ("object", {"code": "200", "key": "", "message": "OK"}),
    ],
)
def test_codes_come_in_the_shapes_that_have_been_seen(client, behaviour, style, responses):
    behaviour.enswitch_code_as = style

    assert client.enswitch(customer=1207, **WINDOW).json["responses"] == responses


def test_get_gives_the_row_with_its_sound(client, sandbox):
    row = client.enswitch(customer=1207, **WINDOW).json["data"][-1]
    key = {name: row[name] for name in ("recordgroup", "uniqueid", "recordid")}

    got = client.enswitch("get", encoding="base64", **key).json["data"]

    sound = base64.b64decode(got.pop("data"))
    assert got == row
    assert sound[:4] == b"RIFF"
    assert len(sound) == int(row["size"])


def test_get_of_a_running_recording_is_empty_and_of_an_unknown_one_404(client):
    row = client.enswitch(customer=1207, complete=0, **WINDOW).json["data"][0]
    key = {name: row[name] for name in ("recordgroup", "uniqueid", "recordid")}

    running = client.enswitch("get", encoding="base64", **key)
    unknown = client.enswitch("get", encoding="base64", **{**key, "recordid": "1"})

    assert (code(running), running.json["data"]["data"]) == ("200", "")
    assert code(unknown) == "404"


def test_calls_that_change_things_are_not_there(client, sandbox):
    assert code(client.enswitch("delete", recordgroup=4711)) == "404"
    assert len(sandbox.accounts["enswitch"].ids()) == 300
