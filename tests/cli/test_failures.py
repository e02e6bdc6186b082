"""What providers do wrong: exit codes, and lines that stand alone in a mail."""

import json
import socket

import pytest

from recli.cli.signals import Terminated
from recli.engine.merge import Merge
from recli.errors import ExitCode
from tests.cli.conftest import refusing, write_config
from tests.sandbox_faults import Fault

ONCE = ("--retries", "0")


def test_html_where_json_should_be_is_a_failure_that_names_the_profile(recli, account, config):
    account.behaviour.fault = lambda _: Fault.html()
    result = recli("list", "--config", str(config), "-p", "imagicle", *ONCE)

    assert (result.code, result.out) == (5, "")
    verdict, error, *hint = result.err.splitlines()
    assert verdict.startswith("error: 1 of 1 profile failed: imagicle; 0 recordings in ")
    assert error.startswith("error: imagicle: answered something that is not JSON")
    assert len(hint) <= 1


def test_nobody_at_the_address_is_a_failure(recli, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    text = f"""[profiles.main]
provider = "imagicle"
base_url = "http://127.0.0.1:{port}"
username = "u"
password = "secret-word"
"""
    result = recli("list", "--config", str(write_config(tmp_path / "c.toml", text)), *ONCE)

    assert (result.code, result.out) == (5, "")
    assert f"\nerror: main (imagicle): 127.0.0.1:{port} refused the connection" in result.err
    assert "secret-word" not in result.err


def test_a_failure_in_the_middle_is_partial(recli, account, config):
    asked = []

    def fail_later(request):
        asked.append(request)
        return Fault.http(400) if len(asked) > 3 else None

    account.behaviour.fault = fail_later
    result = recli("list", "--config", str(config), "-p", "plivo", "--since", "2023-01-01")

    assert result.code == 3
    assert result.lines
    assert "error: plivo: did not accept the request (HTTP 400" in result.err


def test_json_of_a_partial_run_is_a_whole_document(recli, config):
    config = refusing(config, "imagicle")
    arguments = ("-p", "imagicle", "-p", "yeastar", "-f", "json")
    result = recli("list", "--config", str(config), *arguments)

    assert result.code == 3
    assert len(json.loads(result.out)) == 60


@pytest.mark.parametrize("form", ["json", "csv", "jsonl", "table"])
def test_nothing_is_written_where_nothing_came_of_a_failure(recli, config, form):
    config = refusing(config, "imagicle")
    result = recli("list", "--config", str(config), "-p", "imagicle", "-f", form)

    assert (result.code, result.out) == (4, "")


def test_refused_and_failed_profiles_that_deliver_nothing_are_a_failure(recli, account, config):
    config = refusing(config, "imagicle")
    account.behaviour.fault = lambda request: (
        Fault.http(400) if request.provider == "yeastar" else None
    )
    result = recli("list", "--config", str(config), "-p", "imagicle", "-p", "yeastar", *ONCE)

    assert result.code == 5
    verdict, *told = [line for line in result.err.splitlines() if line.startswith("error: ")]
    assert verdict.startswith("error: 2 of 2 profiles failed: imagicle, yeastar; 0 recordings in ")
    assert sorted(line.split(":")[1] for line in told) == [" imagicle", " yeastar"]


def test_a_refused_profile_beside_one_without_rows_is_partial(recli, config):
    config = refusing(config, "imagicle")
    when = ("--since", "2010-01-01", "--until", "2010-02-01")
    result = recli("list", "--config", str(config), "-p", "imagicle", "-p", "yeastar", *when)

    assert (result.code, result.out) == (3, "")


def test_no_retries_means_one_request(recli, account, config):
    account.behaviour.fault = lambda _: Fault.http(500)
    recli("list", "--config", str(config), "-p", "imagicle", *ONCE)

    assert len(account.requests) == 1


def test_retries_are_told_to_the_curious(recli, account, config):
    first = []

    def once(request):
        first.append(request)
        return Fault.reset() if len(first) == 1 else None

    account.behaviour.fault = once
    result = recli("list", "--config", str(config), "-p", "imagicle", "-v")

    assert result.code == 0
    assert "imagicle: waiting 0." in result.err
    assert "60 recordings from 1 profile" in result.err


def test_a_short_patience_ends_a_profile_that_asks_to_wait_for_long(recli, account, config):
    account.behaviour.fault = lambda _: Fault.http(429, retry_after="200")
    result = recli("list", "--config", str(config), "-p", "imagicle", "--max-wait", "1m")

    assert result.code == 5
    assert "waiting is to last 60 s at most" in result.err
    assert "raise --max-wait" in result.err


def test_a_field_that_cannot_be_read_is_warned_of_with_provider_id_and_field(
    recli, account, config
):
    account.accounts["imagicle"].add(id="ODD", patch={"duration": "soon"})
    result = recli("list", "--config", str(config), "-p", "imagicle", "-n", "5")

    assert result.code == 0
    assert json.loads(result.lines[0])["duration_s"] is None
    [line] = result.err.splitlines()
    assert line.startswith("warning: imagicle: ")
    assert "ODD" in line
    assert "duration" in line


def test_a_certificate_that_is_not_checked_is_warned_of(recli, config):
    text = config.read_text().replace(
        "[profiles.imagicle]", "[profiles.imagicle]\nverify_tls=false"
    )
    write_config(config, text)
    result = recli("list", "--config", str(config), "-p", "imagicle", "-n", "1")

    assert result.code == 0
    assert result.err.startswith("warning: profile imagicle: verify_tls = false: ")


def _without_secret(config, profile):
    """Let a profile's secret come from a variable that is not set."""
    head, mark, tail = config.read_text().partition(f"[profiles.{profile}]")
    lines = [
        'password = { env = "NOT_SET_ANYWHERE" }' if line.startswith("password") else line
        for line in tail.splitlines()
    ]
    config.write_text(head + mark + "\n".join(lines) + "\n")
    return config


def test_a_profile_without_its_secret_does_not_take_the_others_down(recli, config):
    config = _without_secret(config, "imagicle")
    result = recli("list", "--config", str(config), "-p", "imagicle", "-p", "yeastar")

    assert result.code == 3
    assert len(result.lines) == 60
    assert "profiles.imagicle.password: the environment variable NOT_SET_ANYWHERE" in result.err


def test_a_missing_secret_alone_is_a_mistake_and_nothing_is_sent(recli, account, config):
    config = _without_secret(config, "imagicle")
    result = recli("list", "--config", str(config), "-p", "imagicle")

    assert (result.code, result.out) == (2, "")
    assert account.requests == []


@pytest.fixture
def interrupted(monkeypatch):
    """Let a run be terminated after its first rows."""
    batches = Merge.batches

    def some(merge):
        yield next(rows for rows in batches(merge) if rows)
        raise Terminated(ExitCode.TERMINATED)

    monkeypatch.setattr(Merge, "batches", some)


@pytest.mark.usefixtures("interrupted")
def test_rows_of_a_terminated_run_are_given_out_and_counted(recli, config):
    result = recli("list", "--config", str(config), "-p", "imagicle", "-f", "jsonl")

    assert result.code == 143
    assert result.lines
    assert f"error: terminated after {len(result.lines):,} recordings" in result.err


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("form", [("-f", "json"), ("--summary",)])
def test_a_document_of_a_terminated_run_is_not_written_at_all(recli, config, form):
    result = recli("list", "--config", str(config), "-p", "imagicle", *form)

    assert (result.code, result.out) == (143, "")
    assert "nothing was written" in result.err


@pytest.mark.usefixtures("interrupted")
def test_a_file_of_a_terminated_run_is_not_written_at_all(recli, config, tmp_path):
    target = tmp_path / "rows.jsonl"
    result = recli("export", "--config", str(config), "-p", "imagicle", "-o", str(target))

    assert (result.code, target.exists()) == (143, False)
    assert list(tmp_path.glob("*.jsonl*")) == []


def test_patience_must_be_a_duration(recli, config):
    result = recli("list", "--config", str(config), "--patience", "long")

    assert result.code == 2
    assert "--patience" in result.err
