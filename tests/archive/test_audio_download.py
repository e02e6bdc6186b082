import gzip
from hashlib import sha256

import pytest

from recli.archive.audio_download import download
from recli.archive.partial import PartialDownload
from recli.errors import Denied, Gone, NotReady, ProviderError
from recli.sandbox.audio import make_audio

from .conftest import SOUND, plivo, row, transport_of
from .media import Reply

OTHER = make_audio("wav", 55, "b")
TAG = {"ETag": '"one"', "Accept-Ranges": "bytes"}


@pytest.fixture
def partial(tmp_path):
    return tmp_path


def fetched(media, partial, *replies, **given):
    url = media.put("a.wav", *replies)
    transport = transport_of(plivo(media.url))
    made = row("a", raw={"recording_url": url}, **given)
    return download(transport, made, PartialDownload(partial, "1-a", "plivo"), lambda: None)


def refused(media, partial, *replies, **given):
    with pytest.raises(ProviderError) as error:
        fetched(media, partial, *replies, **given)
    return error.value


def ranges(media):
    return [headers.get("range") for _, headers in media.seen]


def names(partial):
    return sorted(path.name for path in partial.iterdir())


def test_a_whole_file_is_what_the_source_has(media, partial):
    found = fetched(media, partial, Reply(SOUND, headers=TAG))

    assert found.path.read_bytes() == SOUND
    assert found.sha256 == sha256(SOUND).hexdigest()
    assert (found.bytes, found.extension) == (len(SOUND), "wav")
    assert names(partial) == ["1-a.wav"]
    assert found.path.stat().st_mode & 0o777 == 0o600


def test_a_broken_answer_goes_on_where_it_ended(media, partial):
    cut = Reply(SOUND * 20, headers=TAG, sent=100_000)
    body = SOUND[:40] + b"\xff\xff\xff\xff" + SOUND[44:]
    cut.body = body * 20
    found = fetched(media, partial, cut, Reply(body * 20, headers=TAG, ranges=True))

    assert found.path.read_bytes() == body * 20
    assert found.sha256 == sha256(body * 20).hexdigest()
    first, second = media.seen
    assert first[1].get("range") is None
    assert second[1]["if-range"] == '"one"'
    assert int(second[1]["range"].removeprefix("bytes=").removesuffix("-")) > 0


def test_a_later_run_goes_on_where_a_run_ended(media, partial):
    long = streaming(SOUND)
    refused(media, partial, Reply(long, headers=TAG, sent=150_000))
    left = names(partial)
    media.seen.clear()
    found = fetched(media, partial, Reply(long, headers=TAG, ranges=True))

    assert left == ["1-a.json", "1-a.part"]
    assert found.path.read_bytes() == long
    assert ranges(media)[0].startswith("bytes=")
    assert names(partial) == ["1-a.wav"]


def test_a_changed_file_starts_over(media, partial):
    old, new = streaming(SOUND), streaming(OTHER)
    tag = {"ETag": '"two"'}
    found = fetched(
        media, partial, Reply(old, headers=TAG, sent=150_000), Reply(new, headers=tag, ranges=True)
    )

    assert found.path.read_bytes() == new


@pytest.mark.parametrize(
    "answer",
    [
        Reply(b"", 416, {"Content-Range": "bytes */10"}),
        Reply(b"\0" * 50, 206, {"Content-Range": "bytes 7-56/57"}),
        Reply(b"\0" * 50, 206),
        Reply(b"bad range", 400),
    ],
)
def test_a_server_that_bungles_ranges_is_asked_for_the_whole(media, partial, answer):
    long = streaming(SOUND)
    found = fetched(
        media, partial, Reply(long, headers=TAG, sent=150_000), answer, Reply(long, headers=TAG)
    )

    assert found.path.read_bytes() == long
    assert ranges(media)[-1] is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"weak"'},
        {"ETag": '"one"', "Accept-Ranges": "none"},
        {"Last-Modified": "Thu, 05 Mar 2099 15:30:00 GMT"},
    ],
)
def test_without_a_sure_validator_no_rest_is_asked_for(media, partial, headers):
    long = streaming(SOUND)
    found = fetched(
        media, partial, Reply(long, headers=headers, sent=150_000), Reply(long, ranges=True)
    )

    assert found.path.read_bytes() == long
    assert ranges(media) == [None, None]


def test_an_old_date_of_change_is_a_validator(media, partial):
    headers = {"Last-Modified": "Thu, 05 Mar 2015 15:30:00 GMT"}
    long = streaming(SOUND)
    found = fetched(
        media,
        partial,
        Reply(long, headers=headers, sent=150_000),
        Reply(long, headers=headers, ranges=True),
    )

    assert found.path.read_bytes() == long
    assert ranges(media)[1] is not None


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b'{"error": "come back later"}'), "come back later"),
        (Reply(b'{"error": "no"}', headers={"Content-Type": "audio/wav"}), "no"),
        (Reply(b"<html>Log in</html>", headers={"Content-Type": "text/html"}), "Log in"),
        (Reply(b""), "nothing"),
        (Reply(b"\x89PNG" + bytes(99)), "no audio"),
        (Reply(SOUND[:-10]), "by its header"),
        (Reply(b'{"error": "broken"}', 500), "broken"),
    ],
)
def test_what_is_no_audio_leaves_nothing(media, partial, reply, words):
    error = refused(media, partial, reply)

    assert words in error.message
    assert error.provider == "plivo"
    assert names(partial) == []


def test_a_file_of_another_length_than_the_row_says_is_refused(media, partial):
    error = refused(media, partial, Reply(SOUND), size_bytes=len(SOUND) + 1)

    assert str(len(SOUND) + 1) in error.message
    assert names(partial) == []


def test_a_file_without_a_length_that_breaks_off_is_tried_again(media, partial):
    found = fetched(media, partial, Reply(SOUND, length=False, sent=900), Reply(SOUND))

    assert found.path.read_bytes() == SOUND


@pytest.mark.parametrize(
    ("reply", "kind"), [(Reply(b"{}", 404), Gone), (Reply(b"{}", 403), Denied)]
)
def test_what_a_status_says_is_told_as_it_is(media, partial, reply, kind):
    assert isinstance(refused(media, partial, reply), kind)


def test_a_recording_without_a_url_is_not_ready(media, partial):
    transport = transport_of(plivo(media.url))

    with pytest.raises(NotReady):
        download(
            transport, row("a", raw={}), PartialDownload(partial, "1-a", "plivo"), lambda: None
        )
    assert media.seen == []


def test_a_stop_ends_a_download_between_two_pieces(media, partial):
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    url = media.put("a.wav", Reply(SOUND))
    transport = transport_of(plivo(media.url))
    part = PartialDownload(partial, "1-a", "plivo")
    with pytest.raises(Stop):
        download(transport, row("a", raw={"recording_url": url}), part, stop)

    assert names(partial) == []


def streaming(body):
    """Return a longer WAV whose header does not say how long it is."""
    return body[:40] + b"\xff\xff\xff\xff" + body[44:] * 30


@pytest.mark.parametrize("byte", [b"{", b"[", b"<", b" <"])
def test_the_rest_of_a_sound_may_begin_with_any_byte(media, partial, byte):
    long = streaming(SOUND)[:44] + byte * 100_000
    found = fetched(
        media, partial, Reply(long, headers=TAG, sent=70_000), Reply(long, headers=TAG, ranges=True)
    )

    assert found.path.read_bytes() == long
    assert len(media.seen) == 2


@pytest.mark.parametrize("label", ["text/html", "text/plain", "application/json", "", "image/png"])
@pytest.mark.parametrize("status", [200, 203])
def test_audio_is_stored_whatever_it_is_called(media, partial, label, status):
    found = fetched(media, partial, Reply(SOUND, status, {"Content-Type": label}))

    assert found.path.read_bytes() == SOUND
    assert found.extension == "wav"


@pytest.mark.parametrize(
    "inner", [gzip.compress, lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])]
)
@pytest.mark.parametrize("label", [{"Content-Encoding": "gzip"}, {}])
def test_audio_that_is_compressed_once_too_often_is_unpacked(media, partial, inner, label):
    body = gzip.compress(inner(SOUND)) if label else inner(SOUND)
    found = fetched(media, partial, Reply(body, headers=label))

    assert found.path.read_bytes() == SOUND
    assert found.sha256 == sha256(SOUND).hexdigest()


def test_compressed_audio_that_ends_too_soon_is_tried_again(media, partial):
    whole = gzip.compress(SOUND)
    found = fetched(media, partial, Reply(whole[:-200]), Reply(whole))

    assert found.path.read_bytes() == SOUND
    assert len(media.seen) == 2


def test_a_part_that_nobody_asked_for_is_taken_if_it_is_the_whole(media, partial):
    size = len(SOUND)
    whole = {"Content-Range": f"bytes 0-{size - 1}/{size}"}
    found = fetched(media, partial, Reply(SOUND, 206, whole))
    part = {"Content-Range": f"bytes 0-{size - 1}/{size + 9}"}
    error = refused(media, partial, Reply(SOUND, 206, part))

    assert found.path.read_bytes() == SOUND
    assert "another part" in error.message


def test_the_rest_of_audio_that_is_called_text_goes_on_where_it_ended(media, partial):
    headers = {**TAG, "Content-Type": "text/html"}
    long = streaming(SOUND)
    found = fetched(
        media,
        partial,
        Reply(long, headers=headers, sent=150_000),
        Reply(long, headers=headers, ranges=True),
    )

    assert found.path.read_bytes() == long
    assert ranges(media)[1] is not None


def test_a_message_about_what_is_no_audio_shows_no_binary_data(media, partial):
    headers = {"Content-Type": "text/html"}
    error = refused(media, partial, Reply(b"\x89PNG\r\n\x1a\n\x00\x1b[31m", headers=headers))

    assert error.message.isprintable()
    assert "89 50 4e 47" in error.message
    assert "text/html" in error.message


def test_audio_that_a_box_converts_is_stored_whatever_length_the_list_has(media, partial):
    mp3 = make_audio("mp3", 3, "a")
    found = fetched(media, partial, Reply(mp3), format="wav", size_bytes=len(mp3) * 9)

    assert (found.extension, found.bytes) == ("mp3", len(mp3))


def test_a_wav_with_a_wrong_header_is_stored_with_a_note(media, partial):
    body = SOUND[:40] + (len(SOUND)).to_bytes(4, "little") + SOUND[44:]
    found = fetched(media, partial, Reply(body))

    assert found.path.read_bytes() == body
    assert "by its header" in (found.note or "")
