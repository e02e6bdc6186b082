"""A run's request, made of its options; all values are checked before anything is sent."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from recli.api import RunObserver, RunRequest
from recli.archive.audio_result import AudioResult
from recli.cli.console import observer_for
from recli.cli.context import CommandContext
from recli.cli.failures import Failure, grouped_errors
from recli.cli.options import FilterOptions, NetworkOptions, ProfileOptions
from recli.cli.parsing import parse_network, parse_query, resolve_timezone
from recli.cli.progress import ProgressLine, audio_progress_text, listing_progress_text
from recli.config.load import from_tables
from recli.config.names import split_names
from recli.config.params import check_params
from recli.config.profile import Profile, ProfileTable
from recli.config.secrets import warnings
from recli.config.workspace import (
    Workspace,
    drop_unsatisfiable,
    forget_refusals,
    open_workspace,
    resolve_profiles,
)
from recli.engine.report import RunReport
from recli.engine.result import ProfileResult
from recli.errors import ConfigError, UsageError
from recli.transport.observer import TransportObserver


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of every command that lists recordings."""

    profiles: ProfileOptions
    filters: FilterOptions
    network: NetworkOptions


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A checked run; `config` is the configuration file that the command line named."""

    request: RunRequest
    zone: tzinfo
    config: Path | None
    begun_s: float

    @property
    def profile_names(self) -> tuple[str, ...]:
        """The names of the profiles that are listed."""
        return tuple(profile.name for profile in self.request.profiles)


class ConsoleObserver(RunObserver):
    """Show warnings, requests and progress; `yields` hides the progress while rows are written."""

    def __init__(self, context: CommandContext, line: ProgressLine, *, yields: bool) -> None:
        self._now_s = context.environment.monotonic_s
        self._listing_text: Callable[[float], str] | None = None
        self._console = context.console
        self._line = line
        self._yields = yields
        self._audio: AudioResult | None = None

    def transport_observer(self, profile: str) -> TransportObserver:
        return observer_for(profile, self._console)

    def warned(self, text: str) -> None:
        self._console.warn(text)

    def listing_started(self, results: Sequence[ProfileResult]) -> None:
        begun_s = self._now_s()
        self._listing_text = lambda _: listing_progress_text(results, self._now_s() - begun_s)
        self._line.show(self._listing_text)

    def listing_waits(self) -> None:
        if self._listing_text is not None and not self._line.is_shown:
            self._line.show(self._listing_text)

    def before_write(self) -> None:
        if self._yields:
            self._line.hide()

    def listing_finished(self) -> None:
        self._line.hide()

    def audio_progress(self, audio: AudioResult) -> None:
        if self._audio is None:
            self._line.show(lambda passed_s: audio_progress_text(self._audio or audio, passed_s))
        self._audio = audio


@contextmanager
def opened_workspace(context: CommandContext, options: ProfileOptions) -> Iterator[Workspace]:
    """Read the configuration, or run the sandbox for as long as the block lasts."""
    redact = context.console.redact
    if not options.sandbox:
        yield open_workspace(options.config, context.environment.environ, redact)
        return
    if options.config is not None:
        raise UsageError("--sandbox has its own configuration: leave --config out")
    from recli.sandbox.server import Sandbox

    with Sandbox() as sandbox:
        yield Workspace(from_tables(sandbox.profiles()), redact=redact)


@contextmanager
def prepared_run(
    context: CommandContext,
    options: RunOptions,
    report: RunReport,
    *,
    yields: bool = False,
    observe: type["ConsoleObserver"] = ConsoleObserver,
) -> Iterator[PreparedRun]:
    """Check the options and resolve the profiles; hide the progress line at the end."""
    overrides = parse_network(options.network)
    environment, filters, profiles = context.environment, options.filters, options.profiles
    with opened_workspace(context, profiles) as workspace, ProgressLine(context) as line:
        zone = resolve_timezone(filters.tz, workspace.configuration.timezone, environment.environ)
        report.query = parse_query(filters, now=report.started_at, zone=zone)
        observer = observe(context, line, yields=yields)
        found, failures = _resolve(context, workspace, profiles)
        check_params(found, report.query)
        named = split_names(profiles.profiles or (), "--profile")
        found = drop_unsatisfiable(found, report.query, named=named, warn=context.console.warn)
        found = [replace(it, settings=overrides.apply_to(it.settings)) for it in found]
        request = RunRequest(
            workspace, found, report.query, failures, observer, overrides.patience_s
        )
        yield PreparedRun(request, zone, profiles.config, environment.monotonic_s())


def _resolve(
    context: CommandContext, workspace: Workspace, options: ProfileOptions
) -> tuple[list[Profile], list[tuple[ProfileTable, ConfigError]]]:
    selected = options.profiles or options.providers
    found, failures = resolve_profiles(
        workspace,
        profiles=options.profiles or (),
        providers=options.providers or (),
        all_profiles=options.all_profiles or (options.sandbox and not selected),
    )
    if options.retry_refused:
        forget_refusals(workspace.token_folder, found)
    if not found:
        failed = [Failure(table.name, table.provider, error) for table, error in failures]
        errors = [error for error, _ in grouped_errors(failed, context.console)]
        for error in errors[1:]:
            context.console.error(error)
        raise errors[0] if errors else UsageError("no profile is selected")
    for profile in found:
        for warning in warnings(profile):
            context.console.warn(warning)
    return found, failures
