"""`--id` on the command line: which rows come, and what is said of those that don't."""

import json


def rows(result):
    return [json.loads(line) for line in result.lines]


def listed(recli, config, *arguments):
    return recli("list", "--config", str(config), *arguments)


def test_recordings_are_listed_by_id_with_or_without_their_profile(recli, account, config):
    first, second = account.accounts["yeastar"].ids()[:2]
    other = account.accounts["imagicle"].ids()[0]
    given = ("--id", first, "--id", f"yeastar:{second}", "--id", other.upper())
    result = listed(recli, config, "-p", "yeastar", "-p", "imagicle", *given)

    assert result.code == 0
    assert {row["id"] for row in rows(result)} == {first, second, other}
    assert result.err == ""


def test_an_id_that_is_not_found_is_named(recli, account, config):
    first = account.accounts["yeastar"].ids()[0]
    result = listed(recli, config, "-p", "yeastar", "--id", first, "--id", "no-such")

    assert result.code == 0
    assert [row["id"] for row in rows(result)] == [first]
    assert "found with the id no-such" in result.err
    assert first not in result.err


def test_a_listing_ends_when_all_ids_came(recli, account, config):
    newest = rows(listed(recli, config, "-p", "plivo", "-n", "1"))[0]["id"]
    before = len(account.requests)
    result = listed(recli, config, "-p", "plivo", "--id", newest)

    assert [row["id"] for row in rows(result)] == [newest]
    assert len(account.requests) - before < 100  # the windows since 2011 are 190


def test_an_export_and_an_archive_take_ids(recli, account, config, tmp_path):
    first = account.accounts["enswitch"].ids()[0]
    file, archive = tmp_path / "a.jsonl", tmp_path / "archive"
    base = ("export", "--config", str(config), "-p", "enswitch", "--id", first)
    recli(*base, "-o", str(file))
    recli(*base, "--archive", str(archive))
    stored = recli("list", "--archive", str(archive), "--id", f"enswitch:{first}", "--id", "x")

    assert json.loads(file.read_text())["id"] == first
    assert [row["id"] for row in rows(stored)] == [first]
    assert "found with the id x" in stored.err


def test_an_empty_id_is_refused(recli, config):
    result = listed(recli, config, "-p", "plivo", "--id", " ")

    assert result.code == 2
    assert "--id is empty" in result.err
