"""The adapter through which `requests` sends for one profile: no more than sending needs.

It keeps no cookies, asks nothing of the environment, and finds its way to the profile's own host
once. It must not know any provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse, HTTPResponse
    from urllib3.connectionpool import HTTPConnectionPool

    from recli.transport.deadline import DeadlineWatchdog

_POOLS = 16
"""Hosts whose connections are kept."""


class LeanAdapter(HTTPAdapter):
    """Send to any host, and quickly to the one named by `origin`, such as `https://host:8088`."""

    def __init__(self, origin: str, lines: DeadlineWatchdog, *, jobs: int) -> None:
        super().__init__(pool_connections=_POOLS, pool_maxsize=jobs, pool_block=False)
        self._origin = origin + "/"
        self._lines = lines
        self._own: HTTPConnectionPool | None = None

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,  # noqa: FBT001  # as the adapter's own has it
        proxies: Mapping[str, str] | None = None,
        cert: tuple[str, str] | str | None = None,
    ) -> HTTPConnectionPool:
        """Return the connections to a request's host, which tell the lines of their sockets."""
        own = (request.url or "").startswith(self._origin)
        if own and self._own is not None and self._own.pool is not None:
            return self._own
        pool = cast(
            "HTTPConnectionPool",
            super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert),
        )
        if not issubclass(pool.ConnectionCls, _AttachedConnection):
            kinds = (_AttachedConnection, pool.ConnectionCls)
            made = type("AttachedConnection", kinds, {"lines": self._lines})
            pool.ConnectionCls = cast("type[HTTPConnection]", made)
        if own:
            self._own = pool
        return pool

    def request_url(self, request: PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """Return what the request's first line names: path and query, but the whole to a proxy."""
        url = request.url or ""
        if not proxies and url.startswith(self._origin):
            return url[len(self._origin) - 1 :]
        return super().request_url(request, proxies)

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Return the answer without cookies; its headers and its body are in `raw`."""
        response = Response()
        response.status_code = resp.status
        response.raw = resp
        response.url = req.url or ""
        response.request = req
        return response


class _AttachedConnection(HTTPConnection):
    """A connection that tells on which socket it waits."""

    lines: ClassVar[DeadlineWatchdog]

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own differs too
        self.lines.attach(self.sock)
        return super().getresponse()
