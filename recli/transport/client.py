"""A profile's way to its provider: credentials, limits, tries, tokens. One for each profile.

`fetch` answers a listing's request with a page; `listen` opens a recording's audio.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.errors import Denied, ProviderError, Refused, TokenExpired, TooLarge, Transient
from recli.redact import Redactor
from recli.transport.auth import Authenticator, AuthorizedRequest
from recli.transport.clock import Clock, RealClock
from recli.transport.hosts import check_base
from recli.transport.http_client import HttpClient, StreamedResponse
from recli.transport.observer import NullObserver, RequestStats, TransportObserver
from recli.transport.rate_limiter import Permit, RateLimiter, Stopped
from recli.transport.retry import asked_s, delay_s, epoch_of
from recli.transport.settings import Settings, parallel_of
from recli.wire import Page, QueryToken, Rate, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from recli.providers.base import Provider

_SKEW_S = 120.0
"""How far this machine's clock may be off before the user is told."""


class RequestRunner:
    """Send what is dressed, once; `skew_s` is this machine's clock less the provider's."""

    def __init__(
        self,
        profile: str,
        wire: HttpClient,
        clock: Clock,
        redact: Redactor,
        watch: TransportObserver | None,
    ) -> None:
        self.wire = wire
        self.tally = RequestStats()
        self.watch = watch or NullObserver()
        self.skew_s: float | None = None
        self._profile = profile
        self._clock = clock
        self._redact = redact
        self._told = not isinstance(self.watch, NullObserver)

    def now_s(self) -> float:
        """Return the provider's time in seconds after 1970, as far as it has told it."""
        return self._clock.now_s() - (self.skew_s or 0.0)

    def whole(self, dressed: AuthorizedRequest) -> Response:
        """Return the answer with its body; errors as `Wire.exchange` has them."""
        started_s = self._clock.monotonic_s()
        self.tally.sent()
        try:
            response = self.wire.exchange(dressed.request, dressed.url, dressed.basic)
        except ProviderError as error:
            self._tell(dressed, error.message, started_s)
            raise
        self._tell(dressed, str(response.status), started_s)
        if self.skew_s is None:
            self._compare_clocks(response.headers)
        return response

    @contextmanager
    def opened(
        self, dressed: AuthorizedRequest, headers: Mapping[str, str]
    ) -> Iterator[StreamedResponse]:
        """Hold the answer with its body still on the line; errors as `Wire.opened` has them."""
        started_s = self._clock.monotonic_s()
        self.tally.sent()
        told = False
        try:
            with self.wire.opened(dressed.request, dressed.url, dressed.basic, headers) as answer:
                self._tell(dressed, str(answer.status), started_s)
                told = True
                yield answer
        except ProviderError as error:
            if not told:
                self._tell(dressed, error.message, started_s)
            raise

    def _tell(self, dressed: AuthorizedRequest, outcome: str, started_s: float) -> None:
        if not self._told:
            return
        seconds = self._clock.monotonic_s() - started_s
        params = dressed.request.params
        query = "&".join(f"{name}={value}" for name, value in params.items())
        mark = "&" if "?" in dressed.url else "?"
        shown = self._redact(f"{dressed.url}{mark}{query}" if query else dressed.url)
        self.watch.requested(dressed.request.method, shown, self._redact(outcome), seconds)

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        server_s = epoch_of(headers.get("date"))
        if server_s is None:
            return
        self.skew_s = self._clock.now_s() - server_s
        if self.skew_s < -_SKEW_S:
            self.watch.warned(
                f"{self._profile}: this machine's clock is {-self.skew_s:.0f} s behind"
                " the provider's: the newest recordings may be missing"
            )


_RENEWALS = 3
"""New tokens that one request may cost before its credentials count as refused."""
_SPARE = 4
"""Connections kept beside those of requests under way: logins, and threads that change over."""


@dataclass(frozen=True, slots=True)
class OpenedResponse:
    """An answer whose body is on the line: `chunks` raises Transient if it breaks off.

    It has to be whole in a few time-outs, until `sounds` says that it is sound and may be long.
    """

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    dressed: AuthorizedRequest
    sounds: Callable[[], None]


class Client:
    """Send a profile's requests; safe for many threads at once.

    `token_folder` is where tokens live between runs, None to keep them in memory.
    """

    def __init__(  # noqa: PLR0913  # what time, chance and the outside world are, by name
        self,
        provider: Provider,
        settings: Settings,
        *,
        redactor: Redactor | None = None,
        clock: Clock | None = None,
        spread: Callable[[], float] = random.random,
        watch: TransportObserver | None = None,
        token_folder: Path | None = None,
    ) -> None:
        check_base(provider, allow_http=settings.allow_http)
        self.provider = provider
        self.settings = settings
        self._redact = redactor or Redactor()
        self._clock = clock or RealClock()
        self._spread = spread
        self._accepted = False
        self._gates = self._make_gates()
        jobs = sum(parallel_of(rate, settings) for rate in self._rates().values())
        self._wire = HttpClient(provider.name, provider.base_url, settings, jobs=jobs + _SPARE)
        self._exchanges = RequestRunner(
            provider.profile, self._wire, self._clock, self._redact, watch
        )
        self.tally = self._exchanges.tally
        self._wardrobe = Authenticator(
            provider,
            self._exchanges.whole,
            allow_http=settings.allow_http,
            token_folder=token_folder,
            clock=self._clock,
            redactor=self._redact,
        )

    @property
    def skew_s(self) -> float | None:
        """This machine's clock less the provider's, in seconds; None until it has told."""
        return self._exchanges.skew_s

    @property
    def parallel(self) -> int:
        """How many listing requests may be under way at once."""
        return parallel_of(self.provider.rate, self.settings)

    @property
    def media_parallel(self) -> int:
        """How many downloads may be under way at once."""
        return parallel_of(self.provider.audio_rate or self.provider.rate, self.settings)

    def fetch(self, request: Request) -> Page:
        """Return the page that answers a request, after as many tries as it takes.

        Raises ProviderError: Refused or Denied at once, and then for every other request too, as
        one that the account may not make it may not make again; others when the tries or the
        patience are used up; Stopped after `close`.
        """
        attempt = renewals = 0
        while True:
            headers: Mapping[str, str] = {}
            dressed = None
            try:
                with self._gates[request.resource].passing(Refused, Denied):
                    dressed = self._wardrobe.dressed(request)
                    response = self._exchanges.whole(dressed)
                    headers = response.headers
                    answered = self.provider.parse(request, response)
                    self._accepted = True
                    return answered
            except TokenExpired as error:
                renewals += 1
                self.renew_token(error, dressed, renewals)
            except (TooLarge, Transient) as error:
                page = self._smaller(request, error, tried=attempt > 0 or not headers)
                if page is not None:
                    return page
                if isinstance(error, TooLarge):
                    self._clean(error)
                    raise
                attempt += 1
                self.wait_to_retry(attempt, error, headers, request.resource)
            except ProviderError as error:
                self._clean(error)
                if isinstance(error, Refused | Denied):
                    self.shut(error)
                raise

    def _smaller(
        self, request: Request, error: TooLarge | Transient, *, tried: bool
    ) -> Page | None:
        """Return requests that ask for less each, if an answer would be too slow or too large.

        A gateway's quick word that it took too long counts when it comes again: it also says so
        when it has trouble of its own.
        """
        tried = tried or self.settings.retries == 0
        smaller = isinstance(error, TooLarge) or (error.timed_out and tried)
        return self.provider.split(request) if smaller else None

    def wait_to_retry(
        self, attempt: int, error: Transient, headers: Mapping[str, str], resource: str
    ) -> None:
        """Wait after failed try number `attempt`; ProviderError if there is to be no other."""
        name = self.provider.name
        self._clean(error)
        if attempt > self.settings.retries:
            tries = "1 try" if attempt == 1 else f"{attempt} tries"
            problem = f"{error.message}; gave up after {tries}"
            raise ProviderError(name, problem, hint=error.hint) from error
        seconds = delay_s(
            attempt, error, headers, now_s=self._exchanges.now_s(), spread=self._spread()
        )
        most_s = self.settings.max_wait_s
        if not self.tally.wait(self._clock.monotonic_s(), seconds, most_s=most_s):
            problem = f"{error.message}; gave up, as waiting is to last {most_s:g} s at most"
            raise ProviderError(name, problem, hint="raise --max-wait") from error
        self._exchanges.watch.waiting(self._redact(f"{name} {error.message}"), seconds)
        self._gates[resource].slow_down(seconds, busy=error.busy)
        self._clock.sleep(seconds)

    @contextmanager
    def opened(self, request: Request, headers: Mapping[str, str]) -> Iterator[OpenedResponse]:
        """Send one request, once, and hold its answer with the body still on the line.

        Refused from within the block shuts the profile, unless the same credentials were good for
        a listing; Denied tells of this request only. Transient goes on with how long the provider
        asked to wait.
        """
        answer: StreamedResponse | None = None
        try:
            with self._gates[request.resource].passing(Refused) as place:
                dressed = self._wardrobe.dressed(request)
                with self._exchanges.opened(dressed, headers) as answer:
                    place.begun()
                    chunks = self._wire.chunks(answer)
                    sounds = _both(place, answer)
                    with self._of_one_request():
                        yield OpenedResponse(answer.status, answer.headers, chunks, dressed, sounds)
        except ProviderError as error:
            self._clean(error)
            if isinstance(error, Refused):
                self.shut(error)
            if isinstance(error, Transient) and answer is not None:
                error.wait_s = asked_s(error, answer.headers, now_s=self._exchanges.now_s())
            raise

    @contextmanager
    def _of_one_request(self) -> Iterator[None]:
        """Make a refusal of credentials that were good for a listing one of this request only."""
        try:
            yield
        except Refused as error:
            if not self._accepted or isinstance(self.provider.auth, QueryToken):
                raise
            raise Denied(self.provider.name, error.message, hint=error.hint) from error

    def renew_token(
        self, dead: TokenExpired, dressed: AuthorizedRequest | None, renewals: int
    ) -> None:
        """Fetch a token other than the one that a request carried; Refused if that won't help."""
        token = dressed.token if dressed is not None else None
        tokens = self._wardrobe.tokens
        if tokens is None or token is None or renewals > _RENEWALS:
            error = Refused(self.provider.name, dead.message)
            self.shut(error)
            self._clean(error)
            raise error from dead
        try:
            tokens.renew(token)
        except (Refused, Denied) as error:
            self.shut(error)
            self._clean(error)
            raise

    def shut(self, error: ProviderError) -> None:
        """Send nothing more: whoever asks gets `error`."""
        for gate in self._gates.values():
            gate.shut(error)

    def close(self) -> None:
        """Send nothing more; requests under way are abandoned."""
        for gate in self._gates.values():
            gate.shut(Stopped())
        self._clock.stop()
        self._wire.close()

    def _rates(self) -> dict[str, Rate]:
        rates = {"list": self.provider.rate}
        if self.provider.audio_rate is not None:
            rates["media"] = self.provider.audio_rate
        return rates

    def _make_gates(self) -> dict[str, RateLimiter]:
        gates = {
            name: RateLimiter(rate, parallel_of(rate, self.settings), self._clock)
            for name, rate in self._rates().items()
        }
        gates.setdefault("media", gates["list"])
        return gates

    def _clean(self, error: ProviderError) -> None:
        """Take out of an error any secret that a provider may have said back."""
        error.message = self._redact(error.message)
        error.args = (error.message,)


def _both(place: Permit, answer: StreamedResponse) -> Callable[[], None]:
    def sounds() -> None:
        place.good()
        answer.line.take_your_time()

    return sounds
