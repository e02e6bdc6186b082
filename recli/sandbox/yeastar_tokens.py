"""Yeastar's tokens: their lifetimes, their maximum number, and the blocking of an address.

Errors are Yeastar's error codes. Times are seconds since the epoch.
"""

import hashlib
import threading
from dataclasses import dataclass

ACCESS_LIFE_S = 1_800
REFRESH_LIFE_S = 86_400
TOKENS_MAX = 8
FAILURES_MAX = 5

FAILURE = -1
TOKEN_INVALID = 10004
TOO_MANY_TOKENS = 60002
BLOCKED = 70004


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """Hold an access token and its refresh token."""

    access: str
    refresh: str
    created_s: float


class TokenIssuer:
    """Issue, check, renew and revoke the token pairs of one API application."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._credentials = (client_id, client_secret)
        self._pairs: list[IssuedTokens] = []
        self._issued = 0
        self._lock = threading.Lock()
        self.failures = 0
        """Refused logins in a row."""

    @property
    def blocked(self) -> bool:
        """Whether too many refused logins have blocked the client's address."""
        return self.failures >= FAILURES_MAX

    def log_in(self, username: object, password: object, now_s: float) -> IssuedTokens | int:
        """Return a new pair, or an error code."""
        with self._lock:
            if (username, password) != self._credentials:
                self.failures += 1
                return BLOCKED if self.blocked else FAILURE
            self.failures = 0
            if sum(now_s - pair.created_s < ACCESS_LIFE_S for pair in self._pairs) >= TOKENS_MAX:
                return TOO_MANY_TOKENS
            return self._issue(now_s)

    def refresh(self, token: object, now_s: float) -> IssuedTokens | int:
        """Return a new pair for a valid refresh token and revoke the old pair."""
        with self._lock:
            for pair in self._pairs:
                if pair.refresh == token and now_s - pair.created_s < REFRESH_LIFE_S:
                    self._pairs.remove(pair)
                    return self._issue(now_s)
            return TOKEN_INVALID

    def is_valid(self, token: str, now_s: float) -> bool:
        """Return whether an access token is valid."""
        with self._lock:
            return any(
                pair.access == token and now_s - pair.created_s < ACCESS_LIFE_S
                for pair in self._pairs
            )

    def revoke(self, token: str) -> None:
        """Revoke the pair of an access token."""
        with self._lock:
            self._pairs = [pair for pair in self._pairs if pair.access != token]

    def _issue(self, now_s: float) -> IssuedTokens:
        self._issued += 1
        access, refresh = (
            hashlib.sha256(f"{kind} {self._issued} {now_s}".encode()).hexdigest()[:32]
            for kind in ("access", "refresh")
        )
        pair = IssuedTokens(access, refresh, now_s)
        self._pairs.append(pair)
        return pair
