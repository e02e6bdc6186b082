"""Access tokens that live between runs: kept on disk, shared by processes, renewed when dead.

A login costs the provider one of few live tokens, and refused logins block the caller's address:
the pair on disk is tried first, then renewed, and a login comes last.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock

from filelock import FileLock

from recli.errors import Denied, Gone, ProviderError, Refused, TokenDead
from recli.redact import Redactor
from recli.transport.clock import Clock
from recli.wire import QueryToken, Request, Response, Secret, TokenPair

_EARLY_S = 30.0
"""A token is taken for dead so long before it dies, so that none dies on the way."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token pair and when its halves die, in seconds after 1970."""

    access: str
    refresh: str
    access_dies_s: float
    refresh_dies_s: float


class Tokens:
    """The token of one account; `send` carries a login or refresh request without a token."""

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
        self._kept: _Kept | None = None
        name = sha256(auth.account.encode()).hexdigest()[:32]
        self._file = folder / f"{name}.json" if folder is not None else None

    def current(self) -> Secret:
        """Return a live access token; Refused or Transient if there is none to be had."""
        with self._held:
            if not self._alive(self._kept):
                self._renew(None)
            return self._secret()

    def renew(self, dead: Secret) -> Secret:
        """Return a token other than `dead`, whoever fetched it."""
        with self._held:
            if self._kept is None or self._kept.access == dead.reveal():
                self._renew(dead.reveal())
            return self._secret()

    def _secret(self) -> Secret:
        if self._kept is None:
            raise AssertionError("a renewal keeps a token or raises")
        return Secret(self._kept.access)

    def _alive(self, kept: _Kept | None) -> bool:
        return kept is not None and self._clock.now_s() < kept.access_dies_s - _EARLY_S

    def _renew(self, dead: str | None) -> None:
        with self._shared():
            stored = self._load()
            if stored is not None and stored.access != dead and self._alive(stored):
                self._keep(stored, store=False)
                return
            stored = stored or self._kept
            pair = self._refreshed(stored) or self._auth.read(*self._asked(self._auth.login()))
            now_s = self._clock.now_s()
            access, refresh = pair.access.reveal(), pair.refresh.reveal()
            dies = (now_s + pair.access_life_s, now_s + pair.refresh_life_s)
            self._keep(_Kept(access, refresh, *dies), store=True)

    def _refreshed(self, stored: _Kept | None) -> TokenPair | None:
        if stored is None or not stored.refresh:
            return None
        if self._clock.now_s() >= stored.refresh_dies_s - _EARLY_S:
            return None
        try:
            return self._auth.read(*self._asked(self._auth.refresh(Secret(stored.refresh))))
        except (TokenDead, Refused, Denied, Gone):
            return None
        except ProviderError as error:
            if type(error) is ProviderError:
                return None
            raise

    def _asked(self, request: Request) -> tuple[Request, Response]:
        return request, self._send(request)

    def _keep(self, kept: _Kept, *, store: bool) -> None:
        self._redactor.add(kept.access)
        self._redactor.add(kept.refresh)
        self._kept = kept
        if store and self._file is not None:
            body = {
                "access": kept.access,
                "refresh": kept.refresh,
                "access_dies_s": kept.access_dies_s,
                "refresh_dies_s": kept.refresh_dies_s,
            }
            fresh = self._file.with_suffix(f".{os.getpid()}")
            try:
                descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "w") as stream:
                    json.dump(body, stream)
                fresh.replace(self._file)
            except OSError:
                fresh.unlink(missing_ok=True)

    def _load(self) -> _Kept | None:
        if self._file is None:
            return None
        try:
            kept = _Kept(**json.loads(self._file.read_bytes()))
            self._redactor.add(kept.access)
            self._redactor.add(kept.refresh)
            _ = kept.access_dies_s + kept.refresh_dies_s
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        return kept

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Hold the account's lock against other processes while a pair is fetched."""
        if self._file is None:
            yield
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._file.with_suffix(".lock"), mode=0o600)
            lock.acquire()
        except OSError:
            # Without a place to keep tokens each run logs in: it works, and is all that is left.
            self._file = None
            yield
            return
        try:
            yield
        finally:
            lock.release()
