"""`recli providers --check`: try the configured profiles, all at once, each with one request."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from rich.text import Text

from recli.cli.console import Colour, observer_for
from recli.cli.context import CommandContext
from recli.cli.options import ProfileOptions
from recli.cli.parsing import resolve_timezone
from recli.cli.remedies import with_remedy
from recli.cli.request import opened_workspace
from recli.cli.text_table import Row, text_table
from recli.config.profile import Profile, ProfileTable, profile_label
from recli.config.secrets import resolve, warnings
from recli.config.select import select_profiles
from recli.config.workspace import Workspace
from recli.errors import Denied, ExitCode, ProviderError, RecliError, Refused
from recli.model import Query
from recli.redact import Redactor
from recli.text import escape_control, rfc3339
from recli.transport.client import Client
from recli.transport.observer import TransportObserver
from recli.wire import Order, Page

_TIMEOUT_S, _RETRIES, _MAX_WAIT_S = 10.0, 1, 5.0
"""A host that is dead is reported within half a minute, whatever the profile's patience."""
_MAX_REQUESTS = 3
"""A first page may only say how to ask again: as old firmware does, or one that tells its zone."""
_MAX_PARALLEL = 16
_RIGHT_CLOCK_S = 1.5
"""The header that tells the time has whole seconds."""
_MAX_SKEW_S = 120
_PROFILE = "  profile"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What trying a profile showed; None where it did not get so far.

    `reached`: something answered; `accepted`: it took the credentials; `allowed`: they may list.
    `skew_s` is how far this machine's clock is ahead of the provider's. `newest_at` is the newest
    recording's start: of all where `newest_is_certain`, else of those that were read; None with
    `none_since` where there is none since then.
    """

    profile: str
    provider: str
    seconds: float = 0.0
    reached: bool | None = None
    accepted: bool | None = None
    allowed: bool | None = None
    skew_s: float | None = None
    newest_at: datetime | None = None
    newest_is_certain: bool = True
    none_since: datetime | None = None
    error: RecliError | None = None


class ReachabilityObserver(TransportObserver):
    """Note whether anything answered, and pass all on."""

    def __init__(self, observer: TransportObserver) -> None:
        self.reached: bool | None = None
        self._observer = observer

    def requested(self, method: str, url: str, outcome: str, duration_s: float) -> None:
        """Note an answer: its outcome is a status, that of a failure is words."""
        self.reached = bool(self.reached) or outcome.isdecimal()
        self._observer.requested(method, url, outcome, duration_s)

    def waiting(self, reason: str, wait_s: float) -> None:
        self._observer.waiting(reason, wait_s)

    def warned(self, message: str) -> None:
        self._observer.warned(message)


def check_profile(
    profile: Profile, context: CommandContext, token_folder: Path | None
) -> CheckResult:
    """Ask for a profile's first page and return what was found, errors included.

    With `token_folder` None a token is fetched anew, to see that it can be.
    """
    environment, console = context.environment, context.console
    begun_s = environment.monotonic_s()
    observer = ReachabilityObserver(observer_for(profile.name, console))
    result = CheckResult(profile.name, profile.provider.name)
    settings = replace(
        profile.settings,
        timeout_s=min(profile.settings.timeout_s, _TIMEOUT_S),
        retries=_RETRIES,
        max_wait_s=_MAX_WAIT_S,
    )
    client: Client | None = None
    try:
        client = Client(
            profile.provider,
            settings,
            redactor=console.redact,
            observer=observer,
            token_folder=token_folder,
        )
        page, since = _first_page(client, environment.now())
        result = _with_newest(result, page, profile, since)
    except Refused as error:
        result = replace(result, accepted=False, error=error)
    except Denied as error:
        result = replace(result, accepted=True, allowed=False, error=error)
    except RecliError as error:
        result = replace(result, error=error)
    finally:
        if client is not None:
            client.close()
    return replace(
        result,
        reached=observer.reached,
        skew_s=None if client is None else client.skew_s,
        seconds=environment.monotonic_s() - begun_s,
    )


def check_profiles(context: CommandContext, options: ProfileOptions, *, as_json: bool) -> ExitCode:
    """Try the selected profiles, show what was found, and return the exit code."""
    with opened_workspace(context, options) as workspace:
        tables = select_profiles(
            workspace.configuration,
            profiles=options.profiles or (),
            providers=options.providers or (),
            all_profiles=not (options.profiles or options.providers),
            environ=workspace.environ,
        )
        results = list(_check_all(context, workspace, tables, options.config))
        zone = resolve_timezone(None, workspace.configuration.timezone, workspace.environ)
    if as_json:
        documents = [_document(result, context.console.redact) for result in results]
        text = json.dumps(documents, indent=2, ensure_ascii=False) + "\n"
    else:
        text = _table(results, context, zone)
    context.write(text)
    _report_problems(context, results)
    return _exit_code(results)


def _check_all(
    context: CommandContext,
    workspace: Workspace,
    tables: Sequence[ProfileTable],
    config: Path | None,
) -> Iterator[CheckResult]:
    """Yield the results in the order of the profiles.

    An interrupt does not wait for requests under way: they end with the process.
    """
    pool = ThreadPoolExecutor(max_workers=min(_MAX_PARALLEL, len(tables)))
    try:
        futures = [pool.submit(_check_table, context, workspace, table) for table in tables]
        for future, table in zip(futures, tables, strict=True):
            result = future.result()
            if result.error is not None:
                result = replace(result, error=with_remedy(result.error, table, config))
            yield result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _check_table(context: CommandContext, workspace: Workspace, table: ProfileTable) -> CheckResult:
    try:
        profile = resolve(table, environ=workspace.environ)
    except RecliError as error:
        return CheckResult(table.name, table.provider, error=error)
    for warning in warnings(profile):
        context.console.warn(warning)
    return check_profile(profile, context, workspace.token_folder)


def _first_page(client: Client, now: datetime) -> tuple[Page, datetime | None]:
    """Return the first page and where its window begins."""
    request = next(client.provider.plan(Query(now=now, limit=1)), None)
    page = Page()
    since = None
    for _ in range(_MAX_REQUESTS):
        if request is None:
            break
        page = client.fetch(request)
        if request.window is not None:
            since = request.window.since
        if page.rows or not page.next_requests:
            break
        request = page.next_requests[0]
    return page, since


def _with_newest(
    result: CheckResult, page: Page, profile: Profile, since: datetime | None
) -> CheckResult:
    if page.defects:
        raise ProviderError(profile.provider.name, page.defects[0])
    result = replace(result, accepted=True, allowed=True)
    starts = [row.started_at for row in page.rows if row.started_at is not None]
    if not starts:
        return replace(result, none_since=None if page.rows else since)
    is_certain = profile.provider.listing_order is Order.NEWEST_FIRST or not page.next_requests
    return replace(result, newest_at=max(starts), newest_is_certain=is_certain)


def _table(results: Sequence[CheckResult], context: CommandContext, zone: tzinfo) -> str:
    environment = context.environment
    encoding = getattr(environment.stdout, "encoding", None) or ""
    is_unicode = "utf" in encoding.lower()
    rows = [_row(result, zone, is_unicode=is_unicode) for result in results]
    headings = (_PROFILE, "reach", "login", "list", "clock", "newest recording", "took")
    return text_table(
        headings,
        rows,
        environment.width(),
        right=("clock", "took"),
        expendable=("took", "clock"),
        colour=environment.colours(Colour.AUTO, environment.stdout),
    )


def _row(result: CheckResult, zone: tzinfo, *, is_unicode: bool) -> Row:
    marks: Mapping[bool | None, str] = (
        {True: "✓", False: "✗", None: "·"} if is_unicode else {True: "+", False: "x", None: "."}
    )
    is_usable = result.error is None
    label = profile_label(result.profile, result.provider)
    newest = ""
    if result.newest_at is not None:
        local = result.newest_at.astimezone(zone)
        at_least = "" if result.newest_is_certain else "≥ " if is_unicode else ">="
        newest = f"{at_least}{local:%Y-%m-%d %H:%M} {local.tzname() or ''}"
    elif is_usable and result.none_since is not None:
        newest = f"none since {result.none_since.astimezone(zone):%Y-%m-%d}"
    elif is_usable:
        newest = "none"
    return {
        _PROFILE: Text.assemble(
            (marks[is_usable], "green" if is_usable else "red"), " ", escape_control(label)
        ),
        "reach": marks[result.reached],
        "login": marks[result.accepted],
        "list": marks[result.allowed],
        "clock": _skew_text(result.skew_s),
        "newest recording": newest,
        "took": f"{result.seconds:.1f} s",
    }


def _skew_text(skew_s: float | None) -> str:
    if skew_s is None:
        return ""
    if abs(skew_s) < _RIGHT_CLOCK_S:
        return "right"
    return f"{skew_s:+.0f} s" if abs(skew_s) < _MAX_SKEW_S else f"{skew_s / 60:+.0f} min"


def _document(result: CheckResult, redact: Redactor) -> dict[str, object]:
    error = result.error
    return {
        "profile": result.profile,
        "provider": result.provider,
        "ok": error is None,
        "reached": result.reached,
        "accepted": result.accepted,
        "allowed": result.allowed,
        "clock_skew_s": None if result.skew_s is None else round(result.skew_s, 3),
        "newest_recording_at": None if result.newest_at is None else rfc3339(result.newest_at),
        "newest_is_certain": result.newest_is_certain,
        "none_since": None if result.none_since is None else rfc3339(result.none_since),
        "seconds": round(result.seconds, 3),
        "error": error
        and {
            "message": escape_control(redact(error.message)),
            "hint": escape_control(redact(error.hint)) if error.hint else None,
            "exit_code": int(error.exit_code),
        },
    }


def _report_problems(context: CommandContext, results: Sequence[CheckResult]) -> None:
    """Report each failure with its remedy, and a clock that is wrong for all providers."""
    for result in results:
        if result.error is not None:
            context.console.error(result.error, profile_label(result.profile, result.provider))
    skews_s = [result.skew_s for result in results if result.skew_s is not None]
    if skews_s and all(abs(skew_s) > _MAX_SKEW_S for skew_s in skews_s):
        context.console.warn(
            f"this machine's clock is {abs(skews_s[0]):.0f} s"
            f" {'ahead of' if skews_s[0] > 0 else 'behind'} its providers'",
            hint="timedatectl set-ntp true",
        )


def _exit_code(results: Sequence[CheckResult]) -> ExitCode:
    errors = [result.error for result in results if result.error is not None]
    if not errors:
        return ExitCode.OK
    if len(errors) < len(results):
        return ExitCode.PARTIAL
    if any(isinstance(error, Refused | Denied) for error in errors):
        return ExitCode.REFUSED
    codes = {error.exit_code for error in errors}
    return codes.pop() if len(codes) == 1 else ExitCode.FAILED
