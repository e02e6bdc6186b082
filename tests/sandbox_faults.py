"""A sandbox whose providers can be switched to other behaviour, made to fail, and changed."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Self

from recli.sandbox import bandwidth, enswitch, yeastar
from recli.sandbox.account import FakeAccount, FakeCall
from recli.sandbox.fake_calls import generate_calls, make_call
from recli.sandbox.http_server import FakeResponse, ReceivedRequest, RequestHandler
from recli.sandbox.imagicle import FakeImagicle
from recli.sandbox.plivo import AUTH_ID, AUTH_TOKEN, MEDIA_PREFIX, FakePlivo
from recli.sandbox.provider import RefusedError, basic_credentials, html_response, json_response
from recli.sandbox.server import Sandbox, utc_now

Respond = Callable[[ReceivedRequest], FakeResponse]

PROVIDERS = tuple(kind.name for kind in Sandbox.provider_types)


class Fault:
    """A failure of one response: what the sandbox returns in the place of the usual response."""

    def __init__(
        self, respond: "Callable[[FaultySandbox, ReceivedRequest, Respond], FakeResponse]"
    ) -> None:
        self.respond = respond

    @classmethod
    def reset(cls) -> Self:
        """Cut the connection with a TCP reset, nothing sent."""
        return cls(lambda sandbox, request, usual: Cut(-1))

    @classmethod
    def truncated(cls) -> Self:
        """Announce the whole body, send half of it, and close."""

        def respond(sandbox, request, usual):
            whole = usual(request)
            sent = {f.name: getattr(whole, f.name) for f in fields(whole)}
            return Cut(**sent, length=len(whole.body) // 2)

        return cls(respond)

    @classmethod
    def http(cls, status: int, *, retry_after: str | None = None) -> Self:
        """Respond with a status (429, 500, 503, 504 …) and the provider's own error body.

        `retry_after` is the header's text: seconds or an HTTP date.
        """
        after = (("Retry-After", retry_after),) if retry_after else ()

        def respond(sandbox, request, usual):
            response = sandbox.provider(request).failed(status)
            return replace(response, headers=(*response.headers, *after))

        return cls(respond)

    @classmethod
    def errcode(cls, code: int) -> Self:
        """Respond with HTTP 200 and a code inside (Yeastar and Enswitch; others: that status)."""
        return cls(lambda sandbox, request, usual: sandbox.provider(request).failed_with_code(code))

    @classmethod
    def token_dead(cls) -> Self:
        """Respond with Yeastar's 10004; the access token is invalid from now on."""

        def respond(sandbox, request, usual):
            sandbox.provider(request).dead.add(request.query.get("access_token", ""))
            return yeastar.error_response(yeastar.TOKEN_INVALID)

        return cls(respond)

    @classmethod
    def html(cls) -> Self:
        """Respond with HTTP 200 and a proxy's HTML page."""
        return cls(lambda sandbox, request, usual: html_response(200, "Please log in"))

    @classmethod
    def bad_json(cls) -> Self:
        """Respond with HTTP 200 and half of the body, of the announced length."""

        def respond(sandbox, request, usual):
            response = usual(request)
            return replace(response, body=response.body[: len(response.body) // 2])

        return cls(respond)

    @classmethod
    def empty(cls) -> Self:
        """Respond with HTTP 200 and an empty body."""
        return cls(lambda sandbox, request, usual: FakeResponse(200, b""))

    @classmethod
    def hang(cls, seconds: float) -> Self:
        """Wait before the usual response."""

        def respond(sandbox, request, usual):
            sandbox.stopping.wait(seconds)
            return usual(request)

        return cls(respond)

    @classmethod
    def error_as_audio(cls, content_type: str = "application/json") -> Self:
        """Respond with HTTP 200 and the provider's error as JSON, under this content type."""

        def respond(sandbox, request, usual):
            body = sandbox.provider(request).failed_with_code(-2).body
            return FakeResponse(200, body, content_type)

        return cls(respond)


@dataclass(slots=True)
class Behaviour:
    """The switches of a sandbox; all may be changed while it runs.

    `fault` and `on_request` are called one at a time. `on_request` comes first, and may add or
    delete recordings.
    """

    latency_s: float = 0.0
    limits: bool = False
    fault: Callable[[ReceivedRequest], Fault | None] | None = None
    on_request: "Callable[[FaultySandbox, ReceivedRequest], None] | None" = None
    wall_clock: Callable[[], float] | None = None
    """Seconds since the epoch: limits and the life of tokens; the sandbox's clock by default."""

    plivo_media_auth: bool = False
    bandwidth_links: str = "cursor"
    """`absolute`, `relative`, `cursor` (opaque; absolute and relative in turn), or `none`."""
    bandwidth_newest_first: bool = False
    bandwidth_reset_header: bool = True
    yeastar_timezone: tzinfo = yeastar.FakeYeastar.timezone
    yeastar_time_format: str = yeastar.FakeYeastar.time_format
    yeastar_file_epoch: bool = True
    """Whether file names have the second of the call since the epoch."""
    yeastar_search: bool = True
    yeastar_page_size_max: int = yeastar.FakeYeastar.max_rows_per_page
    yeastar_token_uses: int | None = None
    """After so many uses an access token is invalid, while its refresh token is valid."""
    enswitch_max_rows: int = enswitch.FakeEnswitch.max_rows
    enswitch_needs_window: bool = False
    """Whether a list without start and end times out (504)."""
    enswitch_code_as: str = "string"
    """How codes come: `string`, `int`, or `object` (one object in the place of the array)."""
    enswitch_role: bool = True
    """Whether the user has the role privilege `record`."""
    imagicle_page_size_max: int | None = None
    imagicle_remote_name: str = FakeImagicle.remote_name

    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)


class Switched:
    """What all switched providers have in common."""

    behaviour: Behaviour

    def wait_s(self, limit):
        return super().wait_s(limit) if self.behaviour.limits else 0.0

    def failed(self, status):
        """Return the provider's own error body for an HTTP status."""
        return html_response(status, f"{status} Error")

    def failed_with_code(self, code):
        """Return HTTP 200 with a code inside, where the provider does so."""
        return self.failed(code if 400 <= code < 600 else 500)


def switch(name: str) -> Any:
    """Read an attribute of a provider from its behaviour."""
    return property(lambda provider: getattr(provider.behaviour, name))


class SwitchedPlivo(Switched, FakePlivo):
    def handle(self, request):
        media = request.provider == MEDIA_PREFIX and self.behaviour.plivo_media_auth
        if media and basic_credentials(request) != (AUTH_ID, AUTH_TOKEN):
            return FakeResponse(401, b"Unauthorized\n", "text/plain")
        return super().handle(request)

    def failed(self, status):
        return self.error(status, "an error has occurred, please try again")


class SwitchedBandwidth(Switched, bandwidth.FakeBandwidth):
    def _keyed_calls(self):
        if not self.behaviour.bandwidth_newest_first:
            return super()._keyed_calls()
        return sorted((f"{c.start:%Y%m%d%H%M%S%f}{c.id}", c) for c in self.account.calls())

    def _link_header(self, links, size, *, relative):
        style = self.behaviour.bandwidth_links
        if style == "none":
            return ()
        if style != "cursor":
            page = int(links["previous"]["page"]) + 2 if "previous" in links else 1
            links = {**links, **({"next": {"page": str(page)}} if "next" in links else {})}
            relative = style == "relative"
        return super()._link_header(links, size, relative=relative)

    def too_many_requests(self, wait_s):
        response = super().too_many_requests(wait_s)
        return response if self.behaviour.bandwidth_reset_header else replace(response, headers=())

    def failed(self, status):
        if status == 429:
            return self.too_many_requests(bandwidth.PER_S)
        return bandwidth.error_response(status, "Something went wrong")


class SwitchedYeastar(Switched, yeastar.FakeYeastar):
    timezone = switch("yeastar_timezone")
    time_format = switch("yeastar_time_format")
    max_rows_per_page = switch("yeastar_page_size_max")

    def __init__(self, *args):
        super().__init__(*args)
        self.uses = {}
        self.dead = set()

    def _check_token(self, request):
        super()._check_token(request)
        token, uses_max = request.query["access_token"], self.behaviour.yeastar_token_uses
        with self.behaviour.lock:
            self.uses[token] = self.uses.get(token, 0) + 1
            if token in self.dead or (uses_max is not None and self.uses[token] > uses_max):
                raise RefusedError(yeastar.error_response(yeastar.TOKEN_INVALID))

    def _serve(self, endpoint, query):
        if endpoint == "GET recording/search" and not self.behaviour.yeastar_search:
            return yeastar.error_response(yeastar.NO_INTERFACE)
        return super()._serve(endpoint, query)

    def _file_name(self, call):
        name = super()._file_name(call)
        if self.behaviour.yeastar_file_epoch:
            return name
        return f"recording-{call.number}-{name.split('-', 2)[2]}"

    def failed_with_code(self, code):
        return yeastar.error_response(code)


class SwitchedEnswitch(Switched, enswitch.FakeEnswitch):
    max_rows = switch("enswitch_max_rows")

    def respond(self, request):
        response = super().respond(request)
        style = self.behaviour.enswitch_code_as
        if style == "string" or "json" not in response.content_type:
            return response
        body = json.loads(response.body)
        (inner,) = body["responses"]
        shown = [{**inner, "code": int(inner["code"])}] if style == "int" else inner
        return json_response({**body, "responses": shown})

    def _list(self, params):
        if not self.behaviour.enswitch_role:
            return enswitch.code_response(402)
        if self.behaviour.enswitch_needs_window and not {"start", "end"} <= params.keys():
            return html_response(504, "504 Gateway Time-out")
        return super()._list(params)

    def _get(self, params):
        return super()._get(params) if self.behaviour.enswitch_role else enswitch.code_response(402)

    def failed_with_code(self, code):
        return enswitch.code_response(code)


class SwitchedImagicle(Switched, FakeImagicle):
    remote_name = switch("imagicle_remote_name")

    def _list(self, query):
        size, size_max = query.get("pagesize", ""), self.behaviour.imagicle_page_size_max
        if size_max and size.isdecimal():
            query = {**query, "pagesize": str(min(int(size), size_max))}
        return super()._list(query)

    def failed_with_code(self, code):
        status = code if 400 <= code < 600 else 500
        return json_response({"message": "An unexpected error occurred"}, status)


@dataclass(frozen=True, slots=True)
class RecordedRequest(ReceivedRequest):
    """`at` is seconds since the epoch; `status` is -1 where the connection was reset."""

    at: float = 0.0
    status: int = 0


class MutableAccount(FakeAccount):
    """An account that may be changed while requests are served."""

    def __init__(self, provider, generate, clock):
        super().__init__(self._all)
        self._first = generate
        self._make = partial(make_call, provider)
        self._clock = clock
        self._calls = None
        self._last_number = 0

    def _all(self):
        return self._loaded().values()

    def _loaded(self) -> dict[str, FakeCall]:
        if self._calls is None:
            self._calls = {call.id: call for call in self._first()}
            self._last_number = max((call.number for call in self._calls.values()), default=0)
        return self._calls

    def add(self, **changes: Any) -> FakeCall:
        """Add a recording with these fields; without a `start`, one that has just ended."""
        with self._lock:
            calls = self._loaded()
            duration_s = changes.get("duration_s", 30.0)
            start = changes.get("start", self._clock() - timedelta(seconds=duration_s + 2))
            self._last_number += 1
            call = self._make(self._last_number, start.astimezone(UTC), duration_s)
            call = replace(call, added=call.end + timedelta(seconds=1))
            call = replace(call, **changes)
            calls[call.id] = call
            self._cache.clear()
            return call

    def delete(self, call_id: str) -> None:
        with self._lock:
            del self._loaded()[call_id]
            self._cache.clear()

    def clear(self) -> None:
        with self._lock:
            self._loaded().clear()
            self._cache.clear()

    def ids(self) -> list[str]:
        """List all ids, oldest start first."""
        return [call.id for call in self.calls()]


@dataclass(frozen=True, slots=True)
class Cut(FakeResponse):
    """A response of which only so many bytes of the body are sent; None resets the connection."""

    length: int | None = None


class CuttingHandler(RequestHandler):
    def send(self, response):
        if not isinstance(response, Cut):
            super().send(response)
            return
        self.close_connection = True
        if response.length is None:
            # Lingering for no time makes closing a reset.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            raise ConnectionError
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body[: response.length])
        self.wfile.flush()
        if response.on_sent:
            response.on_sent()


class FaultySandbox(Sandbox):
    """A sandbox that records its requests and behaves as its `behaviour` says."""

    provider_types = (
        SwitchedPlivo,
        SwitchedBandwidth,
        SwitchedYeastar,
        SwitchedEnswitch,
        SwitchedImagicle,
    )
    handler = CuttingHandler

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        rows: int = 300,
        behaviour: Behaviour | None = None,
    ) -> None:
        super().__init__(port=port, clock=clock, rows=rows)
        self.behaviour = behaviour or Behaviour()
        self.stopping = threading.Event()
        self.requests: list[RecordedRequest] = []
        now = clock()
        for kind in self.provider_types:
            generate = partial(generate_calls, kind.name, rows, now, kind.patches)
            self.accounts[kind.name] = MutableAccount(kind.name, generate, clock)

    def __enter__(self) -> Self:
        super().__enter__()
        for provider in self.providers.values():
            provider.behaviour = self.behaviour
            provider.clock = self._time
        return self

    def __exit__(self, *error) -> None:
        self.stopping.set()
        super().__exit__(*error)

    def _time(self) -> datetime:
        wall_clock = self.behaviour.wall_clock
        return datetime.fromtimestamp(wall_clock(), UTC) if wall_clock else self.clock()

    def respond(self, request: ReceivedRequest) -> FakeResponse:
        at = self._time().timestamp()
        try:
            response = self._respond(request)
        except Exception as error:  # a mistake of a test's own must show
            text = f"sandbox fault: {error!r}"
            response = FakeResponse(500, text.encode(), "text/plain; charset=utf-8")
        sent = {f.name: getattr(request, f.name) for f in fields(request)}
        self.requests.append(RecordedRequest(**sent, at=at, status=response.status))
        if self.behaviour.latency_s > 0:
            self.stopping.wait(self.behaviour.latency_s)
        return response

    def _respond(self, request: ReceivedRequest) -> FakeResponse:
        with self.behaviour.lock:
            if self.behaviour.on_request:
                self.behaviour.on_request(self, request)
            fault = self.behaviour.fault(request) if self.behaviour.fault else None
        usual = super().respond
        return fault.respond(self, request, usual) if fault else usual(request)

    def provider(self, request: ReceivedRequest) -> Any:
        return self.providers["plivo" if request.provider == MEDIA_PREFIX else request.provider]
