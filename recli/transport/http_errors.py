"""What a failed exchange means, in a few words that name the host and hold no URL.

The messages of `requests` and `urllib3` hold whole URLs, and with them tokens in query strings: no
word of theirs is passed on, and no error of theirs is chained to ours.
"""

from __future__ import annotations

import errno
import socket
import ssl
from http.client import HTTPException, RemoteDisconnected
from http.client import IncompleteRead as Incomplete
from typing import TYPE_CHECKING

from requests import exceptions as outer
from urllib3 import exceptions as inner

from recli.errors import ProviderError, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
_NO_ADDRESS = (
    outer.InvalidURL,
    outer.InvalidSchema,
    outer.MissingSchema,
    outer.InvalidHeader,
    inner.LocationValueError,
    UnicodeError,
)
_BROKEN = (inner.IncompleteRead, inner.InvalidChunkLength, Incomplete)
_WORDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (inner.ProxyError, "is behind a proxy that failed"),
    (socket.gaierror, "does not resolve"),
    (ConnectionRefusedError, "refused the connection"),
    (inner.ConnectTimeoutError, "could not be connected to in time"),
    (_BROKEN, "broke its answer off"),
    (RemoteDisconnected, "closed the connection without an answer"),
    ((ConnectionResetError, BrokenPipeError, ConnectionAbortedError), "reset the connection"),
    (inner.DecodeError, "sent a body that can't be decompressed"),
    (ssl.SSLError, "failed to set up TLS"),
    (HTTPException, "sent what is no HTTP answer"),
)


def failure_error(provider: str, error: Exception, host: str, *, timeout_s: float) -> ProviderError:
    """Return the error to raise for one of `requests`, `urllib3` or the system: mostly Transient.

    A certificate that is not valid, and an address that is none, will not pass: ProviderError.
    """
    causes = list(_causes(error))
    untrusted = (ssl.SSLCertVerificationError, ssl.CertificateError)
    if _has_cause(causes, untrusted):
        return ProviderError(
            provider,
            f"{host} can't be trusted: its certificate is not valid",
            hint="set ca_file in the profile to the certificate of its authority",
        )
    if type(error) is ValueError or _has_cause(causes, _NO_ADDRESS):
        return ProviderError(provider, f"{host} is no address that can be asked")
    if _has_cause(causes, inner.ReadTimeoutError):
        return no_answer_error(provider, host, timeout_s)
    for kinds, words in _WORDS:
        if _has_cause(causes, kinds):
            return Transient(provider, f"{host} {words}")
    if any(isinstance(each, OSError) and each.errno in _UNREACHABLE for each in causes):
        return Transient(provider, f"{host} is out of reach")
    return Transient(provider, f"{host} failed: {type(causes[-1]).__name__}")


def no_answer_error(provider: str, host: str, seconds: float) -> Transient:
    """Return the error for an answer that did not come, or not all of it, in time."""
    problem = f"{host} gave no answer within {seconds:g} s"
    return Transient(provider, problem, timed_out=True)


def _has_cause(causes: list[BaseException], kinds: object) -> bool:
    return any(isinstance(each, kinds) for each in causes)  # type: ignore[arg-type]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it wraps, outermost first."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and not any(each is one for one in seen):
            seen.append(each)
            waiting += [getattr(each, "reason", None), each.__cause__, *each.args]
    yield from seen
