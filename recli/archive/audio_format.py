"""Whether a file is audio, and whole, by its first bytes and its own header.

The extension comes from what the file is; its declared format counts only without a header.
Libraries that name a file's kind (filetype, puremagic) can't say whether it is whole, nor know
telephony audio without a header; mutagen, which reads headers, is under the GPL.
"""

import struct
from pathlib import Path
from typing import BinaryIO

_HEADERLESS = frozenset(
    {"raw", "pcm", "sln", "ul", "ulaw", "al", "alaw", "g722", "g729", "gsm", "vox"}
)
_OGG = frozenset({"ogg", "oga", "opus", "spx"})
_HEAD_BYTES = 64
_SAMPLE_BYTES = 4096
_UNKNOWN_LENGTH = 0x7FFF0000
"""Recorders that don't know the length beforehand write 0 or a number from here on."""
_GSM_MAGIC = 0xD
_MAX_CHUNKS = 1000
_ID3_HEADER = 10
_MAGIC = {b"OggS": "ogg", b"fLaC": "flac", b".snd": "au", b"#!AM": "amr"}


class NotAudioError(Exception):
    """A file that is no audio, or not all of it; the message says why, in words for people."""


def extension_of(path: Path, declared: str | None) -> str:
    """Return the extension for the audio in a file; `NotAudioError` if it is none or cut short.

    `declared` is what the provider calls its format.
    """
    declared = (declared or "").strip().lower().removeprefix(".")
    size = path.stat().st_size
    if not size:
        raise NotAudioError("the answer was empty")
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
        head = sample[:_HEAD_BYTES]
        kind = _container(head, size)
        if kind == "wav":
            _check_wav(stream, size, head[:4])
    if kind == "ogg" and declared in _OGG:
        return declared
    if kind is not None:
        return kind
    if is_text(sample):
        excerpt = " ".join(sample[:200].decode("utf-8", "replace").split())
        raise NotAudioError(f"the answer is text: {excerpt}")
    if declared in _HEADERLESS and (declared != "gsm" or head[0] >> 4 == _GSM_MAGIC):
        return declared
    raise NotAudioError(f"the answer is no audio that is known (it begins {head[:8].hex(' ')})")


def is_text(sample: bytes) -> bool:
    """Return whether bytes are text: JSON, HTML or a message."""
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start and start in b"{[<":
        return True
    return not any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in sample)


def _container(head: bytes, size: int) -> str | None:
    if head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"}:
        return "wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:3] == b"ID3":
        return _after_id3(head, size)
    return _MAGIC.get(head[:4]) or ("mp3" if _is_mpeg_frame(head) else None)


def _after_id3(head: bytes, size: int) -> str | None:
    """Check a tag before the audio of an MP3; its length is in 7-bit bytes.

    https://id3.org/id3v2.4.0-structure
    """
    if len(head) < _ID3_HEADER or not 2 <= head[3] <= 4 or max(head[6:10]) > 0x7F:
        return None
    a, b, c, d = head[6:10]
    length = _ID3_HEADER + (a << 21 | b << 14 | c << 7 | d)
    if length >= size:
        raise NotAudioError(f"an MP3 whose tag alone has {length} bytes has only {size}")
    return "mp3"


def _is_mpeg_frame(head: bytes) -> bool:
    """Return whether bytes begin an MPEG audio frame of layer II or III.

    Layer I is left out: calls are not recorded in it, and UTF-16 text begins like it.
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, frequency = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer in {1, 2} and rate != 15 and frequency != 3


def _check_wav(stream: BinaryIO, size: int, magic: bytes) -> None:
    """Check that the audio which a WAV header announces is there; later chunks don't count."""
    order = ">" if magic == b"RIFX" else "<"
    at = 12
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        header = stream.read(8)
        if len(header) < 8:
            raise NotAudioError(f"a WAV file ends after {size} bytes, before any sound")
        name, length = struct.unpack(f"{order}4sI", header)
        at += 8
        if name == b"data":
            missing = at + length - size
            if 0 < length < _UNKNOWN_LENGTH and missing > 0:
                raise NotAudioError(
                    f"a WAV file of {at + length} bytes by its header has only {size}"
                )
            return
        at += length + (length & 1)
    raise NotAudioError("a WAV file has no sound in it")
