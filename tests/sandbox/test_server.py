"""The sandbox as a server: profiles, faults, recorded requests, stopping."""

import http.client
import io
import json
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
from datetime import UTC, datetime

import pytest

from recli.sandbox.server import run
from tests.sandbox_faults import PROVIDERS, Behaviour, Fault, FaultySandbox

NOW = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)


def order(behaviour, *faults):
    """Order faults for the next requests, one each."""
    left = list(faults)
    behaviour.fault = lambda request: left.pop(0) if left else None


def test_profiles_are_named_like_their_providers_and_the_toml_says_the_same(sandbox):
    profiles = sandbox.profiles()

    assert tuple(profiles) == PROVIDERS
    assert all(profile["provider"] == name for name, profile in profiles.items())
    assert tomllib.loads(sandbox.config_toml()) == {"profiles": profiles}


def test_two_sandboxes_of_one_day_hold_the_same(sandbox):
    with FaultySandbox(clock=lambda: NOW) as other:
        for provider in PROVIDERS:
            assert other.accounts[provider].ids() == sandbox.accounts[provider].ids()


def test_an_unknown_prefix_is_404(client):
    assert client.ask("/nobody/v1/").status == 404


def test_connections_are_kept_and_every_answer_has_a_length(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/imagicle/fw/Apps/Recorder/WebAPI/Recordings")
        reply = connection.getresponse()
        assert len(reply.read()) == int(reply.headers["Content-Length"])
        sockets.add(connection.sock)
    connection.close()

    assert len(sockets) == 1
    assert None not in sockets


def test_a_reset_is_a_reset(client, behaviour):
    order(behaviour, Fault.reset())

    with pytest.raises((ConnectionResetError, urllib.error.URLError)) as caught:
        client.plivo()

    assert isinstance(getattr(caught.value, "reason", caught.value), ConnectionResetError)
    assert client.plivo().status == 200


def test_a_truncated_body_is_shorter_than_announced(client, behaviour):
    order(behaviour, Fault.truncated())

    with pytest.raises(http.client.IncompleteRead):
        client.plivo()
    assert client.plivo().status == 200


@pytest.mark.parametrize(
    ("provider", "content_type"),
    [
        ("plivo", "application/json"),
        ("bandwidth", "application/json"),
        ("enswitch", "text/html"),
        ("imagicle", "text/html"),
    ],
)
@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_an_ordered_status_has_the_providers_own_body(
    client, behaviour, provider, content_type, status
):
    order(behaviour, Fault.http(status, retry_after="7"))

    reply = getattr(client, provider)()

    assert reply.status == status
    assert reply.headers["Retry-After"] == "7"
    assert reply.headers["Content-Type"].startswith(content_type)
    assert getattr(client, provider)().status == 200


def test_a_retry_after_may_be_a_date_or_missing(client, behaviour):
    order(behaviour, Fault.http(429, retry_after="Thu, 05 Mar 2026 15:30:09 GMT"), Fault.http(429))

    assert client.plivo().headers["Retry-After"] == "Thu, 05 Mar 2026 15:30:09 GMT"
    assert "Retry-After" not in client.plivo().headers


def test_bodies_can_be_html_empty_or_broken_json(client, behaviour):
    order(behaviour, Fault.html(), Fault.empty(), Fault.bad_json())

    html, empty, broken = (client.plivo() for _ in range(3))

    assert {html.status, empty.status, broken.status} == {200}
    assert html.body.startswith(b"<html")
    assert empty.body == b""
    with pytest.raises(json.JSONDecodeError):
        _ = broken.json


@pytest.mark.parametrize(
    ("provider", "code"), [("enswitch", 500), ("enswitch", 204), ("plivo", 503)]
)
def test_codes_of_their_own_go_inside_and_others_become_a_status(client, behaviour, provider, code):
    order(behaviour, Fault.errcode(code))

    reply = getattr(client, provider)()

    inside = provider == "enswitch"
    assert reply.status == (200 if inside else code)
    assert not inside or reply.json["responses"][0]["code"] == str(code)


@pytest.mark.parametrize("content_type", ["application/json", "audio/mpeg"])
def test_an_error_can_pass_for_audio(client, behaviour, content_type):
    url = client.plivo(limit=1).json["objects"][0]["recording_url"]
    order(behaviour, Fault.error_as_audio(content_type))

    reply = client.ask(url)

    assert (reply.status, reply.headers["Content-Type"]) == (200, content_type)
    assert "error" in reply.json


def test_a_hang_ends_with_the_sandbox():
    behaviour = Behaviour(fault=lambda request: Fault.hang(60))
    asked = threading.Event()
    behaviour.on_request = lambda sandbox, request: asked.set()
    failures = []

    def ask(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", "/plivo/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            failures.append(error)
        connection.close()

    with FaultySandbox(clock=lambda: NOW, behaviour=behaviour) as sandbox:
        thread = threading.Thread(target=ask, args=(sandbox.port,))
        thread.start()
        assert asked.wait(5)
        begun = time.monotonic()
    stopped_s = time.monotonic() - begun
    thread.join(5)

    assert stopped_s < 5  # a hang would be 60
    assert not thread.is_alive()


def test_stopping_cuts_idle_connections_and_frees_the_port():
    with FaultySandbox(clock=lambda: NOW, rows=1) as sandbox:
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
        connection.request("GET", "/nobody/")
        connection.getresponse().read()
        port = sandbox.port

    with pytest.raises((OSError, http.client.HTTPException)):
        http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", "/")
    connection.close()
    with FaultySandbox(port=port, clock=lambda: NOW, rows=1) as again:
        assert again.port == port


def test_requests_are_recorded_with_what_was_sent_and_answered(client, sandbox):
    client.plivo(limit=3)
    client.enswitch(customer=1207)
    client.yeastar_login()

    first, second, third = sandbox.requests
    assert (first.provider, first.method, first.status) == ("plivo", "GET", 200)
    assert first.path.endswith("/Recording/")
    assert first.query == {"limit": "3"}
    assert first.headers["authorization"].startswith("Basic ")
    assert second.form["customer"] == "1207"
    assert third.json["username"] == client.profiles["yeastar"]["client_id"]
    assert first.at == NOW.timestamp()


def test_accounts_can_move_at_any_request(client, sandbox, behaviour):
    def arrive(running, request):
        if request.query.get("page") == "1":
            running.accounts["imagicle"].add()

    behaviour.on_request = arrive
    pages = [client.imagicle(page=page, pageSize=100).json for page in range(3)]

    assert [page["totalCount"] for page in pages] == [300, 301, 301]
    assert pages[1]["recordings"][0]["id"] == pages[0]["recordings"][-1]["id"]


def test_a_mistake_in_a_tests_own_hook_shows_at_the_client(client, behaviour):
    behaviour.on_request = lambda sandbox, request: 1 // 0

    reply = client.plivo()

    assert reply.status == 500
    assert b"ZeroDivisionError" in reply.body


def test_a_client_that_hangs_up_leaves_no_noise(sandbox, behaviour, capfd):
    behaviour.latency_s = 0.05
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
        connection.request("GET", "/imagicle/fw/Apps/Recorder/WebAPI/Recordings")
        connection.close()
    sandbox.__exit__(None, None, None)

    assert capfd.readouterr() == ("", "")


def test_run_prints_a_configuration_that_works_and_serves_until_interrupted():
    out = io.StringIO()

    class Interrupting(io.StringIO):
        def flush(self):
            out.write(self.getvalue())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(0, Interrupting())

    table = tomllib.loads(out.getvalue())
    assert tuple(table["profiles"]) == PROVIDERS


def test_the_sandbox_imports_nothing_else_of_recli():
    code = (
        "import sys, recli.sandbox.server as s;"
        "print(sorted(m for m in sys.modules if m.startswith('recli.')"
        " and not m.startswith('recli.sandbox')))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
