"""Credentials on a profile's requests, and on no others; access tokens that outlive a run.

Nothing is sent from here but logins. A login costs the provider one of few live tokens, and
refused logins block the caller's address: so the stored token comes first, then a refresh, and a
login last; after a refused login there is no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, assert_never

from recli.errors import Blocked, ConfigError, Denied, ProviderError, Refused, Transient
from recli.providers.base import Provider, secrets_of
from recli.redact import public_url
from recli.transport.rate_limiter import copy_error
from recli.transport.token_cache import StoredToken, TokenCache
from recli.urls import (
    authority_end,
    cleartext_host,
    is_absolute_url,
    origin_of,
    same_origin,
)
from recli.wire import (
    Basic,
    Credentials,
    FormFields,
    QueryToken,
    Request,
    Response,
    Secret,
    TokenPair,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recli.redact import Redactor
    from recli.transport.clock import Clock

_EXPIRY_MARGIN_S = 30.0
"""A token counts as expired so long before it does, so that none expires on the way."""


@dataclass(frozen=True, slots=True)
class AuthorizedRequest:
    """A request with its credentials, as it goes out."""

    request: Request = field(repr=False)
    url: str
    basic: Basic | None = None
    token: Secret | None = None


class Authenticator:
    """Put one profile's credentials on its requests; `send` sends a login or refresh request.

    `tokens` is None where the provider has no access tokens.
    """

    def __init__(  # noqa: PLR0913  # the collaborators of a token provider, by name
        self,
        provider: Provider,
        send: Callable[[AuthorizedRequest], Response],
        *,
        allow_http: bool,
        token_folder: Path | None,
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        self._provider = provider
        self._allow_http = allow_http
        self._auth = auth = provider.auth
        for secret in secrets_of(provider):
            redactor.add(secret.reveal())
        if isinstance(auth, Basic):
            redactor.add(auth.password.reveal(), username=auth.username)
        self.tokens: TokenProvider | None = None
        if isinstance(auth, QueryToken):
            self.tokens = TokenProvider(
                auth,
                lambda request: send(self.without_auth(request)),
                token_folder,
                clock,
                redactor,
            )

    def without_auth(self, request: Request) -> AuthorizedRequest:
        """Return a request with no credentials but its own."""
        url = request_url(self._provider, request, allow_http=self._allow_http)
        return AuthorizedRequest(request, url)

    def with_auth(self, request: Request) -> AuthorizedRequest:
        """Return a request with the credentials that it may carry; may fetch a token.

        Raises ProviderError if they would go to a foreign host, and as `TokenProvider.current`.
        """
        bare = self.without_auth(request)
        if request.credentials is Credentials.WITHHELD:
            return bare
        match self._auth:
            case None:
                return bare
            case Basic():
                return replace(bare, basic=self._auth)
            case FormFields(fields):
                form = {
                    name: value.reveal() if isinstance(value, Secret) else value
                    for name, value in fields.items()
                }
                # Last, so that nothing in a provider's response can take their place.
                return replace(
                    bare, request=replace(request, form={**(request.form or {}), **form})
                )
            case QueryToken(parameter):
                if self.tokens is None:
                    raise AssertionError("QueryToken comes with a token provider")
                token = self.tokens.current()
                params = {**request.params, parameter: token.reveal()}
                return replace(bare, request=replace(request, params=params), token=token)
            case _:
                assert_never(self._auth)


def check_base_url(provider: Provider, *, allow_http: bool) -> None:
    """Raise ConfigError if credentials would go over plain http beyond this machine."""
    host = cleartext_host(provider.base_url)
    if host is not None and not allow_http:
        raise ConfigError(
            f"profile {provider.profile}: base_url would send credentials over plain http"
            f" to {host}",
            hint="use https, or set allow_http = true in the profile",
        )


def request_url(provider: Provider, request: Request, *, allow_http: bool) -> str:
    """Return the URL of a request; ProviderError if its credentials would go to a foreign host.

    A link to the profile's own origin goes to the address that the profile itself names.
    """
    path, base_url = request.path, provider.base_url
    if path[:1] == "/":
        return base_url.rstrip("/") + path
    if not is_absolute_url(path):
        raise ProviderError(provider.name, f"links to what is not a URL: {path[:80]!r}")
    if request.credentials is Credentials.WITHHELD:
        return path
    if same_origin(path, base_url):
        return base_url[: authority_end(base_url)] + path[authority_end(path) :]
    is_trusted = origin_of(path) is not None and provider.trusts(path)
    if is_trusted and (allow_http or cleartext_host(path) is None):
        return path
    raise ProviderError(
        provider.name,
        f"points to {public_url(path)[:200]}, which is not the profile's host"
        f" ({provider.base_url}): not followed",
    )


class TokenProvider:
    """Provide one account's access token, shared by threads and processes.

    `send` sends a login or refresh request without a token. `folder` is where the token is stored
    between runs, None to keep it in memory.
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
        self._lock = Lock()
        self._token: StoredToken | None = None
        self._login_error: ProviderError | None = None
        self._cache = TokenCache(folder, auth.account)

    def current(self) -> Secret:
        """Return a live access token.

        Raises Refused or Denied, from then on without a request, and Transient for what may pass.
        """
        with self._lock:
            token = self._token
            if token is None or not self._is_live(token.access_expires_s):
                token = self._replace(None)
            return Secret(token.access)

    def renew(self, expired: Secret) -> Secret:
        """Return a token other than `expired`; errors as for `current`."""
        with self._lock:
            token = self._token
            if token is None or token.access == expired.reveal():
                token = self._replace(expired.reveal())
            return Secret(token.access)

    def _is_live(self, expires_s: float) -> bool:
        return self._clock.now_s() < expires_s - _EXPIRY_MARGIN_S

    def _replace(self, expired: str | None) -> StoredToken:
        """Return the stored token if it is another and live, else a new one."""
        if self._login_error is not None:
            raise copy_error(self._login_error)
        with self._cache.locked():
            stored = self._cache.load()
            if stored is not None:
                self._hide(stored)
                if stored.proof != self._auth.proof:
                    stored = None  # fetched with another secret: this one has yet to be tried
            if stored and stored.access != expired and self._is_live(stored.access_expires_s):
                self._token = stored
                return stored
            pair = self._refresh(stored or self._token) or self._log_in()
            now_s = self._clock.now_s()
            token = StoredToken(
                pair.access.reveal(),
                pair.refresh.reveal(),
                now_s + pair.access_life_s,
                now_s + pair.refresh_life_s,
                self._auth.proof,
            )
            self._hide(token)
            self._cache.store(token)
            self._token = token
            return token

    def _refresh(self, token: StoredToken | None) -> TokenPair | None:
        if token is None or not token.refresh or not self._is_live(token.refresh_expires_s):
            return None
        try:
            return self._fetch(self._auth.refresh(Secret(token.refresh)))
        except Transient:
            raise
        except ProviderError:
            return None

    def _log_in(self) -> TokenPair:
        try:
            return self._fetch(self._auth.login())
        except Denied as error:
            self._login_error = Blocked(error.provider, error.message, hint=error.hint)
            raise self._login_error from error
        except Refused as error:
            self._login_error = error
            raise

    def _fetch(self, request: Request) -> TokenPair:
        return self._auth.read(request, self._send(request))

    def _hide(self, token: StoredToken) -> None:
        self._redactor.add(token.access)
        self._redactor.add(token.refresh)
