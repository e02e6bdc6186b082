"""One request, one answer, over `requests`: the only module that opens a connection.

It uses one adapter for all threads, without cookies, netrc or redirects: what a session would add
are ways for credentials to go astray.
"""

from __future__ import annotations

import json
import logging
import os
import re
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies

from recli import __version__
from recli.errors import TooLarge
from recli.transport.adapter import LeanAdapter
from recli.transport.deadline import Deadline, DeadlineWatchdog
from recli.transport.hosts import authority_end, is_loopback
from recli.transport.http_errors import failure_error, no_answer_error
from recli.transport.rate_limiter import Stopped
from recli.wire import Basic, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recli.transport.settings import Settings


class Proxies:
    """The environment's proxies (`https_proxy`, `no_proxy` …) by host."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def of(self, url: str) -> dict[str, str]:
        """Return the proxies for a URL; none for this machine, whose plain http stays on it."""
        start = url.find("//") + 2
        end = url.find("/", start)
        origin = url[: end if end > 0 else len(url)]
        found = self._known.get(origin)
        if found is None:
            local = is_loopback(urlsplit(origin).hostname)
            found = self._known[origin] = {} if local else dict(get_environ_proxies(url))
        return found


_SLICE = 1 << 16
_ANSWER_TIMEOUTS = 5
"""How many time-outs a whole answer may take; sound takes as long as it keeps coming."""
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
_LOGGERS = ("urllib3.connectionpool", "urllib3.connection", "urllib3.response")


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """An answer whose body is still on its line; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    raw: urllib3.BaseHTTPResponse
    line: Deadline
    host: str


class HttpClient:
    """Send requests for one profile; safe for many threads at once."""

    def __init__(self, provider: str, base_url: str, settings: Settings, *, jobs: int) -> None:
        self._provider = provider
        self._settings = settings
        self._whole_s = _ANSWER_TIMEOUTS * settings.timeout_s
        self._lines = DeadlineWatchdog(self._whole_s)
        origin = base_url[: authority_end(base_url)]
        self._adapter = LeanAdapter(origin, self._lines, jobs=jobs)
        self._proxies = Proxies()
        self._verify = _verify(settings)
        self._most = int(settings.max_response_mb * 1_000_000)
        self._headers: dict[tuple[str, Basic | None], CaseInsensitiveDict[str]] = {}
        if not settings.verify_tls:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        for name in _LOGGERS:
            # They log whole URLs, which hold tokens, to whoever has turned logging on.
            logging.getLogger(name).disabled = True

    def exchange(self, request: Request, url: str, basic: Basic | None) -> Response:
        """Send a request and return the whole answer; Transient or ProviderError if there is none.

        An answer larger than `max_response_mb` is TooLarge.
        """
        with self.opened(request, url, basic, {}) as answer:
            said = answer.headers.get("content-length", "")
            length = int(said) if said.isdecimal() and len(said) < 20 else None
            if length is not None and length > self._most:
                raise self._too_large()
            encoded = "content-encoding" in answer.headers
            body = b"".join(self.chunks(answer, self._most, None if encoded else length))
            return Response(answer.status, answer.headers, body)

    @contextmanager
    def opened(
        self, request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
    ) -> Iterator[StreamedResponse]:
        """Send a request and hold its answer with the body still on the line."""
        prepared = self._prepared(request, url, basic, headers)
        host = url[url.find("//") + 2 : authority_end(url)].rpartition("@")[2]
        problem: Exception
        line = self._lines.begin()
        try:
            try:
                answer = self._adapter.send(
                    prepared,
                    stream=True,
                    timeout=self._settings.timeout_s,
                    verify=self._verify,
                    proxies=self._proxies.of(url),
                )
            except _FAILURES as error:
                problem = self._failure(error, line, host)
            else:
                try:
                    names = {name.lower(): value for name, value in answer.raw.headers.itermerged()}
                    yield StreamedResponse(answer.status_code, names, answer.raw, line, host)
                    return
                finally:
                    answer.close()
            raise problem
        finally:
            self._lines.end(line)

    def chunks(
        self, answer: StreamedResponse, most: int | None = None, length: int | None = None
    ) -> Iterator[bytes]:
        """Yield an answer's body, decoded; TooLarge past `most` bytes, Transient if it breaks.

        `length` is how many bytes are to come, where that is known.
        """
        came = 0
        while came != length:
            problem = None
            try:
                chunk = answer.raw.read(_SLICE, decode_content=True)
            except _FAILURES as error:
                problem = self._failure(error, answer.line, answer.host)
            if problem is None and not chunk and (answer.line.late or self._lines.closed):
                # An answer without a length seems to end well where its line was cut.
                problem = self._failure(EOFError(), answer.line, answer.host)
            if problem is not None:
                raise problem
            if not chunk:
                return
            came += len(chunk)
            if most is not None and came > most:
                raise self._too_large()
            yield chunk

    def close(self) -> None:
        """Close all connections; requests under way end at once."""
        self._lines.close()
        self._adapter.close()

    def _prepared(
        self, request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """Return a request in the form that the adapter takes, put together by hand.

        What `requests` would do for each anew, for thousands of requests that differ in two
        numbers, costs as much as sending them.
        """
        if request.params:
            url += ("&" if "?" in url else "?") + _query(request.params)
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = url
        prepared.headers = self._common(request.accept, basic)
        if headers or request.form is not None or request.json is not None:
            prepared.headers = CaseInsensitiveDict({**prepared.headers, **headers})
        if request.form is not None:
            prepared.body = urlencode(request.form).encode()
            prepared.headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif request.json is not None:
            prepared.body = json.dumps(request.json).encode()
            prepared.headers["Content-Type"] = "application/json"
        if prepared.body is not None:
            prepared.headers["Content-Length"] = str(len(prepared.body))
        return prepared

    def _common(self, accept: str, basic: Basic | None) -> CaseInsensitiveDict[str]:
        """Return the headers that all requests of a kind share; whoever adds to them copies."""
        known = self._headers.get((accept, basic))
        if known is None:
            # Sound is asked for as it is: parts of it could not be put together otherwise.
            encoding = "gzip, deflate" if accept.endswith("json") else "identity"
            known = CaseInsensitiveDict(
                {
                    "User-Agent": f"recli/{__version__}",
                    "Accept": accept,
                    "Accept-Encoding": encoding,
                }
            )
            if basic is not None:
                pair = f"{basic.username}:{basic.password.reveal()}".encode()
                known["Authorization"] = f"Basic {b64encode(pair).decode()}"
            self._headers[accept, basic] = known
        return known

    def _too_large(self) -> TooLarge:
        return TooLarge(
            self._provider,
            f"answered more than {self._settings.max_response_mb:g} MB",
            hint="raise max_response_mb in the profile",
        )

    def _failure(self, error: Exception, line: Deadline, host: str) -> Exception:
        if self._lines.closed:
            return Stopped()
        if line.late:
            return no_answer_error(self._provider, host, self._whole_s)
        return failure_error(self._provider, error, host, timeout_s=self._settings.timeout_s)


def _verify(settings: Settings) -> bool | str:
    """Return how certificates are checked, as `requests` takes it."""
    if not settings.verify_tls:
        return False
    if settings.ca_file is not None:
        return str(settings.ca_file)
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _query(params: Mapping[str, str]) -> str:
    """Return parameters as a query; most values need no quoting, which finding out is quick."""
    quoted = (
        f"{name if _PLAIN.fullmatch(name) else quote(name, safe='')}="
        f"{value if _PLAIN.fullmatch(value) else quote(value, safe='')}"
        for name, value in params.items()
    )
    return "&".join(quoted)
