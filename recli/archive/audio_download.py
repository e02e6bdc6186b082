"""One recording's audio, from the provider to a whole and checked file among the partial ones.

It may take several attempts; each resumes where the last one ended, if the server can do that.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest

from recli.archive.json_audio import JsonAudioSpool
from recli.archive.layout import write_error
from recli.archive.partial import DownloadedFile, PartialDownload
from recli.audio_format import NotAudioError
from recli.errors import ProviderError, Transient
from recli.files import open_private
from recli.model import Recording
from recli.transport.client import Client
from recli.transport.media import AudioStream, open_audio
from recli.wire import AudioInfo, Request, Response


@dataclass(frozen=True, slots=True)
class _StreamResult:
    """What came, before it is checked; `total` is the announced length."""

    sha256: str
    total: int | None
    info: AudioInfo


def download(
    client: Client, row: Recording, part: PartialDownload, check_cancelled: Callable[[], None]
) -> DownloadedFile:
    """Return a recording's audio as a file that is whole and is audio.

    `check_cancelled` raises to stop. Raises NotReady, Gone, Refused, Denied or ProviderError where
    there is no audio to be had, with the provider's own words; `OutputError` if the disk refuses.
    """
    try:
        request = client.provider.audio_request(row)
        return _download(client, row, request, part, check_cancelled)
    except OSError as error:
        part.discard()  # its room may be what is missing
        raise write_error(part.path.parent.parent, error) from error
    except BaseException:
        part.keep_for_resume()
        raise


def _download(
    client: Client,
    row: Recording,
    request: Request,
    part: PartialDownload,
    check_cancelled: Callable[[], None],
) -> DownloadedFile:
    attempt = 0
    may_restart = True
    while True:
        check_cancelled()
        headers = {} if request.audio_in_json else part.resume_headers()
        try:
            with open_audio(client, request, headers) as audio:
                result = _receive(client, audio, part, check_cancelled)
            # The connection is free for another download while this one is checked.
            return _check(client, row, result, part)
        except Transient as error:
            attempt += 1
            client.wait_to_retry(attempt, error, {}, request.resource)
        except NotAudioError as error:
            part.discard()
            if not headers or not may_restart:
                raise ProviderError(client.provider.name, str(error)) from error
            may_restart = False
        except ProviderError as error:
            # A server that refuses a range may still send the whole.
            if not headers or not may_restart or type(error) is not ProviderError:
                raise
            part.discard()
            may_restart = False


def _receive(
    client: Client,
    audio: AudioStream,
    part: PartialDownload,
    check_cancelled: Callable[[], None],
) -> _StreamResult:
    if audio.info is not None:
        digest, total = part.receive(audio, check_cancelled)
        return _StreamResult(digest, total, audio.info)
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    with os.fdopen(open_private(part.spool, flags), "w+b") as texts:
        spool = JsonAudioSpool(texts)
        spool.read(_until_cancelled(audio.chunks, check_cancelled))
        response = Response(audio.status, audio.headers, spool.small)
        info = client.provider.parse_audio(audio.request, response)
        if not isinstance(info, AudioInfo) or info.base64_at is None:
            raise NotAudioError("the answer has no audio where it should be")
        with os.fdopen(open_private(part.path, flags), "w+b") as target:
            spool.decode(info.base64_at, target)
            target.flush()
            total = target.tell()  # whole JSON has whole audio
            target.seek(0)
            digest = file_digest(target, "sha256").hexdigest()
    part.spool.unlink()
    return _StreamResult(digest, total, info)


def _check(
    client: Client, row: Recording, result: _StreamResult, part: PartialDownload
) -> DownloadedFile:
    try:
        extension = (row.file_name or "").rpartition(".")[2]
        return part.finalize(
            result.sha256,
            result.info.format or row.format or extension,
            result.total,
            result.info.size_bytes or row.size_bytes,
        )
    except NotAudioError as error:
        if result.total is None:  # without an announced length it may have broken off
            part.discard()
            raise Transient(client.provider.name, str(error)) from error
        raise


def _until_cancelled(
    chunks: Iterator[bytes], check_cancelled: Callable[[], None]
) -> Iterator[bytes]:
    for chunk in chunks:
        check_cancelled()
        yield chunk
