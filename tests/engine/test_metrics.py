"""Metrics: what Prometheus reads, and the last success that outlives failures."""

from datetime import UTC, datetime, timedelta

from recli.engine.metrics import last_successes, metrics_text
from recli.engine.report import RunReport
from recli.engine.result import ProfileResult
from recli.errors import ExitCode, OutputError, ProviderError

BEGUN = datetime(2024, 6, 30, 12, 0, tzinfo=UTC)
ENDED = BEGUN + timedelta(seconds=90)
NEVER = "recli_last_success_timestamp_seconds{profile="


def finished(profile="main", **more):
    return ProfileResult(profile, "plivo", is_finished=True, rows=12, duration_s=3.5, **more)


def metrics(*results, code=ExitCode.OK, before="", **more):
    report = RunReport(BEGUN, results=results, exit_code=code, **more)
    return metrics_text(report, ended_at=ENDED, before=last_successes(before))


def test_a_good_run_in_the_format_of_prometheus():
    text = metrics(finished())

    assert text.splitlines()[:4] == [
        "# HELP recli_last_run_timestamp_seconds When the last run ended.",
        "# TYPE recli_last_run_timestamp_seconds gauge",
        "recli_last_run_timestamp_seconds 1719748890.000",
        "# HELP recli_last_run_duration_seconds How long the last run took.",
    ]
    labels = '{profile="main",provider="plivo"}'
    for line in (
        "recli_last_run_duration_seconds 90.000",
        "recli_last_run_exit_code 0",
        f"recli_last_success_timestamp_seconds{labels} 1719748890.000",
        f"recli_rows{labels} 12",
        f"recli_gaps{labels} 0",
        f"recli_failures{labels} 0",
        f"recli_duration_seconds{labels} 3.500",
    ):
        assert text.count(f"\n{line}\n") == 1
    assert text.endswith("\n")


def test_each_name_is_described_once_and_its_samples_stand_together():
    text = metrics(finished("a"), finished("b"))
    names = [line.split("{")[0].split()[0] for line in text.splitlines() if line[0] != "#"]

    assert text.count("# TYPE recli_rows gauge\n") == 1
    assert names == sorted(names, key=names.index)
    assert [name for at, name in enumerate(names) if name not in names[:at]] == list(
        dict.fromkeys(names)
    )


def test_the_last_success_of_what_failed_is_that_of_the_run_before():
    before = metrics(finished("a"), finished("b"))
    failed = finished("b", error=ProviderError("plivo", "is down"))
    report = RunReport(
        BEGUN + timedelta(days=1), results=[finished("a"), failed], exit_code=ExitCode.PARTIAL
    )

    later = ENDED + timedelta(days=1)
    text = metrics_text(report, ended_at=later, before=last_successes(before))

    assert last_successes(text) == {
        ("a", "plivo"): later.timestamp(),
        ("b", "plivo"): ENDED.timestamp(),
    }
    assert 'recli_failures{profile="b",provider="plivo"} 1\n' in text


def test_a_profile_that_never_succeeded_says_0():
    text = metrics(finished(gaps=["2 of 12 did not come"]), code=ExitCode.PARTIAL)

    assert last_successes(text) == {("main", "plivo"): 0}
    assert 'recli_gaps{profile="main",provider="plivo"} 1\n' in text


def test_a_run_that_ended_before_it_knew_its_profiles_keeps_what_was_known_of_them():
    before = metrics(finished("a"))

    text = metrics(code=ExitCode.USAGE, before=before)

    assert last_successes(text) == last_successes(before)
    assert "recli_last_run_exit_code 2\n" in text
    assert "recli_rows{" not in text


def test_rows_that_were_thrown_away_or_not_written_and_missing_audio_are_no_success():
    never = {("main", "plivo"): 0}
    partial = ExitCode.PARTIAL

    assert last_successes(metrics(finished(), code=partial, is_discarded=True)) == never
    assert last_successes(metrics(finished(), code=partial, error=OutputError("full"))) == never
    assert last_successes(metrics(finished(), code=partial, audio_failures={"main": 3})) == never
    assert last_successes(metrics(finished(), code=ExitCode.TERMINATED)) == never


def test_names_of_profiles_are_escaped_and_read_back():
    name = 'a"b\\c\nd\\n é \ud800'

    text = metrics(finished(name))

    assert 'profile="a\\"b\\\\c\\nd\\\\n é \ufffd"' in text
    assert list(last_successes(text)) == [(name.replace("\ud800", "\ufffd"), "plivo")]


def test_whatever_stood_in_the_file_before_is_no_trouble():
    for text in ("", "\x00" * 99, f'{NEVER}"', f'{NEVER}"a",provider="b"}} 1e999\n', "{" * 9999):
        assert last_successes(text) == {}
