"""A run from profiles to rows: listings, progress, what is told at the end, and the report."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from operator import attrgetter
from typing import Self

from recli.cli.options.asking import patience_of, query_of, zone_of
from recli.cli.options.choosing import Which, Whose
from recli.cli.options.groups import Line, Tell
from recli.cli.running.ending import closing_line, counted, tell_failures
from recli.cli.running.people import Household, able, household, profiles_of, with_settings
from recli.cli.running.progress import progress, summed
from recli.cli.running.watching import watching
from recli.cli.session import Session
from recli.cli.signals import Ended
from recli.config.tables import Profile
from recli.engine.listing import Listing
from recli.engine.merge import merged
from recli.engine.outcome import Completeness, Outcome, exit_code
from recli.engine.report import Story, report
from recli.errors import Denied, ExitCode, OutputError, RecliError, Refused
from recli.model import Query
from recli.output.atomic import check_target, replace_file
from recli.output.writer import Writer
from recli.transport.transport import Transport

_PROFILE = attrgetter("profile")
_HOW = {ExitCode.INTERRUPTED: "interrupted", ExitCode.TERMINATED: "terminated"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a run, before anything of it is checked."""

    whose: Whose
    which: Which
    line: Line


@dataclass(frozen=True, slots=True)
class Plan:
    """A run whose every value has been checked, and that has asked nobody yet."""

    session: Session
    home: Household
    profiles: Sequence[Profile]
    query: Query
    zone: tzinfo
    broken: Sequence[Outcome] = ()
    """Profiles that can't be asked, though others can."""


@contextmanager
def telling(session: Session, tell: Tell) -> Iterator[Story]:
    """Tell as much as is wanted, keep the log, and write the report however the block ends."""
    teller = session.teller
    teller.quiet, teller.verbose = tell.quiet, tell.verbose
    if tell.report is not None:
        check_target(tell.report, overwrite=True)
    log = None
    if tell.log_file is not None:
        from recli.cli.log import LogFile

        teller.log = log = LogFile(tell.log_file, tell.log_format, session.world.now)
    story = Story(session.world.now())
    try:
        yield story
    except BaseException as problem:
        story.exit_code = _code_of(problem)
        story.error = problem if isinstance(problem, RecliError) else None
        for outcome in story.outcomes:
            if not outcome.finished:
                outcome.completeness = Completeness.SHORT
        if story.exit_code in _HOW:
            came = counted(sum(outcome.rows for outcome in story.outcomes))
            teller.error(RecliError(f"{_HOW[story.exit_code]} after {came}"))
        if story.error is not None and log is not None:
            log.write("error", teller.redact(story.error.message))
        raise
    finally:
        if tell.report is not None:
            _write_report(session, tell, story)
        if log is not None:
            teller.log = None
            log.close()


@contextmanager
def planned(session: Session, asked: Asked, story: Story) -> Iterator[Plan]:
    """Check everything that can be checked, for as long as the sandbox, if any, is to run."""
    patience = patience_of(asked.line)
    with household(asked.whose, session) as home:
        environ = session.world.environ
        zone = zone_of(asked.which.tz, home.configuration.timezone, environ)
        query = story.query = query_of(asked.which, now=story.started_at, zone=zone)
        found, broken = profiles_of(asked.whose, home, session)
        found = able(found, query, asked.whose.profile or (), session)
        yield Plan(session, home, with_settings(found, patience), query, zone, broken)


class Run:
    """The listings of a plan, and what has come of them."""

    def __init__(
        self,
        plan: Plan,
        story: Story,
        *,
        in_order: bool = True,
        raw: bool = True,
        queries: Mapping[str, Query] | None = None,
    ) -> None:
        self.delivered = 0
        self._plan = plan
        self._story = story
        self._begun_s = plan.session.world.monotonic_s()
        self._listings = [
            Listing(
                profile.name,
                _transport(plan, profile),
                (queries or {}).get(profile.name, plan.query),
                in_order=in_order,
                raw=raw,
                warn=plan.session.teller.warn,
            )
            for profile in plan.profiles
        ]
        self.outcomes = [*(each.outcome for each in self._listings), *plan.broken]
        story.outcomes = self.outcomes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for listing in self._listings:
            listing.transport.close()

    @property
    def transports(self) -> dict[str, Transport]:
        """The ways to those providers that did not refuse the profile, by the profile's name."""
        return {
            each.outcome.profile: each.transport
            for each in self._listings
            if not isinstance(each.outcome.error, Refused | Denied)
        }

    def feed(self, writer: Writer, *, alone: bool) -> None:
        """Write all rows as they come; `alone`: nothing else is read where progress shows.

        Errors of profiles end up in their outcomes; errors of the writer are raised.
        """
        counts: Counter[str] = Counter()
        session, limit = self._plan.session, self._plan.query.limit
        try:
            with (
                progress(session, partial(summed, self.outcomes)) as hide,
                closing(merged(self._listings, limit)) as batches,
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
        teller, world = self._plan.session.teller, self._plan.session.world
        tell_failures(self.outcomes, teller, self._plan.home.config)
        passed_s = world.monotonic_s() - self._begun_s
        line = closing_line(
            self.outcomes, done or counted(self.delivered), passed_s, limit=self._limited
        )
        if teller.verbose or (world.obeys(world.stderr) and not teller.quiet):
            teller.note(line)
        elif teller.log is not None:
            teller.detail(line)
        self._story.exit_code = exit_code(self.outcomes)
        return self._story.exit_code

    @property
    def whole(self) -> bool:
        """Whether nothing is known to be missing."""
        return all(outcome.whole for outcome in self.outcomes)

    @property
    def _limited(self) -> bool:
        limit = self._plan.query.limit
        return limit is not None and self.delivered >= limit

    def _count(self, counts: Counter[str]) -> None:
        """Correct the outcomes by what was written: a merge may take less than there was."""
        for outcome in self.outcomes:
            outcome.rows = counts[outcome.profile]
            if outcome.whole and self._limited:
                outcome.completeness = Completeness.ENDED


def _transport(plan: Plan, profile: Profile) -> Transport:
    teller = plan.session.teller
    return Transport(
        profile.provider,
        profile.settings,
        redactor=teller.redact,
        watch=watching(profile.name, teller),
        token_folder=plan.home.token_folder,
    )


def _write_report(session: Session, tell: Tell, story: Story) -> None:
    if tell.report is None:
        return
    told = report(story, ended_at=session.world.now(), redact=session.teller.redact)
    text = json.dumps(told, indent=2, ensure_ascii=False)
    try:
        with replace_file(tell.report, overwrite=True) as file:
            file.write(f"{text}\n".encode("utf-8", "backslashreplace"))
    except RecliError as error:
        if story.exit_code is ExitCode.OK:
            raise OutputError(f"the report: {error.message}", hint=error.hint) from error
        session.teller.error(error, "the report")


def _code_of(problem: BaseException) -> ExitCode:
    match problem:
        case BrokenPipeError():
            return ExitCode.OK
        case RecliError():
            return problem.exit_code
        case Ended():
            return problem.code
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.FAULT
