"""The report of a run as JSON: the query, and by profile the counts, gaps and errors.

`SCHEMA` says what a report looks like; the README shows it. Nothing here writes a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from recli import __version__
from recli.engine.result import Completeness, ProfileResult
from recli.errors import ExitCode, RecliError
from recli.model import Query
from recli.redact import Redactor
from recli.text import rfc3339

_TIME: Mapping[str, object] = {
    "type": "string",
    "format": "date-time",
    "description": "UTC, RFC 3339 with milliseconds",
}


def _count(about: str) -> dict[str, object]:
    return {"type": "integer", "minimum": 0, "description": about}


def _texts(about: str) -> dict[str, object]:
    return {"type": "array", "items": {"type": "string"}, "description": about}


def _error(about: str) -> dict[str, object]:
    return {
        "type": ["object", "null"],
        "description": about,
        "required": ["message", "hint", "exit_code"],
        "properties": {
            "message": {"type": "string"},
            "hint": {"type": ["string", "null"]},
            "exit_code": {"type": "integer", "description": "what the error alone would exit with"},
        },
    }


PROFILE_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "required": [
        "profile",
        "provider",
        "rows",
        "received",
        "claimed",
        "walks",
        "complete",
        "requests",
        "retries",
        "waited_s",
        "warnings",
        "gaps",
        "error",
    ],
    "properties": {
        "profile": {"type": "string"},
        "provider": {"type": "string"},
        "rows": _count("recordings that match and were delivered"),
        "received": _count("distinct recordings that came, before filters"),
        "claimed": {
            "type": ["integer", "null"],
            "description": "how many the provider said there are, before recli's own filters;"
            " null where it does not say",
        },
        "walks": _count("1, and one more for each window that was walked again"),
        "complete": {
            "enum": [each.value for each in Completeness],
            "description": "proven: all that was claimed came; ended: the listing ended as"
            " documented, which can't be proven; short: something is missing",
        },
        "requests": _count("requests sent, logins and retries included"),
        "retries": _count("requests sent again"),
        "waited_s": {"type": "number", "description": "seconds spent waiting between tries"},
        "warnings": _texts("fields that could not be read, and the like"),
        "gaps": _texts("what is known to be missing: window, claimed and received"),
        "error": _error("what ended this profile's listing; null if nothing did"),
    },
}

ARCHIVE_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "description": "what was added to an archive; only there if there was one",
    "required": ["folder", "new", "changed"],
    "properties": {
        "folder": {"type": "string"},
        "new": _count("recordings that the archive did not have"),
        "changed": _count("recordings of which the provider tells something else than before"),
        "audio": {
            "type": "object",
            "description": "by profile: files planned, stored (and their bytes), failed, gone at"
            " the provider, not_ready yet, given_up after too many runs, left untried; and the"
            " first failures, each with id and problem",
        },
    },
}

SCHEMA: Mapping[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Report of a recli run",
    "type": "object",
    "required": ["version", "started_at", "ended_at", "exit_code", "query", "profiles", "error"],
    "properties": {
        "version": {"type": "string", "description": "of recli"},
        "started_at": _TIME,
        "ended_at": _TIME,
        "exit_code": {"enum": [code.value for code in ExitCode]},
        "query": {
            "type": ["object", "null"],
            "description": "the filters in use, by their names, and `now`, where time was frozen;"
            " null if the run ended before they were read",
        },
        "profiles": {"type": "array", "items": PROFILE_SCHEMA},
        "error": _error("what ended the run as a whole; null if nothing did"),
        "archive": ARCHIVE_SCHEMA,
    },
}


@dataclass(slots=True)
class RunReport:
    """The state of a run, filled in while it goes on."""

    started_at: datetime
    query: Query | None = None
    results: Sequence[ProfileResult] = ()
    error: RecliError | None = None
    exit_code: ExitCode = ExitCode.FAULT
    sections: dict[str, object] = field(default_factory=dict)
    """More top-level parts, such as what an archive did."""

    @property
    def delivered(self) -> int:
        """How many rows were written."""
        return sum(result.rows for result in self.results)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return all(result.is_complete for result in self.results)

    @property
    def is_limited(self) -> bool:
        """Whether the query's limit was reached."""
        limit = self.query.limit if self.query is not None else None
        return limit is not None and self.delivered >= limit


def report_dict(report: RunReport, *, ended_at: datetime, redact: Redactor) -> dict[str, object]:
    """Return a run as JSON can hold it, without secrets."""
    return {
        "version": __version__,
        "started_at": rfc3339(report.started_at),
        "ended_at": rfc3339(ended_at),
        "exit_code": int(report.exit_code),
        "query": None if report.query is None else _query(report.query, redact),
        "profiles": [_profile(result, redact) for result in report.results],
        "error": _error_dict(report.error, redact),
        **report.sections,
    }


def _profile(result: ProfileResult, redact: Redactor) -> dict[str, object]:
    return {
        "profile": result.profile,
        "provider": result.provider,
        "rows": result.rows,
        "received": result.received,
        "claimed": result.claimed,
        "walks": result.scans,
        "complete": result.completeness.value,
        "requests": result.requests,
        "retries": result.retries,
        "waited_s": round(result.waited_s, 3),
        "warnings": [redact(text) for text in result.warnings],
        "gaps": [redact(text) for text in result.gaps],
        "error": _error_dict(result.error, redact),
    }


def _query(query: Query, redact: Redactor) -> dict[str, object]:
    document: dict[str, object] = {}
    for item in fields(query):
        value = getattr(query, item.name)
        if isinstance(value, datetime):
            document[item.name] = rfc3339(value)
        elif isinstance(value, str):
            document[item.name] = redact(str(value))
        elif value is not None:
            document[item.name] = value
    return document


def _error_dict(error: RecliError | None, redact: Redactor) -> dict[str, object] | None:
    if error is None:
        return None
    hint = None if error.hint is None else redact(error.hint)
    return {"message": redact(error.message), "hint": hint, "exit_code": int(error.exit_code)}
