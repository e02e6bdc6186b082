"""A download that has no final name yet: its bytes so far, and what lets a later try go on.

Its file is named after the recording's number in the catalog. `N-….part` is on its way, with its
validator in `N-….json`; under any other ending it is whole, checked and on the disk.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Protocol

from recli.archive.audio_format import NotAudioError, extension_of
from recli.errors import Transient
from recli.files import open_private
from recli.transport.media import AudioStream

_PART, _NOTE, _SPOOL = ".part", ".json", ".spool"
_LARGE = 1 << 20
"""Bytes after which a download is worth going on with in a later run, should this one be killed."""
_SETTLED = timedelta(seconds=60)
"""How much older than the answer a Last-Modified must be to tell one version from the next."""


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A whole and checked file among the partial ones."""

    path: Path
    bytes: int
    sha256: str
    extension: str


@dataclass(frozen=True, slots=True)
class _ResumeNote:
    """What a server said of a file that it may send the rest of."""

    validator: str
    total: int | None


class _RunningHash(Protocol):
    """A hash that takes one piece after the other."""

    def update(self, data: bytes, /) -> None:
        """Take a piece."""

    def hexdigest(self) -> str:
        """Return the hash of all pieces."""


class PartialDownload:
    """One recording's download; `key` is its own among all recordings of the archive.

    `provider` is named in what is raised.
    """

    def __init__(self, folder: Path, key: str, provider: str) -> None:
        self._provider = provider
        self._folder = folder
        self._key = key
        self.path = folder / f"{key}{_PART}"
        self.spool = folder / f"{key}{_SPOOL}"
        self._note = folder / f"{key}{_NOTE}"
        self._heard: _ResumeNote | None = None
        self._noted = False

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest, none where it can't be asked for."""
        have = self._have()
        note = self._said() if have else None
        return {"Range": f"bytes={have}-", "If-Range": note.validator} if note else {}

    def receive(self, audio: AudioStream, going_on: Callable[[], None]) -> tuple[str, int | None]:
        """Write an answer to the disk; return the hash of the file, and its length if it was told.

        `going_on` is asked before each piece, and raises to stop. Transient if bytes are missing.
        """
        if audio.status == 206:
            digest, total = self._go_on(audio)
            flags = os.O_WRONLY | os.O_APPEND
        else:
            digest, total = _new_hash(), _length(audio.headers)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            self._begin(audio.headers, total)
        with os.fdopen(open_private(self.path, flags), "wb") as stream:
            came = 0
            for chunk in audio.chunks:
                going_on()
                stream.write(chunk)
                digest.update(chunk)
                came += len(chunk)
                if came >= _LARGE:
                    self._write_note()
        have = self._have()
        if total is not None and have < total:
            raise Transient(self._provider, f"sent {have} of {total} bytes")
        if total is not None and have > total:
            self.discard()
            raise Transient(self._provider, f"sent {have} bytes, {total} were announced")
        return digest.hexdigest(), total

    def settle(self, digest: str, declared: str | None) -> DownloadedFile:
        """Check that the file is audio and whole, bring it to the disk; `NotAudioError` if not."""
        extension = extension_of(self.path, declared)
        size = self._have()
        path = self._folder / f"{self._key}.{extension}"
        descriptor = os.open(self.path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.path.replace(path)
        if self._noted:
            self._note.unlink(missing_ok=True)
        return DownloadedFile(path, size, digest, extension)

    def check_size(self, size_bytes: int | None) -> None:
        """Raise `NotAudioError` if the file has another length than the provider told."""
        have = self._have()
        if size_bytes and have != size_bytes:
            raise NotAudioError(f"the answer has {have} bytes, the provider tells of {size_bytes}")

    def discard(self) -> None:
        """Take away what came so far."""
        self._heard, self._noted = None, False
        for path in (self.path, self._note, self.spool):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Keep what a later run can go on with, and take away the rest."""
        try:
            self.spool.unlink(missing_ok=True)
            if self.headers():
                self._write_note()
                return
        except OSError:  # a full disk has no room for notes
            pass
        self.discard()

    def _have(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _go_on(self, audio: AudioStream) -> tuple[_RunningHash, int | None]:
        """Check that the answer is the rest of what is here."""
        have, note = self._have(), self._said()
        first, total = _content_range(audio.headers)
        fits = note is not None and first == have and (note.total or total) == total
        if not fits:
            self.discard()
            raise Transient(self._provider, "sent another part of the audio than was asked for")
        with self.path.open("rb") as stream:
            return file_digest(stream, "sha256"), total

    def _begin(self, headers: Mapping[str, str], total: int | None) -> None:
        """Start a file anew: the old bytes go before the note that is not theirs comes."""
        self.discard()
        validator = _validator(headers)
        self._heard = _ResumeNote(validator, total) if validator is not None else None

    def _said(self) -> _ResumeNote | None:
        if self._heard is None:
            self._heard = self._read_note()
            self._noted = self._heard is not None
        return self._heard

    def _write_note(self) -> None:
        """Leave what a later run needs to go on; a kill costs a small file only its beginning."""
        if self._heard is None or self._noted:
            return
        self._noted = True
        body = json.dumps({"validator": self._heard.validator, "total": self._heard.total})
        descriptor = open_private(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(body)

    def _read_note(self) -> _ResumeNote | None:
        try:
            said = json.loads(self._note.read_bytes())
            validator, total = said["validator"], said["total"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        known = isinstance(validator, str) and (total is None or isinstance(total, int))
        return _ResumeNote(validator, total) if known else None


def is_under_way(path: Path) -> bool:
    """Say whether a partial file is not whole yet."""
    return path.suffix in {_PART, _NOTE, _SPOOL}


def completed_file(path: Path) -> DownloadedFile:
    """Return a file that an earlier run left whole."""
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return DownloadedFile(path, path.stat().st_size, digest, path.suffix[1:])


def _new_hash() -> _RunningHash:
    return sha256()


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what tells this version of a file from any other, if its rest may be asked for."""
    if headers.get("accept-ranges", "").lower() == "none" or _is_coded(headers):
        return None
    tag = headers.get("etag", "")
    if tag.startswith('"'):
        return tag
    changed = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(changed)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return changed if age >= _SETTLED else None


def _is_coded(headers: Mapping[str, str]) -> bool:
    return headers.get("content-encoding", "identity").lower() not in {"", "identity"}


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "").strip()
    return int(text) if text.isdecimal() and not _is_coded(headers) else None


def _content_range(headers: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return the first byte of a partial answer and the length of the whole, None if untold."""
    unit, _, span = headers.get("content-range", "").strip().partition(" ")
    ends, _, total = span.partition("/")
    first = ends.partition("-")[0]
    if unit.lower() != "bytes" or not first.isdecimal():
        return None, None
    return int(first), int(total) if total.isdecimal() else None
