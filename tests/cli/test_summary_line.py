"""The closing line, and what is told of audio that is missing."""

import io
from datetime import UTC, datetime

from recli.archive.audio_result import AudioFailure, AudioResult, ProfileAudio
from recli.cli.console import Console
from recli.cli.summary_line import closing_line, show_missing_audio
from recli.engine.report import RunReport
from recli.engine.result import ProfileResult
from recli.errors import ProviderError
from recli.redact import Redactor

NOW = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)


def told(failed, gone=0):
    said = ProfileAudio("main", planned=20, failed=failed, gone=gone)
    for number in range(failed + gone):
        said.add_failure(AudioFailure(f"r{number}", "is broken"))
    stream = io.StringIO()

    show_missing_audio(AudioResult({"main": said}), Console(stream, Redactor()))

    return stream.getvalue()


def test_a_few_failures_are_told_one_by_one():
    text = told(failed=4, gone=1)

    assert [f"audio of r{number}: is broken" in text for number in range(5)] == [True] * 5
    assert "other" not in text


def test_of_many_failures_the_others_are_counted_and_where_they_stand_is_said():
    text = told(failed=6, gone=2)

    assert text.count("is broken") == 5
    assert "3 other recordings" in text
    assert "recli verify" in text


def results(count, failed=(), short=()):
    made = [ProfileResult(f"p{number}", "plivo", rows=10) for number in range(count)]
    for number in failed:
        made[number].error = ProviderError("plivo", "is down")
    for number in short:
        made[number].gaps.append("2 of 12 recordings did not come")
    return RunReport(NOW, results=made)


def test_the_closing_line_of_a_bad_night_begins_with_what_failed():
    line = closing_line(results(12, failed=(1, 3, 4), short=(7,)), "120 recordings", 3.25)

    assert line == (
        "3 of 12 profiles failed: p1, p3, p4; 1 of 12 profiles incomplete: p7;"
        " 120 recordings in 3.2 s"
    )


def test_the_closing_line_of_a_very_bad_night_counts_those_beyond_five():
    line = closing_line(results(400, failed=range(300)), "1,000 recordings", 60)

    assert line.startswith("300 of 400 profiles failed: p0, p1, p2, p3, p4 and 295 others; 1,000 r")


def test_the_closing_line_says_whose_audio_is_missing():
    audio = AudioResult({"p1": ProfileAudio("p1", planned=3, stored=2, failed=1)})

    line = closing_line(results(2), "20 new recordings", 5, audio)

    assert line == ("1 of 2 profiles without all its audio: p1; 20 new recordings in 5.0 s")
