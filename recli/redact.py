"""The one function through which everything that people read leaves: no secret gets past it.

It knows the run's secrets by value, in every form in which they travel, and the names under which
providers carry them. It prints nothing itself.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

HIDDEN = "***"
SHORTEST = 4
"""Shorter secrets are hidden by name only: replacing one letter everywhere would hide everything."""

_NAMES = (
    r"access_token|refresh_token|auth_password|auth_token|api_token|api_secret|client_secret"
    r"|password|passwd|secret|token|signature|sig|x-amz-signature|x-amz-credential|"
    r"x-amz-security-token|awsaccesskeyid|key-pair-id|authorization|api_key|apikey"
)
_NAMED = re.compile(
    rf"""((?:^|[?&;\s"'{{,(])["']?(?:{_NAMES})["']?(?:=|%3D|\s*:\s*))("[^"]*"|'[^']*'|[^&;\s"',)}}]+)""",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(rf"(?:{_NAMES})\Z", re.IGNORECASE)
_BASIC = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/?#\s@]*@", re.IGNORECASE)


class Redactor:
    """Replace secrets in texts on their way out; secrets met during the run are added to it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str, *, username: str | None = None) -> None:
        """Hide `secret` from now on; with a `username`, its HTTP Basic form too."""
        if username is not None:
            pair = f"{username}:{secret}".encode()
            self._forms.add(b64encode(pair).decode())
        if len(secret) >= SHORTEST:
            quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
            twice = {quote(form, safe="") for form in quoted}
            lower = {re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), form) for form in quoted}
            escaped = {secret.encode("unicode_escape").decode(), repr(secret)[1:-1]}
            inverted = {secret.replace("\\", "\\\\").replace('"', '\\"')}
            self._forms |= {secret, secret.strip()} | quoted | twice | lower | escaped | inverted
        forms = sorted((form for form in self._forms if form), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __call__(self, text: str) -> str:
        """Return `text` without any secret."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
        text = _BASIC.sub(rf"\1 {HIDDEN}", text)
        return _NAMED.sub(rf"\1{HIDDEN}", text)


def public_url(url: str) -> str:
    """Return `url` without user, password and the query parameters that carry secrets."""
    if "@" not in url and "?" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    kept = [
        pair
        for pair in re.split(r"[&;]", parts.query)
        if pair and not _SECRET_NAME.match(pair.partition("=")[0])
    ]
    return urlunsplit((parts.scheme, host, parts.path, "&".join(kept), parts.fragment))
