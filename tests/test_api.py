"""What commands do, called by a script: no console, no options."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recli.api import (
    ArchiveSettings,
    RunRequest,
    archive_recordings,
    archived_rows,
    download_recordings,
    download_to_stream,
    export_recordings,
    list_recordings,
)
from recli.archive.archive import ArchiveReader
from recli.archive.file_names import NameTemplate
from recli.config.load import from_tables
from recli.config.workspace import Workspace, resolve_profiles
from recli.engine.report import RunReport
from recli.errors import ExitCode
from recli.model import Query
from recli.output.columns import Columns
from recli.output.writers import Format, file_writer
from recli.sandbox.server import Sandbox

SETTINGS = ArchiveSettings(
    audio=False,
    full=False,
    overlap_s=0.0,
    retries=5,
    template=NameTemplate.parse(),
    wait_lock_s=0.0,
)


class Rows:
    def __init__(self):
        self.rows = []
        self.written = 0

    def write(self, rows):
        self.rows += rows
        self.written = len(self.rows)

    def close(self):
        raise AssertionError("the caller closes it")


@pytest.fixture(scope="module")
def request_of():
    with Sandbox() as sandbox:
        workspace = Workspace(from_tables(sandbox.profiles()))
        found, failures = resolve_profiles(workspace, profiles=["plivo", "imagicle"])
        assert failures == []
        yield lambda **filters: RunRequest(
            workspace, found, Query(now=datetime.now(UTC), **filters)
        )


def test_a_script_lists_recordings_newest_first(request_of):
    writer = Rows()

    report = list_recordings(request_of(limit=20), writer)

    starts = [row.started_at for row in writer.rows if row.started_at]
    assert report.delivered == len(writer.rows) == 20
    assert starts == sorted(starts, reverse=True)
    assert report.exit_code is ExitCode.OK


def test_a_script_exports_a_file(request_of, tmp_path):
    path = tmp_path / "rows.jsonl"
    file = file_writer(path, Format.JSONL, Columns.parse(None, raw=False))

    report = export_recordings(request_of(limit=5), file)

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert report.delivered == len(rows) == 5


def test_a_script_fills_an_archive_and_reads_it(request_of, tmp_path):
    folder = tmp_path / "archive"
    first = archive_recordings(request_of(), folder, SETTINGS)
    second = archive_recordings(request_of(), folder, SETTINGS)

    query = request_of().query
    with ArchiveReader.open(folder) as archive:
        rows = [row for batch in archived_rows(archive, query) for row in batch]
    assert first.added == len(rows) > 0
    assert (second.added, second.changed, second.audio) == (0, 0, None)


def test_a_script_downloads_audio_and_is_told_of_each_file(request_of, tmp_path):
    files = []
    result = download_recordings(request_of(limit=6), tmp_path / "sound", on_stored=files.append)

    assert result.run.exit_code is ExitCode.OK
    assert result.audio.stored == len(files) == 6
    assert all(file.path.stat().st_size == file.bytes for file in files)


def test_an_interrupted_download_counts_what_it_stored(request_of, tmp_path):
    files = []
    report = RunReport(datetime.now(UTC))

    def interrupt(file):
        files.append(file)
        if len(files) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download_recordings(
            request_of(limit=20), tmp_path / "sound", on_stored=interrupt, report=report
        )

    assert report.delivered == 3
    assert len(list((tmp_path / "sound").glob("[!.]*/**/*.*"))) == 3


def test_a_script_gets_the_audio_of_one_recording_as_bytes(request_of):
    target = io.BytesIO()
    stored = download_to_stream(request_of(limit=1), target)

    assert stored is not None
    assert len(target.getvalue()) == stored.bytes > 0


def test_an_archive_tells_once_that_a_field_of_a_row_is_unreadable(tmp_path, monkeypatch):
    monkeypatch.setattr("recli.sandbox.bandwidth._time", lambda _: "24:61")
    told = []
    with Sandbox() as sandbox:
        workspace = Workspace(from_tables(sandbox.profiles()))
        found, _ = resolve_profiles(workspace, profiles=["bandwidth"])
        request = RunRequest(workspace, found, Query(now=datetime.now(UTC)))
        for _ in range(2):
            settings = replace(SETTINGS, full=True)
            report = archive_recordings(request, tmp_path / "archive", settings).run
            told.append(report.results[0].warnings)

    assert any("can't read endTime of " in text for text in told[0])
    assert told[1] == []
