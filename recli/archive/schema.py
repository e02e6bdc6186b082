"""The catalog's tables, and how an older catalog becomes a newer one.

Times are milliseconds after 1970 in UTC. The version of a catalog is how many of `MIGRATIONS` it
has been through: a change is another entry at the end, never a change to one that was released.
"""

from collections.abc import Sequence

APPLICATION_ID = 0x7265636C  # "recl", so that no other program's database is taken for a catalog

UNSETTLED = "audio NOT IN ('stored', 'gone')"
"""Rows whose audio may still come: the index needs this very text in a query."""
UNFINISHED = "state IN ('recording', 'saving') AND NOT lost"
"""Rows that a later listing will tell more of."""

_FIRST = f"""
CREATE TABLE recordings (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL, profile TEXT NOT NULL, id TEXT NOT NULL,
    started_at INTEGER, ended_at INTEGER, duration_s REAL, direction TEXT,
    from_number TEXT, from_name TEXT, to_number TEXT, to_name TEXT,
    local_number TEXT, remote_number TEXT, owner TEXT, call_id TEXT, state TEXT, format TEXT,
    size_bytes INTEGER, file_name TEXT, media_url TEXT, added_at INTEGER, expires_at INTEGER,
    reference TEXT, raw TEXT,
    identity TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    fresh INTEGER NOT NULL DEFAULT 0,
    lost INTEGER NOT NULL DEFAULT 0,
    audio TEXT NOT NULL DEFAULT 'wanted',
    audio_runs INTEGER NOT NULL DEFAULT 0,
    audio_error TEXT,
    audio_path TEXT, audio_bytes INTEGER, audio_sha256 TEXT, audio_fetched_at INTEGER,
    UNIQUE (profile, identity)
);
CREATE INDEX recordings_start ON recordings (started_at);
CREATE INDEX recordings_audio ON recordings (profile, started_at) WHERE {UNSETTLED};
CREATE INDEX recordings_unfinished ON recordings (profile, started_at) WHERE {UNFINISHED};
CREATE INDEX recordings_fresh ON recordings (number) WHERE fresh;
CREATE UNIQUE INDEX recordings_path ON recordings (audio_path COLLATE NOCASE)
    WHERE audio_path IS NOT NULL;
CREATE TABLE sides (
    key TEXT NOT NULL,
    number INTEGER NOT NULL REFERENCES recordings (number) ON DELETE CASCADE,
    PRIMARY KEY (key, number)
) WITHOUT ROWID;
CREATE INDEX sides_number ON sides (number);
CREATE TABLE profiles (
    profile TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    audio INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE coverage (
    profile TEXT NOT NULL, filters TEXT NOT NULL, settings TEXT NOT NULL,
    since INTEGER, until INTEGER NOT NULL,
    PRIMARY KEY (profile, filters)
) WITHOUT ROWID;
CREATE TABLE manifest (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    bytes INTEGER NOT NULL, last_sha256 TEXT NOT NULL
);
CREATE TABLE unclaimed (
    profile TEXT NOT NULL, id TEXT NOT NULL,
    path TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, fetched_at INTEGER NOT NULL,
    PRIMARY KEY (profile, id)
) WITHOUT ROWID;
CREATE VIEW listing AS SELECT
    provider, profile, id,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
    duration_s, direction, from_number, from_name, to_number, to_name, local_number,
    remote_number, owner, call_id, state, format, size_bytes, file_name, media_url,
    strftime('%Y-%m-%dT%H:%M:%fZ', added_at / 1000.0, 'unixepoch') AS added_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', expires_at / 1000.0, 'unixepoch') AS expires_at,
    reference, audio, audio_path, audio_bytes, audio_sha256, audio_error
FROM recordings;
"""

MIGRATIONS: Sequence[str] = (_FIRST,)
