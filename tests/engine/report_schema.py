"""The report of a run as a JSON Schema; `recli.engine.report` describes its members."""

from collections.abc import Mapping

from recli.engine.result import Completeness
from recli.errors import ExitCode

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
