"""Open a recording's audio, over the steps, renewals and redirects that its provider takes.

One call is one attempt, so that a caller can go on where the last attempt ended.
"""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from recli.audio_format import HEAD_BYTES, describe_bytes, has_signature, is_binary, is_text
from recli.errors import Denied, ProviderError, Refused, TokenExpired, Transient
from recli.providers.items import excerpt
from recli.text import shorten
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
_GZIP = b"\x1f\x8b\x08"
"""How data begins that is compressed once more: https://www.rfc-editor.org/rfc/rfc1952"""
_GZIP_BITS = 31
_UNPACKED_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class AudioStream:
    """Audio to read from `chunks`; header names are in lower case.

    `status` is 206 for a part, else 200. `info` is None for audio within JSON, until that is
    unpacked: ask `Provider.parse_audio` then.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]
    info: AudioInfo | None

    @property
    def whole_bytes(self) -> int | None:
        """The length of the whole by its range, None if that isn't told."""
        return parse_content_range(self.headers)[2]


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
    status = _plain_status(response)
    location = response.headers.get("location")
    if status in _REDIRECTS and location:
        return _follow_redirect(provider, request, response, location)
    is_json = request.audio_in_json and status == 200
    if is_json:
        response.accept()  # it may take long from here on
    head, headers, chunks = _begin(provider, response, status)
    if is_json:
        return AudioStream(request, status, headers, chain((head,), chunks), None)
    if status in {200, 206} and not _is_text(head, status, response):
        whole = Response(status, headers, streamed=True)
    else:
        whole = Response(status, headers, _read_text(head, chunks))
    result = _parse_audio(provider, request, whole)
    if isinstance(result, Request):
        return result
    if not head:
        raise Transient(provider.name, "answered nothing instead of audio")
    if not whole.streamed:
        raise ProviderError(provider.name, _no_audio_text(provider, whole))
    response.accept()
    return AudioStream(request, status, headers, chain((head,), chunks), result)


def _plain_status(response: OpenResponse) -> int:
    """Return 200 for what a proxy has changed (203), and for a part that is the whole."""
    if response.status == 206:
        first, last, total = parse_content_range(response.headers)
        return 200 if first == 0 and total is not None and last == total - 1 else 206
    return 200 if response.status == 203 else response.status


def parse_content_range(headers: Mapping[str, str]) -> tuple[int | None, int | None, int | None]:
    """Return the first and last byte of a partial answer and the length of the whole.

    None stands for what isn't told: https://www.rfc-editor.org/rfc/rfc9110#section-14.4
    """
    unit, _, span = headers.get("content-range", "").strip().partition(" ")
    ends, _, total = span.partition("/")
    first, _, last = ends.partition("-")
    if unit.lower() != "bytes" or not (first.isdecimal() and last.isdecimal()):
        return None, None, None
    return int(first), int(last), int(total) if total.isdecimal() else None


def _begin(
    provider: Provider, response: OpenResponse, status: int
) -> tuple[bytes, Mapping[str, str], Iterator[bytes]]:
    """Return a body's first bytes, enough to tell what it is, its headers and the rest.

    A body that is compressed once more than its headers say is unpacked, and has no length then.
    """
    head = _first_bytes(response.chunks)
    if status == 206 or not head.startswith(_GZIP):
        return head, response.headers, response.chunks
    chunks = _unpacked(provider, chain((head,), response.chunks))
    headers = {**response.headers, "content-encoding": "gzip"}
    return _first_bytes(chunks), headers, chunks


def _first_bytes(chunks: Iterator[bytes]) -> bytes:
    head = b""
    while len(head) < HEAD_BYTES:
        chunk = next(chunks, b"")
        if not chunk:
            break
        head += chunk
    return head


def _unpacked(provider: Provider, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what gzip data holds, of one or more members; Transient if it ends too soon."""
    unpacker = zlib.decompressobj(_GZIP_BITS)
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if unpacker.eof:  # another member follows
                    unpacker = zlib.decompressobj(_GZIP_BITS)
                data = unpacker.decompress(left, _UNPACKED_BYTES)
                while data:
                    yield data
                    data = unpacker.decompress(unpacker.unconsumed_tail, _UNPACKED_BYTES)
                left = unpacker.unused_data.lstrip(b"\0")  # it may be filled up
    except zlib.error as error:
        raise Transient(provider.name, f"sent damaged gzip data ({error})") from error
    if not unpacker.eof:
        raise Transient(provider.name, "sent gzip data that ends too soon")


def _is_text(head: bytes, status: int, response: OpenResponse) -> bool:
    """Say whether an answer is text: its first bytes decide, its label where they don't.

    The rest of an audio file (206) may begin with any byte.
    """
    if status == 206 or has_signature(head):
        return False
    label = response.headers.get("content-type", "").lower()
    return is_text(head) or label.startswith(_TEXT_TYPES)


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


def _no_audio_text(provider: Provider, response: Response) -> str:
    if not is_text(response.body) or is_binary(response.body):
        label = shorten(response.headers.get("content-type", "nothing"))
        return f"answered no audio that is known: it {describe_bytes(response.body)}, said {label}"
    try:
        message = provider.error_message(provider.decode(response))
    except ProviderError:
        message = None
    return f"answered text instead of audio: {message or excerpt(response.body)}"


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
