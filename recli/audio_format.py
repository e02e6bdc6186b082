"""Whether a file is audio, and whole, by its first bytes and its own header.

The extension comes from what the file is; its declared format counts only without a header.
Libraries that name a file's kind (filetype, puremagic) can't say whether it is whole, nor know
telephony audio without a header; mutagen, which reads headers, is under the GPL.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from recli.mpeg_audio import find_first_frame, is_cut_short, is_frame

_HEADERLESS = frozenset(
    {"raw", "pcm", "sln", "ul", "ulaw", "al", "alaw", "g722", "g729", "gsm", "vox"}
)
_OGG = frozenset({"ogg", "oga", "opus", "spx"})
_SAME_FORMAT = {
    "wave": "wav",
    "x-wav": "wav",
    "mpeg": "mp3",
    "mpga": "mp3",
    "mp4": "m4a",
    **dict.fromkeys(_OGG, "ogg"),
}
HEAD_BYTES = 64
"""So many first bytes tell a format by its signature."""
_SAMPLE_BYTES = 4096
_EXCERPT_BYTES = 200
_UNKNOWN_LENGTH = 0x7FFF0000
"""Recorders that don't know the length beforehand write 0 or a number from here on."""
_MISCOUNTED_BYTES = frozenset({8, 36, 44})
"""Some recorders count the header, or a part of it, as sound."""
_BLOCKS = tuple(1 << power for power in range(9, 17))
"""Others announce whole blocks of a power of two, from 512 bytes to 64 KiB."""
_GSM_MAGIC = 0xD
_MAX_CHUNKS = 1000
_ID3_HEADER = 10
_MAGIC = {b"OggS": "ogg", b"fLaC": "flac", b".snd": "au", b"#!AM": "amr"}
EXTENSIONS = ("wav", "mp3", "m4a", *sorted(_OGG), *_MAGIC.values(), *sorted(_HEADERLESS))
"""All extensions that audio can have, the usual ones first."""


class NotAudioError(Exception):
    """A file that is no audio, or not all of it; the message says why, in words for people."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a file is: its extension, and a note on its header if that is not right."""

    extension: str
    note: str | None = None


def identify_audio(
    path: Path,
    declared: str | None = None,
    *,
    announced_bytes: int | None = None,
    reported_bytes: int | None = None,
) -> AudioFormat:
    """Return the format of the audio in a file; `NotAudioError` if it is none or cut short.

    `declared` is what the provider calls its format, and `reported_bytes` its length by the
    provider, which proves something only in the same format. `announced_bytes` is the length that
    the answer announced and had, None if it announced none.
    """
    declared = (declared or "").strip().lower().removeprefix(".")
    size = path.stat().st_size
    if not size:
        raise NotAudioError("the answer was empty")
    note = None
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
        kind = _kind(stream, sample, size, declared)
        is_same = not declared or is_same_format(declared, kind)
        if is_same and reported_bytes and reported_bytes != size:
            raise NotAudioError(
                f"the answer has {size} bytes, the provider tells of {reported_bytes}"
            )
        is_reported = is_same and reported_bytes == size
        if kind == "wav":
            missing, length = _missing_in_wav(stream, size, sample[:4])
            is_known = is_reported or (announced_bytes == size and _is_rounding(missing, length))
            if missing > 0:
                problem = f"a WAV file of {size + missing} bytes by its header has only {size}"
                if not is_known:
                    raise NotAudioError(problem)
                note = problem
        elif kind == "mp3" and not is_reported and announced_bytes is None and is_cut_short(stream):
            raise NotAudioError("an MP3 file has fewer frames than its header announces")
    return AudioFormat(kind, note)


def has_signature(head: bytes) -> bool:
    """Return whether the first `HEAD_BYTES` of a file are those of audio, whole or not."""
    return head[:3] == b"ID3" or _container(head) is not None


def _kind(stream: BinaryIO, sample: bytes, size: int, declared: str) -> str:
    """Return the format that a file has, whatever it is called."""
    head = sample[:HEAD_BYTES]
    kind = _after_id3(head, size) if head[:3] == b"ID3" else _container(head)
    if kind == "ogg" and declared in _OGG:
        return declared
    if kind is not None:
        return kind
    if declared not in _HEADERLESS and find_first_frame(stream) is not None:
        return "mp3"
    if is_text(sample):
        raise NotAudioError(f"the answer is text: {describe_bytes(sample)}")
    if declared in _HEADERLESS and (declared != "gsm" or head[0] >> 4 == _GSM_MAGIC):
        return declared
    raise NotAudioError(f"the answer is no audio that is known (it {describe_bytes(head)})")


def is_same_format(name: str, other: str) -> bool:
    """Return whether two extensions, or names of formats, mean the same one."""
    return _SAME_FORMAT.get(name, name) == _SAME_FORMAT.get(other, other)


def describe_bytes(sample: bytes) -> str:
    """Return the start of text on one line; of anything else, its first bytes as hex digits."""
    if is_binary(sample):
        return f"begins {sample[:8].hex(' ')}"
    return " ".join(sample[:_EXCERPT_BYTES].decode("utf-8", "replace").split())


def is_binary(sample: bytes) -> bool:
    """Return whether the start of a file holds what no text does."""
    return any(byte < 9 or 13 < byte < 32 for byte in sample[:_EXCERPT_BYTES])


def is_text(sample: bytes) -> bool:
    """Return whether bytes are text: JSON, HTML or a message."""
    start = sample.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start and start in b"{[<":
        return True
    return not any(byte < 9 or 13 < byte < 32 or byte > 126 for byte in sample)


def _container(head: bytes) -> str | None:
    if head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"}:
        return "wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp":
        return "m4a"
    return _MAGIC.get(head[:4]) or ("mp3" if is_frame(head) else None)


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


def _missing_in_wav(stream: BinaryIO, size: int, magic: bytes) -> tuple[int, int]:
    """Return how many bytes of the sound that a header announces are missing, and its length.

    Chunks after the sound don't count. Both are 0 if the header doesn't say the length.
    """
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
            is_told = 0 < length < _UNKNOWN_LENGTH
            return (max(at + length - size, 0), length) if is_told else (0, 0)
        at += length + (length & 1)
    raise NotAudioError("a WAV file has no sound in it")


def _is_rounding(missing: int, length: int) -> bool:
    """Return whether so little is missing as a header that counts wrong makes it seem."""
    if missing in _MISCOUNTED_BYTES:
        return True
    return any(missing < block and length % block == 0 for block in _BLOCKS)
