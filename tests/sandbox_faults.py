"""A sandbox that records requests, whose providers can fail and whose accounts can change."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self

from recli.sandbox import yeastar
from recli.sandbox.account import FakeAccount, FakeCall
from recli.sandbox.fake_calls import generate_calls, make_call
from recli.sandbox.http_server import FakeResponse, ReceivedRequest, RequestHandler
from recli.sandbox.plivo import MEDIA_PREFIX
from recli.sandbox.provider import html_response
from recli.sandbox.server import Sandbox, utc_now
from tests.switched_providers import (
    Behaviour,
    SwitchedBandwidth,
    SwitchedEnswitch,
    SwitchedImagicle,
    SwitchedPlivo,
    SwitchedYeastar,
)

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
