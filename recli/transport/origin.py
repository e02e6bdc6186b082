"""Whose host a URL names: credentials go to the profile's own scheme, host and port only."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from recli.errors import ConfigError, ProviderError
from recli.providers.base import Provider
from recli.redact import public_url
from recli.wire import Credentials, Request

_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http://", "https://")


def is_whole(path: str) -> bool:
    """Say whether a request's path is a whole URL."""
    return path[:8].lower().startswith(_SCHEMES)


def loopback(host: str | None) -> bool:
    """Say whether a host is this machine, which no network can listen to."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def same(one: str, other: str) -> bool:
    """Say whether two URLs have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def check_base(provider: Provider, *, allow_http: bool) -> None:
    """Raise ConfigError if credentials would go over plain http beyond this machine."""
    parts = urlsplit(provider.base_url)
    if parts.scheme == "http" and not allow_http and not loopback(parts.hostname):
        raise ConfigError(
            f"profile {provider.profile}: base_url would send credentials over plain http"
            f" to {parts.hostname}",
            hint="use https, or set allow_http = true in the profile",
        )


def url_of(provider: Provider, request: Request, *, allow_http: bool) -> str:
    """Return the URL of a request; ProviderError if its credentials would go to a stranger."""
    path = request.path
    if not is_whole(path):
        if not path.startswith("/"):
            raise ProviderError(provider.name, f"names a place that is no URL: {path[:80]!r}")
        return provider.base_url.rstrip("/") + path
    if request.credentials is Credentials.WITHHELD or same(path, provider.base_url):
        return path
    safe = allow_http or path.lower().startswith("https:") or loopback(urlsplit(path).hostname)
    if safe and provider.trusts(path):
        return path
    raise ProviderError(
        provider.name,
        f"points to {public_url(path)[:200]}, which is not the profile's host"
        f" ({provider.base_url}): not followed",
    )


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme.lower())
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    return parts.scheme.lower(), parts.hostname.lower().rstrip("."), port
