"""Redaction: everything that people read passes here, and no secret gets through.

Secrets are known by value, in every encoding in which they travel, and by the names under which
providers send them. Patterns are bounded: a hostile text takes no longer than any of its length.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from html import escape
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "***"
MIN_LENGTH = 4
"""Shorter secrets are hidden by name only: replacing single letters would hide everything."""

_NAMES = (
    r"access_token|refresh_token|auth_password|auth_token|api_token|api_secret|client_secret"
    r"|password|passwd|secret|token|signature|sig|x-(?:amz|goog)-(?:signature|credential)"
    r"|x-amz-security-token|awsaccesskeyid|key-pair-id|authorization|api_?key"
)
_BEFORE = r"(?:^|[?&;\s\"'{,(\[<]|%(?:25){0,2}(?:3F|26|3B))"
_EQUALS = r"\s?=\s?|%(?:25){0,2}3D"
_TEXT = r'"(?:[^"\\]|\\.)*"?' + r"|'(?:[^'\\]|\\.)*'?"
_BARE = r"[^&;\s\"',)}\]>]+"
_SOURCE = r"(?:\{ (?:env|command|file|keyring) =|(?:env|command|file|keyring):[\w./~$%-]|…)"
"""Where a secret is kept, in the configuration or after `--set KEY=`: no secret itself."""
_NAMED = re.compile(
    rf"({_BEFORE}(?:{_NAMES})(?:{_EQUALS}))(?!\s?{_SOURCE})({_TEXT}|{_BARE})", re.IGNORECASE
)
_QUOTED = re.compile(
    rf"""(\\?["'](?:{_NAMES})\\?["']\s{{0,9}}:\s{{0,9}})({_TEXT}|\\"[^"]*"?|{_BARE})""",
    re.IGNORECASE,
)
# After a colon comes prose as often as a secret: only what doesn't look like a word is hidden.
_AFTER_COLON = re.compile(
    rf"({_BEFORE}(?:{_NAMES})\s?:\s{{0,9}})((?=[^\s\"',;]{{0,80}}[0-9]){_BARE}|{_TEXT})",
    re.IGNORECASE,
)
# Encoded credentials hold a digit, a sign, or a capital after a small letter, as words don't.
_SCHEME = re.compile(
    r"\b(Basic|Bearer) +(?=[A-Za-z._~-]{0,400}(?:[0-9+/=]|(?<=[a-z])[A-Z]))[A-Za-z0-9+/=._~-]{6,}"
)
_USERINFO = re.compile(r"(://)[^/?#\s\"'<>]*@")
_SECRET_PART = re.compile(
    r"token|secret|sig|passw|pwd|credential|key|auth|session|jwt|policy|hmac|ticket", re.IGNORECASE
)


class Redactor:
    """Replace secrets in texts; secrets found during the run are added.

    Safe for many threads at once.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._forms: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str, *, username: str | None = None) -> None:
        """Hide `secret` from now on; with a `username`, its HTTP Basic form too."""
        new: set[str] = set()
        if username is not None:
            pair = f"{username}:{secret}".encode("utf-8", "replace")
            new.update(_encoded_forms(b64encode(pair).decode()))
        if len(secret.strip()) >= MIN_LENGTH:
            new.update(_encoded_forms(secret))
            new.update(_encoded_forms(secret.strip()))
        with self._lock:
            self._forms = tuple(sorted(new.union(self._forms), key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """Return `text` without any secret."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
        text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
        for pattern in (_QUOTED, _NAMED, _AFTER_COLON):
            text = pattern.sub(rf"\1{HIDDEN}", text)
        return text


def _encoded_forms(secret: str) -> Iterator[str]:
    """Yield the forms in which a text may stand in URLs, bodies, headers and error messages."""
    whole = secret.encode("utf-8", "replace")
    once = {quote(whole), quote(whole, safe=""), quote_plus(whole)}
    twice = {quote(form, safe="") for form in once}
    for form in once | twice | {quote(form, safe="") for form in twice}:
        yield form
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), form)
        yield re.sub(r"%(?:25)*[0-9A-F]{2}", lambda match: match[0].lower(), form)
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(whole)[2:-1]
    yield secret.encode("unicode_escape").decode()
    yield escape(secret, quote=False)
    yield escape(secret, quote=False).replace('"', "&quot;")
    yield escape(secret)


def public_url(url: str) -> str:
    """Return `url` without user, password and whatever in its query may be a secret."""
    if "@" not in url and "?" not in url and "#" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2]
    public = [
        pair
        for pair in re.split(r"[&;]", parts.query)
        if pair and not _SECRET_PART.search(unquote_plus(pair.partition("=")[0]))
    ]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "&".join(public), ""))
