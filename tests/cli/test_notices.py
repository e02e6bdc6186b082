"""Pings and metrics: sent and written however a run ends, and never in its way."""

import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from recli.cli import notices
from tests.cli.conftest import refusing

TOKEN = "0b8e3b5c-secret-of-the-check"


@contextmanager
def watcher(status=200):
    """A server like healthchecks.io's, and the paths that it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # the base class's name
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/{TOKEN}", asked
        finally:
            server.shutdown()
            thread.join()


def listed(recli, config, *more, **how):
    return recli("list", "--config", str(config), "-p", "imagicle", "-n", "1", *more, **how)


def test_a_run_that_succeeded_is_reported_with_one_request(recli, config):
    with watcher() as (url, asked):
        result = listed(recli, config, "--ping", url)

    assert (result.code, result.err, asked) == (0, "", [f"/{TOKEN}"])


@pytest.mark.parametrize(
    ("query", "expected"), [("", f"/{TOKEN}/fail"), ("?rid=1", f"/{TOKEN}/fail?rid=1")]
)
def test_a_run_that_failed_is_reported_below_the_address(recli, config, query, expected):
    with watcher() as (url, asked):
        result = listed(recli, refusing(config, "imagicle"), "--ping", f"{url}{query}")

    assert (result.code, asked) == (4, [expected])


def test_a_failure_may_have_an_address_of_its_own(recli, config):
    with watcher() as (url, asked):
        listed(recli, refusing(config, "imagicle"), "--ping", url, "--ping-fail", f"{url}-down")
        listed(recli, refusing(config, "imagicle"), "--ping-fail", f"{url}-down")

    assert asked == [f"/{TOKEN}-down"] * 2


def test_a_wrong_configuration_is_reported_as_a_failure_too(recli, tmp_path):
    with watcher() as (url, asked):
        result = recli("list", "--config", str(tmp_path / "none.toml"), "--ping", url)

    assert (result.code, asked) == (2, [f"/{TOKEN}/fail"])


@pytest.mark.parametrize("status", [404, 500, 301])
def test_a_ping_that_fails_is_a_warning_without_the_address(recli, config, status, tmp_path):
    log = tmp_path / "log"
    with watcher(status) as (url, asked):
        result = listed(recli, config, "--ping", url, "-v", "--log-file", str(log))

    assert (result.code, len(result.lines), len(asked)) == (0, 1, 1)
    assert f"warning: the ping to 127.0.0.1 failed: HTTP {status}\n" in result.err
    assert TOKEN not in result.err
    assert TOKEN not in log.read_text()
    assert "the ping to 127.0.0.1 failed" in log.read_text()


def test_nobody_at_the_address_is_a_warning_without_it(recli, config):
    with watcher() as (url, _):
        pass
    result = listed(recli, config, "--ping", url, "--quiet")

    assert (result.code, len(result.lines)) == (0, 1)
    assert result.err.startswith("warning: the ping to 127.0.0.1 failed: ")
    assert TOKEN not in result.err


def test_a_watcher_that_says_nothing_is_given_up(recli, config, monkeypatch):
    stuck = threading.Event()
    monkeypatch.setattr(notices, "_failure", lambda *_: stuck.wait(60))
    monkeypatch.setattr(notices, "_LIMIT_S", 0.05)
    result = listed(recli, config, "--ping", "https://watch.example/x")
    stuck.set()

    assert result.code == 0
    assert "the ping to watch.example failed: it did not end within 0.05 s" in result.err


def test_the_address_may_be_kept_where_the_process_list_does_not_show_it(recli, config, tmp_path):
    with watcher() as (url, asked):
        (tmp_path / "address").write_text(f"{url}\n")
        (tmp_path / "address").chmod(0o600)
        listed(recli, config, "--ping", f"file:{tmp_path}/address")
        listed(recli, config, "--ping", "env:WATCH", environ={"WATCH": url})
        missing = listed(recli, config, "--ping", "env:WATCH")

    assert asked == [f"/{TOKEN}"] * 2
    assert missing.code == 2
    assert missing.err.startswith("error: --ping: the environment variable WATCH is not set")


@pytest.mark.parametrize(
    "address",
    [
        "hc-ping.com/" + TOKEN,
        "ftp://x.example/" + TOKEN,
        f"https://u:{TOKEN}@x.example/",
        "",
        "https://",
    ],
)
def test_what_is_no_address_is_refused_unseen_before_anything_is_sent(
    recli, config, account, address
):
    result = listed(recli, config, "--ping", address)

    assert (result.code, account.requests) == (2, [])
    assert result.err.startswith("error: --ping wants an address")
    assert TOKEN not in result.err


def test_metrics_are_written_for_node_exporter_to_read(recli, config, tmp_path):
    target = tmp_path / "recli.prom"
    umask = os.umask(0o077)
    try:
        result = listed(recli, config, "--metrics", str(target))
    finally:
        os.umask(umask)

    assert result.code == 0
    assert 'recli_rows{profile="imagicle",provider="imagicle"} 1\n' in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o644


def test_metrics_of_a_failure_keep_the_last_success(recli, config, tmp_path):
    target = tmp_path / "recli.prom"
    listed(recli, config, "--metrics", str(target))
    listed(recli, refusing(config, "imagicle"), "--metrics", str(target))
    failed = target.read_text()
    recli("list", "--config", str(tmp_path / "none.toml"), "--metrics", str(target))
    unusable = target.read_text()

    success = 'recli_last_success_timestamp_seconds{profile="imagicle",provider="imagicle"} 17197'
    assert "recli_last_run_exit_code 4\n" in failed
    assert success in failed
    assert "recli_last_run_exit_code 2\n" in unusable
    assert success in unusable


def test_an_export_that_kept_no_file_is_no_success(recli, config, tmp_path):
    target, metrics = tmp_path / "calls.csv", tmp_path / "recli.prom"
    arguments = ("--config", str(refusing(config, "plivo")), "-p", "plivo", "-p", "imagicle")
    result = recli("export", *arguments, "-o", str(target), "--metrics", str(metrics))

    assert (result.code, target.exists()) == (3, False)
    assert 'success_timestamp_seconds{profile="imagicle",provider="imagicle"} 0.000' in (
        metrics.read_text()
    )


def test_a_file_that_cannot_be_written_is_said_before_anything_is_sent(recli, config, account):
    result = listed(recli, config, "--metrics", "/nowhere/recli.prom")

    assert (result.code, account.requests) == (2, [])
    assert "there is no folder /nowhere" in result.err


def test_a_dry_run_reports_nothing(recli, config, tmp_path):
    arguments = ("--config", str(config), "-p", "imagicle", "--archive", str(tmp_path / "a"))
    result = recli("export", *arguments, "--dry-run", "--ping", "https://x.example/")

    assert result.code == 2
    assert "--dry-run" in result.err
