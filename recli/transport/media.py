"""Open a recording's audio, over the steps, renewals and redirects that its provider takes.

One call is one attempt, so that a caller can go on where the last attempt ended.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from recli.errors import Denied, ProviderError, Refused, TokenExpired, Transient
from recli.providers.items import excerpt
from recli.urls import is_absolute_url
from recli.wire import AudioInfo, Credentials, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recli.providers.base import Provider
    from recli.transport.client import Client, OpenResponse

_MAX_STEPS = 8
"""More than any provider needs, redirects included."""
_MAX_TEXT_BYTES = 1 << 20
"""How much is read of a response that is text instead of audio."""
_REDIRECTS = {301, 302, 303, 307, 308}
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/problem+json")
_TEXT_STARTS = {b"{", b"[", b"<"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Some proxies begin their error pages with it."""


@dataclass(frozen=True, slots=True)
class AudioStream:
    """Audio to read from `chunks`; header names are in lower case.

    `info` is None for audio within JSON, until that is unpacked: ask `Provider.parse_audio` then.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    info: AudioInfo | None


@contextmanager
def open_audio(
    client: Client, request: Request, headers: Mapping[str, str] | None = None
) -> Iterator[AudioStream]:
    """Open the audio of a `Provider.audio_request`; `headers` may ask for a range.

    Raises Transient for what may pass, NotReady, Gone, Refused or ProviderError for what won't.
    """
    renewals = 0
    for _ in range(_MAX_STEPS):
        # Before the audio itself, a range would cut a JSON response.
        sent_headers = headers if headers and not request.accept.endswith("json") else {}
        expired = sent = None
        try:
            with client.stream(request, sent_headers) as response:
                sent = response.sent
                step = _next_step(client.provider, request, response)
                if isinstance(step, AudioStream):
                    yield step
                    return
                request = step
        except TokenExpired as error:
            expired = error
        if expired is not None:
            renewals += 1
            client.renew_token(expired, sent, renewals)
    raise ProviderError(client.provider.name, "redirects too often on the way to its audio")


def _next_step(
    provider: Provider, request: Request, response: OpenResponse
) -> Request | AudioStream:
    """Return the audio, or the request that the response leads to."""
    status, headers, chunks = response.status, response.headers, response.chunks
    location = headers.get("location")
    if status in _REDIRECTS and location:
        return _follow_redirect(provider, request, response, location)
    if request.audio_in_json and status == 200:
        response.accept()
        return AudioStream(request, status, headers, chunks, None)
    first = next(chunks, b"")
    if status in {200, 206} and not _is_text(first, response):
        whole = Response(status, headers, streamed=True)
    else:
        whole = Response(status, headers, _read_text(first, chunks))
    result = _parse_audio(provider, request, whole)
    if isinstance(result, Request):
        return result
    if not whole.streamed:
        text = _error_text(provider, whole)
        raise ProviderError(provider.name, f"answered text instead of audio: {text}")
    if not first:
        raise Transient(provider.name, "answered nothing instead of audio")
    response.accept()
    return AudioStream(request, status, headers, chain((first,), chunks), result)


def _is_text(first: bytes, response: OpenResponse) -> bool:
    if response.headers.get("content-type", "").lower().startswith(_TEXT_TYPES):
        return True
    # The rest of an audio file (206) may begin with any byte.
    start = first.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
    return response.status != 206 and start in _TEXT_STARTS


def _parse_audio(provider: Provider, request: Request, response: Response) -> AudioInfo | Request:
    """Return what the provider makes of a response; without credentials, none can be refused."""
    try:
        return provider.parse_audio(request, response)
    except (Refused, TokenExpired) as error:
        if request.credentials is not Credentials.WITHHELD:
            raise
        raise Denied(provider.name, error.message, hint=error.hint) from error


def _read_text(first: bytes, chunks: Iterator[bytes]) -> bytes:
    body = bytearray(first)
    for chunk in chunks:
        body += chunk
        if len(body) > _MAX_TEXT_BYTES:
            break
    return bytes(body[:_MAX_TEXT_BYTES])


def _error_text(provider: Provider, response: Response) -> str:
    try:
        message = provider.error_message(provider.decode(response))
    except ProviderError:
        message = None
    return message or excerpt(response.body)


def _follow_redirect(
    provider: Provider, request: Request, response: OpenResponse, location: str
) -> Request:
    """Return the request after a redirect: without credentials, and not from https to http."""
    url = response.sent.url
    try:
        target = urljoin(url, location)
        is_safe = urlsplit(target).scheme == "https" or url[:5].lower() == "http:"
    except ValueError:
        target, is_safe = "", False
    if not is_safe or not is_absolute_url(target):
        raise ProviderError(provider.name, "redirects its audio to an address that is not https")
    return Request(
        target, resource=request.resource, credentials=Credentials.WITHHELD, accept=request.accept
    )
