"""From the text of options to values; a UsageError names the option."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from recli.cli.options import FilterOptions, NetworkOptions
from recli.errors import UsageError
from recli.model import Query
from recli.phone import parse_country
from recli.text import quote_name
from recli.times import parse_duration, parse_instant, parse_zone, system_zone
from recli.transport.settings import Settings


@dataclass(frozen=True, slots=True)
class NetworkOverrides:
    """What the command line says of the network; None leaves it to the profile."""

    retries: int | None
    timeout_s: float | None
    max_wait_s: float
    jobs: int | None
    patience_s: float

    def apply_to(self, settings: Settings) -> Settings:
        """Return a profile's settings with these overrides."""
        changes: dict[str, float] = {"max_wait_s": self.max_wait_s}
        if self.retries is not None:
            changes |= {"retries": self.retries, "first_tries": self.retries + 1}
        if self.timeout_s is not None:
            changes |= {"timeout_s": self.timeout_s, "first_timeout_s": self.timeout_s}
        if self.jobs is not None:
            changes["jobs"] = self.jobs
        return replace(settings, **changes)  # type: ignore[arg-type]  # each has its field's type


def resolve_timezone(
    option: str | None, configured: str | None, environ: Mapping[str, str]
) -> tzinfo:
    """Return the zone of `--tz`, else of the configuration, else of the system."""
    if option is not None:
        with _named("--tz"):
            return parse_zone(option)
    if configured is not None:
        return parse_zone(configured)
    return system_zone(environ)


def parse_query(filters: FilterOptions, *, now: datetime, zone: tzinfo) -> Query:
    """Return the query that the filters mean at `now`."""
    since = _instant("--since", filters.since, now, zone, end=False)
    until = _instant("--until", filters.until, now, zone, end=True)
    if since is not None and until is not None and since >= until:
        raise UsageError(
            f"--since {filters.since} ({_utc_text(since)}) is not before"
            f" --until {filters.until} ({_utc_text(until)})"
        )
    shortest, longest = filters.min_duration, filters.max_duration
    min_duration_s = _optional_length("--min-duration", shortest)
    max_duration_s = _optional_length("--max-duration", longest)
    if (
        min_duration_s is not None
        and max_duration_s is not None
        and min_duration_s > max_duration_s
    ):
        raise UsageError(f"--min-duration {shortest} is more than --max-duration {longest}")
    query = Query(
        now=now,
        since=since,
        until=until,
        from_number=_text("--from", filters.from_number),
        to_number=_text("--to", filters.to_number),
        number=_text("--number", filters.number),
        direction=filters.direction,
        min_duration_s=min_duration_s,
        max_duration_s=max_duration_s,
        owner=_text("--owner", filters.owner),
        call_id=_text("--call-id", filters.call_id),
        state=filters.state,
        ids=parse_ids("--id", filters.ids or ()),
        limit=filters.limit,
        params=_params(filters.params or ()),
    )
    return query.in_country(_country(filters.country))


def parse_ids(option: str, texts: Sequence[str]) -> tuple[str, ...] | None:
    """Return ids without spaces around them, each once; None if none is given."""
    ids = dict.fromkeys(text.strip() for text in texts)
    if "" in ids:
        raise UsageError(f"{option} is empty")
    return tuple(ids) or None


def parse_network(options: NetworkOptions) -> NetworkOverrides:
    """Return the overrides of a profile's network settings."""
    timeout_s = _optional_length("--timeout", options.timeout)
    if timeout_s == 0:
        raise UsageError("--timeout 0 leaves no time for an answer")
    max_wait_s = parse_option_length("--max-wait", options.max_wait)
    patience_s = parse_option_length("--patience", options.patience)
    return NetworkOverrides(options.retries, timeout_s, max_wait_s, options.jobs, patience_s)


def parse_option_length(option: str, text: str) -> float:
    """Return an option's duration in seconds."""
    with _named(option):
        return parse_duration(text)


@contextmanager
def _named(option: str) -> Iterator[None]:
    """Put the option's name before a UsageError about its value."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{option}: {error.message}", hint=error.hint) from error


def _instant(
    option: str, text: str | None, now: datetime, zone: tzinfo, *, end: bool
) -> datetime | None:
    if text is None:
        return None
    with _named(option):
        return parse_instant(text, now=now, zone=zone, end=end)


def _optional_length(option: str, text: str | None) -> float | None:
    return None if text is None else parse_option_length(option, text)


def _text(option: str, text: str | None) -> str | None:
    return None if text is None else _given_text(option, text)


def _given_text(option: str, text: str) -> str:
    if not text.strip():
        raise UsageError(f"{option} is empty")
    if text.encode(errors="replace").decode() != text:
        raise UsageError(f"{option}: {quote_name(text)} is not UTF-8")
    return text


def _country(text: str | None) -> str | None:
    if text is None:
        return None
    with _named("--country"):
        return parse_country(text)


def _params(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the names and values of `--param`; each name may be given once."""
    params: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"--param {quote_name(text)} is not KEY=VALUE")
        if name in params:
            raise UsageError(f"--param {quote_name(name)} is given twice")
        params[name] = _given_text(f"--param {name}", value)
    return tuple(params.items())


def _utc_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
