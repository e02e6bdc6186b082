"""Checks of the addresses that a profile names; nothing is looked up or opened."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from recli.transport.hosts import is_loopback

_UNFIT = re.compile(r"[\s\\<>\"{}|^`\x00-\x1f\x7f]")
_HOST = re.compile(r"[^\s/?#@%:]+|[0-9a-fA-F:.]+(%[\w.]+)?")


def url_problem(url: str) -> str | None:
    """Say what is wrong with a base URL, without showing it, or return None."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return "is not a URL that can be read"
    wrong = {
        "must begin with https:// (or http://)": (
            parts.scheme not in {"http", "https"} or "://" not in url
        ),
        "must not hold a user name or password; give them their own keys": "@" in parts.netloc,
        "must not hold spaces or characters that are not fit for a URL": bool(_UNFIT.search(url)),
        "names no host": not host or not _HOST.fullmatch(host) or port == 0,
        "must not hold a query or fragment (? or #)": "?" in url or "#" in url,
    }
    return next((problem for problem, found in wrong.items() if found), None)


def cleartext_host(url: str) -> str | None:
    """Return the host to which credentials would go over plain http, None where all is well."""
    parts = urlsplit(url)
    host = parts.hostname
    return host if parts.scheme == "http" and not is_loopback(host) else None
