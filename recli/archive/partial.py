"""A download that has no final name yet: its bytes so far, and what a later attempt can resume.

Its file is named after the recording's number in the catalog. `N-….part` is incomplete, with its
validator in `N-….json`; with any other extension it is whole, checked and flushed to the disk.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import file_digest, sha256
from pathlib import Path

from recli.audio_format import identify_audio
from recli.errors import Transient
from recli.files import open_private
from recli.transport.media import AudioStream, parse_content_range

_PART, _NOTE, _SPOOL = ".part", ".json", ".spool"
_LARGE_BYTES = 1 << 20
"""From this size on a download is worth resuming in a later run, should this one be killed."""
_STABLE_AGE = timedelta(seconds=60)
"""A younger Last-Modified can't tell one version of a file from the next."""


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A whole and checked file among the partial ones; `note` says what is odd about it."""

    path: Path
    bytes: int
    sha256: str
    extension: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _ResumeNote:
    """What a server said of a file whose rest it may send."""

    validator: str
    total: int | None


class PartialDownload:
    """One recording's download; `key` is its own among all recordings of the archive.

    `provider` is named in errors.
    """

    def __init__(self, folder: Path, key: str, provider: str) -> None:
        self.path = folder / f"{key}{_PART}"
        self.spool = folder / f"{key}{_SPOOL}"
        self._provider = provider
        self._note_path = folder / f"{key}{_NOTE}"
        self._note: _ResumeNote | None = None
        self._note_saved = False
        self._hash = sha256()

    def resume_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest; none where it can't be asked for."""
        size = self._size()
        note = self._load_note() if size else None
        return {"Range": f"bytes={size}-", "If-Range": note.validator} if note else {}

    def receive(
        self, audio: AudioStream, check_cancelled: Callable[[], None]
    ) -> tuple[str, int | None]:
        """Write an answer to the disk; return the file's hash and its length if announced.

        `check_cancelled` is called before each chunk. Transient if bytes are missing.
        """
        if audio.status == 206:
            total = self._check_range(audio)
            with self.path.open("rb") as stream:
                self._hash = file_digest(stream, "sha256")
            flags = os.O_WRONLY | os.O_APPEND
        else:
            total = _length(audio.headers)
            if total is None:
                total = audio.whole_bytes
            self.discard()  # the old bytes go before the note that is not theirs comes
            validator = _validator(audio.headers)
            self._note = _ResumeNote(validator, total) if validator is not None else None
            self._hash = sha256()
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        received = 0
        with os.fdopen(open_private(self.path, flags), "wb") as stream:
            for chunk in audio.chunks:
                check_cancelled()
                stream.write(chunk)
                self._hash.update(chunk)
                received += len(chunk)
                if received >= _LARGE_BYTES:
                    self._save_note()
        size = self._size()
        if total is not None and size < total:
            raise Transient(self._provider, f"sent {size} of {total} bytes")
        if total is not None and size > total:
            self.discard()
            raise Transient(self._provider, f"sent {size} bytes, {total} were announced")
        return self._hash.hexdigest(), total

    def finalize(
        self, digest: str, declared: str | None, announced: int | None, reported: int | None
    ) -> DownloadedFile:
        """Check that the file is whole audio and flush it to the disk; `NotAudioError` if not.

        `announced` is the length that the answer announced; `declared` is its format and
        `reported` its length, as the provider reports them.
        """
        found = identify_audio(
            self.path, declared, announced_bytes=announced, reported_bytes=reported
        )
        path = self.path.with_suffix(f".{found.extension}")
        with self.path.open("r+b") as stream:
            os.fsync(stream.fileno())
        self.path.replace(path)
        if self._note_saved:
            self._note_path.unlink(missing_ok=True)
        return DownloadedFile(path, path.stat().st_size, digest, found.extension, found.note)

    def discard(self) -> None:
        """Remove what came so far."""
        self._note, self._note_saved = None, False
        for path in (self.path, self._note_path, self.spool):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def keep_for_resume(self) -> None:
        """Keep what a later run can resume, and remove the rest."""
        try:
            self.spool.unlink(missing_ok=True)
            if self.resume_headers():
                self._save_note()
                return
        except OSError:  # a full disk has no room for notes
            pass
        self.discard()

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _check_range(self, audio: AudioStream) -> int | None:
        """Check that an answer is the rest of this file; return the length of the whole."""
        note = self._load_note()
        first, _, total = parse_content_range(audio.headers)
        if note is None or first != self._size() or (note.total or total) != total:
            self.discard()
            raise Transient(self._provider, "sent another part of the audio than was asked for")
        return total

    def _load_note(self) -> _ResumeNote | None:
        if self._note is None:
            with suppress(OSError, ValueError, KeyError, TypeError):
                note = json.loads(self._note_path.read_bytes())
                validator, total = note["validator"], note["total"]
                if isinstance(validator, str) and isinstance(total, int | None):
                    self._note, self._note_saved = _ResumeNote(validator, total), True
        return self._note

    def _save_note(self) -> None:
        """Save what a later run needs to resume; a killed run loses only a small file's bytes."""
        if self._note is None or self._note_saved:
            return
        self._note_saved = True
        descriptor = open_private(self._note_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(asdict(self._note), stream)


def is_incomplete(path: Path) -> bool:
    """Return whether a partial file is not whole yet."""
    return path.suffix in {_PART, _NOTE, _SPOOL}


def completed_file(path: Path) -> DownloadedFile:
    """Return a file that an earlier run downloaded whole."""
    with path.open("rb") as stream:
        digest = file_digest(stream, "sha256").hexdigest()
    return DownloadedFile(path, path.stat().st_size, digest, path.suffix[1:])


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what tells this version of a file from others; None if its rest can't be asked for."""
    if headers.get("accept-ranges", "").lower() == "none" or _is_encoded(headers):
        return None
    tag = headers.get("etag", "")
    if tag.startswith('"'):
        return tag
    changed = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(changed)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return changed if age >= _STABLE_AGE else None


def _is_encoded(headers: Mapping[str, str]) -> bool:
    return headers.get("content-encoding", "identity").lower() not in {"", "identity"}


def _length(headers: Mapping[str, str]) -> int | None:
    text = headers.get("content-length", "").strip()
    return int(text) if text.isdecimal() and not _is_encoded(headers) else None
