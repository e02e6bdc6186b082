"""`recli providers --check`: each profile is tried once; what fails is told with its mending."""

import io
import json
import re
import socket
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest

from recli.cli.check import progress_text
from recli.cli.console import Environment
from recli.cli.main import main
from recli.config.profile import ProfileTable
from tests.cli.conftest import NOW, Stream, refusing, write_config
from tests.sandbox_faults import Fault

PLIVO = '[profiles.{name}]\nprovider = "plivo"\nauth_id = "MA1"\nauth_token = {token}\n'


def lines_of(text: str) -> dict[str, str]:
    """Return a table's lines by the profile that they are about."""
    return {line.split()[1]: line for line in text.splitlines()[1:]}


@pytest.fixture
def dead() -> str:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_all_that_can_be_used_have_a_good_mark_and_their_newest_recording(recli, config, account):
    done = recli("providers", "--check", "--config", str(config))
    found = lines_of(done.out)

    assert done.code == 0
    assert list(found) == ["plivo", "bandwidth", "yeastar", "enswitch", "imagicle"]
    assert all(line.startswith("✓ ") for line in found.values())
    assert re.search(r"✓ +✓ +✓ .* 2024-06-30 \d\d:\d\d UTC", found["plivo"])
    assert "✗" not in done.out


def test_one_list_request_is_sent_for_each_profile(recli, config, account):
    recli("providers", "--check", "--config", str(config))
    asked = [request.path for request in account.requests if "get_token" not in request.path]

    assert len(asked) == 5


def test_some_that_fail_are_3_and_refused_ones_are_asked_once(recli, config, account):
    refusing(config, "imagicle", "yeastar")
    done = recli("providers", "--check", "--config", str(config))
    found = lines_of(done.out)
    asked = [request.provider for request in account.requests]

    assert done.code == 3
    assert re.match(r"✗ imagicle +✓ +✗ +·", found["imagicle"])
    assert found["plivo"].startswith("✓")
    assert (asked.count("imagicle"), asked.count("yeastar")) == (1, 1)
    hint = f"recli config set --config={config} profiles.imagicle.password --stdin"
    assert "error: imagicle: refused the credentials" in done.err
    assert f"  hint: {hint}\n" in done.err


def test_the_hint_for_refused_credentials_mends_them(recli, config):
    sound = config.read_text()
    spoiled = refusing(config, "enswitch").read_text()
    before = recli("providers", "enswitch", "--check", "--config", str(config))
    [wrong] = set(spoiled.splitlines()) - set(sound.splitlines())
    [right] = set(sound.splitlines()) - set(spoiled.splitlines())
    write_config(config, spoiled.replace(wrong, right))  # as the hint's command does
    after = recli("providers", "enswitch", "--check", "--config", str(config))

    assert "profiles.enswitch.password --stdin" in before.err
    assert (before.code, after.code) == (4, 0)


def test_none_right_and_some_refused_is_4(recli, config, tmp_path, dead):
    refusing(config, "imagicle")
    token = '"hush-hush"'
    text = config.read_text() + PLIVO.format(name="dead", token=token) + f'base_url = "{dead}"\n'
    write_config(config, text)
    done = recli("providers", "--check", "-p", "imagicle", "-p", "dead", "--config", str(config))

    assert done.code == 4
    assert re.search(r"✗ dead \(plivo\) +✗ +· +·", done.out)
    assert "profiles.dead.base_url URL" in done.err


def test_a_host_that_is_dead_is_5_after_two_tries(recli, tmp_path, dead):
    token = '"hush-hush"'
    text = PLIVO.format(name="dead", token=token) + f'base_url = "{dead}"\n'
    done = recli("providers", "--check", "--config", str(write_config(tmp_path / "c.toml", text)))

    assert done.code == 5
    assert "refused the connection; gave up after 2 tries" in done.err


def test_a_missing_privilege_is_told_apart_from_wrong_credentials(recli, config, account):
    account.behaviour.enswitch_role = False
    done = recli("providers", "--check", "-p", "enswitch", "--config", str(config))

    assert done.code == 4
    assert re.match(r"✗ enswitch +✓ +✓ +✗", lines_of(done.out)["enswitch"])


def test_a_secret_that_is_nowhere_fails_its_own_profile_only(recli, config):
    text = config.read_text() + PLIVO.format(name="unset", token='{ env = "NOWHERE" }')
    write_config(config, text)
    done = recli("providers", "--check", "-p", "unset", "-p", "plivo", "--config", str(config))

    assert done.code == 3
    assert re.match(r"✗ unset \(plivo\) +· +· +·", done.out.splitlines()[1])
    assert "hint: read -rs NOWHERE && export NOWHERE" in done.err


def test_a_provider_that_asks_to_be_left_alone_is_not_waited_for(recli, config, account):
    account.behaviour.fault = lambda _: Fault.http(429, retry_after="600")
    done = recli("providers", "--check", "-p", "plivo", "--config", str(config))

    assert done.code == 5
    assert "hint: leave it alone for some minutes, then: recli providers" in done.err
    assert "--max-wait" not in done.err


def test_the_document_says_what_the_table_says(recli, config):
    refusing(config, "bandwidth")
    done = recli("providers", "--check", "--config", str(config), "--format", "json")
    found = {each["profile"]: each for each in json.loads(done.out)}

    assert done.code == 3
    assert found["plivo"] | {"ok": True, "reached": True, "allowed": True} == found["plivo"]
    assert found["plivo"]["error"] is None
    assert found["plivo"]["newest_recording_at"].startswith("2024-06-")
    assert found["bandwidth"]["accepted"] is False
    assert found["bandwidth"]["error"]["exit_code"] == 4


def test_without_an_order_the_newest_of_a_first_page_is_shown_as_a_least(recli, config, account):
    for number in range(1000):
        account.accounts["bandwidth"].add(start=NOW - timedelta(days=number + 1))
    done = recli("providers", "--check", "-p", "bandwidth", "--config", str(config))

    assert done.code == 0
    assert "≥ 2024-06-" in done.out


def test_an_account_without_recordings_is_right_and_says_so(recli, config, account):
    for provider in ("plivo", "imagicle"):
        account.accounts[provider].clear()
    done = recli("providers", "--check", "-p", "plivo", "-p", "imagicle", "--config", str(config))

    assert done.code == 0
    assert "none since 2024-06-01" in done.out
    assert done.out.splitlines()[2].split()[5:7] == ["right", "none"]


def test_marks_are_plain_where_the_terminal_cannot_show_others(config, tmp_path):
    out, environ = Stream(encoding="ascii"), {"HOME": str(tmp_path), "TZ": "UTC"}
    environment = Environment(io.StringIO(), out, Stream(), environ, lambda: NOW, lambda: 0.0)
    code = main(["providers", "--check", "-p", "plivo", "--config", str(config)], environment)

    assert code == 0
    assert out.text.splitlines()[1].startswith("+ plivo    +      +      +")


def test_only_those_that_fail_are_shown_and_all_are_tried(recli, config, account):
    refusing(config, "imagicle")
    done = recli("providers", "--check", "--failed", "--config", str(config))

    assert (done.code, list(lines_of(done.out))) == (3, ["imagicle"])
    assert {request.provider for request in account.requests} > {"plivo", "imagicle"}


def test_where_none_fails_there_is_no_table(recli, config):
    done = recli("providers", "--check", "--failed", "--config", str(config))

    assert (done.code, done.out) == (0, "")
    assert "no failures: 5 profiles can be used" in done.err


def test_the_document_of_those_that_fail_may_be_empty(recli, config):
    done = recli("providers", "--check", "--failed", "-f", "json", "--config", str(config))

    assert json.loads(done.out) == []


def test_failed_without_check_is_refused(recli):
    done = recli("providers", "--failed")

    assert done.code == 2
    assert "recli providers --check" in done.err


def test_while_it_lasts_a_line_says_how_far_it_is_and_who_is_waited_for():
    tables = [ProfileTable(name, "plivo", {}, "") for name in ("a", "b", "c")]
    ended, running, queued = Future(), Future(), Future()
    ended.set_result(None)
    running.set_running_or_notify_cancel()

    assert progress_text(tables, [ended, running, queued]) == (
        "checked 1 of 3 profiles; waiting for b"
    )


def test_choosing_profiles_without_check_is_refused(recli):
    done = recli("providers", "-p", "main")

    assert done.code == 2
    assert "hint: recli providers --check" in done.err


def test_without_profiles_the_way_to_one_is_told(recli):
    done = recli("providers", "--check")

    assert done.code == 2
    assert "recli config init" in done.err


def test_a_clock_that_is_off_is_told_with_how_to_set_it(recli, config, monkeypatch):
    ahead = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    monkeypatch.setattr("recli.transport.clock.Clock.now_s", lambda _: ahead)
    done = recli("providers", "--check", "-p", "imagicle", "--config", str(config))

    assert "hint: timedatectl set-ntp true" in done.err
    assert "+60 min" in done.out
    assert done.code == 0


def test_times_are_shown_in_the_configurations_zone(recli, config):
    write_config(config, 'timezone = "Asia/Tokyo"\n' + config.read_text())
    done = recli("providers", "--check", "-p", "imagicle", "--config", str(config))

    assert "JST" in done.out


def test_the_table_fits_eighty_columns(recli, config):
    refusing(config, "bandwidth")
    done = recli("providers", "--check", "--config", str(config), environ={"COLUMNS": "80"})

    assert max(map(len, done.out.splitlines())) <= 80
