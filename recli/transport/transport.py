"""A profile's way to its provider: credentials, limits, tries, tokens. One for each profile.

`fetch` answers a listing's request with a page; `listen` opens a recording's audio.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from recli.errors import Denied, ProviderError, Refused, TokenDead, TooLarge, Transient
from recli.providers.base import Provider, secrets_of
from recli.redact import Redactor
from recli.transport.clock import Clock, RealClock
from recli.transport.gate import Gate, Stopped
from recli.transport.origin import check_base, url_of
from recli.transport.retry import delay_s, epoch_of
from recli.transport.sending import Wire, lowered
from recli.transport.settings import Settings
from recli.transport.tokens import Tokens
from recli.transport.watch import Silent, Tally, Watch
from recli.wire import (
    Basic,
    Credentials,
    FormFields,
    Page,
    QueryToken,
    Rate,
    Request,
    Response,
    Secret,
)

_SKEW_S = 120.0
"""How far this machine's clock may be off before the user is told."""
_RENEWALS = 2
"""New tokens that one request may cost before its credentials count as refused."""


@dataclass(frozen=True, slots=True)
class Dressed:
    """A request with its credentials, as it goes out."""

    request: Request = field(repr=False)
    url: str
    basic: Basic | None = None
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose body is on the line: `chunks` raises Transient if it breaks off."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    dressed: Dressed


class Transport:
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
        watch: Watch | None = None,
        token_folder: Path | None = None,
    ) -> None:
        check_base(provider, allow_http=settings.allow_http)
        self.provider = provider
        self.settings = settings
        self.tally = Tally()
        self.skew_s: float | None = None
        self._redact = redactor or Redactor()
        self._clock = clock or RealClock()
        self._spread = spread
        self._watch = watch or Silent()
        self._gates = self._make_gates()
        jobs = sum(parallel_of(rate, settings) for rate in self._rates().values())
        self._wire = Wire(provider.name, provider.base_url, settings, jobs=jobs)
        auth = provider.auth
        for secret in secrets_of(provider):
            self._redact.add(secret.reveal())
        if isinstance(auth, Basic):
            self._redact.add(auth.password.reveal(), username=auth.username)
        self._auth = auth
        self._tokens: Tokens | None = None
        if isinstance(auth, QueryToken):
            send = self._send_bare
            self._tokens = Tokens(auth, send, token_folder, self._clock, self._redact)

    @property
    def parallel(self) -> int:
        """How many listing requests may be under way at once."""
        return parallel_of(self.provider.rate, self.settings)

    @property
    def media_parallel(self) -> int:
        """How many downloads may be under way at once."""
        return parallel_of(self.provider.media_rate or self.provider.rate, self.settings)

    def fetch(self, request: Request) -> Page:
        """Return the page that answers a request, after as many tries as it takes.

        Raises ProviderError: Refused or Denied at once, others when the tries or the patience are
        used up; Stopped after `close`.
        """
        attempt = renewals = 0
        while True:
            headers: Mapping[str, str] = {}
            dressed = None
            try:
                with self._gates[request.resource].passing():
                    dressed = self._dressed(request)
                    response = self._exchange(dressed)
                    headers = response.headers
                    return self.provider.parse(request, response)
            except TokenDead as error:
                renewals += 1
                self.renew_token(error, dressed, renewals)
            except (TooLarge, Transient) as error:
                smaller = isinstance(error, TooLarge) or error.timed_out
                page = self.provider.split(request) if smaller else None
                if page is not None:
                    return page
                if isinstance(error, TooLarge):
                    raise
                attempt += 1
                self.wait_to_retry(attempt, error, headers, request.resource)
            except (Refused, Denied) as error:
                self.shut(error)
                raise

    def wait_to_retry(
        self, attempt: int, error: Transient, headers: Mapping[str, str], resource: str
    ) -> None:
        """Wait after failed try number `attempt`; ProviderError if there is to be no other."""
        name = self.provider.name
        if attempt > self.settings.retries:
            problem = f"{error.message}; gave up after {attempt} tries"
            raise ProviderError(name, problem, hint=error.hint) from error
        now_s = self._clock.now_s()
        seconds = delay_s(attempt, error, headers, now_s=now_s, spread=self._spread())
        waited_s = self.tally.wait(self._clock.monotonic_s(), seconds)
        if waited_s > self.settings.max_wait_s:
            problem = f"{error.message}; gave up after waiting {self.settings.max_wait_s:g} s"
            raise ProviderError(name, problem, hint="raise --max-wait") from error
        self._watch.waiting(self._redact(f"{name} {error.message}"), seconds)
        self._gates[resource].slow_down(seconds, busy=error.busy)
        self._clock.sleep(seconds)

    @contextmanager
    def opened(self, request: Request, headers: Mapping[str, str]) -> Iterator[Opened]:
        """Send one request, once, and hold its answer with the body still on the line."""
        with self._gates[request.resource].passing() as begun:
            dressed = self._dressed(request)
            started_s = self._clock.monotonic_s()
            self.tally.sent()
            with self._wire.opened(dressed.request, dressed.url, dressed.basic, headers) as answer:
                begun()
                self._tell(request, dressed.url, str(answer.status_code), started_s)
                chunks = self._wire.chunks(answer, dressed.url)
                yield Opened(answer.status_code, lowered(answer), chunks, dressed)

    def renew_token(self, dead: TokenDead, dressed: Dressed | None, renewals: int) -> None:
        """Fetch a token other than the one that a request carried; Refused if that won't help."""
        token = dressed.token if dressed is not None else None
        if self._tokens is None or token is None or renewals > _RENEWALS:
            error = Refused(self.provider.name, dead.message)
            self.shut(error)
            raise error from dead
        self._tokens.renew(token)

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
        if self.provider.media_rate is not None:
            rates["media"] = self.provider.media_rate
        return rates

    def _make_gates(self) -> dict[str, Gate]:
        gates = {
            name: Gate(rate, parallel_of(rate, self.settings), self._clock)
            for name, rate in self._rates().items()
        }
        gates.setdefault("media", gates["list"])
        return gates

    def _send_bare(self, request: Request) -> Response:
        url = url_of(self.provider, request, allow_http=self.settings.allow_http)
        return self._exchange(Dressed(request, url))

    def _exchange(self, dressed: Dressed) -> Response:
        started_s = self._clock.monotonic_s()
        self.tally.sent()
        try:
            response = self._wire.exchange(dressed.request, dressed.url, dressed.basic, {})
        except ProviderError as error:
            self._tell(dressed.request, dressed.url, error.message, started_s)
            raise
        self._tell(dressed.request, dressed.url, str(response.status), started_s)
        if self.skew_s is None:
            self._compare_clocks(response.headers)
        return response

    def _dressed(self, request: Request) -> Dressed:
        url = url_of(self.provider, request, allow_http=self.settings.allow_http)
        if request.credentials is Credentials.WITHHELD:
            return Dressed(request, url)
        match self._auth:
            case None:
                return Dressed(request, url)
            case Basic():
                return Dressed(request, url, basic=self._auth)
            case FormFields(fields):
                form = {
                    name: value.reveal() if isinstance(value, Secret) else value
                    for name, value in fields.items()
                }
                return Dressed(replace(request, form={**form, **(request.form or {})}), url)
            case QueryToken(parameter):
                if self._tokens is None:
                    raise AssertionError("a token's account has a token store")
                token = self._tokens.current()
                params = {**request.params, parameter: token.reveal()}
                return Dressed(replace(request, params=params), url, token=token)
            case _:
                assert_never(self._auth)

    def _tell(self, request: Request, url: str, outcome: str, started_s: float) -> None:
        seconds = self._clock.monotonic_s() - started_s
        if isinstance(self._watch, Silent):
            return
        query = "&".join(f"{name}={value}" for name, value in request.params.items())
        shown = f"{url}?{query}" if query else url
        self._watch.requested(request.method, self._redact(shown), self._redact(outcome), seconds)

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        server_s = epoch_of(headers.get("date"))
        if server_s is None:
            return
        self.skew_s = self._clock.now_s() - server_s
        if self.skew_s < -_SKEW_S:
            self._watch.warned(
                f"{self.provider.profile}: this machine's clock is {-self.skew_s:.0f} s behind"
                " the provider's: the newest recordings may be missing"
            )


def parallel_of(rate: Rate, settings: Settings) -> int:
    """Return how many requests may be under way: the provider's number, or the profile's jobs.

    A documented limit of one at a time stays as it is documented.
    """
    if settings.jobs is None:
        return rate.parallel
    if rate.requests and rate.parallel == 1:
        return 1
    return max(settings.jobs, 1)
