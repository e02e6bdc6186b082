"""One recording's audio, from the provider to a whole and checked file among the partial ones.

It may take several tries; each goes on where the last one ended, where the server can do that.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest

from recli.archive.audio_format import NotAudioError
from recli.archive.json_audio import JsonAudioSpool
from recli.archive.layout import write_error
from recli.archive.partial import DownloadedFile, PartialDownload
from recli.errors import ProviderError, Transient
from recli.files import open_private
from recli.model import Recording
from recli.transport.client import Client
from recli.transport.media import AudioStream, open_audio
from recli.wire import AudioInfo, Request, Response


@dataclass(frozen=True, slots=True)
class _StreamResult:
    """What came, before it is checked: its hash, its length if that was told, what it is said."""

    sha256: str
    total: int | None
    sound: AudioInfo


def download(
    transport: Client, row: Recording, part: PartialDownload, going_on: Callable[[], None]
) -> DownloadedFile:
    """Return a recording's audio as a file that is whole and is audio.

    `going_on` raises to stop. Raises NotReady, Gone, Refused, Denied or ProviderError where there
    is no audio to be had, with the provider's own words; `OutputError` if the disk refuses.
    """
    try:
        request = transport.provider.audio_request(row)
        return _attempt(transport, row, request, part, going_on)
    except OSError as error:
        part.discard()  # the room that it takes may be what is missing
        raise write_error(part.path.parent.parent, error) from error
    except BaseException:
        part.leave()
        raise


def _attempt(
    transport: Client,
    row: Recording,
    request: Request,
    part: PartialDownload,
    going_on: Callable[[], None],
) -> DownloadedFile:
    attempt = 0
    afresh = False
    while True:
        going_on()
        headers = {} if request.audio_in_json else part.headers()
        try:
            with open_audio(transport, request, headers) as audio:
                taken = _received(transport, audio, part, going_on)
            # The line is free for the next one while this one is checked and brought to the disk.
            return _checked(transport, row, taken, part)
        except Transient as error:
            attempt += 1
            transport.wait_to_retry(attempt, error, {}, request.resource)
        except NotAudioError as error:
            part.discard()
            if not headers or afresh:
                raise ProviderError(transport.provider.name, str(error)) from error
            afresh = True
        except ProviderError as error:
            # A range that the server didn't like is no reason to go without.
            if not headers or afresh or type(error) is not ProviderError:
                raise
            part.discard()
            afresh = True


def _received(
    transport: Client, audio: AudioStream, part: PartialDownload, going_on: Callable[[], None]
) -> _StreamResult:
    if audio.sound is None:
        return _unpacked(transport, audio, part, going_on)
    digest, total = part.receive(audio, going_on)
    return _StreamResult(digest, total, audio.sound)


def _checked(
    transport: Client, row: Recording, taken: _StreamResult, part: PartialDownload
) -> DownloadedFile:
    try:
        part.check_size(taken.sound.size_bytes or row.size_bytes)
        named = (row.file_name or "").rpartition(".")[2]
        return part.settle(taken.sha256, taken.sound.format or row.format or named)
    except NotAudioError as error:
        if taken.total is None:  # nobody said how long it is: the line may have broken off
            part.discard()
            raise Transient(transport.provider.name, str(error)) from error
        raise


def _unpacked(
    transport: Client, audio: AudioStream, part: PartialDownload, going_on: Callable[[], None]
) -> _StreamResult:
    """Take the sound out of an answer that is JSON."""
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    with os.fdopen(open_private(part.spool, flags), "w+b") as texts:
        spool = JsonAudioSpool(texts)

        spool.take(_watched(audio.chunks, going_on))
        response = Response(audio.status, audio.headers, spool.small)
        sound = transport.provider.parse_audio(audio.request, response)
        if not isinstance(sound, AudioInfo) or sound.base64_at is None:
            raise NotAudioError("the answer has no sound where it should be")
        with os.fdopen(open_private(part.path, flags), "w+b") as target:
            spool.write(sound.base64_at, target)
            target.flush()
            target.seek(0)
            digest = file_digest(target, "sha256").hexdigest()
    part.spool.unlink()
    return _StreamResult(digest, sound.size_bytes, sound)


def _watched(chunks: Iterator[bytes], going_on: Callable[[], None]) -> Iterator[bytes]:
    for chunk in chunks:
        going_on()
        yield chunk
