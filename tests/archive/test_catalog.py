import os
import sqlite3
import stat
import tempfile
from contextlib import suppress

import pytest

from recli.archive.archive import ArchiveReader
from recli.archive.catalog import FORMAT, Catalog
from recli.archive.layout import Layout
from recli.errors import OutputError, UsageError
from recli.model import Query

from .conftest import NOW, opened, plivo, proven, row


def test_everything_in_an_archive_is_private_whatever_the_umask(folder):
    old = os.umask(0)
    try:
        with opened(folder) as archive:
            archive.add(plivo(), [row()])
            during = [path for path in folder.rglob("*") if path.is_file()]
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in during}
    finally:
        os.umask(old)

    assert set(modes.values()) == {0o600}
    assert {"catalog.db", "catalog.db-wal", "lock"} <= set(modes)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_catalog_of_a_newer_recli_is_refused(folder):
    with opened(folder):
        pass
    with sqlite3.connect(folder / "catalog.db") as database:
        database.execute(f"PRAGMA user_version = {FORMAT + 1}")
    database.close()

    for use in (opened, ArchiveReader.open):
        with pytest.raises(UsageError, match="newer recli"), use(folder):
            pass


def test_another_program_s_database_is_refused(folder):
    folder.mkdir()
    with sqlite3.connect(folder / "catalog.db") as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()

    with pytest.raises(UsageError, match="another program"), opened(folder):
        pass


def test_a_damaged_catalog_is_named(folder):
    folder.mkdir()
    (folder / "catalog.db").write_bytes(b"no database at all" * 1000)

    with pytest.raises(OutputError, match="damaged"), opened(folder):
        pass


def test_a_folder_without_a_catalog_is_no_archive(tmp_path):
    with pytest.raises(UsageError, match="is no archive"), ArchiveReader.open(tmp_path):
        pass


def test_a_change_that_fails_changes_nothing(folder):
    layout = Layout(folder)
    with opened(folder):
        pass
    with Catalog.writing(layout) as catalog:
        with suppress(ZeroDivisionError), catalog.transaction():
            catalog.execute("INSERT INTO unclaimed VALUES ('a', 'b', 'c', 1, 'd', 2)")
            _ = 1 / 0

        assert catalog.fetch_number("SELECT count(*) FROM unclaimed") == 0


def test_reading_leaves_no_traces(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row()])
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}

    with ArchiveReader.open(folder) as contents:
        rows = [each for rows in contents.rows(Query(now=NOW)) for each in rows]
    proven(folder)

    assert [each.id for each in rows] == ["r1"]
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_log_that_a_kill_left_is_read_and_not_touched(folder, tmp_path):
    with opened(folder) as archive:
        archive.add(plivo(), [row()])
        left = tmp_path / "left"
        left.mkdir()
        for path in folder.iterdir():
            if path.is_file():
                (left / path.name).write_bytes(path.read_bytes())
    kept = (left / "catalog.db").read_bytes()

    with ArchiveReader.open(left) as contents:
        rows = [each for rows in contents.rows(Query(now=NOW)) for each in rows]

    assert [each.id for each in rows] == ["r1"]
    assert (left / "catalog.db").read_bytes() == kept


def test_a_log_that_a_kill_left_is_read_where_nothing_can_be_written(folder, tmp_path, monkeypatch):
    with opened(folder) as archive:
        archive.add(plivo(), [row()])
        left = tmp_path / "left"
        left.mkdir()
        for path in folder.iterdir():
            if path.is_file():
                (left / path.name).write_bytes(path.read_bytes())
    (left / "catalog.db-shm").unlink(missing_ok=True)
    before = sorted(path.name for path in left.iterdir())
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with ArchiveReader.open(left) as contents:
        rows = [each for rows in contents.rows(Query(now=NOW)) for each in rows]
        during = sorted(path.name for path in left.iterdir())

    assert [each.id for each in rows] == ["r1"]
    assert before == during
    assert not list(tmp_path.glob("recli-*"))


def test_the_view_for_people_has_times_that_they_can_read(folder):
    with opened(folder) as archive:
        archive.add(plivo(), [row(duration_s=1.5)])

    database = sqlite3.connect(folder / "catalog.db")
    found = database.execute("SELECT id, started_at, audio FROM listing").fetchall()
    database.close()
    assert found == [("r1", "2026-03-05T15:30:00.000Z", "wanted")]
