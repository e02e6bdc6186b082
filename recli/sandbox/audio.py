"""Made-up audio: short tones as WAV, silent frames as MP3.

Every recording has different bytes, the same each time; the size is known without making them.
Durations are capped, so that a long call has a small file.
"""

import hashlib
import io
import math
import wave
from array import array

RATE_HZ = 8_000
LONGEST_S = 1.0
SHORTEST_S = 0.1  # an empty file would not be audio
WAV_HEADER_BYTES = 44

# MPEG-1 layer III, no checksum, 32 kbit/s, 32 kHz, mono: 1152 samples in 144 bytes.
MP3_HEADER = bytes((0xFF, 0xFB, 0x18, 0xC0))
MP3_FRAME_BYTES = 144
MP3_FRAME_S = 1152 / 32_000
MP3_SIDE_INFO_BYTES = 17


def media_type(format_: str) -> str:
    """Return the media type of `wav` or `mp3`."""
    return "audio/mpeg" if format_ == "mp3" else "audio/x-wav"


def audio_size_bytes(format_: str, duration_s: float) -> int:
    """Return the length of the file without making it."""
    if format_ == "mp3":
        return _mp3_frames(duration_s) * MP3_FRAME_BYTES
    return WAV_HEADER_BYTES + 2 * _wav_samples(duration_s)


def make_audio(format_: str, duration_s: float, seed: str) -> bytes:
    """Make an audio file; each seed gives different bytes, always the same ones."""
    mark = hashlib.sha256(seed.encode()).digest()
    return _mp3(duration_s, mark) if format_ == "mp3" else _wav(duration_s, mark)


def _capped_s(duration_s: float) -> float:
    """Shorten a duration, so that calls of different lengths mostly differ in size too."""
    if duration_s <= LONGEST_S:
        return max(duration_s, SHORTEST_S)
    return LONGEST_S / 2 * (1 + duration_s % 60 / 60)


def _wav_samples(duration_s: float) -> int:
    return int(RATE_HZ * _capped_s(duration_s))


def _mp3_frames(duration_s: float) -> int:
    return math.ceil(_capped_s(duration_s) / MP3_FRAME_S)


def _wav(duration_s: float, mark: bytes) -> bytes:
    """Write 16-bit mono: the mark as faint noise, then a tone of 40 to 20 samples a period."""
    samples = _wav_samples(duration_s)
    period = 20 + mark[0] % 21
    one = [int(6_000 * math.sin(2 * math.pi * i / period)) for i in range(period)]
    tone = array("h", [*mark, *(one * (samples // period + 1))])[:samples]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone.tobytes())
    return out.getvalue()


def _mp3(duration_s: float, mark: bytes) -> bytes:
    """Write silent frames: zeroed side information says that the rest is not audio.

    The mark goes into the rest, ancillary data, without bytes that look like a header.
    """
    quiet = MP3_HEADER + bytes(MP3_SIDE_INFO_BYTES) + bytes(byte & 0x7F for byte in mark)
    return quiet.ljust(MP3_FRAME_BYTES, b"\0") * _mp3_frames(duration_s)
