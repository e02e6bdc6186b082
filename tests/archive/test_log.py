import json
from hashlib import sha256

import pytest

from recli.archive import log
from recli.archive.log import START, LogPosition, StoredAudio, is_inside


def stored(number):
    return StoredAudio(
        f"audio/{number}.wav", number, "ab" * 32, f"r{number}", "main", "2026-03-05T"
    )


def appended(path, *numbers, position=None):
    return log.append(path, [stored(number) for number in numbers], position or LogPosition())


def test_every_line_holds_the_hash_of_the_line_before(tmp_path):
    path = tmp_path / "manifest.jsonl"
    position = appended(path, 1, 2)
    appended(path, 3, position=position)

    lines = path.read_bytes().splitlines()
    before = [json.loads(line)["previous"] for line in lines]
    assert before == [START, *(sha256(line).hexdigest() for line in lines[:2])]


def test_the_lines_read_back_as_they_were_written(tmp_path):
    path = tmp_path / "manifest.jsonl"
    position = appended(path, 1, 2, 3)

    lines = list(log.read(path))
    assert [line.stored for line in lines] == [stored(1), stored(2), stored(3)]
    assert all(line.chained for line in lines)
    assert LogPosition(lines[-1].end, lines[-1].sha256) == position


@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (lambda lines: lines[:1] + lines[2:], [2]),
        (lambda lines: [lines[0].replace(b"r1", b"r9"), *lines[1:]], [2]),
        (lambda lines: [lines[1], lines[0], *lines[2:]], [1, 2, 3]),
        (lambda lines: [lines[0], lines[0], *lines[1:]], [2]),
        (lambda lines: [b"not json", *lines[1:]], [1, 2]),
        (lambda lines: [b"x" * 200_000, *lines[1:]], [1, 2]),
    ],
)
def test_a_changed_manifest_breaks_its_chain_there(tmp_path, spoil, broken):
    path = tmp_path / "manifest.jsonl"
    appended(path, 1, 2, 3, 4)
    path.write_bytes(b"\n".join(spoil(path.read_bytes().splitlines())) + b"\n")

    lines = list(log.read(path))
    assert [line.number for line in lines if not line.chained] == broken


def test_a_torn_line_is_no_line_and_is_cut_off(tmp_path):
    path = tmp_path / "manifest.jsonl"
    position = appended(path, 1, 2)
    path.write_bytes(path.read_bytes() + b'{"path": "audio/3')

    lines = list(log.read(path))
    log.cut(path, lines[-1].end)

    assert len(lines) == 2
    assert path.stat().st_size == position.bytes


def test_a_manifest_is_private_whatever_the_umask(tmp_path):
    path = tmp_path / "manifest.jsonl"
    appended(path, 1)

    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "audio/../x", "audio", "audio//x", "catalog.db", "audio\\..\\x"]
)
def test_a_path_that_leads_out_is_not_believed(path):
    assert not is_inside(path)


def test_a_missing_manifest_has_no_lines(tmp_path):
    assert list(log.read(tmp_path / "manifest.jsonl")) == []
