from recli.archive.audio_result import AudioResult, ProfileAudio
from recli.cli.download_progress import download_progress_text


def test_the_line_has_count_bytes_rate_time_left_and_the_slowest_profile():
    fast = ProfileAudio("fast", planned=10, stored=9, bytes=900_000)
    slow = ProfileAudio("slow", planned=10, stored=1, present=4, bytes=100_000)
    audio = AudioResult({"fast": fast, "slow": slow})

    assert download_progress_text(audio, 10.0, is_listed=True) == (
        "[#######...] 14 of 20, 1.0 MB at 100.0 kB/s, 0:50 left, slowest: slow (5 of 10)"
    )
    assert "14 of 20 or more," in download_progress_text(audio, 10.0, is_listed=False)


def test_nothing_is_foretold_before_the_first_file():
    audio = AudioResult({"one": ProfileAudio("one", planned=10)})

    assert (
        download_progress_text(audio, 0.0, is_listed=True) == "[..........] 0 of 10, 0 B at 0 B/s"
    )
