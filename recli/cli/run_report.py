"""What a command leaves beside its rows: the log file, the `--report` file and the closing line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from recli.archive.audio_result import AudioResult
from recli.cli.console import is_terminal
from recli.cli.context import CommandContext
from recli.cli.log_file import LogFile
from recli.cli.notices import pinging, writing_metrics
from recli.cli.options import LoggingOptions
from recli.cli.request import PreparedRun
from recli.cli.signals import Terminated
from recli.cli.summary_line import (
    closing_line,
    missing_ids_text,
    show_failures,
    show_missing_audio,
    show_odd_audio,
)
from recli.engine.report import RunReport, report_dict
from recli.engine.result import Completeness
from recli.errors import ExitCode, OutputError, RecliError
from recli.files import check_target, replace_file
from recli.text import plural

_STOPPED = {ExitCode.INTERRUPTED: "interrupted", ExitCode.TERMINATED: "terminated"}


@contextmanager
def reporting(context: CommandContext, options: LoggingOptions) -> Iterator[RunReport]:
    """Apply the logging options; write report and metrics and ping however the block ends."""
    console = context.console
    console.quiet, console.verbose = options.quiet, options.verbose
    if not (console.verbose or is_terminal(context.environment.stderr)):
        console.hold()
    report = RunReport(context.environment.now())
    with (
        _logging(context, options),
        pinging(context, options, report),
        writing_metrics(context, options.metrics, report),
        _writing_report(context, options, report),
    ):
        try:
            yield report
            _check_log(context, report)
        except BaseException as error:
            _record_error(context, report, error)
            raise


@contextmanager
def _logging(context: CommandContext, options: LoggingOptions) -> Iterator[None]:
    console = context.console
    if options.log_file is not None:
        console.log = LogFile(options.log_file, options.log_format, context.environment.now)
    try:
        yield
    finally:
        problem = _end_log(context)
        if problem is not None:
            console.error(problem)


def _check_log(context: CommandContext, report: RunReport) -> None:
    """Say how many lines the log lacks so far; OutputError if all else went well."""
    log = context.console.log
    problem = _end_log(context) if log is not None and log.lost else None
    if problem is None:
        return
    if report.exit_code is ExitCode.OK:
        raise problem
    context.console.error(problem)


def _end_log(context: CommandContext) -> OutputError | None:
    """Close the log file, if there is one; return the error for lines that it lacks."""
    log, context.console.log = context.console.log, None
    if log is None:
        return None
    log.close()
    if not log.lost:
        return None
    return OutputError(f"the log {log.path} lacks {plural(log.lost, 'line')}: {log.reason}")


@contextmanager
def _writing_report(
    context: CommandContext, options: LoggingOptions, report: RunReport
) -> Iterator[None]:
    if options.report is not None:
        check_target(options.report, overwrite=True)
    try:
        yield
    finally:
        if options.report is not None:
            _write_report(context, options, report)


def show_result(
    context: CommandContext,
    run: PreparedRun,
    report: RunReport,
    done: str | None = None,
    audio: AudioResult | None = None,
) -> ExitCode:
    """Show what failed and the closing line; return the exit code.

    `done` is what was done with the recordings, if it was more than writing them. The line is the
    last on a terminal; elsewhere it is the first if something failed, and left out if nothing did.
    """
    console, environment = context.console, context.environment
    is_well, on_terminal = report.exit_code is ExitCode.OK, is_terminal(environment.stderr)
    passed_s = environment.monotonic_s() - run.begun_s
    line = closing_line(report, done or plural(report.delivered), passed_s, audio)
    if not (is_well or on_terminal):
        console.verdict(line, is_well=False)
    show_failures(report.results, console, run.config)
    if report.missing_ids and not report.is_limited:
        console.warn(missing_ids_text(report.missing_ids))
    if audio is not None:
        show_missing_audio(audio, console)
        show_odd_audio(audio, console)
    if on_terminal or (is_well and console.verbose):
        console.verdict(line, is_well=is_well)
    elif is_well and console.log is not None:
        console.detail(line)
    return report.exit_code


def _record_error(context: CommandContext, report: RunReport, error: BaseException) -> None:
    console = context.console
    report.exit_code = _exit_code(error)
    for result in report.results:
        if not result.is_finished:
            result.completeness = Completeness.SHORT
    if report.exit_code in _STOPPED:
        stopped = f"{_STOPPED[report.exit_code]} after {plural(report.delivered)}"
        console.conclude(RecliError(stopped))
    if isinstance(error, RecliError):
        report.error = error
        if console.log is not None:
            console.log.write("error", console.redact(error.message))


def _exit_code(error: BaseException) -> ExitCode:
    match error:
        case BrokenPipeError():
            return ExitCode.OK
        case RecliError():
            return error.exit_code
        case Terminated():
            return error.code
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.FAULT


def _write_report(context: CommandContext, options: LoggingOptions, report: RunReport) -> None:
    if options.report is None:
        return
    document = report_dict(
        report, ended_at=context.environment.now(), redact=context.console.redact
    )
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        with replace_file(options.report, overwrite=True) as file:
            file.write(f"{text}\n".encode("utf-8", "backslashreplace"))
    except RecliError as error:
        if report.exit_code is ExitCode.OK:
            report.exit_code = ExitCode.PARTIAL
            raise OutputError(f"the report: {error.message}", hint=error.hint) from error
        context.console.error(error, "the report")
