"""Putting a profile's credentials on its requests, and keeping them off all others.

It decides what goes out; it sends nothing but the logins that a token costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from recli.providers.base import Provider, secrets_of
from recli.redact import Redactor
from recli.transport.clock import Clock
from recli.transport.origin import url_of
from recli.transport.tokens import Tokens
from recli.wire import Basic, Credentials, FormFields, QueryToken, Request, Response, Secret


@dataclass(frozen=True, slots=True)
class Dressed:
    """A request with its credentials, as it goes out."""

    request: Request = field(repr=False)
    url: str
    basic: Basic | None = None
    token: Secret | None = None


class Wardrobe:
    """Dress the requests of one profile; `send` carries a login or refresh request as it is."""

    def __init__(  # noqa: PLR0913  # what a token store stands on, by name
        self,
        provider: Provider,
        send: Callable[[Dressed], Response],
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
        self.tokens: Tokens | None = None
        if isinstance(auth, QueryToken):
            self.tokens = Tokens(
                auth, lambda request: send(self.bare(request)), token_folder, clock, redactor
            )

    def bare(self, request: Request) -> Dressed:
        """Return a request without credentials other than its own."""
        return Dressed(request, url_of(self._provider, request, allow_http=self._allow_http))

    def dressed(self, request: Request) -> Dressed:
        """Return a request with what it may carry; ProviderError if a stranger would see that.

        A token that is not at hand is fetched, with the errors that `Tokens.current` raises.
        """
        url = url_of(self._provider, request, allow_http=self._allow_http)
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
                # Last, so that nothing that a provider's answer tells can take their place.
                return Dressed(replace(request, form={**(request.form or {}), **form}), url)
            case QueryToken(parameter):
                if self.tokens is None:
                    raise AssertionError("a token's account has a token store")
                token = self.tokens.current()
                params = {**request.params, parameter: token.reveal()}
                return Dressed(replace(request, params=params), url, token=token)
            case _:
                assert_never(self._auth)
