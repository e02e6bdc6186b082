"""`recli providers --check`: try the configured profiles, all at once, each with one question.

What one trial is stands in `recli.cli.checking.trial`; this is about all of them: who is tried,
what is shown, and the exit code.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from recli.cli.checking.findings import FindingsTable, Look, as_json
from recli.cli.checking.mending import mended
from recli.cli.checking.trial import Finding, Outside, attempt
from recli.cli.options.asking import zone_of
from recli.cli.options.choosing import Whose
from recli.cli.running.people import Household, household
from recli.cli.running.watching import watching
from recli.cli.session import Session
from recli.cli.tell import who
from recli.cli.world import Colour
from recli.config.choose import choose
from recli.config.resolve import resolve, warnings
from recli.config.tables import ProfileTable
from recli.errors import Denied, ExitCode, RecliError, Refused
from recli.output.streams import put

_AT_ONCE = 16
_SKEW_S = 120
"""How far a clock may be off before its owner is told how to set it."""


def check(session: Session, whose: Whose, *, as_document: bool) -> ExitCode:
    """Try the profiles that are meant, show what was found, and return the exit code."""
    with household(whose, session) as home:
        tables = choose(
            home.configuration,
            profiles=whose.profile or (),
            providers=whose.provider or (),
            all_profiles=not (whose.profile or whose.provider),
            environ=home.environ,
        )
        show = None if as_document else _table(session, home, tables)
        findings = []
        stream = session.out
        if show is not None:
            put(stream, show.head())
        for found in _tried(session, home, tables, whose.config):
            findings.append(found)
            if show is not None:
                put(stream, show.line(found))
                stream.flush()
        if as_document:
            put(stream, as_json(findings, session.teller.redact))
        stream.flush()
    _tell(session, findings)
    return exit_code(findings)


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """Return what a check says to its caller: all right, some, refused, or what is wrong else."""
    errors = [found.error for found in findings if found.error is not None]
    if not errors:
        return ExitCode.OK
    if len(errors) < len(findings):
        return ExitCode.PARTIAL
    if any(isinstance(error, Refused | Denied) for error in errors):
        return ExitCode.REFUSED
    codes = {error.exit_code for error in errors}
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED


def _table(session: Session, home: Household, tables: Sequence[ProfileTable]) -> FindingsTable:
    world = session.world
    look = Look(
        width=world.width(),
        zone=zone_of(None, home.configuration.timezone, world.environ),
        marks="utf" in (getattr(world.stdout, "encoding", None) or "").lower(),
        colour=world.colours(Colour.AUTO, world.stdout),
    )
    return FindingsTable([(table.name, table.provider) for table in tables], look)


def _tried(
    session: Session, home: Household, tables: Sequence[ProfileTable], config: Path | None
) -> Iterator[Finding]:
    """Yield the findings in the order of the profiles, each as soon as those before it are there.

    An interrupt waits for nobody: what is under way is left to end with the process.
    """
    world = session.world
    outside = Outside(world.now(), world.monotonic_s, session.teller.redact, home.token_folder)
    pool = ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(tables)))
    try:
        jobs = [pool.submit(_one, session, home, table, outside) for table in tables]
        for job, table in zip(jobs, tables, strict=True):
            found = job.result()
            if found.error is not None:
                found = replace(found, error=mended(found.error, table, config))
            yield found
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one(session: Session, home: Household, table: ProfileTable, outside: Outside) -> Finding:
    try:
        profile = resolve(table, environ=home.environ)
    except RecliError as error:
        return Finding(table.name, table.provider, error=error)
    for warning in warnings(profile):
        session.teller.warn(warning)
    return attempt(profile, watching(profile.name, session.teller), outside)


def _tell(session: Session, findings: Sequence[Finding]) -> None:
    """Tell each failure with what mends it, and of clocks that go wrong."""
    for found in findings:
        if found.error is not None:
            session.teller.error(found.error, who(found.profile, found.provider))
    ahead_s = [found.skew_s for found in findings if found.skew_s is not None]
    if ahead_s and all(abs(each) > _SKEW_S for each in ahead_s):
        session.teller.warn(
            f"this machine's clock is {abs(ahead_s[0]):.0f} s"
            f" {'ahead of' if ahead_s[0] > 0 else 'behind'} its providers'",
            hint="timedatectl set-ntp true",
        )
