"""Putting a profile's credentials on its requests, and keeping them off all others.

It decides what goes out; it sends nothing but the logins that a token costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from recli.providers.base import Provider, secrets_of
from recli.transport.hosts import request_url
from recli.transport.tokens import TokenProvider
from recli.wire import Basic, Credentials, FormFields, QueryToken, Request, Response, Secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recli.redact import Redactor
    from recli.transport.clock import Clock


@dataclass(frozen=True, slots=True)
class AuthorizedRequest:
    """A request with its credentials, as it goes out."""

    request: Request = field(repr=False)
    url: str
    basic: Basic | None = None
    token: Secret | None = None


class Authenticator:
    """Dress the requests of one profile; `send` carries a login or refresh request as it is."""

    def __init__(  # noqa: PLR0913  # what a token store stands on, by name
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
                auth, lambda request: send(self.bare(request)), token_folder, clock, redactor
            )

    def bare(self, request: Request) -> AuthorizedRequest:
        """Return a request without credentials other than its own."""
        return AuthorizedRequest(
            request, request_url(self._provider, request, allow_http=self._allow_http)
        )

    def dressed(self, request: Request) -> AuthorizedRequest:
        """Return a request with what it may carry; ProviderError if a stranger would see that.

        A token that is not at hand is fetched, with the errors that `Tokens.current` raises.
        """
        url = request_url(self._provider, request, allow_http=self._allow_http)
        if request.credentials is Credentials.WITHHELD:
            return AuthorizedRequest(request, url)
        match self._auth:
            case None:
                return AuthorizedRequest(request, url)
            case Basic():
                return AuthorizedRequest(request, url, basic=self._auth)
            case FormFields(fields):
                form = {
                    name: value.reveal() if isinstance(value, Secret) else value
                    for name, value in fields.items()
                }
                # Last, so that nothing that a provider's answer tells can take their place.
                return AuthorizedRequest(
                    replace(request, form={**(request.form or {}), **form}), url
                )
            case QueryToken(parameter):
                if self.tokens is None:
                    raise AssertionError("a token's account has a token store")
                token = self.tokens.current()
                params = {**request.params, parameter: token.reveal()}
                return AuthorizedRequest(replace(request, params=params), url, token=token)
            case _:
                assert_never(self._auth)
