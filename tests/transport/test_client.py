"""Trying: refusals shut, tokens are renewed, threads share what is known, closing ends it all."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from recli.errors import ConfigError, Denied, ProviderError, Refused, TooLarge, Transient
from recli.providers.json_body import SURROUNDED
from recli.redact import Redactor
from recli.transport.client import Client
from recli.transport.clock import Clock
from recli.transport.rate_limiter import Stopped
from recli.transport.settings import Settings, parallel_of
from recli.wire import Rate, Request
from tests.sandbox_faults import Fault
from tests.transport.conftest import SECRET, FakeClock, answer, make, walked
from tests.transport.test_faults import NAMES, QUERY, provider_of

EMPTY = {
    "plivo": b'{"objects": [], "meta": {"next": null, "total_count": 0}}',
    "bandwidth": b"[]",
    "enswitch": b'{"responses": [{"code": "200"}], "data": []}',
    "imagicle": b'{"recordings": [], "totalCount": 0}',
}


def first(provider):
    return next(iter(provider.plan(QUERY)))


def at_once(count, act):
    """Run `act` in so many threads at once; return what it returned or raised."""
    start, ends = threading.Barrier(count), []

    def go():
        start.wait(5)
        try:
            ends.append(act())
        except BaseException as problem:
            ends.append(problem)

    threads = [threading.Thread(target=go) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    return ends


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("resource", ["list", "media"])
def test_sixteen_threads_with_wrong_credentials_ask_once(opened, sandbox, name, resource):
    wrong = {"plivo": "auth_token", "bandwidth": "api_secret", "yeastar": "client_secret"}
    provider = provider_of(sandbox, name, **{wrong.get(name, "password"): "wrong one"})
    transport = opened(provider, jobs=16)
    request = replace(first(provider), resource=resource)
    ends = at_once(16, lambda: transport.fetch(request))

    assert [type(each) for each in ends] == [Refused] * 16
    assert len(sandbox.requests) == 1


def test_a_denied_listing_is_denied_once_for_the_whole_profile(opened, sandbox, behaviour):
    behaviour.fault = lambda request: Fault.http(403)
    transport = opened(provider_of(sandbox, "plivo"), jobs=16)
    ends = at_once(16, lambda: transport.fetch(first(transport.provider)))

    assert [type(each) for each in ends] == [Denied] * 16
    assert len(sandbox.requests) == 1


def test_a_refusal_in_the_middle_ends_the_profile(opened, sandbox, behaviour):
    transport = opened(provider_of(sandbox, "imagicle"))
    transport.fetch(first(transport.provider))
    behaviour.fault = lambda request: Fault.http(401)
    with pytest.raises(Refused):
        transport.fetch(first(transport.provider))
    behaviour.fault = None
    with pytest.raises(Refused), transport.stream(Request("/x", resource="media"), {}):
        pass

    assert len(sandbox.requests) == 2


def test_a_page_warns_of_what_had_to_be_repaired_in_its_body(opened, staged):
    stage = staged(answer(b"<b>Warning</b>: x<br />" + EMPTY["enswitch"], Content_Type="text/html"))
    transport = opened(make("enswitch", stage.url), retries=0)

    assert transport.fetch(first(transport.provider)).warnings == (SURROUNDED,)


def test_an_error_in_parsing_frees_the_place(opened, staged):
    stage = staged(answer(b'{"objects": 5}'))
    transport = opened(make("plivo", stage.url), retries=0)
    for _ in range(5):
        with pytest.raises(ProviderError, match="another shape"):
            transport.fetch(first(transport.provider))

    assert len(stage.asked) == 5


def test_a_fault_in_a_provider_frees_the_place_too(opened, staged, monkeypatch):
    stage = staged(answer(EMPTY["imagicle"]))
    transport = opened(make("imagicle", stage.url))
    monkeypatch.setattr(type(transport.provider), "parse", lambda *args: 1 // 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            transport.fetch(first(transport.provider))

    assert len(stage.asked) == 3


def test_a_token_dead_for_many_threads_is_renewed_once(opened, sandbox, behaviour):
    transport = opened(provider_of(sandbox, "yeastar"), jobs=8)
    request = first(transport.provider)
    transport.fetch(request)
    dead, all_in = set(), threading.Barrier(8)

    def die(request):
        token = request.query.get("access_token")
        if token is not None and not dead:
            dead.add(token)
        return Fault.errcode(10004) if token in dead else None

    behaviour.fault = die

    def fetch():
        all_in.wait(5)
        return transport.fetch(request)

    pages = at_once(8, fetch)
    renewed = [request for request in sandbox.requests if request.path.endswith("refresh_token")]

    assert all(len(page.rows) > 0 for page in pages)
    assert len(renewed) == 1


def test_a_token_that_never_lives_is_not_renewed_for_ever(opened, sandbox, behaviour):
    behaviour.fault = lambda request: None if "token" in request.path else Fault.errcode(10004)
    transport = opened(provider_of(sandbox, "yeastar"))
    with pytest.raises(Refused):
        transport.fetch(first(transport.provider))
    with pytest.raises(Refused):
        transport.fetch(first(transport.provider))
    paths = [request.path.rpartition("/")[2] for request in sandbox.requests]

    assert paths.count("get_token") == 1
    assert paths.count("refresh_token") == 3


def test_a_login_that_fails_for_now_is_tried_again(opened, sandbox, behaviour, clock):
    faults = [Fault.errcode(60002), Fault.html(), Fault.http(503)]
    behaviour.fault = lambda request: faults.pop(0) if faults else None
    transport = opened(provider_of(sandbox, "yeastar"))

    assert transport.fetch(first(transport.provider)).rows
    assert len(clock.slept) == 3


@pytest.mark.parametrize("name", ["plivo", "bandwidth", "imagicle"])
def test_an_answer_that_is_too_large_is_not_asked_for_again(opened, staged, name):
    stage = staged(answer(b" " * 2_000_000))
    transport = opened(make(name, stage.url), max_response_mb=1)
    with pytest.raises(TooLarge):
        transport.fetch(first(transport.provider))

    assert len(stage.asked) == 1


def test_an_answer_too_large_for_enswitch_halves_its_window(opened, staged):
    stage = staged(answer(b" " * 2_000_000))
    transport = opened(make("enswitch", stage.url), max_response_mb=1)

    assert len(transport.fetch(first(transport.provider)).next_requests) == 1


def test_a_gateway_that_stumbles_once_does_not_halve_enswitchs_window(opened, staged, clock):
    stage = staged(answer(b"<html>", "504 Gateway Time-out"), answer(EMPTY["enswitch"]))
    transport = opened(make("enswitch", stage.url))
    request = first(transport.provider)
    page = transport.fetch(request)

    assert [each.window.until for each in page.next_requests] == [request.window.since]
    assert len(stage.asked) == 2
    assert len(clock.slept) == 1


@pytest.mark.parametrize(("retries", "asked"), [(5, 2), (1, 2), (0, 1)])
def test_a_gateway_that_times_out_again_halves_enswitchs_window(opened, staged, retries, asked):
    stage = staged(answer(b"<html>", "504 Gateway Time-out"))
    transport = opened(make("enswitch", stage.url), retries=retries)
    request = first(transport.provider)
    page = transport.fetch(request)

    assert [each.window.until for each in page.next_requests] == [request.window.until]
    assert len(stage.asked) == asked


def test_a_host_that_is_away_does_not_halve_enswitchs_window(opened, clock):
    transport = opened(make("enswitch", "http://127.0.0.1:1"), retries=2)
    with pytest.raises(ProviderError, match="refused the connection; gave up after 3 tries"):
        transport.fetch(first(transport.provider))

    assert len(clock.slept) == 2


def test_an_overload_at_one_thread_pauses_all(opened, staged, clock):
    stage = staged(answer(EMPTY["imagicle"]), answer(b"{}", "503 Busy", Retry_After="40"))
    stage.turns.append(answer(EMPTY["imagicle"]))
    transport = opened(make("imagicle", stage.url), jobs=4)
    transport.fetch(first(transport.provider))
    before = clock.monotonic
    at_once(4, lambda: transport.fetch(first(transport.provider)))

    assert clock.monotonic - before >= 40
    assert len(stage.asked) == 6


@pytest.mark.parametrize("name", [name for name in NAMES if name != "yeastar"])
def test_closing_stops_what_waits_and_what_comes(opened, staged, name):
    stage = staged(None)
    asked = threading.Event()

    def hang(connection):
        asked.set()
        stage.left.wait(20)

    stage.turns = [hang]
    transport = opened(make(name, stage.url), timeout_s=20, with_clock=Clock())
    ends = []
    runner = threading.Thread(
        target=lambda: ends.extend(at_once(6, lambda: transport.fetch(first(transport.provider))))
    )
    runner.start()
    assert asked.wait(5)
    transport.close()
    runner.join(5)

    assert [type(each) for each in ends] == [Stopped] * 6
    with pytest.raises(Stopped):
        transport.fetch(first(transport.provider))
    assert len(stage.asked) == 1


def test_closing_ends_a_wait_between_tries(opened, staged):
    stage = staged(answer(b"{}", "503 Busy", Retry_After="250"))
    waiting = threading.Event()

    class Told:
        def requested(self, *args):
            pass

        def waiting(self, why, seconds):
            waiting.set()

        def warned(self, text):
            pass

    transport = opened(make("imagicle", stage.url), with_clock=Clock(), observer=Told())
    ends = []
    runner = threading.Thread(
        target=lambda: ends.extend(at_once(1, lambda: transport.fetch(first(transport.provider))))
    )
    runner.start()
    assert waiting.wait(5)
    transport.close()
    runner.join(5)

    assert [type(each) for each in ends] == [Stopped]


def test_a_clock_that_is_behind_is_told_once(opened, staged, noted):
    ahead = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    stage = staged(answer(EMPTY["imagicle"], Date=ahead))
    clock = FakeClock(datetime.now(UTC).timestamp())
    transport = opened(make("imagicle", stage.url), observer=noted, with_clock=clock)
    for _ in range(3):
        transport.fetch(first(transport.provider))

    assert len(noted.warnings) == 1
    assert "imagicle" in noted.warnings[0]
    assert transport.skew_s == pytest.approx(-3600, abs=60)


def test_who_watches_is_told_each_request_and_each_wait(opened, staged, noted):
    stage = staged(answer(b"{}", "500 Oops"), answer(EMPTY["imagicle"]))
    transport = opened(make("imagicle", stage.url), observer=noted)
    transport.fetch(first(transport.provider))

    assert [outcome for _, _, outcome in noted.requests] == ["500", "200"]
    assert noted.requests[0][1].startswith(f"{stage.url}/fw/Apps/Recorder/WebAPI/Recordings?page=0")
    assert len(noted.waits) == 1
    assert "imagicle failed (HTTP 500" in noted.waits[0][0]


def test_an_error_holds_no_secret_that_the_provider_said_back(opened, staged):
    body = f'{{"message": "no user auditor with {SECRET}"}}'.encode()
    stage = staged(answer(body, "400 Bad"))
    transport = opened(make("imagicle", stage.url), redactor=Redactor())
    with pytest.raises(ProviderError) as caught:
        transport.fetch(first(transport.provider))

    assert "no user auditor with ***" in str(caught.value) == caught.value.message
    assert SECRET not in repr(caught.value)


def test_plain_http_beyond_this_machine_is_refused_before_anything_is_sent():
    with pytest.raises(ConfigError, match="plain http"):
        Client(make("imagicle", "http://pbx.example"), Settings())


@pytest.mark.parametrize(
    ("rate", "jobs", "expected"),
    [
        (Rate(parallel=4), None, 4),
        (Rate(parallel=4), 9, 9),
        (Rate(parallel=4), 0, 1),
        (Rate(parallel=1), 3, 3),
        (Rate(1, 1, 1), 8, 1),
        (Rate(300, 5, 16), 2, 2),
    ],
)
def test_jobs_change_how_many_go_at_once_but_no_documented_one_at_a_time(rate, jobs, expected):
    assert parallel_of(rate, Settings(jobs=jobs)) == expected


def test_plivos_limit_holds_for_all_threads_together(opened, sandbox, behaviour):
    """The stand-in answers 429 to a request over the limit; here none may be."""
    clock = FakeClock()
    behaviour.limits = True
    behaviour.wall_clock = clock.now_s
    transport = opened(provider_of(sandbox, "plivo"), with_clock=clock)
    request = first(transport.provider)

    def many():
        for _ in range(50):
            transport.fetch(request)

    ends = at_once(14, many)
    statuses = {request.status for request in sandbox.requests}

    assert ends == [None] * 14
    assert len(sandbox.requests) == 700
    assert statuses == {200}
    assert 10 < clock.monotonic - 1000 < 30


def test_bandwidths_second_holds_for_lists_and_for_media_apart(opened, sandbox, behaviour):
    clock = FakeClock()
    behaviour.limits = True
    behaviour.wall_clock = clock.now_s
    transport = opened(provider_of(sandbox, "bandwidth"), with_clock=clock)
    row = next(row for row in transport.fetch(first(transport.provider)).rows if row.media_url)
    media = transport.provider.audio_request(row)
    for _ in range(5):
        transport.fetch(first(transport.provider))
        with transport.stream(media, {}) as audio:
            assert audio.status == 200

    assert {request.status for request in sandbox.requests} == {200}
    assert 5 < clock.monotonic - 1000 < 6


def test_a_transport_makes_no_request_by_itself(opened, sandbox):
    for name in NAMES:
        opened(provider_of(sandbox, name))

    assert sandbox.requests == []


def test_time_outs_leave_the_query_as_it_was(opened, staged):
    stage = staged(None)

    def hang(connection):
        stage.left.wait(20)

    stage.turns = [hang, answer(EMPTY["imagicle"])]
    transport = opened(make("imagicle", stage.url), timeout_s=0.2)
    transport.fetch(first(transport.provider))

    assert stage.asked[0] == stage.asked[1]


def test_transient_errors_of_audio_carry_what_the_provider_asked_for(opened, staged):
    stage = staged(answer(b"{}", "503 Busy", Retry_After="33"))
    transport = opened(make("imagicle", stage.url))

    def hear():
        with transport.stream(Request("/x", resource="media"), {}):
            raise Transient("imagicle", "failed", busy=True)

    with pytest.raises(Transient) as caught:
        hear()
    assert caught.value.wait_s == 33


class Unanswered:
    """An HTTP client whose requests take their time and bring no answer, until there is one."""

    def __init__(self, clock, failure, *, takes_s, answers_at=None):
        self.has_answered = False
        self.sent = 0
        self._clock, self._failure, self._takes_s = clock, failure, takes_s
        self._answers_at = answers_at

    def send(self, request, url, basic):
        self.sent += 1
        self._clock.advance(self._takes_s)
        if self.sent == self._answers_at:
            self.has_answered = True
            raise Transient("plivo", "failed (HTTP 500)")
        raise Transient("plivo", self._failure, timed_out=self._takes_s > 1)

    def close(self):
        pass


def unanswered(opened, clock, name="plivo", failure="gave no answer", **facts):
    client = opened(make(name, "http://127.0.0.1:9"))
    client._http = Unanswered(clock, failure, **facts)
    return client


@pytest.mark.parametrize("name", ["plivo", "yeastar", "enswitch"])
def test_a_server_that_has_never_answered_is_given_up_after_three_tries(opened, clock, name):
    client = unanswered(opened, clock, name, takes_s=10)
    began_s = clock.monotonic_s()
    with pytest.raises(ProviderError, match="gave up after 3 tries, as it has never answered"):
        walked(client, QUERY)  # Enswitch's windows are halved meanwhile

    assert client._http.sent == 3
    assert clock.monotonic_s() - began_s < 35


def test_what_else_waits_for_a_server_that_never_answered_is_given_up_with_it(opened, clock):
    client = unanswered(opened, clock, takes_s=10)
    for _ in range(2):
        with pytest.raises(ProviderError, match="never answered"):
            client.fetch(first(client.provider))

    assert client._http.sent == 3


def test_a_server_that_has_answered_keeps_all_its_tries(opened, clock):
    client = unanswered(opened, clock, takes_s=10, answers_at=2)
    with pytest.raises(ProviderError, match="gave up after 6 tries"):
        client.fetch(first(client.provider))

    assert client._http.sent == 6


def test_a_server_that_refuses_connections_at_once_keeps_all_its_tries(opened, clock):
    client = unanswered(opened, clock, failure="refused the connection", takes_s=0.01)
    with pytest.raises(ProviderError, match="gave up after 6 tries"):
        client.fetch(first(client.provider))


def test_the_try_under_way_is_counted(opened, clock):
    client = unanswered(opened, clock, takes_s=10)
    with pytest.raises(ProviderError):
        client.fetch(first(client.provider))

    assert client.stats.current_try == 3
