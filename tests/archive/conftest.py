"""An archive in a temporary folder, the stand-ins, and transports that never wait."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recli.archive.archive import ArchiveWriter
from recli.archive.verify import Finding, Verification
from recli.engine.listing import Listing
from recli.model import Query, Recording, State
from recli.providers import provider_class
from recli.sandbox.audio import make_audio
from recli.transport.client import Client
from recli.transport.settings import Settings
from recli.wire import Secret
from tests.sandbox_faults import Behaviour, FaultySandbox

from .media import Media

NOW = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
SOUND = make_audio("wav", 55, "a")


class Patient:
    """A clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.at_s = NOW.timestamp()

    def now_s(self) -> float:
        return self.at_s

    def monotonic_s(self) -> float:
        return self.at_s

    def sleep(self, seconds: float) -> None:
        self.at_s += seconds

    def wait(self, condition, timeout_s) -> None:
        if timeout_s is None:
            condition.wait()
        else:
            self.at_s += timeout_s

    def stop(self) -> None:
        pass


def provider_of(name, table=None, profile=None, **keys):
    """Make a provider of a profile's table."""
    kind = provider_class(name)
    types = {each.name: str(each.type) for each in fields(kind)}
    given = {**(table or {}), **keys}
    made = {
        key: Secret(str(value)) if "Secret" in types[key] else str(value)
        for key, value in given.items()
        if key in types
    }
    return kind(profile=profile or name, **made)


def plivo(base_url="http://127.0.0.1:1", **keys):
    """Make a Plivo provider for the profile `main`."""
    given = {"auth_id": "MA1", "auth_token": "a-token", "base_url": base_url, **keys}
    return provider_of("plivo", given, "main")


def transport_of(provider, **settings):
    """Make a transport that waits for nothing."""
    given = Settings(**{"retries": 2, **settings})
    return Client(provider, given, clock=Patient(), jitter=lambda: 0.5)


def row(name="r1", *, profile="main", start=NOW, **given):
    """Make a row as a Plivo account would have it."""
    raw = {"recording_id": name}
    values = {"provider": "plivo", "id": name, "state": State.COMPLETE, "raw": raw}
    return Recording(profile=profile, started_at=start, **{**values, **given})


def before(minutes: float) -> datetime:
    """Return a time so many minutes before the run."""
    return NOW - timedelta(minutes=minutes)


@contextmanager
def opened(folder, at=NOW, **given) -> Iterator[ArchiveWriter]:
    """Open an archive at a moment."""
    with ArchiveWriter.open(folder, now_s=at.timestamp, **given) as archive:
        yield archive


def export(archive, transport, now=NOW, *, audio=True, full=False, **given):
    """Run an export as the command line does; return the audio's outcome."""
    provider = transport.provider
    query = archive.incremental_query(provider, Query(now=now), full=full)
    listing = Listing(provider.profile, transport, query)
    for rows in listing.batches():
        archive.add(provider, rows)
    assert listing.result.error is None
    archive.mark_listed(provider, query, complete=listing.result.is_complete)
    if not audio:
        return None
    return archive.fetch_audio({provider.profile: transport}, **given).profiles[provider.profile]


def proven(folder, **given) -> list[Finding]:
    """Return what is wrong with an archive."""
    return list(Verification(folder, **given).findings())


def audio_files(folder: Path) -> dict[str, bytes]:
    """Return the files of an archive that have their final names."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in (folder / "audio").rglob("*")
        if path.is_file()
    }


def states(folder):
    """Return state, runs and error of each recording's audio."""
    database = sqlite3.connect(folder / "catalog.db")
    found = database.execute("SELECT id, audio, audio_runs, audio_error FROM recordings").fetchall()
    database.close()
    return {name: (state, runs, error) for name, state, runs, error in found}


def fetch(folder, media, at=NOW, **given):
    """Fetch the audio of `main`; return the outcome."""
    with opened(folder, at=at) as archive:
        transports = {"main": transport_of(plivo(media.url))}
        return archive.fetch_audio(transports, **given).profiles["main"]


def added(folder, media, names, reply):
    """Add recordings whose audio is answered so, the oldest first."""
    rows = [
        row(name, start=before(100 - at), raw={"recording_url": media.put(f"{name}.wav", reply)})
        for at, name in enumerate(names)
    ]
    with opened(folder) as archive:
        archive.add(plivo(media.url), rows)


@pytest.fixture
def media():
    with Media() as running:
        yield running


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def sandbox(behaviour) -> Iterator[FaultySandbox]:
    with FaultySandbox(clock=lambda: NOW, rows=12, behaviour=behaviour) as running:
        yield running
