import base64
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.archive.json_audio import LONG, JsonAudioSpool
from recli.audio_format import NotAudioError

PATH = ("data", "data")


def unpacked(body, sizes=(1000,), path=PATH):
    spool = JsonAudioSpool(io.BytesIO())
    spool.read(cut_up(body, sizes))
    target = io.BytesIO()
    spool.decode(path, target)
    return json.loads(spool.small), target.getvalue()


def cut_up(body, sizes):
    at = turn = 0
    while at < len(body):
        size = sizes[turn % len(sizes)]
        yield body[at : at + size]
        at += size
        turn += 1


def answer(sound, **fields):
    text = base64.b64encode(sound).decode()
    return {"responses": [{"code": "200"}], "data": {**fields, "data": text, "size": len(sound)}}


@settings(deadline=None)
@given(
    sound=st.binary(min_size=1, max_size=20_000),
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=4),
    note=st.text(max_size=50),
)
def test_sound_comes_out_whatever_the_chunks(sound, sizes, note):
    small, found = unpacked(json.dumps(answer(sound, note=note)).encode(), sizes)

    assert found == sound
    assert small["data"]["note"] == note
    assert small["data"]["size"] == len(sound)


@pytest.mark.parametrize(
    "escape",
    [
        lambda text: text.replace("/", "\\/"),
        lambda text: text.replace("+", "\\u002b").replace("=", "\\u003D"),
        lambda text: "\\r\\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
    ],
)
@pytest.mark.parametrize("size", [100, 50_001])
def test_escapes_that_servers_write_are_understood(escape, size):
    sound = bytes(number * 7 % 256 for number in range(size))
    text = escape(base64.b64encode(sound).decode())
    body = b'{"data": {"data": "' + text.encode() + b'"}}'

    _, found = unpacked(body, (13, 4099))
    assert found == sound


def test_sound_comes_out_of_an_answer_with_warnings_of_php_around_it():
    sound = bytes(range(256)) * 50
    around = b'<b>Warning</b>: include_path=".:/usr" <br />\n'
    body = around + json.dumps(answer(sound)).encode() + around
    spool = JsonAudioSpool(io.BytesIO())
    spool.read(cut_up(body, (1000,)))
    target = io.BytesIO()
    spool.decode(PATH, target)

    assert target.getvalue() == sound


def test_a_long_text_beside_the_sound_is_not_taken_for_it():
    sound = bytes(10_000)
    body = {"log": "x" * (2 * LONG), **answer(sound, path="y" * LONG)}

    _, found = unpacked(json.dumps(body).encode())
    assert found == sound


def test_what_is_left_in_memory_is_small():
    spool = JsonAudioSpool(io.BytesIO())
    spool.read(cut_up(json.dumps(answer(bytes(3_000_000))).encode(), (65536,)))

    assert len(spool.small) < 1000


@pytest.mark.parametrize("text", ["!" * 5000, "AAAA" * 2000 + "A", "short?"])
def test_what_is_not_base64_is_refused(text):
    with pytest.raises(NotAudioError, match="not base64"):
        unpacked(json.dumps({"data": {"data": text}}).encode())


def test_an_endless_answer_without_sound_is_refused():
    spool = JsonAudioSpool(io.BytesIO())
    with pytest.raises(NotAudioError, match="more than 8 MB"):
        spool.read(b"[1, 2, 3, " * 10_000 for _ in range(1000))
