"""The way to a recording's audio: as many steps, renewals and redirects as the provider takes.

One call is one try, so that whoever stores the sound can go on where the last try ended.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from recli.errors import Denied, ProviderError, Refused, TokenExpired, Transient
from recli.providers.base import Provider
from recli.providers.items import excerpt
from recli.transport.hosts import is_absolute_url
from recli.wire import AudioInfo, Credentials, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recli.transport.client import Client, OpenedResponse

_STEPS = 8
"""More steps than any provider's way to its audio has, redirects included."""
_TEXT_BYTES = 1 << 20
"""How much of an answer that is text and not audio is read."""
_REDIRECTS = {301, 302, 303, 307, 308}
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/problem+json")
_TEXT_SIGNS = {b"{", b"[", b"<"}
_MARK = b"\xef\xbb\xbf"
"""The byte order mark, with which some proxies begin their pages."""


@dataclass(frozen=True, slots=True)
class AudioStream:
    """Sound on the line, from byte `offset` of it on.

    `sound` is None for a spooled answer, which tells once its long text has been taken out; ask
    `Provider.parse_audio(request, …)` then. `headers` have lower-case names.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    sound: AudioInfo | None


@contextmanager
def open_audio(
    transport: Client, request: Request, headers: Mapping[str, str] | None = None
) -> Iterator[AudioStream]:
    """Open the audio that `Provider.media` asked for; `headers` may ask for a range.

    Raises Transient for what may pass, NotReady, Gone, Refused or ProviderError for what won't.
    """
    renewals = 0
    for _ in range(_STEPS):
        # On the way to it, parts of the sound mean nothing.
        asked = headers if headers and not request.accept.endswith("json") else {}
        dead = dressed = None
        try:
            with transport.opened(request, asked) as answer:
                dressed = answer.dressed
                found = _step(transport, request, answer)
                if isinstance(found, AudioStream):
                    yield found
                    return
                request = found
        except TokenExpired as error:
            dead = error
        if dead is not None:
            renewals += 1
            transport.renew_token(dead, dressed, renewals)
    raise ProviderError(transport.provider.name, "sends from one place to another for its audio")


def _step(transport: Client, request: Request, answer: OpenedResponse) -> Request | AudioStream:
    location = answer.headers.get("location")
    if answer.status in _REDIRECTS and location:
        return _redirected(transport, request, answer, location)
    if request.audio_in_json and answer.status == 200:
        answer.sounds()
        return AudioStream(request, answer.status, answer.headers, answer.chunks, None)
    first = next(answer.chunks, b"")
    kind = answer.headers.get("content-type", "").lower()
    # Any byte may come first in the rest of a sound.
    sign = first.removeprefix(_MARK).lstrip()[:1] if answer.status != 206 else b""
    textual = kind.startswith(_TEXT_TYPES) or sign in _TEXT_SIGNS
    if answer.status in {200, 206} and not textual:
        response = Response(answer.status, answer.headers, streamed=True)
    else:
        response = Response(answer.status, answer.headers, _read(first, answer.chunks))
    found = _announced(transport.provider, request, response)
    if isinstance(found, Request):
        return found
    if not response.streamed:
        words = _error_text(transport, response)
        raise ProviderError(transport.provider.name, f"answered text instead of audio: {words}")
    if not first:
        raise Transient(transport.provider.name, "answered nothing instead of audio")
    answer.sounds()
    chunks = chain((first,), answer.chunks)
    return AudioStream(request, answer.status, answer.headers, chunks, found)


def _announced(provider: Provider, request: Request, response: Response) -> AudioInfo | Request:
    """Return what an answer holds; without credentials, none can have been refused."""
    withheld = request.credentials is Credentials.WITHHELD
    try:
        return provider.parse_audio(request, response)
    except (Refused, TokenExpired) as error:
        if not withheld:
            raise
        raise Denied(provider.name, error.message, hint=error.hint) from error


def _read(first: bytes, chunks: Iterator[bytes]) -> bytes:
    body = bytearray(first)
    for chunk in chunks:
        body += chunk
        if len(body) > _TEXT_BYTES:
            break
    return bytes(body[:_TEXT_BYTES])


def _error_text(transport: Client, response: Response) -> str:
    try:
        said = transport.provider.error_message(transport.provider.decode(response))
    except ProviderError:
        said = None
    return said or excerpt(response.body)


def _redirected(
    transport: Client, request: Request, answer: OpenedResponse, location: str
) -> Request:
    """Return the request after a redirect: without credentials, and not from TLS to none."""
    try:
        target = urljoin(answer.dressed.url, location)
        safe = urlsplit(target).scheme == "https" or answer.dressed.url[:5].lower() == "http:"
    except ValueError:
        target, safe = "", False
    if not safe or not is_absolute_url(target):
        raise ProviderError(transport.provider.name, "redirects its audio to where it is not safe")
    return Request(
        target, resource=request.resource, credentials=Credentials.WITHHELD, accept=request.accept
    )
