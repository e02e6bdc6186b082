"""The report of a run as JSON, which `--report` writes: what was delivered, and what is missing.

Times are UTC, RFC 3339 with milliseconds. An error has `message`, `hint` (or null) and the
`exit_code` that it would end with alone. Secrets are redacted.

`version`, `started_at`, `ended_at`, `exit_code`; `query`: the filters in use, and `now` where the
end of the range was set by the start of the run; null if the run ended before they were read;
`error`: what ended the whole run, or null; `profiles`: for each one

- `profile`, `provider`; `rows`: recordings that matched and were delivered; `received`: distinct
  recordings before filters; `claimed`: how many the provider reported, or null;
- `complete`: `proven` if all that was claimed came, `ended` if the listing ended as documented,
  which can't be proven, `short` if something is missing; `gaps`: what is missing;
- `walks`: 1, and one more for each window that was scanned again; `requests`, with logins and
  retries; `retries`; `waited_s`: seconds between tries; `warnings`; `error`, or null.

`archive`, where there is one: `folder`; `new` and `changed` recordings; `audio`, by profile: files
planned, stored (and bytes), failed, gone, not_ready, given_up, left; the first failures; and `odd`,
the first stored files whose own header is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

from recli import __version__
from recli.engine.match import missing_ids
from recli.engine.result import ProfileResult
from recli.errors import ExitCode, RecliError
from recli.model import Query
from recli.redact import Redactor
from recli.text import rfc3339


@dataclass(slots=True)
class RunReport:
    """The state of a run, filled in while it goes on."""

    started_at: datetime
    query: Query | None = None
    results: Sequence[ProfileResult] = ()
    error: RecliError | None = None
    exit_code: ExitCode = ExitCode.FAULT
    is_discarded: bool = False
    """Whether the rows that came were thrown away: a file that isn't whole is not kept."""
    audio_failures: Mapping[str, int] = field(default_factory=dict)
    """By profile, how many audio files are missing that this run was to fetch."""
    sections: dict[str, object] = field(default_factory=dict)
    """More top-level parts, such as what an archive did."""

    @property
    def missing_ids(self) -> tuple[str, ...]:
        """The ids of the query of which no row was delivered, as the user wrote them."""
        names = [result.profile for result in self.results]
        found = {(it.profile, recording) for it in self.results for recording in it.found_ids}
        return missing_ids((self.query and self.query.ids) or (), names, found)

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
        elif item.name == "params":
            if value:
                document[item.name] = {name: redact(text) for name, text in value}
        elif value is not None and value is not False:
            document[item.name] = value
    return document


def _error_dict(error: RecliError | None, redact: Redactor) -> dict[str, object] | None:
    if error is None:
        return None
    hint = None if error.hint is None else redact(error.hint)
    return {"message": redact(error.message), "hint": hint, "exit_code": int(error.exit_code)}
