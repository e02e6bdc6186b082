"""Whether a file is audio, and whole: what its first bytes and its own header say of it.

The extension comes from what the file is; what it was declared to be counts only for sound
without a container.
"""

import struct
from pathlib import Path
from typing import BinaryIO

_BARE = frozenset({"raw", "pcm", "sln", "ul", "ulaw", "al", "alaw", "g722", "g729", "gsm", "vox"})
"""Sound without a header: nothing in it says what it is."""
_OGG = frozenset({"ogg", "oga", "opus", "spx"})
_HEAD = 64
_SAMPLE = 4096
_STREAMED = 0x7FFF0000
"""Recorders that don't know the length beforehand write 0 or some such large number."""
_GSM_MAGIC = 0xD
_CHUNKS = 1000
_ID3_HEADER = 10


class NotAudioError(Exception):
    """A file that is no audio, or not all of it; the message says why, in words for people."""


def extension_of(path: Path, declared: str | None) -> str:
    """Return the extension for the audio in a file; `NotAudioError` if it is none or cut short.

    `declared` is what the provider calls its format.
    """
    said = (declared or "").strip().lower().removeprefix(".")
    size = path.stat().st_size
    if not size:
        raise NotAudioError("the answer was empty")
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        kind = _container(head, size)
        if kind == "wav":
            _check_wav(stream, size, head[:4])
            return "wav"
        if kind == "ogg":
            return said if said in _OGG else "ogg"
        if kind is not None:
            return kind
        stream.seek(0)
        sample = stream.read(_SAMPLE)
    if is_text(sample):
        raise NotAudioError(f"the answer is text: {_excerpt(sample)}")
    if said in _BARE and (said != "gsm" or head[0] >> 4 == _GSM_MAGIC):
        return said
    raise NotAudioError(f"the answer is no audio that is known (it begins {head[:8].hex(' ')})")


def is_text(sample: bytes) -> bool:
    """Say whether bytes are what a person reads: JSON, HTML or a message."""
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start and start in b"{[<":
        return True
    return not any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in sample)


def _container(head: bytes, size: int) -> str | None:  # noqa: PLR0911  # a table
    match head[:4]:
        case b"RIFF" | b"RIFX" | b"RF64" | b"BW64":
            return "wav" if head[8:12] == b"WAVE" else None
        case b"OggS":
            return "ogg"
        case b"fLaC":
            return "flac"
        case b".snd":
            return "au"
        case b"#!AM":
            return "amr"
        case _ if head[4:8] == b"ftyp":
            return "m4a"
        case _ if head[:3] == b"ID3":
            return _after_id3(head, size)
        case _:
            return "mp3" if _is_frame(head) else None


def _after_id3(head: bytes, size: int) -> str | None:
    """Check a tag that stands before the sound of an MP3: its length is in 7-bit bytes."""
    if len(head) < _ID3_HEADER or not 2 <= head[3] <= 4 or max(head[6:10]) > 0x7F:
        return None
    a, b, c, d = head[6:10]
    length = _ID3_HEADER + (a << 21 | b << 14 | c << 7 | d)
    if length >= size:
        raise NotAudioError(f"an MP3 whose tag alone has {length} bytes has only {size}")
    return "mp3"


def _is_frame(head: bytes) -> bool:
    """Say whether bytes begin an MPEG audio frame of layer II or III.

    Layer I is left out: nobody records calls in it, and UTF-16 text begins like it.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, frequency = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer in {1, 2} and rate != 15 and frequency != 3


def _check_wav(stream: BinaryIO, size: int, magic: bytes) -> None:
    """Check that the sound which a WAV header announces is all there.

    Chunks after it don't count, nor do lengths that a recorder could not know.
    """
    order = ">" if magic == b"RIFX" else "<"
    at = 12
    for _ in range(_CHUNKS):
        stream.seek(at)
        header = stream.read(8)
        if len(header) < 8:
            raise NotAudioError(f"a WAV file ends after {size} bytes, before any sound")
        name, length = struct.unpack(f"{order}4sI", header)
        at += 8
        if name == b"data":
            missing = at + length - size
            if 0 < length < _STREAMED and missing > 0:
                raise NotAudioError(
                    f"a WAV file of {at + length} bytes by its header has only {size}"
                )
            return
        at += length + (length & 1)
    raise NotAudioError("a WAV file has no sound in it")


def _excerpt(sample: bytes) -> str:
    return " ".join(sample[:200].decode("utf-8", "replace").split())
