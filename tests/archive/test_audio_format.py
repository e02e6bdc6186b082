import struct

import pytest

from recli.archive.audio_format import NotAudioError, extension_of
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
    return extension_of(path, declared)


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
