"""Yeastar's logins: token pairs, their lifetimes, their cap, and the blocking of an address.

It gives error codes, not answers. Times are seconds since the epoch.
"""

import hashlib
import threading
from dataclasses import dataclass

ACCESS_LIFE_S = 1_800
REFRESH_LIFE_S = 86_400
LIVE_MAX = 8
FAILURES_MAX = 5

FAILURE = -1
TOKEN_DEAD = 10004
TOO_MANY_TOKENS = 60002
BLOCKED = 70004


@dataclass(slots=True)
class TokenPair:
    """Hold an access token and its refresh token."""

    access: str
    refresh: str
    made_s: float
    uses: int = 0


class TokenIssuer:
    """Give out, check, renew and revoke the token pairs of one API application."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._login = (client_id, client_secret)
        self._pairs: list[TokenPair] = []
        self._made = 0
        self._failures = 0
        self._lock = threading.Lock()

    @property
    def blocked(self) -> bool:
        """Whether five refused logins in a row have shut the caller's address out."""
        return self._failures >= FAILURES_MAX

    def unblock(self) -> None:
        """Lift the block, as an administrator would."""
        self._failures = 0

    def live(self, now_s: float) -> int:
        """Count the access tokens that still work."""
        pairs = [pair for pair in self._pairs if pair.access]
        return sum(now_s - pair.made_s < ACCESS_LIFE_S for pair in pairs)

    def log_in(self, username: object, password: object, now_s: float) -> TokenPair | int:
        """Give a new pair, or an error code."""
        with self._lock:
            if (username, password) != self._login:
                self._failures += 1
                return BLOCKED if self.blocked else FAILURE
            self._failures = 0
            if self.live(now_s) >= LIVE_MAX:
                return TOO_MANY_TOKENS
            return self._new(now_s)

    def refresh(self, token: object, now_s: float) -> TokenPair | int:
        """Give a new pair for a live refresh token, whose own pair is dead from then on."""
        with self._lock:
            for pair in self._pairs:
                if pair.refresh == token and now_s - pair.made_s < REFRESH_LIFE_S:
                    self._pairs.remove(pair)
                    return self._new(now_s)
            return TOKEN_DEAD

    def use(self, token: str, now_s: float, uses_max: int | None) -> bool:
        """Count a use of an access token; False when it is dead."""
        with self._lock:
            pair = next((pair for pair in self._pairs if pair.access == token), None)
            if pair is None or now_s - pair.made_s >= ACCESS_LIFE_S:
                return False
            if uses_max is not None and pair.uses >= uses_max:
                pair.access = ""  # dead, while its refresh token lives
                return False
            pair.uses += 1
            return True

    def kill(self, token: str) -> None:
        """Let an access token be dead, its refresh token living on."""
        with self._lock:
            for pair in self._pairs:
                if pair.access == token:
                    pair.access = ""

    def revoke(self, token: str) -> None:
        """Forget the pair of an access token."""
        with self._lock:
            self._pairs = [pair for pair in self._pairs if pair.access != token]

    def _new(self, now_s: float) -> TokenPair:
        self._made += 1
        access, refresh = (
            hashlib.sha256(f"{kind} {self._made} {now_s}".encode()).hexdigest()[:32]
            for kind in ("access", "refresh")
        )
        pair = TokenPair(access, refresh, now_s)
        self._pairs.append(pair)
        return pair
