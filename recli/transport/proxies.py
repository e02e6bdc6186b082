"""Which proxy of the environment stands before a host, found once for each host."""

from __future__ import annotations

from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

from recli.transport.origin import loopback


class Proxies:
    """The environment's proxies (`https_proxy`, `no_proxy` …) by host."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def of(self, url: str) -> dict[str, str]:
        """Return the proxies for a URL; none for this machine, whose plain http stays on it."""
        start = url.find("//") + 2
        end = url.find("/", start)
        origin = url[: end if end > 0 else len(url)]
        found = self._known.get(origin)
        if found is None:
            local = loopback(urlsplit(origin).hostname)
            found = self._known[origin] = {} if local else dict(get_environ_proxies(url))
        return found
