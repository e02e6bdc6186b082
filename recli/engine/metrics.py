"""A run as metrics in Prometheus's text format, which `--metrics` writes.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format; node_exporter reads
such files: https://github.com/prometheus/node_exporter#textfile-collector. The last success of a
profile outlives the runs that fail: it is taken from the file that the run before wrote.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from recli.engine.report import RunReport
from recli.engine.result import ProfileResult
from recli.errors import ExitCode
from recli.text import replace_surrogates

Successes: TypeAlias = Mapping[tuple[str, str], float]
"""When each profile was last listed whole, in seconds after 1970; by profile and provider."""

_SUCCESS = "recli_last_success_timestamp_seconds"
_HELP = {
    "recli_last_run_timestamp_seconds": "When the last run ended.",
    "recli_last_run_duration_seconds": "How long the last run took.",
    "recli_last_run_exit_code": "The exit code of the last run; 0 is success.",
    _SUCCESS: "When nothing of the profile was missing at the end of a run; 0 is never.",
    "recli_rows": "Recordings that the last run delivered.",
    "recli_gaps": "Gaps that the last run found in the profile's listing.",
    "recli_failures": "Failures of the last run: of the listing, and of audio files.",
    "recli_duration_seconds": "How long listing the profile took in the last run.",
}
_LABEL = r'"((?:[^"\\\n]|\\.)*)"'
_SUCCESS_LINE = re.compile(
    rf"^{_SUCCESS}\{{profile={_LABEL},provider={_LABEL}\}} ([0-9]{{1,12}}(?:\.[0-9]{{1,9}})?)$",
    re.MULTILINE,
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}


def metrics_text(report: RunReport, *, ended_at: datetime, before: Successes) -> str:
    """Return a run as metrics; `before` has the last successes of the runs before this one."""
    ended_s = ended_at.timestamp()
    passed_s = (ended_at - report.started_at).total_seconds()
    samples: dict[str, list[str]] = {
        "recli_last_run_timestamp_seconds": [f" {ended_s:.3f}"],
        "recli_last_run_duration_seconds": [f" {max(passed_s, 0):.3f}"],
        "recli_last_run_exit_code": [f" {int(report.exit_code)}"],
    }
    # A run that ended before it knew its profiles leaves what is known of them.
    successes = dict(before) if not report.results else {}
    for result in report.results:
        key = (result.profile, result.provider)
        successes[key] = ended_s if _succeeded(report, result) else before.get(key, 0.0)
    for key, moment_s in successes.items():
        samples.setdefault(_SUCCESS, []).append(f"{_labels(*key)} {moment_s:.3f}")
    for result in report.results:
        labels = _labels(result.profile, result.provider)
        failures = int(result.error is not None) + report.audio_failures.get(result.profile, 0)
        for name, value in (
            ("recli_rows", f"{result.rows}"),
            ("recli_gaps", f"{len(result.gaps)}"),
            ("recli_failures", f"{failures}"),
            ("recli_duration_seconds", f"{result.duration_s:.3f}"),
        ):
            samples.setdefault(name, []).append(f"{labels} {value}")
    return "".join(_lines(samples))


def last_successes(text: str) -> Successes:
    """Read the last successes out of what `metrics_text` returned for an earlier run."""
    return {
        (_unescaped(profile), _unescaped(provider)): float(moment_s)
        for profile, provider, moment_s in _SUCCESS_LINE.findall(text)
    }


def _succeeded(report: RunReport, result: ProfileResult) -> bool:
    """Say whether all of a profile's recordings, and audio, are where they were to go."""
    if report.error is not None or report.exit_code not in {ExitCode.OK, ExitCode.PARTIAL}:
        return False
    is_whole = result.is_finished and result.is_complete and not report.is_discarded
    return is_whole and not report.audio_failures.get(result.profile)


def _lines(samples: Mapping[str, list[str]]) -> Iterator[str]:
    for name, about in _HELP.items():
        if name in samples:
            yield f"# HELP {name} {about}\n# TYPE {name} gauge\n"
            yield from (f"{name}{sample}\n" for sample in samples[name])


def _labels(profile: str, provider: str) -> str:
    return f'{{profile="{_escaped(profile)}",provider="{_escaped(provider)}"}}'


def _escaped(value: str) -> str:
    return re.sub(r'[\\"\n]', lambda match: _ESCAPES[match[0]], replace_surrogates(value))


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value)
