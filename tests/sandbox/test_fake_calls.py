"""The made-up accounts, and the sound of their recordings."""

import io
import wave
from datetime import UTC, datetime, timedelta

import pytest

from recli.sandbox.account import CallState
from recli.sandbox.audio import audio_size_bytes, make_audio
from recli.sandbox.fake_calls import generate_calls
from tests.sandbox_faults import PROVIDERS, FaultySandbox

NOW = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_account_is_the_same_for_everyone_at_the_same_moment(provider):
    assert generate_calls(provider, 300, NOW) == generate_calls(provider, 300, NOW)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_later_the_same_day_what_was_there_is_unchanged(provider):
    early = {call.id: call for call in generate_calls(provider, 300, NOW)}
    late = {call.id: call for call in generate_calls(provider, 300, NOW + timedelta(hours=6))}

    both = early.keys() & late.keys()
    assert 280 < len(both) < 300
    assert all(early[own_id] == late[own_id] for own_id in both)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("rows", [0, 1, 39, 40, 300])
@pytest.mark.parametrize("hour", [0, 12, 23])
def test_an_account_has_the_rows_asked_for_with_ids_of_their_own(provider, rows, hour):
    calls = generate_calls(provider, rows, NOW.replace(hour=hour, minute=1))

    assert len(calls) == rows
    assert len({call.id.lower() for call in calls}) == rows


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_account_reaches_from_2023_to_today_and_is_denser_of_late(provider):
    starts = sorted(call.start for call in generate_calls(provider, 300, NOW))

    assert starts[0] >= datetime(2023, 1, 1, tzinfo=UTC)
    assert starts[0].year == 2023
    assert starts[-1].date() == NOW.date()
    assert starts[-1] <= NOW
    assert sum(start > NOW - timedelta(days=180) for start in starts) > 150


def test_awkward_recordings_are_in_every_account():
    calls = generate_calls("bandwidth", 300, NOW)

    assert {call.state for call in calls} == set(CallState)
    assert min(call.duration_s for call in calls) == 0
    assert max(call.duration_s for call in calls) > 4 * 3600
    assert any(call.from_name.startswith("=") for call in calls)


@pytest.mark.parametrize("provider", ["plivo", "yeastar", "imagicle"])
def test_providers_that_list_finished_recordings_only_have_no_others(provider):
    assert {call.state for call in generate_calls(provider, 300, NOW)} == {CallState.COMPLETE}


@pytest.mark.parametrize("duration_s", [0.0, 0.05, 0.12, 1.0, 59.9, 16_649.87])
def test_wav_is_what_its_header_says_and_as_long_as_announced(duration_s):
    data = make_audio("wav", duration_s, "seed")

    with wave.open(io.BytesIO(data)) as file:
        shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        frames = file.getnframes()
        assert len(file.readframes(frames)) == 2 * frames
    assert shape == (1, 2, 8000)
    assert 0 < frames <= 8000
    assert len(data) == 44 + 2 * frames == audio_size_bytes("wav", duration_s)
    assert int.from_bytes(data[4:8], "little") == len(data) - 8


@pytest.mark.parametrize("duration_s", [0.0, 1.0, 59.9, 16_649.87])
def test_mp3_is_whole_frames_of_the_size_that_their_headers_tell(duration_s):
    data = make_audio("mp3", duration_s, "seed")

    assert len(data) == audio_size_bytes("mp3", duration_s)
    # MPEG-1 layer III at 32 kbit/s and 32 kHz: 144 * 32000 / 32000 bytes a frame.
    assert len(data) % 144 == 0
    frames = [data[i : i + 144] for i in range(0, len(data), 144)]
    assert frames
    assert all(frame[:4] == b"\xff\xfb\x18\xc0" for frame in frames)
    assert all(b"\xff" not in frame[4:] for frame in frames)


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_every_recording_has_sound_of_its_own_that_stays_the_same(form):
    assert make_audio(form, 3.0, "one") == make_audio(form, 3.0, "one")
    assert make_audio(form, 3.0, "one") != make_audio(form, 3.0, "two")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_added_recordings_are_over_and_have_new_ids(provider):
    account = FaultySandbox(clock=lambda: NOW, rows=5).accounts[provider]
    before = account.ids()

    added = [account.add(), account.add(duration_s=7.0, from_name="Zoë")]

    assert account.ids() == [*before, added[0].id, added[1].id]
    assert len(set(account.ids())) == 7
    assert all(call.added <= NOW for call in added)
    assert added[1].from_name == "Zoë"
    assert added[1].end + timedelta(seconds=1) == added[1].added


def test_a_deleted_recording_is_gone_from_the_cache_too():
    account = FaultySandbox(clock=lambda: NOW, rows=3).accounts["plivo"]
    first = account.ids()[0]
    assert account.cached("count", lambda: len(account.calls())) == 3

    account.delete(first)

    assert first not in account.ids()
    assert account.get(first) is None
    assert account.cached("count", lambda: len(account.calls())) == 2
    with pytest.raises(KeyError):
        account.delete(first)
