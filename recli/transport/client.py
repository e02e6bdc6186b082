"""A profile's client: it sends requests with credentials, under limits, and retries them.

`Client.fetch` returns the page of a listing request; `media.open_audio` opens a recording's audio.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recli.errors import Denied, ProviderError, Refused, TokenExpired, TooLarge, Transient
from recli.redact import Redactor
from recli.transport.auth import Authenticator, AuthorizedRequest, check_base_url
from recli.transport.clock import Clock
from recli.transport.http_client import HttpClient
from recli.transport.observer import RequestStats, TransportObserver
from recli.transport.rate_limiter import Permit, RateLimiter, Stopped
from recli.transport.refusals import RefusalMark
from recli.transport.retry import parse_http_date, requested_delay_s, retry_delay_s
from recli.transport.settings import Settings, parallel_of
from recli.wire import Page, QueryToken, Rate, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from recli.providers.base import Provider
    from recli.transport.deadline import Deadline
    from recli.transport.socket_limit import SocketLimit

_MAX_SKEW_S = 120.0
"""How far this machine's clock may be behind before the user is warned."""
_MAX_RENEWALS = 3
"""New tokens that one request may cost before its credentials count as refused."""
_SPARE_CONNECTIONS = 4
"""Connections kept beside those of concurrent requests: for logins and for threads that end."""


@dataclass(frozen=True, slots=True)
class OpenResponse:
    """A response whose body is unread: `chunks` raises Transient if it breaks off.

    The whole body must come within a few time-outs, unless it is accepted as audio.
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    sent: AuthorizedRequest
    permit: Permit
    deadline: Deadline

    def accept(self) -> None:
        """Count the response as good, and let its body take as long as it keeps coming."""
        self.permit.succeeded()
        self.deadline.lift()


class Client:
    """Send one profile's requests; safe for many threads at once.

    `sockets` is shared by the clients of a run. `token_folder` is where tokens are stored between
    runs, and refused credentials marked, which are not sent again; None keeps nothing. `jitter`
    returns numbers from 0 to 1. `skew_s` is this machine's clock less the provider's, None until a
    response has told it.
    """

    def __init__(  # noqa: PLR0913  # time, chance and the outside world are arguments
        self,
        provider: Provider,
        settings: Settings,
        *,
        redactor: Redactor | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        observer: TransportObserver | None = None,
        token_folder: Path | None = None,
        sockets: SocketLimit | None = None,
    ) -> None:
        check_base_url(provider, allow_http=settings.allow_http)
        self.provider = provider
        self.settings = settings
        self.stats = RequestStats()
        self.skew_s: float | None = None
        self._redact = redactor or Redactor()
        self._clock = clock or Clock()
        self._jitter = jitter
        self._observer = observer or TransportObserver()
        self._has_listed = self._is_marked = False
        self._begun_s = self._clock.monotonic_s()
        self._first_sent_s: float | None = None
        self._failures = 0
        listing = self._limiter(provider.rate)
        media = self._limiter(provider.audio_rate) if provider.audio_rate else listing
        self._limiters = {"list": listing, "media": media}
        connections = self.parallel + self.media_parallel + _SPARE_CONNECTIONS
        self._http = HttpClient(
            provider.name,
            settings,
            connections=connections,
            sockets=sockets,
            on_resend=self.stats.count_request,
        )
        self._auth = Authenticator(
            provider,
            self._send,
            allow_http=settings.allow_http,
            token_folder=token_folder,
            clock=self._clock,
            redactor=self._redact,
        )
        self._refusal = RefusalMark(token_folder, provider)
        refused = self._refusal.error()
        if refused is not None:
            self.block(refused)

    @property
    def parallel(self) -> int:
        """How many listing requests may be in flight at once."""
        return parallel_of(self.provider.rate, self.settings)

    @property
    def media_parallel(self) -> int:
        """How many downloads may be in flight at once."""
        return parallel_of(self.provider.audio_rate or self.provider.rate, self.settings)

    def fetch(self, request: Request) -> Page:
        """Return the page that answers a request, after as many attempts as it takes.

        Raises ProviderError: Refused or Denied at once, and from then on for every request, as all
        have the same rights; others when the retries are used up; Stopped after `close`.
        """
        attempt = renewals = 0
        while True:
            headers: Mapping[str, str] = {}
            authorized = None
            try:
                with self._limiters[request.resource].acquire(Refused, Denied):
                    authorized = self._authorize(request)
                    response = self._send(authorized)
                    headers = response.headers
                    page = self.provider.parse(request, response)
                    self._has_listed = True
                    if response.warnings:
                        page = replace(page, warnings=(*response.warnings, *page.warnings))
                    return page
            except TokenExpired as error:
                renewals += 1
                self.renew_token(error, authorized, renewals)
            except (TooLarge, Transient) as error:
                self._failures += 1
                smaller = self._split(request, error, repeated=attempt > 0 or not headers)
                if smaller is not None and not self._is_silent:
                    return smaller
                if isinstance(error, TooLarge):
                    self._redact_error(error)
                    raise
                attempt += 1
                self.wait_to_retry(attempt, error, headers, request.resource)
            except ProviderError as error:
                self._redact_error(error)
                if isinstance(error, Refused | Denied):
                    if isinstance(error, Refused) and headers and not self._auth.tokens:
                        self._mark_refused()
                    self.block(error)
                raise

    def _split(
        self, request: Request, error: TooLarge | Transient, *, repeated: bool
    ) -> Page | None:
        """Return smaller requests in place of one whose response was too slow or too large.

        A gateway's own time-out counts only if `repeated`: gateways also report one when they have
        trouble of their own.
        """
        repeated = repeated or self.settings.retries == 0
        if isinstance(error, TooLarge) or (error.timed_out and repeated):
            return self.provider.split(request)
        return None

    def wait_to_retry(
        self, attempt: int, error: Transient, headers: Mapping[str, str], resource: str
    ) -> None:
        """Wait after failed attempt number `attempt`; ProviderError if it was the last."""
        name = self.provider.name
        self._redact_error(error)
        if attempt > self.settings.retries:
            tries = "1 try" if attempt == 1 else f"{attempt} tries"
            problem = f"{error.message}; gave up after {tries}"
            raise ProviderError(name, problem, hint=error.hint) from error
        if self._is_silent:
            tries = f"{self._failures} tries"
            problem = f"{error.message}; gave up after {tries}, as it has never answered"
            silence = ProviderError(name, problem, hint=error.hint)
            self.block(silence)
            raise silence from error
        wait_s = retry_delay_s(
            attempt, error, headers, now_s=self._server_now_s(), jitter=self._jitter()
        )
        limit_s = self.settings.max_wait_s
        if not self.stats.count_wait(self._clock.monotonic_s(), wait_s, limit_s=limit_s):
            problem = f"{error.message}; gave up, as waiting is to last {limit_s:g} s at most"
            raise ProviderError(name, problem, hint="raise --max-wait") from error
        self.stats.current_try = attempt + 1
        self._observer.waiting(self._redact(f"{name} {error.message}"), wait_s)
        self._limiters[resource].slow_down(wait_s, overloaded=error.busy)
        self._clock.sleep(wait_s)

    @property
    def _is_silent(self) -> bool:
        """Whether the server has had time and tries enough for its first response, in vain."""
        if self._http.has_answered or self._first_sent_s is None:
            return False
        settings = self.settings
        passed_s = self._clock.monotonic_s() - self._first_sent_s
        least_s = settings.first_tries * settings.first_timeout_s
        return self._failures >= settings.first_tries and passed_s >= least_s

    @contextmanager
    def stream(self, request: Request, headers: Mapping[str, str]) -> Iterator[OpenResponse]:
        """Send one request, once, and hold its response with the body unread.

        Refused from within the context blocks the profile, unless the same credentials were good
        for a listing: then it becomes Denied, which concerns this request only. Transient gets the
        delay that the provider asks for.
        """
        received: Mapping[str, str] | None = None
        try:
            with self._limiters[request.resource].acquire(Refused) as permit:
                authorized = self._authorize(request)
                with (
                    self._observed(authorized) as report,
                    self._http.stream(
                        authorized.request, authorized.url, authorized.basic, headers
                    ) as response,
                ):
                    received = response.headers
                    report(str(response.status))
                    permit.responded()
                    try:
                        yield OpenResponse(
                            response.status,
                            received,
                            response.chunks,
                            authorized,
                            permit,
                            response.deadline,
                        )
                    except Refused as error:
                        if not self._has_listed or isinstance(self.provider.auth, QueryToken):
                            raise
                        name = self.provider.name
                        raise Denied(name, error.message, hint=error.hint) from error
        except ProviderError as error:
            self._redact_error(error)
            if isinstance(error, Refused):
                self.block(error)
            if isinstance(error, Transient) and received is not None:
                error.wait_s = requested_delay_s(error, received, now_s=self._server_now_s())
            raise

    def renew_token(
        self, error: TokenExpired, sent: AuthorizedRequest | None, renewals: int
    ) -> None:
        """Fetch a token other than the one that was sent; Refused if none can help."""
        token = sent.token if sent is not None else None
        if self._auth.tokens is None or token is None or renewals > _MAX_RENEWALS:
            refused = Refused(self.provider.name, self._redact(error.message))
            self.block(refused)
            raise refused from error
        try:
            self._auth.tokens.renew(token)
        except (Refused, Denied) as refusal:
            if isinstance(refusal, Refused):
                self._mark_refused()
            self.block(refusal)
            self._redact_error(refusal)
            raise

    def _authorize(self, request: Request) -> AuthorizedRequest:
        """Return a request with its credentials; a login may be refused on the way."""
        try:
            return self._auth.with_auth(request)
        except Refused:
            self._mark_refused()
            raise

    def _mark_refused(self) -> None:
        """Keep later runs from sending the credentials, unless they were good in this one."""
        if not (self._has_listed or self._is_marked):
            self._is_marked = True
            self._refusal.write(self._clock.now_s())

    def block(self, error: BaseException) -> None:
        """Send nothing more: every request gets `error`."""
        for limiter in self._limiters.values():
            limiter.block(error)

    def close(self) -> None:
        """Send nothing more; requests in flight are aborted."""
        self.block(Stopped())
        self._clock.stop()
        self._http.close()

    def _limiter(self, rate: Rate) -> RateLimiter:
        return RateLimiter(rate, parallel_of(rate, self.settings), self._clock)

    def _send(self, authorized: AuthorizedRequest) -> Response:
        with self._observed(authorized) as report:
            response = self._http.send(authorized.request, authorized.url, authorized.basic)
            report(str(response.status))
        if self.skew_s is None:
            self._compare_clocks(response.headers)
        return response

    @contextmanager
    def _observed(self, authorized: AuthorizedRequest) -> Iterator[Callable[[str], None]]:
        """Count a request; tell the observer its outcome once, which may be an error."""
        started_s = self._clock.monotonic_s()
        is_reported = False

        def report(outcome: str) -> None:
            nonlocal is_reported
            if not is_reported:
                is_reported = True
                ended_s = self._clock.monotonic_s()
                self.stats.elapsed_s = ended_s - self._begun_s
                duration_s = ended_s - started_s
                request, url = authorized.request, authorized.url
                query = "&".join(f"{name}={value}" for name, value in request.params.items())
                shown = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
                self._observer.requested(
                    request.method, self._redact(shown), self._redact(outcome), duration_s
                )

        self.stats.count_request()
        if self._first_sent_s is None:
            self._first_sent_s = started_s
        try:
            yield report
        except ProviderError as error:
            report(error.message)
            raise

    def _server_now_s(self) -> float:
        """Return the provider's time in seconds after 1970, this machine's until it is known."""
        return self._clock.now_s() - (self.skew_s or 0.0)

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        server_s = parse_http_date(headers.get("date"))
        if server_s is None:
            return
        self.skew_s = self._clock.now_s() - server_s
        if self.skew_s < -_MAX_SKEW_S:
            self._observer.warned(
                f"{self.provider.profile}: this machine's clock is {-self.skew_s:.0f} s behind"
                " the provider's: the newest recordings may be missing"
            )

    def _redact_error(self, error: ProviderError) -> None:
        """Remove from an error any secret that the provider repeated in its response."""
        error.message = self._redact(error.message)
        error.args = (error.message,)
