"""Read URLs: their origins, and what makes a base URL unfit. Nothing is looked up or opened.

Readers of URLs disagree about odd ones, so an odd URL has no origin and is never trusted.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_AUTHORITY_END = re.compile(r"[/?#]")
_UNFIT = re.compile(r"[\s\\<>\"{}|^`\x00-\x1f\x7f]")
_HOST = re.compile(r"[^\s/?#@%:]+|[0-9a-fA-F:.]+(%[\w.]+)?")


def is_absolute_url(text: str) -> bool:
    """Say whether a text is a whole URL, not a path."""
    return text[:8].lower().startswith(("http://", "https://"))


def authority_end(url: str) -> int:
    """Return where scheme, host and port of a whole URL end and its path begins."""
    end = _AUTHORITY_END.search(url, url.find("://") + 3)
    return end.start() if end else len(url)


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of a URL that every reader reads alike, else None."""
    scheme = url.partition("://")[0]
    authority = url[len(scheme) + 3 : authority_end(url)]
    scheme = scheme.lower()
    if scheme not in _PORTS or not _AUTHORITY.fullmatch(authority):
        return None
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    return scheme, host.lower().rstrip("."), int(port) if port else _PORTS[scheme]


def same_origin(one: str, other: str) -> bool:
    """Say whether two URLs have the same scheme, host and port."""
    origin = origin_of(one)
    return origin is not None and origin == origin_of(other)


def is_loopback(host: str | None) -> bool:
    """Say whether a host is this machine, which no network can listen to."""
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def cleartext_host(url: str) -> str | None:
    """Return the host to which credentials would go over plain http, None if they would not."""
    parts = urlsplit(url)
    host = parts.hostname
    return host if parts.scheme == "http" and not is_loopback(host) else None


def url_problem(url: str) -> str | None:
    """Say what is wrong with a base URL, without showing it, or return None."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "is not a URL that can be read"
    checks = {
        "must begin with https:// (or http://)": (parts.scheme not in _PORTS or "://" not in url),
        "must not hold a user name or password; give them their own keys": "@" in parts.netloc,
        "must not hold spaces or characters that are not fit for a URL": bool(_UNFIT.search(url)),
        "names no host": not host or not _HOST.fullmatch(host) or port == 0,
        "must not hold a query or fragment (? or #)": "?" in url or "#" in url,
    }
    return next((problem for problem, failed in checks.items() if failed), None)
