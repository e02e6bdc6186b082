import json
import os
import shutil
import threading
from collections import Counter

import pytest

from recli.archive.verify import FindingKind, Verification
from recli.errors import UsageError

from .conftest import audio_files, export, opened, proven, provider_of, transport_of


@pytest.fixture
def whole(folder, sandbox):
    """An archive of twelve recordings that is whole."""
    provider = provider_of("imagicle", sandbox.profiles()["imagicle"])
    with opened(folder) as archive:
        export(archive, transport_of(provider))
    return folder


def kinds(folder, **given):
    return Counter(finding.kind for finding in proven(folder, **given))


def files(folder):
    return [folder / path for path in sorted(audio_files(folder))]


def edit(folder, change):
    path = folder / "manifest.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().splitlines())))


def test_a_whole_archive_has_no_findings(whole):
    verification = Verification(whole)

    assert list(verification.findings()) == []
    assert verification.counts.files == verification.counts.rows == verification.counts.listed == 12
    assert verification.counts.bytes == sum(len(body) for body in audio_files(whole).values())


def test_a_moved_archive_is_whole(whole, tmp_path):
    moved = shutil.move(whole, tmp_path / "elsewhere" / "deep")

    assert proven(moved) == []


def test_a_missing_file_is_named(whole):
    files(whole)[3].unlink()

    (finding,) = proven(whole)
    assert finding.kind is FindingKind.MISSING
    assert finding.path == sorted(_paths(whole))[3]
    assert finding.profile == "imagicle"


def test_a_changed_byte_is_found_and_quick_looks_at_lengths_only(whole):
    file = files(whole)[0]
    body = bytearray(file.read_bytes())
    body[-1] ^= 1
    file.write_bytes(body)

    assert kinds(whole) == {FindingKind.CHANGED: 1}
    assert kinds(whole, quick=True) == {}
    file.write_bytes(body[:-1])
    assert kinds(whole, quick=True) == {FindingKind.CHANGED: 1}


def test_two_files_swapped_are_both_found(whole):
    one, other, *_ = files(whole)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)

    assert kinds(whole) == {FindingKind.CHANGED: 2}


def test_a_file_too_many_is_found(whole):
    (whole / "audio" / "note.txt").write_text("x")

    (finding,) = proven(whole)
    assert (finding.kind, finding.path) == (FindingKind.EXTRA, "audio/note.txt")


@pytest.mark.parametrize(
    "name", [".DS_Store", "Thumbs.db", "desktop.ini", "._x.wav", ".nfs0000ab", "@eaDir/x/y.jpg"]
)
def test_what_file_managers_drop_is_counted_and_no_finding(whole, name):
    path = whole / "audio" / "imagicle" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    verification = Verification(whole)

    assert list(verification.findings()) == []
    assert verification.counts.system_files == 1
    assert verification.counts.system_file == f"audio/imagicle/{name}"


def test_a_link_by_such_a_name_is_a_finding(whole, tmp_path):
    (whole / "audio" / ".DS_Store").symlink_to(tmp_path)

    assert kinds(whole) == {FindingKind.EXTRA: 1}


def test_a_changed_line_breaks_the_chain_at_the_next(whole):
    edit(whole, lambda lines: [*lines[:4], lines[4].replace(b"2026", b"2025", 1), *lines[5:]])

    assert 6 in {finding.line for finding in proven(whole) if finding.kind is FindingKind.CHAIN}


def test_a_changed_last_line_is_found_too(whole):
    edit(
        whole,
        lambda lines: [*lines[:-1], lines[-1].replace(b'"fetched_at": "2', b'"fetched_at": "1')],
    )

    assert kinds(whole) == {FindingKind.CHAIN: 1}


def test_a_line_that_is_gone_is_found(whole):
    edit(whole, lambda lines: lines[:-1])

    assert kinds(whole) == {FindingKind.CHAIN: 1, FindingKind.UNLISTED: 1, FindingKind.EXTRA: 1}


def test_a_forged_manifest_does_not_agree_with_the_catalog(whole):
    file = files(whole)[0]
    path = file.relative_to(whole).as_posix()
    file.unlink()
    edit(whole, lambda lines: _forged([line for line in lines if json.loads(line)["path"] != path]))

    assert kinds(whole)[FindingKind.UNLISTED] == 1
    assert FindingKind.CHAIN in kinds(whole)


def test_a_line_that_leads_out_of_the_archive_is_not_followed(whole, tmp_path):
    (tmp_path / "secret").write_text("x")
    edit(whole, lambda lines: [_with(lines[0], path="audio/../../secret"), *lines[1:]])

    found = proven(whole)
    assert {finding.kind for finding in found} == {
        FindingKind.CHAIN,
        FindingKind.UNLISTED,
        FindingKind.EXTRA,
    }
    assert not any("secret" in (finding.path or "") for finding in found)


@pytest.mark.parametrize("depth", [0, 1])
def test_a_link_out_of_the_archive_is_not_followed(whole, tmp_path, depth):
    place = files(whole)[0] if depth == 0 else whole / "audio" / "imagicle"
    shutil.move(place, tmp_path / "outside")
    place.symlink_to(tmp_path / "outside")

    found = kinds(whole)
    assert found[FindingKind.CHANGED] == (1 if depth == 0 else 12)
    assert found[FindingKind.EXTRA] == depth


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
@pytest.mark.parametrize("quick", [True, False])
def test_a_pipe_in_a_file_s_place_is_no_file_and_is_not_waited_for(whole, quick):
    path = min(audio_files(whole))
    (whole / path).unlink()
    os.mkfifo(whole / path)
    waited = threading.Event()

    def write() -> None:
        waited.set()
        os.close(os.open(whole / path, os.O_RDWR | os.O_NONBLOCK))

    writer = threading.Timer(5, write)
    writer.start()
    found = [(each.kind, each.path, each.detail) for each in proven(whole, quick=quick)]
    writer.cancel()

    assert not waited.is_set()
    assert found == [(FindingKind.CHANGED, path, "is no file")]


def test_rows_without_audio_are_named_with_the_reason(folder, sandbox):
    provider = provider_of("imagicle", sandbox.profiles()["imagicle"])
    transport = transport_of(provider)
    with opened(folder) as archive:
        export(archive, transport, audio=False)
        assert proven(folder) == []  # nobody wanted it
        account = sandbox.accounts["imagicle"]
        gone = account.ids()[0]
        account.delete(gone)
        archive.fetch_audio({"imagicle": transport})

    (finding,) = proven(folder)
    assert (finding.kind, finding.id) == (FindingKind.NO_AUDIO, gone)
    assert finding.detail.startswith("gone: ")


def test_what_a_killed_run_left_beside_the_audio_is_no_finding(whole):
    (whole / "partial").mkdir(exist_ok=True)
    (whole / "partial" / "1-a.part").write_bytes(b"RIFF")
    with (whole / "manifest.jsonl").open("ab") as stream:
        stream.write(b'{"path": "audio/tor')

    assert proven(whole) == []


@pytest.mark.parametrize(
    ("name", "kind"), [("catalog.db", FindingKind.MISSING), ("manifest.jsonl", FindingKind.MISSING)]
)
def test_a_missing_catalog_or_manifest_is_named(whole, name, kind):
    (whole / name).unlink()

    found = proven(whole)
    assert any((finding.kind, finding.path) == (kind, name) for finding in found)


def test_a_damaged_catalog_is_named_and_the_files_are_looked_at_all_the_same(whole):
    (whole / "catalog.db").write_bytes(b"\0" * 9000)
    files(whole)[0].unlink()

    assert {finding.path for finding in proven(whole)} >= {"catalog.db"}
    assert kinds(whole)[FindingKind.MISSING] == 1


def test_a_folder_that_is_no_archive_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no archive"):
        Verification(tmp_path)


def test_counts_are_kept_and_a_reader_may_stop(whole):
    verification = Verification(whole, jobs=3)
    for file in files(whole):
        file.unlink()
    findings = verification.findings()
    next(findings)
    findings.close()

    assert verification.counts.files == 1


def test_a_file_that_can_not_be_read_is_named(whole):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    files(whole)[0].chmod(0)

    assert kinds(whole) == {FindingKind.CHANGED: 1}


def _paths(folder):
    lines = (folder / "manifest.jsonl").read_bytes().splitlines()
    return [json.loads(line)["path"] for line in lines]


def _with(line, **changed):
    return json.dumps({**json.loads(line), **changed}).encode()


def _forged(lines):
    """Chain lines anew, as somebody would who knows how."""
    from hashlib import sha256

    forged, last = [], "0" * 64
    for line in lines:
        forged.append(_with(line, previous=last))
        last = sha256(forged[-1]).hexdigest()
    return forged
