"""A run from profiles to rows: listings, progress, what is told at the end, and the report."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Self

from recli.cli.console import observer_for, profile_label
from recli.cli.context import CommandContext
from recli.cli.options import FilterOptions, LoggingOptions, NetworkOptions, ProfileOptions
from recli.cli.parsing import NetworkOverrides, parse_network, parse_query, resolve_timezone
from recli.cli.progress import progress, progress_text
from recli.cli.signals import Terminated
from recli.cli.summary_line import closing_line, tell_failures
from recli.config.load import (
    config_path,
    from_tables,
    is_explicit,
    literal_secrets,
    load,
    user_folder,
)
from recli.config.profile import Configuration, Profile
from recli.config.secrets import resolve, warnings
from recli.config.select import select_profiles
from recli.engine.listing import Listing
from recli.engine.merge import merge_listings
from recli.engine.report import RunReport, report
from recli.engine.result import Completeness, ProfileResult, exit_code
from recli.errors import ConfigError, Denied, ExitCode, OutputError, RecliError, Refused, UsageError
from recli.files import check_target, replace_file
from recli.model import Query
from recli.output.base import Writer
from recli.text import plural
from recli.transport.client import Client

_NO_ENVIRONMENT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A configuration and where what belongs to it is kept.

    `environ` is what profiles may be made of and secrets come from; `token_folder` None keeps
    tokens in memory.
    """

    configuration: Configuration
    environ: Mapping[str, str]
    token_folder: Path | None
    sandbox: bool = False
    config: Path | None = None
    """The file, where the command line named it."""


@contextmanager
def open_workspace(whose: ProfileOptions, context: CommandContext) -> Iterator[Workspace]:
    """Read the configuration, or start the sandbox for as long as the block lasts."""
    environ = context.environment.environ
    if not whose.sandbox:
        path = config_path(whose.config, environ)
        configuration = load(path, explicit=is_explicit(whose.config, environ))
        for secret, _ in literal_secrets(configuration):
            context.console.redact.add(secret.reveal())
        folder = user_folder("state", environ) / "tokens"
        yield Workspace(configuration, environ, folder, config=whose.config)
        return
    if whose.config is not None:
        raise UsageError("--sandbox has its own configuration: leave --config out")
    from recli.sandbox.server import Sandbox

    with Sandbox() as sandbox:
        yield Workspace(from_tables(sandbox.profiles()), _NO_ENVIRONMENT, None, sandbox=True)


def resolve_profiles(
    whose: ProfileOptions, home: Workspace, context: CommandContext
) -> tuple[list[Profile], list[ProfileResult]]:
    """Return the profiles that are meant, with their secrets; warn of unsafe connections.

    One whose keys or secrets are not to be had does not take the others down: it is among the
    outcomes, and its ConfigError is raised only if no other is left.
    """
    named, providers = whose.profile or (), whose.provider or ()
    everybody = whose.everybody or (home.sandbox and not (named or providers))
    tables = select_profiles(
        home.configuration,
        profiles=named,
        providers=providers,
        all_profiles=everybody,
        environ=home.environ,
    )
    found: list[Profile] = []
    broken: list[ProfileResult] = []
    for table in tables:
        try:
            found.append(resolve(table, environ=home.environ))
        except ConfigError as error:
            broken.append(ProfileResult(table.name, table.provider, error=error))
    if not found:
        for outcome in broken[1:]:
            if outcome.error is not None:
                context.console.error(outcome.error)
        raise broken[0].error or UsageError("no profile is left")
    for profile in found:
        for warning in warnings(profile):
            context.console.warn(warning)
    return found, broken


def drop_unsatisfiable(
    profiles: Sequence[Profile], query: Query, named: Sequence[str], context: CommandContext
) -> list[Profile]:
    """Leave out profiles with filters that no row of theirs can match, and warn of them.

    UsageError if the command line named one of them, or if none is left.
    """
    left: list[Profile] = []
    for profile in profiles:
        never = sorted(profile.provider.unsatisfiable(query))
        if not never:
            left.append(profile)
            continue
        options = " and ".join(f"--{each}{_value(each, query)}" for each in never)
        title = profile.provider.name
        problem = f"{profile_label(profile.name, title)}: no recording can match {options}"
        if profile.name in named or len(profiles) == 1:
            raise UsageError(problem, hint=f"recli providers {title}")
        context.console.warn(f"{problem}: left out")
    if not left:
        raise UsageError(
            "no profile is left: none of their providers can match these filters",
            hint="recli providers",
        )
    return left


def apply_overrides(profiles: Sequence[Profile], over: NetworkOverrides) -> list[Profile]:
    """Return the profiles with what the command line says of connections."""
    return [replace(profile, settings=over.over(profile.settings)) for profile in profiles]


def _value(name: str, query: Query) -> str:
    value = {"direction": query.direction, "state": query.state}.get(name)
    return f" {value}" if value else ""


_PROFILE = attrgetter("profile")
_HOW = {ExitCode.INTERRUPTED: "interrupted", ExitCode.TERMINATED: "terminated"}


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What the command line says of a run, before anything of it is checked."""

    whose: ProfileOptions
    which: FilterOptions
    line: NetworkOptions


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run whose every value has been checked, and that has asked nobody yet."""

    context: CommandContext
    home: Workspace
    profiles: Sequence[Profile]
    query: Query
    zone: tzinfo
    broken: Sequence[ProfileResult] = ()
    """Profiles that can't be asked, though others can."""


@contextmanager
def reporting(context: CommandContext, tell: LoggingOptions) -> Iterator[RunReport]:
    """Tell as much as is wanted, keep the log, and write the report however the block ends."""
    console = context.console
    console.quiet, console.verbose = tell.quiet, tell.verbose
    if tell.report is not None:
        check_target(tell.report, overwrite=True)
    log = None
    if tell.log_file is not None:
        from recli.cli.log_file import LogFile

        console.log = log = LogFile(tell.log_file, tell.log_format, context.environment.now)
    story = RunReport(context.environment.now())
    try:
        yield story
    except BaseException as problem:
        story.exit_code = _code_of(problem)
        story.error = problem if isinstance(problem, RecliError) else None
        for outcome in story.outcomes:
            if not outcome.is_finished:
                outcome.completeness = Completeness.SHORT
        if story.exit_code in _HOW:
            came = plural(sum(outcome.rows for outcome in story.outcomes))
            console.error(RecliError(f"{_HOW[story.exit_code]} after {came}"))
        if story.error is not None and log is not None:
            log.write("error", console.redact(story.error.message))
        raise
    finally:
        if tell.report is not None:
            _write_report(context, tell, story)
        if log is not None:
            console.log = None
            log.close()


@contextmanager
def prepare_run(context: CommandContext, asked: ListRequest, story: RunReport) -> Iterator[RunPlan]:
    """Check everything that can be checked, for as long as the sandbox, if any, is to run."""
    patience = parse_network(asked.line)
    with open_workspace(asked.whose, context) as home:
        environ = context.environment.environ
        zone = resolve_timezone(asked.which.tz, home.configuration.timezone, environ)
        query = story.query = parse_query(asked.which, now=story.started_at, zone=zone)
        found, broken = resolve_profiles(asked.whose, home, context)
        found = drop_unsatisfiable(found, query, asked.whose.profile or (), context)
        yield RunPlan(context, home, apply_overrides(found, patience), query, zone, broken)


class Run:
    """The listings of a plan, and what has come of them."""

    def __init__(
        self,
        plan: RunPlan,
        story: RunReport,
        *,
        in_order: bool = True,
        raw: bool = True,
        queries: Mapping[str, Query] | None = None,
    ) -> None:
        self.delivered = 0
        self._plan = plan
        self._story = story
        self._begun_s = plan.context.environment.monotonic_s()
        self._listings = [
            Listing(
                profile.name,
                _transport(plan, profile),
                (queries or {}).get(profile.name, plan.query),
                in_order=in_order,
                raw=raw,
                warn=plan.context.console.warn,
            )
            for profile in plan.profiles
        ]
        self.outcomes = [*(each.result for each in self._listings), *plan.broken]
        story.outcomes = self.outcomes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for listing in self._listings:
            listing.client.close()

    @property
    def transports(self) -> dict[str, Client]:
        """The ways to those providers that did not refuse the profile, by the profile's name."""
        return {
            each.result.profile: each.client
            for each in self._listings
            if not isinstance(each.result.error, Refused | Denied)
        }

    def feed(self, writer: Writer, *, alone: bool) -> None:
        """Write all rows as they come; `alone`: nothing else is read where progress shows.

        Errors of profiles end up in their outcomes; errors of the writer are raised.
        """
        counts: Counter[str] = Counter()
        context, limit = self._plan.context, self._plan.query.limit
        try:
            with (
                progress(context, partial(progress_text, self.outcomes)) as hide,
                closing(merge_listings(self._listings, limit)) as batches,
            ):
                for batch in batches:
                    if not alone:
                        hide()
                    writer.write(batch)
                    self.delivered += len(batch)
                    counts.update(map(_PROFILE, batch))
        finally:
            self._count(counts)

    def finish(self, done: str | None = None) -> ExitCode:
        """Tell failures and how it went; return the exit code.

        `done` is what was done with the recordings, where it was more than writing them.
        """
        console, environment = self._plan.context.console, self._plan.context.environment
        tell_failures(self.outcomes, console, self._plan.home.config)
        passed_s = environment.monotonic_s() - self._begun_s
        line = closing_line(
            self.outcomes, done or plural(self.delivered), passed_s, limit=self._limited
        )
        if console.verbose or (environment.supports_ansi(environment.stderr) and not console.quiet):
            console.note(line)
        elif console.log is not None:
            console.detail(line)
        self._story.exit_code = exit_code(self.outcomes)
        return self._story.exit_code

    @property
    def whole(self) -> bool:
        """Whether nothing is known to be missing."""
        return all(outcome.is_complete for outcome in self.outcomes)

    @property
    def _limited(self) -> bool:
        limit = self._plan.query.limit
        return limit is not None and self.delivered >= limit

    def _count(self, counts: Counter[str]) -> None:
        """Correct the outcomes by what was written: a merge may take less than there was."""
        for outcome in self.outcomes:
            outcome.rows = counts[outcome.profile]
            if outcome.is_complete and self._limited:
                outcome.completeness = Completeness.ENDED


def _transport(plan: RunPlan, profile: Profile) -> Client:
    console = plan.context.console
    return Client(
        profile.provider,
        profile.settings,
        redactor=console.redact,
        watch=observer_for(profile.name, console),
        token_folder=plan.home.token_folder,
    )


def _write_report(context: CommandContext, tell: LoggingOptions, story: RunReport) -> None:
    if tell.report is None:
        return
    told = report(story, ended_at=context.environment.now(), redact=context.console.redact)
    text = json.dumps(told, indent=2, ensure_ascii=False)
    try:
        with replace_file(tell.report, overwrite=True) as file:
            file.write(f"{text}\n".encode("utf-8", "backslashreplace"))
    except RecliError as error:
        if story.exit_code is ExitCode.OK:
            raise OutputError(f"the report: {error.message}", hint=error.hint) from error
        context.console.error(error, "the report")


def _code_of(problem: BaseException) -> ExitCode:
    match problem:
        case BrokenPipeError():
            return ExitCode.OK
        case RecliError():
            return problem.exit_code
        case Terminated():
            return problem.code
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.FAULT
