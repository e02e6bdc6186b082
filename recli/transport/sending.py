"""One request, one answer, over `requests`: the only module that opens a connection.

It uses one adapter for all threads, without cookies, netrc or redirects: what a session would add
are ways for credentials to go astray.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from recli import __version__
from recli.errors import ProviderError, TooLarge, Transient
from recli.transport.settings import Settings
from recli.wire import Basic, Request, Response

_SLICE = 1 << 16
_TLS = "can't be trusted: its certificate is not valid"


class Wire:
    """Send prepared requests for one profile; safe for many threads at once."""

    def __init__(self, provider: str, base_url: str, settings: Settings, *, jobs: int) -> None:
        self._provider = provider
        self._settings = settings
        self._adapter = HTTPAdapter(pool_connections=4, pool_maxsize=jobs, pool_block=False)
        self._proxies: dict[str, str] = get_environ_proxies(base_url)
        self._verify: bool | str = settings.verify_tls
        if settings.verify_tls and settings.ca_file is not None:
            self._verify = str(settings.ca_file)
        if not settings.verify_tls:
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        self._most = int(settings.max_response_mb * 1_000_000)

    def exchange(
        self, request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
    ) -> Response:
        """Send a request and return the whole answer; Transient or ProviderError if there is none.

        An answer larger than `max_response_mb` is TooLarge.
        """
        with self.opened(request, url, basic, headers) as answer:
            said = answer.headers.get("content-length", "")
            if said.isdecimal() and int(said) > self._most:
                raise self._too_large()
            body = b"".join(self.chunks(answer, url, most=self._most))
            return Response(answer.status_code, lowered(answer), body)

    @contextmanager
    def opened(
        self, request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
    ) -> Iterator[requests.Response]:
        """Send a request and hold its answer with the body still on the line."""
        prepared = self._prepare(request, url, basic, headers)
        try:
            answer = self._adapter.send(
                prepared,
                stream=True,
                timeout=self._settings.timeout_s,
                verify=self._verify,
                proxies=self._proxies,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._failure(error, url) from error
        try:
            yield answer
        finally:
            answer.close()

    def chunks(
        self, answer: requests.Response, url: str, most: int | None = None
    ) -> Iterator[bytes]:
        """Yield an answer's body, decoded; TooLarge past `most` bytes, Transient if it breaks."""
        came = 0
        while True:
            try:
                chunk = answer.raw.read(_SLICE, decode_content=True)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self._failure(error, url) from error
            if not chunk:
                return
            came += len(chunk)
            if most is not None and came > most:
                raise self._too_large()
            yield chunk

    def close(self) -> None:
        """Close all idle connections."""
        self._adapter.close()

    def _prepare(
        self, request: Request, url: str, basic: Basic | None, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        if request.params:
            mark = "&" if urlsplit(url).query else "?"
            url += mark + urlencode(request.params, quote_via=quote)
        prepared = requests.PreparedRequest()
        auth = (basic.username.encode(), basic.password.reveal().encode()) if basic else None
        all_headers = {
            "User-Agent": f"recli/{__version__}",
            "Accept": request.accept,
            "Accept-Encoding": "gzip, deflate" if request.accept.endswith("json") else "identity",
            **headers,
        }
        try:
            prepared.prepare(
                method=request.method,
                url=url,
                headers=all_headers,
                data=dict(request.form) if request.form is not None else None,
                json=request.json,
                auth=auth,
            )
        except (requests.RequestException, ValueError) as error:
            raise ProviderError(self._provider, f"has no such address: {url[:200]}") from error
        return prepared

    def _too_large(self) -> TooLarge:
        return TooLarge(
            self._provider,
            f"answered more than {self._settings.max_response_mb:g} MB",
            hint="raise max_response_mb in the profile",
        )

    def _failure(self, error: Exception, url: str) -> ProviderError:
        """Return what a failed exchange means, in a few words that name the host."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE" in str(error).upper():
            return ProviderError(
                self._provider,
                f"{host} {_TLS}",
                hint="set ca_file in the profile to the certificate of its authority",
            )
        timed_out = isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError)
        timed_out = timed_out or "timed out" in str(error).lower()
        if timed_out:
            problem = f"{host} gave no answer within {self._settings.timeout_s:g} s"
        else:
            problem = f"{host} {_reason(error)}"
        return Transient(self._provider, problem, timed_out=timed_out)


def lowered(answer: requests.Response) -> dict[str, str]:
    """Return an answer's headers with lower-case names."""
    return {name.lower(): value for name, value in answer.headers.items()}


def _reason(error: BaseException) -> str:
    text = repr(error)
    for sign, reason in (
        ("NameResolution", "does not resolve"),
        ("Connection refused", "refused the connection"),
        ("unreachable", "is out of reach"),
        ("ProxyError", "is behind a proxy that failed"),
        ("IncompleteRead", "broke its answer off"),
        ("InvalidChunkLength", "broke its answer off"),
        ("RemoteDisconnected", "closed the connection without an answer"),
        ("reset by peer", "reset the connection"),
        ("DecodeError", "sent a body that can't be decompressed"),
        ("ContentDecoding", "sent a body that can't be decompressed"),
        ("SSL", "failed to set up TLS"),
        ("LocationParse", "is no host name"),
        ("InvalidURL", "is no address"),
    ):
        if sign in text:
            return reason
    return f"failed: {type(error).__name__}"
