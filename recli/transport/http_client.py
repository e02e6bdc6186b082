"""One HTTP request and its response, over `requests`: the only module that opens a connection.

All threads share one adapter, without a session: its cookies, netrc and redirects are ways for
credentials to go astray.
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection

from recli import __version__
from recli.errors import TooLarge
from recli.transport.deadline import Deadline, DeadlineWatchdog
from recli.transport.http_errors import is_unanswered, timeout_error, transport_error
from recli.transport.rate_limiter import Stopped
from recli.transport.response_head import TolerantResponse
from recli.transport.socket_limit import SocketLimit
from recli.urls import authority_end, is_loopback
from recli.wire import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from urllib3 import BaseHTTPResponse, HTTPResponse
    from urllib3.connectionpool import HTTPConnectionPool

    from recli.transport.settings import Settings
    from recli.wire import Basic, Request

_CHUNK_BYTES = 1 << 16
_RESPONSE_TIMEOUTS = 5
"""How many time-outs a whole response may take; audio takes as long as it keeps coming."""
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
_LOGGERS = ("urllib3.connectionpool", "urllib3.connection", "urllib3.response")


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """A response whose body is still to be read; header names are in lower case.

    `chunks` yields the decoded body, and raises Transient if it breaks off. It must end before
    the deadline, unless that is lifted.
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    deadline: Deadline


class HttpClient:
    """Send requests for one profile; safe for many threads at once."""

    def __init__(
        self,
        provider: str,
        settings: Settings,
        *,
        connections: int,
        sockets: SocketLimit | None = None,
        on_resend: Callable[[], None] | None = None,
    ) -> None:
        self._on_resend = on_resend
        self.has_answered = False
        """Whether any response has come."""
        self._sockets = sockets or SocketLimit.for_process(1)
        self._provider = provider
        self._settings = settings
        self._limit_s = _RESPONSE_TIMEOUTS * settings.timeout_s
        self._watchdog = DeadlineWatchdog(self._limit_s)
        self._adapter = _Adapter(self._watchdog, max(min(connections, self._sockets.kept), 1))
        self._proxies = cache(_environment_proxies)
        ca_file = None if settings.ca_file is None else str(settings.ca_file)
        self._verify = (ca_file or True) if settings.verify_tls else False
        self._max_bytes = int(settings.max_response_mb * 1_000_000)
        if not settings.verify_tls:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        for name in _LOGGERS:
            # They log whole URLs, which hold tokens, wherever logging is turned on.
            logging.getLogger(name).disabled = True

    def send(self, request: Request, url: str, basic: Basic | None) -> Response:
        """Send a request and return the whole response; Transient or ProviderError without one.

        A response larger than `max_response_mb` is TooLarge.
        """
        with self.stream(request, url, basic, {}) as response:
            declared = response.headers.get("content-length", "")
            if declared.isdecimal() and len(declared) < 20 and int(declared) > self._max_bytes:
                raise self._too_large()
            body = bytearray()
            for chunk in response.chunks:
                body += chunk
                if len(body) > self._max_bytes:
                    raise self._too_large()
            return Response(response.status, response.headers, bytes(body))

    @contextmanager
    def stream(
        self, request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
    ) -> Iterator[StreamedResponse]:
        """Send a request and hold its response with the body unread."""
        if not self._sockets.kept:
            headers = {**headers, "Connection": "close"}
        prepared = _prepare(request, url, basic, headers)
        with self._sockets.hold(lambda: self._watchdog.closed):
            try:
                yield from self._exchange(prepared, url)
            finally:
                if not self._sockets.kept:
                    self._adapter.close()  # the server may leave it open all the same

    def _exchange(self, prepared: requests.PreparedRequest, url: str) -> Iterator[StreamedResponse]:
        host = url[url.find("//") + 2 : authority_end(url)].rpartition("@")[2]
        deadline = self._watchdog.start()
        try:
            response = self._open(prepared, url, deadline, host)
            self.has_answered = True
            with response:
                names = {name.lower(): value for name, value in response.headers.items()}
                chunks = self._chunks(response.raw, deadline, host)
                yield StreamedResponse(response.status_code, names, chunks, deadline)
        finally:
            self._watchdog.end(deadline)

    def _open(
        self, prepared: requests.PreparedRequest, url: str, deadline: Deadline, host: str
    ) -> requests.Response:
        """Send a request; once more for each kept connection that was closed without an answer.

        Such a server had not read it, so this is no retry: servers close what is idle at any time.
        """
        problem, timeout_s = None, self._timeout_s
        while problem is None:
            deadline.is_kept_connection = False
            try:
                return self._adapter.send(
                    prepared,
                    stream=True,
                    timeout=timeout_s,
                    verify=self._verify,
                    proxies=self._proxies(url[: authority_end(url)]),
                )
            except _FAILURES as error:
                is_aborted = self._watchdog.closed or deadline.expired
                if is_aborted or not (deadline.is_kept_connection and is_unanswered(error)):
                    problem = self._failure(error, deadline, host, timeout_s)
                elif self._on_resend:
                    self._on_resend()
        # Not raised above: its context would be an error that names whole URLs.
        raise problem

    def close(self) -> None:
        """Close all connections; requests under way end at once."""
        self._watchdog.close()
        self._sockets.wake()
        self._adapter.close()

    @property
    def _timeout_s(self) -> float:
        settings = self._settings
        if self.has_answered:
            return settings.timeout_s
        return min(settings.timeout_s, settings.first_timeout_s)

    def _chunks(self, raw: BaseHTTPResponse, deadline: Deadline, host: str) -> Iterator[bytes]:
        while True:
            chunk, problem = b"", None
            try:
                chunk = raw.read(_CHUNK_BYTES, decode_content=True)
            except _FAILURES as error:
                problem = self._failure(error, deadline, host)
            if not chunk and not problem and (deadline.expired or self._watchdog.closed):
                # A response without a length seems to end well where it was aborted.
                problem = self._failure(EOFError(), deadline, host)
            if problem is not None:
                raise problem
            if not chunk:
                return
            yield chunk

    def _too_large(self) -> TooLarge:
        return TooLarge(
            self._provider,
            f"answered more than {self._settings.max_response_mb:g} MB",
            hint="raise max_response_mb in the profile",
        )

    def _failure(
        self, error: Exception, deadline: Deadline, host: str, timeout_s: float | None = None
    ) -> Exception:
        if self._watchdog.closed:
            return Stopped()
        if deadline.expired:
            return timeout_error(self._provider, host, self._limit_s)
        return transport_error(
            self._provider, error, host, timeout_s=timeout_s or self._settings.timeout_s
        )


class _Adapter(HTTPAdapter):
    """Keep connections to hosts, and tell the watchdog which socket each thread waits on."""

    def __init__(self, watchdog: DeadlineWatchdog, connections: int) -> None:
        super().__init__(pool_maxsize=connections)
        self._watchdog = watchdog

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001  # the base class's own
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        """Return the connections to a request's host."""
        found = super().get_connection_with_tls_context(request, verify, proxies, cert)
        pool = cast("HTTPConnectionPool", found)
        if not issubclass(pool.ConnectionCls, _WatchedConnection):
            bases = (_WatchedConnection, pool.ConnectionCls)
            watched = type("WatchedConnection", bases, {"watchdog": self._watchdog})
            pool.ConnectionCls = cast("type[HTTPConnection]", watched)
        return pool


class _WatchedConnection(HTTPConnection):
    watchdog: ClassVar[DeadlineWatchdog]
    response_class = TolerantResponse
    has_answered = False

    def connect(self) -> None:
        super().connect()
        self.has_answered = False

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own differs too
        self.watchdog.attach(self.sock, is_kept=self.has_answered)
        response = super().getresponse()
        self.has_answered = True
        return response


def _prepare(
    request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
) -> requests.PreparedRequest:
    """Return a request for the adapter, with its URL as it stands: `prepare` would rewrite it."""
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = url
    if request.params:
        prepared.url += ("&" if "?" in url else "?") + urlencode(request.params, quote_via=quote)
    prepared.headers = CaseInsensitiveDict(
        {
            "User-Agent": f"recli/{__version__}",
            "Accept": request.accept,
            # Audio is fetched uncompressed: parts of it could not be put together otherwise.
            "Accept-Encoding": "gzip, deflate" if request.accept.endswith("json") else "identity",
            **headers,
        }
    )
    if basic is not None:
        pair = f"{basic.username}:{basic.password.reveal()}".encode()
        prepared.headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    if request.form is not None:
        prepared.body = urlencode(request.form).encode()
        prepared.headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif request.json is not None:
        prepared.body = json.dumps(request.json).encode()
        prepared.headers["Content-Type"] = "application/json"
    if prepared.body is not None:
        prepared.headers["Content-Length"] = str(len(prepared.body))
    return prepared


def _environment_proxies(origin: str) -> dict[str, str]:
    """Return the environment's proxies for an origin; none for this machine."""
    return {} if is_loopback(urlsplit(origin).hostname) else dict(get_environ_proxies(origin))
