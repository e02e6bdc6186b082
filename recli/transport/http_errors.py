"""Turn errors of `requests`, `urllib3` and the system into errors that name the host only.

Their messages hold whole URLs, and with them tokens in query strings: no word of theirs is passed
on, and no error of theirs is chained to ours.
"""

from __future__ import annotations

import errno
import socket
import ssl
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors

from recli.errors import ProviderError, Transient

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
FILES_PROBLEM = "too many files and connections are open in this process or on this machine"
FILES_HINT = "allow more, such as with `ulimit -n 4096`, or list fewer profiles at a time"
_BAD_ADDRESS = (
    requests_errors.InvalidURL,
    requests_errors.InvalidSchema,
    requests_errors.MissingSchema,
    requests_errors.InvalidHeader,
    urllib3_errors.LocationValueError,
    UnicodeError,
)
_BROKEN = (urllib3_errors.IncompleteRead, urllib3_errors.InvalidChunkLength, IncompleteRead)
_RESET = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)
_MESSAGES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (urllib3_errors.ProxyError, "is behind a proxy that failed"),
    (socket.gaierror, "does not resolve"),
    (ConnectionRefusedError, "refused the connection"),
    (urllib3_errors.ConnectTimeoutError, "could not be connected to in time"),
    (_BROKEN, "ended its answer early"),
    (RemoteDisconnected, "closed the connection without an answer"),
    (_RESET, "reset the connection"),
    (urllib3_errors.DecodeError, "sent a body that can't be decompressed"),
    (ssl.SSLError, "failed to set up TLS"),
    (HTTPException, "did not answer with HTTP"),
)


def transport_error(
    provider: str, error: Exception, host: str, *, timeout_s: float
) -> ProviderError:
    """Return Transient, or ProviderError for what no retry mends: a bad certificate or address."""
    causes = _causes(error)
    if _has_cause(causes, ssl.SSLCertVerificationError):
        return ProviderError(
            provider,
            f"{host} can't be trusted: its certificate is not valid",
            hint="set ca_file in the profile to the certificate of its authority",
        )
    if type(error) is ValueError or _has_cause(causes, _BAD_ADDRESS):
        return ProviderError(provider, f"{host} is not a valid address")
    if _has_cause(causes, urllib3_errors.ReadTimeoutError):
        return timeout_error(provider, host, timeout_s)
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if numbers & {errno.EMFILE, errno.ENFILE}:
        return Transient(provider, f"no connection to {host}: {FILES_PROBLEM}", hint=FILES_HINT)
    message = next((text for kinds, text in _MESSAGES if _has_cause(causes, kinds)), None)
    if message is None:
        unreachable = "is unreachable" if numbers & _UNREACHABLE else None
        message = unreachable or f"failed: {type(causes[-1]).__name__}"
    return Transient(provider, f"{host} {message}")


def timeout_error(provider: str, host: str, timeout_s: float) -> Transient:
    """Return the error for a response that was not complete in time."""
    problem = f"{host} gave no answer within {timeout_s:g} s"
    return Transient(provider, problem, timed_out=True)


def is_unanswered(error: Exception) -> bool:
    """Return whether the server closed the connection instead of answering."""
    return _has_cause(_causes(error), (RemoteDisconnected, *_RESET))


def _has_cause(causes: list[BaseException], kinds: object) -> bool:
    return any(isinstance(cause, kinds) for cause in causes)  # type: ignore[arg-type]


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and those that it wraps, outermost first."""
    causes: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        cause = pending.pop(0)
        if isinstance(cause, BaseException) and cause not in causes:
            causes.append(cause)
            pending += [getattr(cause, "reason", None), cause.__cause__, *cause.args]
    return causes
