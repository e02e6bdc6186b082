"""`recli providers --check`: try the configured profiles, all at once, each with one request."""

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from recli.cli.check_table import MAX_SKEW_S, CheckResult, check_document, check_table
from recli.cli.console import observer_for
from recli.cli.context import CommandContext
from recli.cli.failures import Failure, show_grouped
from recli.cli.options import ProfileOptions
from recli.cli.parsing import resolve_timezone
from recli.cli.progress import ProgressLine
from recli.cli.remedies import with_remedy
from recli.cli.request import opened_workspace
from recli.config.profile import Profile, ProfileTable
from recli.config.secrets import resolve, warnings
from recli.config.select import select_profiles
from recli.config.workspace import Workspace, forget_refusals
from recli.errors import Blocked, Denied, ExitCode, ProviderError, RecliError, Refused
from recli.model import Query
from recli.text import plural, some_of
from recli.transport.client import Client
from recli.transport.observer import TransportObserver
from recli.wire import Order, Page

_TIMEOUT_S, _RETRIES, _MAX_WAIT_S = 10.0, 1, 5.0
"""A host that is dead is reported within half a minute, whatever the profile's patience."""
_MAX_REQUESTS = 12
"""A first page may only say what to ask first: as old firmware does, or a PBX without a zone."""
_MAX_PARALLEL = 16


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
    except (Refused, Blocked) as error:
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


def check_profiles(
    context: CommandContext, options: ProfileOptions, *, as_json: bool, failed_only: bool = False
) -> ExitCode:
    """Try the selected profiles, show what was found, and return the exit code."""
    with opened_workspace(context, options) as workspace:
        tables = select_profiles(
            workspace.configuration,
            profiles=options.profiles or (),
            providers=options.providers or (),
            all_profiles=not (options.profiles or options.providers),
            environ=workspace.environ,
        )
        results = _check_all(context, workspace, tables, options)
        zone = resolve_timezone(None, workspace.configuration.timezone, workspace.environ)
    shown = [result for result in results if result.error is not None or not failed_only]
    if as_json:
        documents = [check_document(result, context.console.redact) for result in shown]
        context.write(json.dumps(documents, indent=2, ensure_ascii=False) + "\n")
    elif shown:
        context.write(check_table(shown, context, zone))
    else:
        context.console.note(f"no failures: {plural(len(results), 'profile')} can be used")
    _report_problems(context, results)
    return _exit_code(results)


def _check_all(
    context: CommandContext,
    workspace: Workspace,
    tables: Sequence[ProfileTable],
    options: ProfileOptions,
) -> list[CheckResult]:
    """Return the results in the order of the profiles; show meanwhile who is waited for.

    An interrupt does not wait for requests under way: they end with the process.
    """
    pool = ThreadPoolExecutor(max_workers=min(_MAX_PARALLEL, len(tables)))
    results = []
    try:
        check = partial(_check_table, context, workspace, retry_refused=options.retry_refused)
        futures = [pool.submit(check, table) for table in tables]
        with ProgressLine(context) as line:
            line.show(lambda _: progress_text(tables, futures))
            for future, table in zip(futures, tables, strict=True):
                result = future.result()
                if result.error is not None:
                    result = replace(result, error=with_remedy(result.error, table, options.config))
                results.append(result)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return results


def progress_text(tables: Sequence[ProfileTable], futures: Sequence[Future[CheckResult]]) -> str:
    """Say how many profiles were tried, and which of them is being tried."""
    checked = sum(future.done() for future in futures)
    text = f"checked {checked:,} of {plural(len(tables), 'profile')}"
    waiting = [
        table.name for table, future in zip(tables, futures, strict=True) if future.running()
    ]
    return f"{text}; waiting for {some_of(waiting, 3)}" if waiting else text


def _check_table(
    context: CommandContext, workspace: Workspace, table: ProfileTable, *, retry_refused: bool
) -> CheckResult:
    try:
        profile = resolve(table, environ=workspace.environ)
    except RecliError as error:
        return CheckResult(table.name, table.provider, error=error)
    for warning in warnings(profile):
        context.console.warn(warning)
    if retry_refused:
        forget_refusals(workspace.token_folder, [profile])
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
    newest_at, order = max(starts), profile.provider.listing_order
    is_certain = order is Order.NEWEST_FIRST or not page.next_requests
    if order is Order.LAST_STORED_FIRST:
        stored_at = page.rows[-1].added_at
        is_certain = is_certain or (stored_at is not None and stored_at <= newest_at)
    return replace(result, newest_at=newest_at, newest_is_certain=is_certain)


def _report_problems(context: CommandContext, results: Sequence[CheckResult]) -> None:
    """Report each failure with its remedy, and a clock that is wrong for all providers."""
    failures = [
        Failure(result.profile, result.provider, result.error)
        for result in results
        if result.error is not None
    ]
    show_grouped(failures, context.console)
    skews_s = [result.skew_s for result in results if result.skew_s is not None]
    if skews_s and all(abs(skew_s) > MAX_SKEW_S for skew_s in skews_s):
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
