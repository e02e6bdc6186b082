"""Frames of MPEG audio, layers II and III: where they begin, and how many a file should have.

Layer I is left out: calls are not recorded in it, and UTF-16 text begins like it. The header's
bits: http://mpgedit.org/mpgedit/mpeg_format/mpeghdr.htm
"""

import mmap
import struct
from dataclasses import dataclass
from typing import BinaryIO

_SAMPLE_RATES_HZ = (44_100, 48_000, 32_000)
_BIT_RATES = {
    "1-II": (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    "1-III": (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    "2": (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits per second, by version and layer."""
_MONO = 3
_SYNC = b"\xff"
_SEARCH_BYTES = 1 << 16
"""How far behind tags and zero bytes the first frame may be."""
_CHAIN = 3
"""So many frames, each where the one before it ends, are no accident."""
_APE_MAGIC, _APE_HEADER = b"APETAGEX", 32
_TOLERANCE = 2
"""Encoders differ in whether they count the frame that holds the count, and the last one."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame's header; `size` in bytes, None for a free bit rate."""

    kind: tuple[int, int, int]
    """Version, layer and sample rate as coded: the same in all frames of a file."""
    size: int | None
    side_info_bytes: int


def is_frame(data: bytes) -> bool:
    """Return whether bytes begin a frame."""
    return _parse(data) is not None


def find_first_frame(stream: BinaryIO) -> int | None:
    """Return where the first of several frames in a row begins in a file that is not empty.

    Players skip what comes before it: tags, zero bytes, the end of a frame that was cut.
    """
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        begin = _skip_padding(data)
        at = data.find(_SYNC, begin, begin + _SEARCH_BYTES)
        while at >= 0:
            if _is_chain(data, at):
                return at
            at = data.find(_SYNC, at + 1, begin + _SEARCH_BYTES)
    return None


def is_cut_short(stream: BinaryIO) -> bool:
    """Return whether a file has fewer frames than its Xing, Info or VBRI header announces."""
    at = find_first_frame(stream)
    if at is None:
        return False
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        frames = _announced_frames(data, at)
        return frames is not None and _count_frames(data, at) + _TOLERANCE < frames


def _parse(data: bytes) -> _Frame | None:
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3  # 3 is MPEG 1; 2 is layer II, 1 is III
    rate, frequency = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer not in {1, 2} or rate == 15 or frequency == 3:
        return None
    kind = "2" if version != 3 else "1-II" if layer == 2 else "1-III"
    hertz = _SAMPLE_RATES_HZ[frequency] >> (3 - version if version else 2)
    factor = 72_000 if layer == 1 and version != 3 else 144_000
    size = factor * _BIT_RATES[kind][rate - 1] // hertz + (data[2] >> 1 & 1) if rate else None
    is_mono = data[3] >> 6 == _MONO
    side_info = (17 if is_mono else 32) if version == 3 else (9 if is_mono else 17)
    return _Frame((version, layer, frequency), size, side_info)


def _skip_padding(data: mmap.mmap) -> int:
    """Return where a tag and zero bytes at the beginning end."""
    at = 0
    if data[:8] == _APE_MAGIC and len(data) > _APE_HEADER:
        # The size is without the header: https://wiki.hydrogenaud.io/index.php?title=APEv2
        at = _APE_HEADER + int(struct.unpack_from("<I", data, 12)[0])
    while at < len(data):
        block = data[at : at + _SEARCH_BYTES]
        rest = len(block.lstrip(b"\0"))
        if rest:
            return at + len(block) - rest
        at += len(block)
    return at


def _is_chain(data: mmap.mmap, at: int) -> bool:
    """Return whether frames follow one another from here, a few of them or to the end."""
    kind = None
    for count in range(_CHAIN):
        if at == len(data) and count == _CHAIN - 1:
            return True
        frame = _parse(data[at : at + 4])
        if frame is None or frame.size is None or kind not in {None, frame.kind}:
            return False
        kind, at = frame.kind, at + frame.size
    return True


def _announced_frames(data: mmap.mmap, at: int) -> int | None:
    """Return how many frames the first one says there are; None if it says nothing of it.

    https://www.codeproject.com/Articles/8295/MPEG-Audio-Frame-Header
    """
    frame = _parse(data[at : at + 4])
    if frame is None or frame.size is None:
        return None
    for start in (4 + frame.side_info_bytes, 6 + frame.side_info_bytes):  # with a checksum: later
        header = data[at + start : at + start + 12]
        if header[:4] in {b"Xing", b"Info"} and len(header) == 12 and header[7] & 1:
            return int.from_bytes(header[8:])
    vbri = data[at + 36 : at + 54]
    return int.from_bytes(vbri[14:]) if vbri[:4] == b"VBRI" and len(vbri) == 18 else None


def _count_frames(data: mmap.mmap, at: int) -> int:
    """Return how many whole frames there are from here to the end, passing over what is none."""
    count = 0
    first = _parse(data[at : at + 4])
    while first is not None and 0 <= at < len(data):
        frame = _parse(data[at : at + 4])
        if frame is None or frame.size is None or frame.kind != first.kind:
            at = data.find(_SYNC, at + 1)
            continue
        at += frame.size
        count += at <= len(data)
    return count
