"""`recli providers --check`: try the configured profiles, all at once, each with one question.

What one trial is stands in `recli.cli.check`; this is about all of them: who is tried,
what is shown, and the exit code.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from recli.cli.console import Colour, observer_for, profile_label
from recli.cli.context import CommandContext
from recli.cli.options import ProfileOptions
from recli.cli.parsing import resolve_timezone
from recli.cli.remedies import with_remedy
from recli.cli.run import Workspace, open_workspace
from recli.config.profile import Profile, ProfileTable
from recli.config.secrets import resolve, warnings
from recli.config.select import select_profiles
from recli.errors import Denied, ExitCode, ProviderError, RecliError, Refused
from recli.model import Query, Recording
from recli.output.streams import write_text
from recli.redact import Redactor
from recli.text import escape_control, rfc3339
from recli.transport.client import Client
from recli.transport.observer import TransportObserver
from recli.transport.settings import Settings
from recli.wire import Order, Page

TIMEOUT_S, RETRIES, MAX_WAIT_S = 10.0, 1, 5.0
"""A host that is dead is told so within half a minute, whatever the profile's patience."""
_STEPS = 3
"""An answer may only say how to ask again: as old firmware does, or one that tells its zone."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of a trial; None where it did not get so far.

    `reached`: something answered; `accepted`: it took the credentials; `allowed`: they may list.
    `skew_s` is how far this machine's clock is ahead of the provider's. `newest_at` is the newest
    recording's start: of all where `certain`, else of those that were read; None with `empty_from`
    where there is none since then.
    """

    profile: str
    provider: str
    seconds: float = 0.0
    reached: bool | None = None
    accepted: bool | None = None
    allowed: bool | None = None
    skew_s: float | None = None
    newest_at: datetime | None = None
    certain: bool = True
    empty_from: datetime | None = None
    error: RecliError | None = None

    @property
    def right(self) -> bool:
        """Whether the profile can be used."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a trial needs of the environment; `token_folder` None fetches tokens of its own."""

    now: datetime
    monotonic_s: Callable[[], float]
    redact: Redactor
    token_folder: Path | None


def check_profile(profile: Profile, watch: TransportObserver, outside: CheckContext) -> CheckResult:
    """Ask for a profile's first page and return what was found; errors are in the finding."""
    transport: Client | None = None
    begun_s = outside.monotonic_s()
    ears = ReachabilityObserver(watch)
    found = CheckResult(profile.name, profile.provider.name)
    try:
        transport = Client(
            profile.provider,
            _hurried(profile.settings),
            redactor=outside.redact,
            watch=ears,
            token_folder=outside.token_folder,
        )
        page, since = _asked(transport, outside.now)
        found = replace(_read(found, page, profile, since), accepted=True, allowed=True)
    except RecliError as error:
        found = _failed(found, error)
    finally:
        if transport is not None:
            transport.close()
    skew_s = transport.skew_s if transport is not None else None
    passed_s = outside.monotonic_s() - begun_s
    return replace(found, reached=ears.reached, skew_s=skew_s, seconds=passed_s)


def _hurried(settings: Settings) -> Settings:
    timeout_s = min(settings.timeout_s, TIMEOUT_S)
    return replace(settings, timeout_s=timeout_s, retries=RETRIES, max_wait_s=MAX_WAIT_S)


def _asked(transport: Client, now: datetime) -> tuple[Page, datetime | None]:
    """Return the first page and where its window begins."""
    request = next(transport.provider.plan(Query(now=now, limit=1)), None)
    page = Page()
    since = None
    for _ in range(_STEPS):
        if request is None:
            break
        page = transport.fetch(request)
        if request.window is not None:
            since = request.window.since
        if page.rows or not page.next_requests:
            break
        request = page.next_requests[0]
    return page, since


def _read(found: CheckResult, page: Page, profile: Profile, since: datetime | None) -> CheckResult:
    if page.defects:
        raise ProviderError(profile.provider.name, page.defects[0])
    newest = _newest(page.rows)
    if newest is None:
        return replace(found, empty_from=None if page.rows else since)
    order = profile.provider.listing_order
    return replace(
        found, newest_at=newest, certain=order is Order.NEWEST_FIRST or not page.next_requests
    )


def _newest(rows: Sequence[Recording]) -> datetime | None:
    return max((row.started_at for row in rows if row.started_at is not None), default=None)


def _failed(found: CheckResult, error: RecliError) -> CheckResult:
    match error:
        case Refused():
            return replace(found, accepted=False, error=error)
        case Denied():
            return replace(found, accepted=True, allowed=False, error=error)
        case _:
            return replace(found, error=error)


class ReachabilityObserver:
    """Hear whether anything answered, and pass all on."""

    def __init__(self, watch: TransportObserver) -> None:
        self.answered = False
        self.asked = False
        self._watch = watch

    @property
    def reached(self) -> bool | None:
        """Whether something answered; None if nothing was asked."""
        return self.answered if self.asked else None

    def requested(self, method: str, url: str, outcome: str, seconds: float) -> None:
        """Note an answer: its outcome is a status, that of a failure is words."""
        self.asked = True
        self.answered = self.answered or outcome.isdecimal()
        self._watch.requested(method, url, outcome, seconds)

    def waiting(self, why: str, seconds: float) -> None:
        """Pass it on."""
        self._watch.waiting(why, seconds)

    def warned(self, text: str) -> None:
        """Pass it on."""
        self._watch.warned(text)


_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"
_HALF_S = 0.5
_LONG_S = 120


@dataclass(frozen=True, slots=True)
class TableStyle:
    """How the table looks: width in cells, the reader's zone, whether marks and colour may be."""

    width: int
    zone: tzinfo
    marks: bool
    colour: bool


class CheckTable:
    """Write a table of findings, line by line as they come; who is in it is known before.

    On a narrow screen the time that it took goes first, then the clock.
    """

    def __init__(self, people: Sequence[tuple[str, str]], look: TableStyle) -> None:
        self._look = look
        widths = {
            "profile": max([7, *(len(escape_control(profile_label(*each))) for each in people)]),
            "reach": 5,
            "login": 5,
            "list": 4,
            "clock": 7,
            "newest recording": 21,
            "took": 6,
        }
        for name in ("took", "clock"):
            if sum(widths.values()) + 2 * len(widths) > look.width:
                del widths[name]
        self._widths = widths

    def head(self) -> str:
        """Return the heading line."""
        cells = [self._padded(name, name) for name in self._widths]
        return f"  {'  '.join(cells)}".rstrip() + "\n"

    def line(self, found: CheckResult) -> str:
        """Return a finding's line."""
        texts = {
            "profile": escape_control(profile_label(found.profile, found.provider)),
            "reach": self._mark(found.reached),
            "login": self._mark(found.accepted),
            "list": self._mark(found.allowed),
            "clock": _skew(found.skew_s),
            "newest recording": self._newest(found),
            "took": f"{found.seconds:.1f} s",
        }
        cells = [self._padded(name, texts[name]) for name in self._widths]
        mark = self._mark(found.right)
        return f"{self._coloured(mark, found.right)} {'  '.join(cells)}".rstrip() + "\n"

    def _padded(self, name: str, text: str) -> str:
        wide = self._widths[name]
        return text.rjust(wide) if name in {"clock", "took"} else text.ljust(wide)

    def _mark(self, good: bool | None) -> str:
        marks: Mapping[bool | None, str] = {True: "✓", False: "✗", None: "·"}
        plain: Mapping[bool | None, str] = {True: "+", False: "x", None: "."}
        return (marks if self._look.marks else plain)[good]

    def _coloured(self, mark: str, good: bool) -> str:
        if not self._look.colour:
            return mark
        return f"{_GREEN if good else _RED}{mark}{_PLAIN}"

    def _newest(self, found: CheckResult) -> str:
        if found.newest_at is not None:
            local = found.newest_at.astimezone(self._look.zone)
            least = "" if found.certain else "≥ " if self._look.marks else ">="
            return f"{least}{local:%Y-%m-%d %H:%M} {local.tzname() or ''}"
        if not found.right:
            return ""
        if found.empty_from is None:
            return "none"
        return f"none since {found.empty_from.astimezone(self._look.zone):%Y-%m-%d}"


def as_json(findings: Sequence[CheckResult], redact: Redactor) -> str:
    """Return all findings as one JSON document."""
    told = [_plain(found, redact) for found in findings]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _plain(found: CheckResult, redact: Redactor) -> dict[str, object]:
    error = found.error
    return {
        "profile": found.profile,
        "provider": found.provider,
        "ok": found.right,
        "reached": found.reached,
        "accepted": found.accepted,
        "allowed": found.allowed,
        "clock_skew_s": None if found.skew_s is None else round(found.skew_s, 3),
        "newest_recording_at": None if found.newest_at is None else rfc3339(found.newest_at),
        "newest_is_certain": found.certain,
        "none_since": None if found.empty_from is None else rfc3339(found.empty_from),
        "seconds": round(found.seconds, 3),
        "error": None if error is None else _error(error, redact),
    }


def _error(error: RecliError, redact: Redactor) -> dict[str, object]:
    return {
        "message": escape_control(redact(error.message)),
        "hint": escape_control(redact(error.hint)) if error.hint else None,
        "exit_code": int(error.exit_code),
    }


def _skew(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if abs(seconds) < 1 + _HALF_S:  # the header that tells it has whole seconds
        return "right"
    if abs(seconds) < _LONG_S:
        return f"{seconds:+.0f} s"
    return f"{seconds / 60:+.0f} min"


_AT_ONCE = 16
_SKEW_S = 120
"""How far a clock may be off before its owner is told how to set it."""


def check_profiles(
    context: CommandContext, whose: ProfileOptions, *, as_document: bool
) -> ExitCode:
    """Try the profiles that are meant, show what was found, and return the exit code."""
    with open_workspace(whose, context) as home:
        tables = select_profiles(
            home.configuration,
            profiles=whose.profile or (),
            providers=whose.provider or (),
            all_profiles=not (whose.profile or whose.provider),
            environ=home.environ,
        )
        show = None if as_document else _table(context, home, tables)
        findings = []
        stream = context.out
        if show is not None:
            write_text(stream, show.head())
        for found in _tried(context, home, tables, whose.config):
            findings.append(found)
            if show is not None:
                write_text(stream, show.line(found))
                stream.flush()
        if as_document:
            write_text(stream, as_json(findings, context.console.redact))
        stream.flush()
    _tell(context, findings)
    return exit_code(findings)


def exit_code(findings: Sequence[CheckResult]) -> ExitCode:
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


def _table(context: CommandContext, home: Workspace, tables: Sequence[ProfileTable]) -> CheckTable:
    environment = context.environment
    look = TableStyle(
        width=environment.width(),
        zone=resolve_timezone(None, home.configuration.timezone, environment.environ),
        marks="utf" in (getattr(environment.stdout, "encoding", None) or "").lower(),
        colour=environment.colours(Colour.AUTO, environment.stdout),
    )
    return CheckTable([(table.name, table.provider) for table in tables], look)


def _tried(
    context: CommandContext, home: Workspace, tables: Sequence[ProfileTable], config: Path | None
) -> Iterator[CheckResult]:
    """Yield the findings in the order of the profiles, each as soon as those before it are there.

    An interrupt waits for nobody: what is under way is left to end with the process.
    """
    environment = context.environment
    outside = CheckContext(
        environment.now(), environment.monotonic_s, context.console.redact, home.token_folder
    )
    pool = ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(tables)))
    try:
        jobs = [pool.submit(_one, context, home, table, outside) for table in tables]
        for job, table in zip(jobs, tables, strict=True):
            found = job.result()
            if found.error is not None:
                found = replace(found, error=with_remedy(found.error, table, config))
            yield found
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one(
    context: CommandContext, home: Workspace, table: ProfileTable, outside: CheckContext
) -> CheckResult:
    try:
        profile = resolve(table, environ=home.environ)
    except RecliError as error:
        return CheckResult(table.name, table.provider, error=error)
    for warning in warnings(profile):
        context.console.warn(warning)
    return check_profile(profile, observer_for(profile.name, context.console), outside)


def _tell(context: CommandContext, findings: Sequence[CheckResult]) -> None:
    """Tell each failure with what mends it, and of clocks that go wrong."""
    for found in findings:
        if found.error is not None:
            context.console.error(found.error, profile_label(found.profile, found.provider))
    ahead_s = [found.skew_s for found in findings if found.skew_s is not None]
    if ahead_s and all(abs(each) > _SKEW_S for each in ahead_s):
        context.console.warn(
            f"this machine's clock is {abs(ahead_s[0]):.0f} s"
            f" {'ahead of' if ahead_s[0] > 0 else 'behind'} its providers'",
            hint="timedatectl set-ntp true",
        )
