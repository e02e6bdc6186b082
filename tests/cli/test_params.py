"""`--param`: a provider's own filters, as they stand, over real sockets."""

import json

import pytest

SINCE = ("--since", "2022-06-01")


def rows(result):
    assert (result.code, result.err) == (0, "")
    return [json.loads(line) for line in result.lines]


@pytest.fixture
def listed(recli, config):
    def run(provider, *arguments):
        return recli("list", "--config", str(config), "-P", provider, *SINCE, *arguments)

    return run


@pytest.mark.parametrize(
    ("provider", "key", "field"),
    [
        ("plivo", "from_number", "from_number"),
        ("plivo", "call_uuid", "call_id"),
        ("yeastar", "callee", "to_number"),
        ("yeastar", "ids", "id"),
        ("enswitch", "called", "to_number"),
        ("imagicle", "localPartyNumber", "local_number"),
        ("imagicle", "ownerUsername", "owner"),
    ],
)
def test_a_provider_s_own_filter_is_applied_by_its_server(listed, provider, key, field):
    everything = rows(listed(provider))
    value = next(row[field] for row in everything if (row[field] or "").replace("-", "").isalnum())
    found = rows(listed(provider, "--param", f"{key}={value}"))

    assert [row["id"] for row in found] == [
        row["id"] for row in everything if row[field] is not None and value in row[field]
    ]
    assert 0 < len(found) < len(everything)


def test_it_narrows_what_the_other_filters_leave(listed):
    first = rows(listed("enswitch", "--param", "complete=1", "--min-duration", "60"))

    assert first
    assert all(row["state"] == "complete" and row["duration_s"] >= 60 for row in first)
    assert rows(listed("enswitch", "--param", "complete=1", "--state", "recording")) == []


def test_days_in_storage_go_in_place_of_the_time_filter(listed, account):
    everything = rows(listed("plivo"))
    account.requests.clear()
    found = rows(listed("plivo", "--param", "recording_storage_duration__gte=1"))

    assert 0 < len(found) <= len(everything)
    assert all("add_time__gte" not in it.query for it in account.requests)
    assert all("recording_storage_duration__gte" in it.query for it in account.requests)


def test_a_record_group_goes_in_place_of_the_customer(listed, account):
    listed("enswitch", "--param", "recordgroup=12")

    assert all(b"customer" not in request.body for request in account.requests)
    assert all(b"recordgroup=12" in request.body for request in account.requests)


def test_the_report_tells_what_was_sent(listed, tmp_path):
    listed("plivo", "--param", "subaccount=SA1", "--report", str(tmp_path / "report.json"))

    query = json.loads((tmp_path / "report.json").read_text())["query"]
    assert query["params"] == {"subaccount": "SA1"}


def test_an_archive_can_not_apply_it(recli, config, tmp_path):
    archive = ("--archive", str(tmp_path / "a"))
    recli("export", "--config", str(config), "-P", "imagicle", *archive)
    result = recli("list", *archive, "--param", "direction=1")

    assert result.code == 2
    assert "--param is a provider's own filter, which an archive can't apply" in result.err


def test_a_listing_with_it_never_counts_as_complete_for_an_archive(recli, config, tmp_path):
    export = ("export", "--config", str(config), "-P", "imagicle", "--archive", str(tmp_path / "a"))
    narrowed = recli(*export, "--param", "direction=1")
    rest = recli(*export)
    held = recli("list", "--archive", str(tmp_path / "a"))

    assert (narrowed.code, rest.code) == (0, 0)
    assert len(held.lines) == 60
