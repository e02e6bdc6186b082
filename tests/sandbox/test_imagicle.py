"""Imagicle's stand-in against Imagicle's documents."""

import re
from datetime import UTC, datetime, timedelta

import pytest

SEED_KEYS = [
    "id",
    "referenceNumber",
    "startTime",
    "duration",
    "direction",
    "localPartyNumber",
    "remotePartyNumber",
    "ownerUsername",
]


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def test_without_paging_everything_comes_at_once_newest_first(client, sandbox):
    reply = client.imagicle()

    assert list(reply.json) == ["totalCount", "recordings"]
    assert reply.json["totalCount"] == 300
    ids = [row["id"] for row in reply.json["recordings"]]
    assert ids == sandbox.accounts["imagicle"].ids()[::-1]
    assert all(list(row) == SEED_KEYS for row in reply.json["recordings"])


def test_pages_count_from_zero(client, sandbox):
    pages = [client.imagicle(page=page, pageSize=120).json["recordings"] for page in range(4)]

    assert [len(page) for page in pages] == [120, 120, 60, 0]
    ids = [row["id"] for page in pages for row in page]
    assert ids == sandbox.accounts["imagicle"].ids()[::-1]


def test_a_server_may_answer_with_smaller_pages(client, behaviour):
    behaviour.imagicle_page_size_max = 50

    assert len(client.imagicle(page=1, pageSize=100).json["recordings"]) == 50


def test_times_have_seven_digits_and_mixed_offsets(client, sandbox):
    rows = client.imagicle().json["recordings"]
    endings = {re.search(r"(Z|[+-]\d\d:\d\d)$", row["startTime"])[1] for row in rows}

    assert endings == {"Z", "+00:00", "+01:00", "+02:00"}
    assert all(re.search(r"\.\d{7}\D", row["startTime"]) for row in rows)
    for row in rows:
        assert utc(row["startTime"]) == sandbox.accounts["imagicle"].get(row["id"]).start


def test_durations_are_iso_8601_without_parts_that_are_zero(client, sandbox):
    account = sandbox.accounts["imagicle"]
    expected = {91.87: "PT1M31.87S", 0.0: "PT0S", 3600.0: "PT1H", 60.5: "PT1M0.5S", 3601: "PT1H1S"}
    calls = {account.add(duration_s=value).id: text for value, text in expected.items()}

    rows = {row["id"]: row["duration"] for row in client.imagicle().json["recordings"]}

    assert {own_id: rows[own_id] for own_id in calls} == calls


def test_ids_are_guids_in_mixed_case_and_found_in_any(client):
    ids = [row["id"] for row in client.imagicle().json["recordings"]]

    assert {own_id == own_id.upper() for own_id in ids} == {True, False}
    assert client.imagicle(f"/{ids[0].swapcase()}").json["id"] == ids[0]


def test_time_filters_have_operators(client, sandbox):
    calls = sandbox.accounts["imagicle"].calls()
    low, high = calls[50].start, calls[250].start
    a, b = (time.strftime("%Y-%m-%dT%H:%M:%S.%f0Z") for time in (low, high))

    def count(**query):
        return client.imagicle(pageSize=1, **query).json["totalCount"]

    assert count(startTime=f"after:{a}") == sum(c.start > low for c in calls)
    assert count(startTime=f"before:{a}") == sum(c.start < low for c in calls)
    assert count(startTime=f"between:{a};{b}") == sum(low <= c.start < high for c in calls)
    assert count(startTime=a) == 1
    assert count(endTime=f"before:{a}") == sum(c.end < low for c in calls)
    assert count(startTime=f"after:{low.date()}") == sum(
        c.start > datetime.combine(low.date(), datetime.min.time(), UTC) for c in calls
    )


def test_filters_join_with_and(client, sandbox):
    row = client.imagicle(pageSize=1, direction=1).json["recordings"][0]
    remote = row["remotePartyNumber"]
    everything = client.imagicle().json["recordings"]

    reply = client.imagicle(
        direction=1,
        localPartyNumber=row["localPartyNumber"],
        ownerUsername=row["ownerUsername"],
        remotePartyNumber=f"contains:{remote[2:8]}",
    ).json

    matching = [
        r["id"]
        for r in everything
        if r["direction"] == 1
        and r["localPartyNumber"] == row["localPartyNumber"]
        and r["ownerUsername"] == row["ownerUsername"]
        and remote[2:8] in r["remotePartyNumber"]
    ]
    assert [r["id"] for r in reply["recordings"]] == matching
    assert 0 < len(matching) < 300


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"startTime": "before:2018/45/01"}, 0),
        ({"startTime": "between:2018-11-01T00:00:00Z"}, 0),
        ({"startTime": "contains:2018"}, 0),
        ({"direction": "5"}, 0),
        ({"localPartyNumber": "contains:2"}, 0),
        ({"page": 1}, 1),
        ({"page": -1, "pageSize": 5}, 1),
        ({"pageSize": 0}, 1),
    ],
)
def test_bad_parameters_are_400_with_the_documented_reason(client, query, reason):
    reply = client.imagicle(**query)

    assert reply.status == 400
    assert list(reply.json) == ["reason", "message"]
    assert reply.json["reason"] == reason


def test_the_2025_schema_names_the_remote_party_otherwise_and_ignores_the_old_filter(
    client, behaviour
):
    behaviour.imagicle_remote_name = "remoteParty"

    ignored = client.imagicle(remotePartyNumber="nobody").json
    heeded = client.imagicle(remoteParty="nobody").json

    assert ignored["totalCount"] == 300
    assert heeded["totalCount"] == 0
    assert all("remotePartyNumber" not in row for row in ignored["recordings"])


def test_wrong_credentials_are_401_as_html(client):
    reply = client.imagicle(login=("sandbox", "wrong"))

    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic")
    assert reply.headers["Content-Type"].startswith("text/html")


def test_audio_is_whole_mp3_without_ranges(client, sandbox):
    row = client.imagicle(pageSize=1).json["recordings"][0]

    sound = client.imagicle(f"/{row['id']}/Media")

    assert sound.headers["Content-Type"] == "audio/mpeg"
    assert sound.body == sandbox.accounts["imagicle"].get(row["id"]).audio()
    assert "ETag" not in sound.headers


def test_a_recording_that_is_gone_is_404(client, sandbox):
    row = client.imagicle(pageSize=1).json["recordings"][0]
    sandbox.accounts["imagicle"].delete(row["id"])

    assert client.imagicle(f"/{row['id']}/Media").status == 404
    assert client.imagicle().json["totalCount"] == 299


def test_arrivals_come_first(client, sandbox):
    call = sandbox.accounts["imagicle"].add(start=sandbox.clock() - timedelta(seconds=40))

    assert client.imagicle(pageSize=1).json["recordings"][0]["id"] == call.id
