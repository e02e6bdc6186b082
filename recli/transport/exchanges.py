"""Exchanges with a provider as they happen: sent, counted, told, and the clocks compared.

It tries nothing twice and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from recli.errors import ProviderError
from recli.redact import Redactor
from recli.transport.clock import Clock
from recli.transport.credentials import Dressed
from recli.transport.retry import epoch_of
from recli.transport.sending import Incoming, Wire
from recli.transport.watch import Silent, Tally, Watch
from recli.wire import Response

_SKEW_S = 120.0
"""How far this machine's clock may be off before the user is told."""


class Exchanges:
    """Send what is dressed, once; `skew_s` is this machine's clock less the provider's."""

    def __init__(
        self, profile: str, wire: Wire, clock: Clock, redact: Redactor, watch: Watch | None
    ) -> None:
        self.wire = wire
        self.tally = Tally()
        self.watch = watch or Silent()
        self.skew_s: float | None = None
        self._profile = profile
        self._clock = clock
        self._redact = redact
        self._told = not isinstance(self.watch, Silent)

    def now_s(self) -> float:
        """Return the provider's time in seconds after 1970, as far as it has told it."""
        return self._clock.now_s() - (self.skew_s or 0.0)

    def whole(self, dressed: Dressed) -> Response:
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
    def opened(self, dressed: Dressed, headers: Mapping[str, str]) -> Iterator[Incoming]:
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

    def _tell(self, dressed: Dressed, outcome: str, started_s: float) -> None:
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
