import csv
import io
import json
import re
from datetime import datetime, timedelta

import pytest

from recli.model import COLUMNS
from tests.cli.conftest import NOW, refusing

WEEK = "2024-06-23"
BEGINNING = ("--since", "2022-06-01")  # before the first recording; spares Plivo 150 requests


def ids(result):
    return [json.loads(line)["id"] for line in result.lines]


def test_list_in_a_pipe_writes_every_recording_of_every_profile_as_json_lines(
    recli, account, config
):
    result = recli("list", "--config", str(config), "--all")

    assert result.code == 0
    expected = {name: set(account.accounts[name].ids()) for name in account.accounts}
    found = {name: set() for name in expected}
    for line in result.lines:
        row = json.loads(line)
        found[row["profile"]].add(row["id"])
    assert found == expected
    assert len(result.lines) == 300


def test_list_says_nothing_on_stderr_when_all_is_well(recli, config):
    result = recli("list", "--config", str(config), "-p", "imagicle", "--since", WEEK)

    assert result.code == 0
    assert result.err == ""


def test_rows_of_several_profiles_come_newest_first(recli, config):
    result = recli("list", "--config", str(config), "-P", "imagicle", "-P", "enswitch")

    rows = [json.loads(line) for line in result.lines]
    starts = [row["started_at"] for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert {row["profile"] for row in rows} == {"imagicle", "enswitch"}


def test_a_row_has_all_fields_in_the_contracts_order(recli, config):
    result = recli("list", "--config", str(config), "-p", "plivo", "-n", "1")

    assert tuple(json.loads(result.out)) == COLUMNS


def test_csv_has_the_same_rows_as_json(recli, config):
    arguments = ("list", "--config", str(config), "-p", "yeastar", "-c", "id,duration_s")
    as_csv = recli(*arguments, "-f", "csv")
    as_json = recli(*arguments, "-f", "json")

    rows = list(csv.reader(io.StringIO(as_csv.out)))
    assert rows[0] == ["id", "duration_s"]
    assert [row[0] for row in rows[1:]] == [row["id"] for row in json.loads(as_json.out)]


@pytest.mark.parametrize(
    ("form", "out", "err"),
    [
        ("table", "", "no recordings match\n"),
        ("csv", ",".join(COLUMNS) + "\n", ""),
        ("jsonl", "", ""),
        ("json", "[]\n", ""),
    ],
)
def test_nothing_that_matches_is_success_and_said_in_the_formats_own_way(
    recli, config, form, out, err
):
    query = ("--since", "2010-01-01", "--until", "2010-01-02")
    result = recli("list", "--config", str(config), "-p", "imagicle", "-f", form, *query)

    assert (result.code, result.out, result.err) == (0, out, err)


def test_since_and_until_are_half_open_and_a_bare_until_takes_in_its_day(recli, account, config):
    days = ("--since", "2024-06-20", "--until", "2024-06-27")
    result = recli("list", "--config", str(config), "-p", "imagicle", *days)

    first, last = NOW.replace(day=20, hour=0), NOW.replace(day=28, hour=0)
    calls = account.accounts["imagicle"].calls()
    assert set(ids(result)) == {call.id for call in calls if first <= call.start < last}
    assert ids(result)


def test_times_hang_on_the_zone_that_was_asked_for(recli, account, config):
    days = ("--since", "2024-06-20", "--until", "2024-06-27", "--tz", "+10:00")
    result = recli("list", "--config", str(config), "-p", "imagicle", *days)

    first = NOW.replace(day=20, hour=0) - timedelta(hours=10)
    calls = account.accounts["imagicle"].calls()
    wanted = {call.id for call in calls if first <= call.start < first + timedelta(days=8)}
    assert set(ids(result)) == wanted


def test_the_configurations_zone_holds_where_none_is_asked_for(recli, config):
    config.write_text('timezone = "Asia/Tokyo"\n' + config.read_text())
    arguments = ("--config", str(config), "-p", "imagicle", "-f", "table", "-n", "1")

    assert "Tokyo" in recli("list", *arguments).out
    assert "UTC" in recli("list", *arguments, "--tz", "UTC").out


def test_limit_gives_the_newest(recli, account, config):
    result = recli("list", "--config", str(config), "-p", "imagicle", "-n", "3")

    newest = [call.id for call in account.accounts["imagicle"].calls()][-3:]
    assert ids(result) == newest[::-1]


def test_a_filter_that_a_profile_can_never_satisfy_leaves_it_out_with_a_warning(recli, config):
    result = recli("list", "--config", str(config), "--all", "--direction", "inbound")

    rows = [json.loads(line) for line in result.lines]
    assert result.code == 0
    assert {row["profile"] for row in rows} == {"yeastar", "enswitch", "imagicle"}
    assert {row["direction"] for row in rows} == {"inbound"}
    assert "warning: bandwidth: no recording can match --direction inbound" in result.err
    assert "warning: plivo: no recording can match --direction inbound" in result.err


@pytest.mark.parametrize(
    "whose", [("-p", "bandwidth"), ("-P", "bandwidth"), ("-p", "bandwidth", "-p", "imagicle")]
)
def test_it_is_an_error_where_the_profile_was_named_or_no_other_is_left(
    recli, account, config, whose
):
    result = recli("list", "--config", str(config), *whose, "--direction", "inbound")

    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("error: bandwidth: no recording can match --direction inbound\n")
    assert account.requests == []


def test_summary_counts_instead_of_listing(recli, account, config):
    arguments = (
        "list",
        "--config",
        str(config),
        "-P",
        "imagicle",
        "-P",
        "plivo",
        "--summary",
        *BEGINNING,
    )
    text = recli(*arguments)
    as_json = recli(*arguments, "-f", "json")

    told = json.loads(as_json.out)
    assert text.out.startswith("120 recordings, ")
    assert told["recordings"] == 120
    assert {each["profile"]: each["recordings"] for each in told["profiles"]} == {
        "imagicle": 60,
        "plivo": 60,
    }


def test_a_table_in_a_pipe_is_as_wide_as_columns_says_and_has_no_colour(recli, config):
    result = recli(
        "list", "--config", str(config), "-P", "imagicle", "-f", "table", environ={"COLUMNS": "60"}
    )

    assert max(map(len, result.lines)) <= 60
    assert "\x1b" not in result.out


def test_colour_always_colours_in_a_pipe_too(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-f", "table", "-n", "1")

    assert "\x1b[1m" in recli(*arguments, "--color", "always").out


def test_a_terminal_that_asks_for_no_number_gets_the_newest_50_and_how_to_get_more(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-c", "id")
    result = recli(*arguments, terminal="stdout stderr")
    all_ids = [json.loads(line)["id"] for line in recli(*arguments).lines]

    assert len(all_ids) == 60
    assert [line.strip() for line in result.lines[1:]] == all_ids[:50]
    assert "these are the newest 50: -n N, --since DATE or a pipe (| less) shows more" in result.err
    assert result.err.endswith("more may match\n")


@pytest.mark.parametrize(
    ("arguments", "terminal"),
    [
        (("--since", "2000-01-01"), "stdout stderr"),
        (("--until", "2024-07-01"), "stdout stderr"),
        (("--summary",), "stdout stderr"),
        (("-f", "jsonl"), "stderr"),
    ],
)
def test_who_asks_for_a_time_a_summary_or_a_pipe_gets_all(recli, config, arguments, terminal):
    result = recli("list", "--config", str(config), "-p", "imagicle", *arguments, terminal=terminal)

    assert result.code == 0
    assert "60 recordings" in result.err
    assert "newest" not in result.err


@pytest.mark.parametrize("arguments", [("-n", "50"), ("--min-duration", "10h")])
def test_nothing_is_said_of_more_where_the_number_was_asked_for_or_less_came(
    recli, config, arguments
):
    arguments = ("list", "--config", str(config), "-p", "imagicle", *arguments)

    assert "these are the newest" not in recli(*arguments, terminal="stdout stderr").err


def test_a_terminal_gets_a_table_and_a_closing_line(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "--since", "2000-01-01")
    result = recli(*arguments, terminal="stdout stderr")

    assert result.code == 0
    assert "started" in result.lines[0]
    assert "60 recordings from 1 profile in " in result.err
    assert result.err.endswith("s; complete (proven)\n")


@pytest.mark.parametrize("term", ["dumb", "xterm", ""])
def test_any_terminal_gets_the_closing_line_and_a_pipe_none_when_all_is_well(recli, config, term):
    arguments = ("list", "--config", str(config), "-p", "imagicle")
    shown = recli(*arguments, terminal="stderr", environ={"TERM": term})
    piped = recli(*arguments, environ={"TERM": term})

    assert shown.err.endswith("s; complete (proven)\n")
    assert piped.err == ""


def test_off_a_terminal_the_verdict_is_the_first_line_and_warnings_follow(recli, config):
    config = refusing(config, "plivo", "imagicle")
    result = recli("list", "--config", str(config), "--all")
    quiet = recli("list", "--config", str(config), "--all", "--quiet")

    first, *rest = result.err.splitlines()
    assert first.startswith("error: 2 of 5 profiles failed: plivo, imagicle; 180 recordings in ")
    assert [line for line in rest if line.startswith("warning: ")]
    assert [line for line in rest if line.startswith("error: plivo: refused")]
    assert " profiles failed" not in quiet.err
    assert "error: plivo: refused" in quiet.err


def test_on_a_terminal_the_verdict_is_the_last_line(recli, config):
    result = recli("list", "--config", str(refusing(config, "plivo")), "--all", terminal="stderr")

    assert result.err.splitlines()[-1].startswith("error: 1 of 5 profiles failed: plivo; 240 rec")


def test_messages_on_a_terminal_break_between_words_and_in_a_pipe_not_at_all(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "--columns", "starte")
    piped = recli(*arguments)
    shown = recli(*arguments, terminal="stderr", environ={"COLUMNS": "60"})

    assert max(map(len, shown.err.splitlines())) <= 60
    assert " ".join(shown.err.split()) == " ".join(piped.err.split())
    assert len(piped.err.splitlines()) == 2


def test_the_command_of_a_hint_stays_on_one_line_so_that_it_can_be_copied(recli, config):
    arguments = ("list", "--config", str(refusing(config, "plivo")), "-p", "plivo")
    result = recli(*arguments, terminal="stderr", environ={"COLUMNS": "60"})

    assert f"  hint: recli providers --config={config} --check --profile plivo\n" in result.err


def test_a_narrow_terminal_gets_records(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-n", "2")
    result = recli(*arguments, terminal="stdout", environ={"COLUMNS": "59", "NO_COLOR": "1"})

    assert result.code == 0
    assert result.out.count("\nid ") == 2
    assert result.out.count("\n\n") == 1


def test_a_table_without_room_for_the_ids_says_so(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-p", "plivo", "-n", "20")
    result = recli(*arguments, terminal="stdout", environ={"COLUMNS": "70"})

    assert result.err.startswith("no room for the ids: ")


@pytest.mark.parametrize(("form", "end"), [("csv", "\n"), ("jsonl", '"}\n'), ("json", '"}]\n')])
def test_times_are_in_utc_or_have_the_offset_of_the_zone(recli, config, form, end):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-n", "1", "-f", form)
    arguments += ("-c", "started_at", "--tz", "Asia/Kolkata")
    in_utc, local = recli(*arguments).out, recli(*arguments, "--times", "local").out

    [moment] = re.findall(r"2024-[0-9T:.-]+Z", in_utc)
    [offset_moment] = re.findall(r"2024-[0-9T:.-]+[+]05:30", local)
    assert datetime.fromisoformat(moment) == datetime.fromisoformat(offset_moment)
    assert local.endswith(f"{offset_moment}{end}")


def test_a_summary_can_be_csv(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "--summary", "-f")
    rows = list(csv.reader(recli(*arguments, "csv").out.splitlines()))
    counts = json.loads(recli(*arguments, "json").out)

    assert rows[0] == ["by", "value", "recordings", "duration_s", "without_duration"]
    assert rows[1] == ["total", "", "60", str(counts["duration_s"]), "0"]
    assert rows[2][:3] == ["profile", "imagicle", "60"]
    assert [row[1] for row in rows if row[0] == "day"] == [one["day"] for one in counts["days"]]


def test_no_color_takes_colour_from_a_terminal(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle", "-n", "1")
    result = recli(*arguments, terminal="stdout", environ={"NO_COLOR": "1"})

    assert "\x1b" not in result.out


def test_quiet_leaves_the_closing_line_out(recli, config):
    result = recli("list", "--config", str(config), "-p", "imagicle", "-q", terminal="stderr")

    assert result.err == ""


def test_verbose_tells_each_request_without_secrets(recli, account, config):
    result = recli("list", "--config", str(config), "-p", "yeastar", "-v")

    requests = [line for line in result.err.splitlines() if " GET " in line or " POST " in line]
    assert len(requests) == len(account.requests)
    assert all(line.startswith("yeastar: ") for line in requests)
    assert " 200 " in requests[-1]
    assert "access_token=***" in requests[-1]
    for secret in (
        line.split('"')[1] for line in config.read_text().splitlines() if "_sec" in line
    ):
        assert secret not in result.err


def test_columns_choose_and_reach_into_the_providers_object(recli, config):
    arguments = ("list", "--config", str(config), "-p", "plivo", "-n", "1")
    result = recli(*arguments, "-c", "raw.call_uuid,call_id")

    row = json.loads(result.out)
    assert list(row) == ["raw.call_uuid", "call_id"]
    assert row["raw.call_uuid"] == row["call_id"]


def test_columns_that_have_no_room_are_named(recli, config):
    arguments = ("list", "--config", str(config), "-p", "plivo", "-n", "1", "-f", "table")
    columns = "id,call_id,media_url,file_name,from_number,to_number,started_at,ended_at,added_at"
    result = recli(*arguments, "-c", columns, environ={"COLUMNS": "60"})

    assert "no room for " in result.err


def test_the_sandbox_needs_neither_configuration_nor_choice(recli):
    from datetime import UTC, datetime

    result = recli("list", "--sandbox", "-n", "5", now=datetime.now(UTC))

    assert result.code == 0
    assert len(result.lines) == 5


def test_the_sandbox_ignores_the_users_configuration(recli, config, tmp_path):
    folder = tmp_path / ".config" / "recli"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("this is not TOML")
    result = recli("list", "--sandbox", "-p", "imagicle", "--since", "2020-01-01", "-n", "1")

    assert result.code == 0


def test_one_refused_profile_beside_others_is_partial_and_named(recli, account, config):
    result = recli("list", "--config", str(refusing(config, "plivo")), "--all")

    assert result.code == 3
    assert len(result.lines) == 240
    assert "error: plivo: refused the credentials (HTTP 401" in result.err
    assert "--check --profile plivo" in result.err
    assert sum(request.provider == "plivo" for request in account.requests) == 1


def test_all_refused_is_exit_4_with_one_request_each(recli, account, config):
    config = refusing(config, "plivo", "imagicle")
    result = recli("list", "--config", str(config), "-p", "plivo", "-p", "imagicle")

    assert (result.code, result.out) == (4, "")
    assert len(account.requests) == 2
    assert result.err.startswith("error: 2 of 2 profiles failed: plivo, imagicle; ")
    assert len(result.err.splitlines()) == 5
