"""From what was typed to a query: every value checked, with one moment that all times hang on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from recli.cli.options import FilterOptions, NetworkOptions
from recli.errors import UsageError
from recli.model import Query
from recli.times import parse_instant, parse_length, parse_zone, system_zone
from recli.transport.settings import Settings


@dataclass(frozen=True, slots=True)
class NetworkOverrides:
    """What the command line says of connections; None leaves it to the profile."""

    retries: int
    timeout_s: float | None
    max_wait_s: float
    jobs: int | None

    def over(self, settings: Settings) -> Settings:
        """Return a profile's settings with what the command line says laid over them."""
        from dataclasses import replace

        return replace(
            settings,
            retries=self.retries,
            max_wait_s=self.max_wait_s,
            timeout_s=settings.timeout_s if self.timeout_s is None else self.timeout_s,
            jobs=settings.jobs if self.jobs is None else self.jobs,
        )


def resolve_timezone(
    said: str | None, configured: str | None, environ: Mapping[str, str]
) -> tzinfo:
    """Return the zone of `--tz`, else of the configuration, else of the system."""
    if said is not None:
        with _option_named("--tz"):
            return parse_zone(said)
    if configured is not None:
        return parse_zone(configured)
    return system_zone(environ)


def parse_query(which: FilterOptions, *, now: datetime, zone: tzinfo) -> Query:
    """Return the query that filters mean at `now`; UsageError names the option."""
    since = _instant("--since", which.since, now, zone, end=False)
    until = _instant("--until", which.until, now, zone, end=True)
    if since is not None and until is not None and since >= until:
        raise UsageError(
            f"--since {which.since} ({_utc_text(since)}) is not before"
            f" --until {which.until} ({_utc_text(until)})"
        )
    shortest = _length("--min-duration", which.min_duration)
    longest = _length("--max-duration", which.max_duration)
    if shortest is not None and longest is not None and shortest > longest:
        raise UsageError(
            f"--min-duration {which.min_duration} is more than --max-duration {which.max_duration}"
        )
    return Query(
        now=now,
        since=since,
        until=until,
        from_number=_text("--from", which.from_number),
        to_number=_text("--to", which.to_number),
        number=_text("--number", which.number),
        direction=which.direction,
        min_duration_s=shortest,
        max_duration_s=longest,
        owner=_text("--owner", which.owner),
        call_id=_text("--call-id", which.call_id),
        state=which.state,
        limit=which.limit,
    )


def parse_network(line: NetworkOptions) -> NetworkOverrides:
    """Return how hard to try; UsageError names the option."""
    timeout_s = _length("--timeout", line.timeout)
    if timeout_s == 0:
        raise UsageError("--timeout 0 leaves no time for an answer")
    max_wait_s = parse_option_length("--max-wait", line.max_wait)
    return NetworkOverrides(line.retries, timeout_s, max_wait_s, line.jobs)


class _option_named:  # noqa: N801  # reads like the function that it is
    """Put the option's name before an error about its value."""

    def __init__(self, option: str) -> None:
        self._option = option

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, UsageError):
            raise UsageError(f"{self._option}: {error.message}", hint=error.hint) from error


def _instant(
    option: str, text: str | None, now: datetime, zone: tzinfo, *, end: bool
) -> datetime | None:
    if text is None:
        return None
    with _option_named(option):
        return parse_instant(text, now=now, zone=zone, end=end)


def parse_option_length(option: str, text: str) -> float:
    """Return the seconds that an option says; UsageError names it."""
    with _option_named(option):
        return parse_length(text)


def _length(option: str, text: str | None) -> float | None:
    return None if text is None else parse_option_length(option, text)


def _text(option: str, text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise UsageError(f"{option} is empty")
    return text


def _utc_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
