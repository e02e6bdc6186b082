"""Plivo's stand-in against Plivo's documents."""

import base64
from datetime import datetime, timedelta

import pytest

SEED_KEYS = {
    "add_time",
    "call_uuid",
    "conference_name",
    "recording_duration_ms",
    "recording_end_ms",
    "recording_format",
    "recording_id",
    "recording_start_ms",
    "recording_type",
    "recording_url",
    "resource_uri",
}
FORM = "%Y-%m-%d %H:%M:%S.%f"


def everything(client, step=timedelta(days=29), **query):
    """List an account in windows from the present to 2023."""
    found = []
    high = client.sandbox.clock() + timedelta(seconds=1)
    while high.year >= 2023:
        low = high - step
        window = {"add_time__gte": low.strftime(FORM), "add_time__lt": high.strftime(FORM)}
        offset = 0
        while True:
            page = client.plivo(offset=offset, **window, **query).json
            found += page["objects"]
            offset += len(page["objects"])
            if page["meta"]["next"] is None:
                assert offset == page["meta"]["total_count"]
                break
        high = low
    return found


def test_a_page_has_the_documented_shape(client):
    reply = client.plivo(limit=3)

    assert reply.status == 200
    assert list(reply.json) == ["api_id", "meta", "objects"]
    assert set(reply.json["meta"]) == {"limit", "next", "offset", "previous", "total_count"}
    assert len(reply.json["objects"]) == 3
    assert all(set(row) >= SEED_KEYS for row in reply.json["objects"])


def test_windows_that_touch_list_every_recording_once(client, sandbox):
    rows = everything(client)

    assert sorted(row["recording_id"] for row in rows) == sorted(sandbox.accounts["plivo"].ids())


def test_durations_and_times_are_decimal_strings_of_milliseconds(client, sandbox):
    row = client.plivo(limit=1).json["objects"][0]
    call = sandbox.accounts["plivo"].get(row["recording_id"])

    assert row["recording_start_ms"] == f"{round(call.start.timestamp() * 1000)}.00000"
    assert row["recording_duration_ms"] == f"{round(call.duration_s * 1000)}.00000"


def test_without_a_time_filter_only_seven_days_are_listed_newest_stored_first(client, sandbox):
    calls = sandbox.accounts["plivo"].calls()
    recent = [call for call in calls if call.added >= sandbox.clock() - timedelta(days=7)]
    recent.sort(key=lambda call: call.added, reverse=True)

    reply = client.plivo()

    assert 0 < len(recent) < len(calls)
    assert reply.json["meta"]["total_count"] == len(recent)
    assert [row["recording_id"] for row in reply.json["objects"]] == [c.id for c in recent[:20]]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 21},
        {"limit": 0},
        {"limit": "many"},
        {"offset": -1},
        {"add_time__gte": "2026-01-01 00:00", "add_time__lt": "2026-02-01 00:01"},
        {"add_time__gte": "2026-01-01T00:00"},
        {"add_time__gte": "2026-01-01 00:00:00+00:00"},
        {"add_time__gte": "2026-13-01 00:00"},
        {"add_time__after": "2026-01-01 00:00"},
        {"add_time__gte": "2026-01-01 00:00", "recording_storage_duration__gt": 5},
    ],
)
def test_bad_parameters_are_refused_with_400_and_an_error_text(client, query):
    reply = client.plivo(**query)

    assert reply.status == 400
    assert set(reply.json) == {"api_id", "error"}


def test_thirty_days_are_not_too_many(client):
    window = {"add_time__gte": "2026-01-01 00:00", "add_time__lte": "2026-01-31 00:00:00.0"}

    assert client.plivo(**window).status == 200


def test_one_bound_reaches_thirty_days(client, sandbox):
    low = sandbox.clock() - timedelta(days=100)
    calls = sandbox.accounts["plivo"].calls()
    inside = [c for c in calls if low <= c.added <= low + timedelta(days=30)]

    reply = client.plivo(add_time__gte=low.strftime(FORM))

    assert reply.json["meta"]["total_count"] == len(inside) > 0


@pytest.mark.parametrize(("suffix", "counted"), [("gt", 0), ("gte", 1), ("lt", 0), ("lte", 1)])
def test_suffixes_include_or_leave_out_the_bound(client, sandbox, suffix, counted):
    call = sandbox.accounts["plivo"].add()
    bound = call.added.strftime(FORM)
    window = {"add_time__gte": bound, "add_time__lte": bound}
    kind = "gte" if suffix in {"gt", "gte"} else "lte"
    del window[f"add_time__{kind}"]
    window[f"add_time__{suffix}"] = bound

    ids = [row["recording_id"] for row in client.plivo(**window).json["objects"]]

    assert ids.count(call.id) == counted


def test_other_filters_select_equal_values(client, sandbox):
    call = sandbox.accounts["plivo"].add(from_number="sip:zoe@phone.plivo.com")

    by_number = client.plivo(from_number="sip:zoe@phone.plivo.com").json
    by_call = client.plivo(call_uuid=call.call_id).json
    nobody = client.plivo(from_number="+999").json

    assert [row["recording_id"] for row in by_number["objects"]] == [call.id]
    assert [row["recording_id"] for row in by_call["objects"]] == [call.id]
    assert nobody["meta"]["total_count"] == 0
    assert nobody["objects"] == []


def test_links_hold_neither_host_nor_filters_and_end_with_null(client):
    first = client.plivo(limit=2, from_number="+14155550199").json["meta"]
    last = client.plivo(offset=10_000).json["meta"]

    assert first["next"].startswith("/v1/Account/")
    assert "from_number" not in first["next"]
    assert first["previous"] is None
    assert last["next"] is None


def test_wrong_credentials_are_401_as_json_or_as_text(client):
    path = f"/plivo/v1/Account/{client.profiles['plivo']['auth_id']}/Recording/"

    missing = client.ask(path)
    wrong = client.plivo(login=("MAWRONG", "wrong"))

    assert missing.status == wrong.status == 401
    assert missing.json == {"error": "authentication credentials were not provided"}
    assert wrong.headers["Content-Type"].startswith("text/plain")


def test_without_the_slash_at_the_end_there_is_nothing(client):
    profile = client.profiles["plivo"]
    path = f"/plivo/v1/Account/{profile['auth_id']}/Recording"

    assert client.ask(path, login=(profile["auth_id"], profile["auth_token"])).status == 404


def test_request_301_within_five_seconds_is_429(client, behaviour):
    clock = [1000.0]
    behaviour.limits, behaviour.wall_clock = True, lambda: clock[0]

    statuses = [client.plivo(limit=1).status for _ in range(301)]
    clock[0] += 5
    after = client.plivo(limit=1).status

    assert statuses == [200] * 300 + [429]
    assert after == 200


def test_add_time_comes_in_several_forms_that_all_mean_the_stored_moment(client, sandbox):
    rows = everything(client)
    texts = [row["add_time"] for row in rows]

    assert any(text.endswith("+05:30") for text in texts)
    assert any("T" in text and "+" not in text for text in texts)
    for row in rows:
        moment = datetime.fromisoformat(row["add_time"])
        stored = sandbox.accounts["plivo"].get(row["recording_id"]).added
        moment = moment if moment.tzinfo else moment.replace(tzinfo=stored.tzinfo)
        assert abs(moment - stored) < timedelta(milliseconds=1)


def test_some_rows_lack_optional_fields(client):
    rows = everything(client)

    assert any("recording_url" not in row for row in rows)
    assert any("recording_start_ms" not in row for row in rows)
    assert any("from_number" not in row for row in rows)
    assert any(row.get("conference_name", "") is None for row in rows)


def test_audio_is_open_and_knows_ranges(client, sandbox):
    row = client.plivo(limit=1).json["objects"][0]
    whole = client.ask(row["recording_url"])
    etag = whole.headers["ETag"]

    part = client.ask(row["recording_url"], headers={"Range": "bytes=10-19", "If-Range": etag})
    rest = client.ask(row["recording_url"], headers={"Range": "bytes=100-"})
    changed = client.ask(row["recording_url"], headers={"Range": "bytes=9-", "If-Range": '"x"'})
    beyond = client.ask(row["recording_url"], headers={"Range": "bytes=999999-"})

    assert whole.body == sandbox.accounts["plivo"].get(row["recording_id"]).audio()
    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.body)}"
    assert (rest.status, rest.body) == (206, whole.body[100:])
    assert (changed.status, changed.body) == (200, whole.body)
    assert beyond.status == 416


def test_audio_can_ask_for_the_login(client, behaviour):
    url = client.plivo(limit=1).json["objects"][0]["recording_url"]
    behaviour.plivo_media_auth = True
    profile = client.profiles["plivo"]
    coded = base64.b64encode(f"{profile['auth_id']}:{profile['auth_token']}".encode()).decode()

    assert client.ask(url).status == 401
    assert client.ask(url, headers={"Authorization": f"Basic {coded}"}).status == 200
    assert client.ask(url.replace(".mp3", ".ogg").replace(".wav", ".ogg")).status == 401


def test_gone_audio_is_404(client, sandbox):
    row = client.plivo(limit=1).json["objects"][0]
    sandbox.accounts["plivo"].delete(row["recording_id"])

    assert client.ask(row["recording_url"]).status == 404
