import struct

import pytest

from recli.audio_format import NotAudioError, identify_audio
from recli.sandbox.audio import make_audio

FRAME = bytes((0xFF, 0xFB, 0x90, 0x64))


def wav(data=b"\0" * 100, said=None, extra=b"", magic=b"RIFF"):
    order = ">" if magic == b"RIFX" else "<"
    form = struct.pack(f"{order}4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    length = len(data) if said is None else said
    body = b"WAVE" + form + struct.pack(f"{order}4sI", b"data", length) + data + extra
    return magic + struct.pack(f"{order}I", len(body)) + body


def id3(tag=20, sound=FRAME * 50):
    return b"ID3\x04\0\0" + bytes((0, 0, 0, tag)) + b"\0" * tag + sound


def judged(tmp_path, body, declared=None):
    path = tmp_path / "sound"
    path.write_bytes(body)
    return identify_audio(path, declared).extension


@pytest.mark.parametrize(
    ("body", "declared", "extension"),
    [
        (wav(), None, "wav"),
        (wav(), "mp3", "wav"),
        (wav(magic=b"RIFX"), None, "wav"),
        (wav(data=b""), None, "wav"),
        (wav(said=0), None, "wav"),
        (wav(said=0xFFFFFFFF), None, "wav"),
        (wav(said=0x7FFFF000), None, "wav"),
        (wav(extra=b"LIST\x04\0\0\0abcd"), None, "wav"),
        (wav(data=b"\0" * 100, said=60), None, "wav"),
        (make_audio("wav", 3, "a"), "wav", "wav"),
        (make_audio("mp3", 3, "a"), "wav", "mp3"),
        (FRAME * 9, None, "mp3"),
        (id3(), None, "mp3"),
        (b"OggS" + bytes(60), None, "ogg"),
        (b"OggS" + bytes(60), "opus", "opus"),
        (b"fLaC" + bytes(60), None, "flac"),
        (b"\0\0\0\x20ftypM4A " + bytes(60), None, "m4a"),
        (b"\xd3" + bytes(32), "gsm", "gsm"),
        (bytes(range(128, 256)), "raw", "raw"),
        (bytes(range(128, 256)), ".ULAW", "ulaw"),
    ],
)
def test_audio_is_known_by_what_it_is(tmp_path, body, declared, extension):
    assert judged(tmp_path, body, declared) == extension


@pytest.mark.parametrize(
    ("body", "declared", "words"),
    [
        (b"", "wav", "empty"),
        (b'{"errcode": 10004}', "wav", "errcode"),
        (b"\xef\xbb\xbf  <html><body>Login</body></html>", "mp3", "Login"),
        (b"Not found\n", "raw", "Not found"),
        (b'["no"]', "gsm", "no"),
        (wav()[:-1], "wav", "by its header"),
        (wav(said=101), None, "by its header"),
        (wav()[:40], None, "before any sound"),
        (b"RIFF\x10\0\0\0WAVE", None, "before any sound"),
        (b"RIFF\x10\0\0\0AVI LIST" + bytes(50), None, "no audio"),
        (id3()[:25], None, "tag alone"),
        (b'\xff\xfe{\0"\0e\0', "mp3", "no audio"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "wav", "no audio"),
        (b"\xd3" + bytes(32), None, "no audio"),
        (b"\x03" + bytes(32), "gsm", "no audio"),
        (b"PK\x03\x04" + bytes(50), "mp3", "no audio"),
    ],
)
def test_what_is_no_audio_is_refused_in_its_own_words(tmp_path, body, declared, words):
    with pytest.raises(NotAudioError) as refused:
        judged(tmp_path, body, declared)

    assert words in str(refused.value)


def mp3_frame(body=b""):
    """Return a frame of 144 bytes: MPEG-1 layer III, 32 kbit/s, 32 kHz, mono."""
    return (bytes((0xFF, 0xFB, 0x18, 0xC0)) + bytes(17) + body).ljust(144, b"\0")


def xing(name, frames):
    return mp3_frame(name + b"\0\0\0\x01" + frames.to_bytes(4, "big"))


def vbri(frames):
    return mp3_frame(bytes(11 + 4) + b"VBRI\0\1\0\0\0\0" + bytes(4) + frames.to_bytes(4, "big"))


SOUND = mp3_frame() * 40


@pytest.mark.parametrize(
    "body",
    [
        bytes(3000) + SOUND,
        SOUND[70:],
        b"APETAGEX" + struct.pack("<II", 2000, 32) + bytes(16) + b"x" * 2000 + SOUND,
        b"ID3\x04\0\0\0\0\0\x14" + bytes(20 + 4000) + SOUND,
        bytes(200_000) + SOUND,
        b"{" + SOUND[71:],
        mp3_frame()[60:] + SOUND[:288],
    ],
)
@pytest.mark.parametrize("declared", ["mp3", "wav", None])
def test_an_mp3_that_players_play_is_known_whatever_comes_before_its_frames(
    tmp_path, body, declared
):
    assert judged(tmp_path, body, declared) == "mp3"


def test_headerless_audio_is_not_searched_for_frames(tmp_path):
    assert judged(tmp_path, b"\x80" * 5 + SOUND, "ulaw") == "ulaw"


def identified(tmp_path, body, declared, announced=None, reported=None):
    path = tmp_path / "sound"
    path.write_bytes(body)
    return identify_audio(path, declared, announced_bytes=announced, reported_bytes=reported)


@pytest.mark.parametrize("name", [b"Xing", b"Info"])
def test_a_cut_mp3_without_a_length_is_known_by_its_count_of_frames(tmp_path, name):
    whole = xing(name, 40) + SOUND
    quarter = whole[: len(whole) // 4]

    assert identified(tmp_path, whole, "mp3").extension == "mp3"
    assert identified(tmp_path, quarter, "mp3", announced=len(quarter)).extension == "mp3"
    with pytest.raises(NotAudioError, match="fewer frames"):
        identified(tmp_path, quarter, "mp3")


def test_a_cut_mp3_is_known_by_fraunhofers_header(tmp_path):
    whole = vbri(40) + SOUND

    assert identified(tmp_path, whole + b"TAG" + bytes(125), "mp3").extension == "mp3"
    with pytest.raises(NotAudioError, match="fewer frames"):
        identified(tmp_path, whole[:2000], "mp3")


@pytest.mark.parametrize("missing", [44, 36, 8])
def test_a_wav_whose_header_counts_itself_is_whole_if_its_length_was_announced(tmp_path, missing):
    body = wav(bytes(16_000), said=16_000 + missing)
    found = identified(tmp_path, body, "wav", announced=len(body))

    assert found.extension == "wav"
    assert found.note is not None
    assert f"only {len(body)}" in found.note


def test_a_wav_whose_header_announces_whole_blocks_is_whole_if_its_length_was_announced(tmp_path):
    body = wav(bytes(16_100), said=16_384)

    assert identified(tmp_path, body, "wav", announced=len(body)).note
    with pytest.raises(NotAudioError, match="by its header"):
        identified(tmp_path, body, "wav")


def test_the_length_that_the_provider_reports_proves_a_wav_whole(tmp_path):
    body = wav(bytes(9_000), said=16_044)

    assert identified(tmp_path, body, "wav", reported=len(body)).note
    with pytest.raises(NotAudioError, match="by its header"):
        identified(tmp_path, body, "wav", announced=len(body))


@pytest.mark.parametrize("declared", ["wav", "WAVE", "x-wav", ".wav"])
def test_a_reported_length_proves_nothing_of_another_format(tmp_path, declared):
    assert identified(tmp_path, SOUND, declared, reported=16_044).extension == "mp3"
    with pytest.raises(NotAudioError, match="tells of 16044"):
        identified(tmp_path, wav(), declared, reported=16_044)


def test_a_message_shows_no_binary_data(tmp_path):
    with pytest.raises(NotAudioError) as refused:
        judged(tmp_path, b"<\x00\x01\x1b[31m" + bytes(50), "mp3")

    assert str(refused.value).isprintable()
    assert "3c 00 01" in str(refused.value)
