"""What is told of audio that is missing."""

import io

from recli.archive.audio_result import AudioFailure, AudioResult, ProfileAudio
from recli.cli.console import Console
from recli.cli.summary_line import show_missing_audio
from recli.redact import Redactor


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
