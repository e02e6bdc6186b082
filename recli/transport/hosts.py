"""Whose host a URL names: credentials go to the profile's own scheme, host and port only.

Readers of URLs disagree about odd ones. So what is odd is never trusted, and a link that names the
profile's own host is sent to the address that the profile itself names.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from recli.errors import ConfigError, ProviderError
from recli.redact import public_url
from recli.wire import Credentials, Request

if TYPE_CHECKING:
    from recli.providers.base import Provider

_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http://", "https://")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_END = re.compile(r"[/?#]")


def is_absolute_url(path: str) -> bool:
    """Say whether a request's path is a whole URL."""
    return path[:8].lower().startswith(_SCHEMES)


def is_loopback(host: str | None) -> bool:
    """Say whether a host is this machine, which no network can listen to."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def authority_end(url: str) -> int:
    """Return where scheme, host and port of a whole URL end and its path begins."""
    found = _END.search(url, url.find("://") + 3)
    return found.start() if found else len(url)


def same_origin(one: str, other: str) -> bool:
    """Say whether two URLs have the same scheme, host and port, however one reads them."""
    origin = _origin(one)
    return origin is not None and origin == _origin(other)


def check_base(provider: Provider, *, allow_http: bool) -> None:
    """Raise ConfigError if credentials would go over plain http beyond this machine."""
    parts = urlsplit(provider.base_url)
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
        raise ConfigError(
            f"profile {provider.profile}: base_url would send credentials over plain http"
            f" to {parts.hostname}",
            hint="use https, or set allow_http = true in the profile",
        )


def request_url(provider: Provider, request: Request, *, allow_http: bool) -> str:
    """Return the URL of a request; ProviderError if its credentials would go to a stranger."""
    path, base_url = request.path, provider.base_url
    if path[:1] == "/":
        return base_url.rstrip("/") + path
    if not is_absolute_url(path):
        raise ProviderError(provider.name, f"names a place that is no URL: {path[:80]!r}")
    if request.credentials is Credentials.WITHHELD:
        return path
    if same_origin(path, base_url):
        return base_url[: authority_end(base_url)] + path[authority_end(path) :]
    if _origin(path) is not None and provider.trusts(path):
        host = urlsplit(path).hostname
        if allow_http or path.lower().startswith("https:") or is_loopback(host):
            return path
    raise ProviderError(
        provider.name,
        f"points to {public_url(path)[:200]}, which is not the profile's host"
        f" ({provider.base_url}): not followed",
    )


def _origin(url: str) -> tuple[str, str, int] | None:
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
