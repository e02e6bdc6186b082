"""Access tokens that live between runs: shared by processes, renewed when dead.

A login costs the provider one of few live tokens, and refused logins block the caller's address:
the pair on disk is tried first, then renewed, and a login comes last. Refused once, never again.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from recli.errors import Denied, Gone, ProviderError, Refused, TokenExpired
from recli.transport.rate_limiter import again
from recli.transport.token_cache import StoredToken, TokenCache
from recli.wire import QueryToken, Request, Response, Secret, TokenPair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recli.redact import Redactor
    from recli.transport.clock import Clock

_EARLY_S = 30.0
"""A token is taken for dead so long before it dies, so that none dies on the way."""


class TokenProvider:
    """The token of one account; `send` carries a login or refresh request without a token.

    `folder` is where it is kept between runs, None to keep it in memory.
    """

    def __init__(
        self,
        auth: QueryToken,
        send: Callable[[Request], Response],
        folder: Path | None,
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        self._auth = auth
        self._send = send
        self._clock = clock
        self._redactor = redactor
        self._held = Lock()
        self._kept: StoredToken | None = None
        self._refused: ProviderError | None = None
        self._file = TokenCache(folder, auth.account)

    def current(self) -> Secret:
        """Return a live access token.

        Raises Refused or Denied, from then on without asking, and Transient for what may pass.
        """
        with self._held:
            if not self._alive(self._kept):
                self._renew(None)
            return self._secret()

    def renew(self, dead: Secret) -> Secret:
        """Return a token other than `dead`, whoever fetched it; errors as for `current`."""
        with self._held:
            if self._kept is None or self._kept.access == dead.reveal():
                self._renew(dead.reveal())
            return self._secret()

    def _secret(self) -> Secret:
        if self._kept is None:
            raise AssertionError("a renewal keeps a token or raises")
        return Secret(self._kept.access)

    def _alive(self, kept: StoredToken | None) -> bool:
        return kept is not None and self._clock.now_s() < kept.access_dies_s - _EARLY_S

    def _renew(self, dead: str | None) -> None:
        if self._refused is not None:
            raise again(self._refused)
        with self._file.locked():
            stored = self._file.load()
            if stored is not None:
                self._hide(stored)
                if stored.proof != self._auth.proof:
                    stored = None  # fetched with another secret: this one has yet to be tried
            if stored is not None and stored.access != dead and self._alive(stored):
                self._kept = stored
                return
            pair = self._refreshed(stored or self._kept) or self._logged_in()
            now_s = self._clock.now_s()
            access, refresh = pair.access.reveal(), pair.refresh.reveal()
            dies = (now_s + pair.access_life_s, now_s + pair.refresh_life_s)
            self._kept = StoredToken(access, refresh, *dies, self._auth.proof)
            self._hide(self._kept)
            self._file.store(self._kept)

    def _refreshed(self, stored: StoredToken | None) -> TokenPair | None:
        if stored is None or not stored.refresh:
            return None
        if self._clock.now_s() >= stored.refresh_dies_s - _EARLY_S:
            return None
        try:
            return self._asked(self._auth.refresh(Secret(stored.refresh)))
        except (TokenExpired, Refused, Denied, Gone):
            return None
        except ProviderError as error:
            if type(error) is ProviderError:
                return None
            raise

    def _logged_in(self) -> TokenPair:
        try:
            return self._asked(self._auth.login())
        except (Refused, Denied) as error:
            self._refused = error
            raise

    def _asked(self, request: Request) -> TokenPair:
        return self._auth.read(request, self._send(request))

    def _hide(self, kept: StoredToken) -> None:
        self._redactor.add(kept.access)
        self._redactor.add(kept.refresh)
