"""Times, durations and zones as people write them, parsed to aware UTC, seconds and `tzinfo`.

Pure, but for `system_zone`, which reads the system's settings. The moment of the run is an
argument, and nothing is guessed: ambiguous text is refused, naming the accepted forms.
"""

import os
import re
from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path

from recli.errors import UsageError
from recli.text import nearest_names, quote_name

YEARS = range(1970, 9999)
"""Years that a time may lie in: narrower than datetime's, so that no zone carries one outside."""

_TIMES = (
    "2024-01-01, 2024-01-01T10:30[:00][Z|+02:00], '2024-01-01 10:30', today, yesterday, now, "
    "an age (90m, 36h, 7d, 2w), an ISO 8601 duration ago (P1M, PT36H) or @1704067200"
)
_LENGTHS = "90, 90s, 2m, 1h, 1m30s, 1:31, 1:02:03 or PT1M31S"
_ZONES = "an IANA name (Europe/Rome), UTC, local or an offset (+02:00)"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_EARLIEST = datetime(YEARS.start, 1, 1, tzinfo=UTC)
_LATEST = datetime(YEARS.stop, 1, 1, tzinfo=UTC) - datetime.resolution
"""What dates beyond `YEARS` mean; no recording lies there. Ends differ, so that none is crossed."""
_DAYS_AGO = {"today": 0, "yesterday": 1}
_AGE = re.compile(r"([0-9]{1,9})([smhdw])")
_COUNT = re.compile(r"@([0-9]{1,15})(?:\.([0-9]{1,9}))?")
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_CIVIL = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_SLASHED = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}\b.*")
# Signs, fractions of months and the alternative form P0001-01-01 are ISO 8601 and not accepted.
_ISO = re.compile(r"P(?=.)((?:[0-9]{1,9}[YMWD])*)(?:T((?:[0-9]{1,9}(?:[.,][0-9]{1,9})?[HMS])+))?")
_PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_CLOCK = re.compile(r"(?:([0-9]{1,9}):(?=[0-9]{2}:))?([0-9]{1,9}):([0-5][0-9](?:\.[0-9]{1,9})?)")
_UNITS = re.compile(
    r"(?=.)(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)d)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)h)?"
    r"(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)m)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)s)?"
)


def parse_instant(text: str, *, now: datetime, zone: tzinfo, end: bool = False) -> datetime:
    """Return a moment as aware UTC; text without an offset is on the clock of `zone`.

    `end` is for upper ends: a bare date, `today` and `yesterday` then mean the midnight that ends
    the day, and a local time that comes twice means the later one, so that nothing is lost; the
    earlier otherwise. A local time that the clocks skip means the moment of the skip, which
    separates recordings just as the local clock does. Ages are exact (`1d` is 24 hours);
    days, months and years of ISO 8601 durations follow the calendar of `zone`. Dates beyond YEARS,
    such as 9999-12-31 for no end, mean the first or last moment of these. Raises UsageError.
    """
    stripped = text.strip()
    try:
        moment = _read_instant(stripped, now.astimezone(UTC), zone, end=end)
    except (OverflowError, ValueError) as error:
        # isodate and datetime say what is wrong in their own terms; the forms say it better.
        raise UsageError(f"no such time: {quote_name(text)}; write {_TIMES}") from error
    if moment is None:
        problem = "ambiguous time" if _SLASHED.fullmatch(stripped) else "not a time"
        raise UsageError(f"{problem}: {quote_name(text)}; write {_TIMES}")
    if moment.year not in YEARS:
        span = f"years {YEARS.start} to {YEARS.stop - 1}"
        raise UsageError(f"out of range ({span}): {quote_name(text)}; write {_TIMES}")
    return moment


def parse_duration(text: str) -> float:
    """Return a length of time in seconds, 0 or more; raise UsageError for anything else."""
    stripped = text.strip().lower()
    if _PLAIN.fullmatch(stripped):
        return float(stripped)
    if match := _CLOCK.fullmatch(stripped):
        hours, minutes, seconds = match.groups()
        if hours is None or int(minutes) < 60:
            return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    elif match := _UNITS.fullmatch(stripped):
        parts = zip(match.groups(), "dhms", strict=True)
        return sum(float(count) * _UNIT_S[unit] for count, unit in parts if count)
    elif _ISO.fullmatch(stripped.upper()):
        duration = _iso_duration(stripped.upper())
        if duration is not None:
            return duration.total_seconds()
    raise UsageError(f"not a length of time: {quote_name(text)}; write {_LENGTHS}")


def parse_zone(name: str) -> tzinfo:
    """Return a zone by IANA name, `UTC`, `local` or offset; UsageError names the nearest names."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - start-up does without it

    stripped = name.strip()
    if stripped.upper() in {"UTC", "Z"}:
        return UTC
    if stripped.lower() == "local":
        return system_zone(os.environ)
    try:
        if match := _OFFSET.fullmatch(stripped):
            return _offset(match)
        # The folder right/ counts leap seconds, which no provider does.
        if stripped and not stripped.startswith("right/"):
            return ZoneInfo(stripped)
    except (ValueError, KeyError, OSError):
        pass
    near = _nearest_zones(stripped)
    suggestion = f" (did you mean {' or '.join(near)}?)" if near else ""
    raise UsageError(f"no such time zone: {quote_name(name)}{suggestion}; write {_ZONES}")


def system_zone(environ: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> tzinfo:
    """Return the zone of this system, with its summer time: what `TZ` says, else `localtime`.

    dateutil asks the C library where neither is a zone file: POSIX rules in `TZ`, Windows.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - start-up does without it

    from dateutil.tz import tzlocal  # noqa: PLC0415 - start-up does without it

    name = environ.get("TZ")
    if name == "":
        return UTC
    path = Path(name.removeprefix(":")) if name else localtime
    try:
        if not path.is_absolute():
            return ZoneInfo(str(path))
        _, separator, zone = path.resolve().as_posix().rpartition("/zoneinfo/")
        if separator:
            return ZoneInfo(zone)
        with path.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (ValueError, KeyError, OSError):
        return tzlocal()


def zone_name(zone: tzinfo) -> str:
    """Return `Europe/Rome`, `UTC+02:00`, or `local` where the system doesn't name its zone."""
    if isinstance(zone, timezone):
        return str(zone)
    return getattr(zone, "key", None) or "local"


def _read_instant(text: str, now: datetime, zone: tzinfo, *, end: bool) -> datetime | None:
    """Read `text` in the first form that it has, None when it has none."""
    word = text.lower()
    if word == "now":
        return now
    if word in _DAYS_AGO:
        today = now.astimezone(zone).date()
        return _day(today - timedelta(days=_DAYS_AGO[word]), zone, end=end)
    if match := _ISO.fullmatch(text.upper()):
        return _ago(match, now, zone, end=end)
    return _read_numeric(text, now, zone, end=end)


def _read_numeric(text: str, now: datetime, zone: tzinfo, *, end: bool) -> datetime | None:
    if match := _CIVIL.fullmatch(text):
        return _read_civil(match, zone, end=end)
    if match := _AGE.fullmatch(text):
        return now - timedelta(seconds=int(match[1]) * _UNIT_S[match[2]])
    if match := _COUNT.fullmatch(text):
        return _EPOCH + timedelta(seconds=int(match[1]), microseconds=_microseconds(match[2]))
    return None


def _read_civil(match: re.Match[str], zone: tzinfo, *, end: bool) -> datetime:
    day, minutes, seconds, fraction, offset = match.groups()
    wall = datetime.fromisoformat(f"{day}T{minutes or '00:00'}:{seconds or '00'}")
    wall = wall.replace(microsecond=_microseconds(fraction))
    shift = _OFFSET.fullmatch(offset or "")
    given = _offset(shift) if shift else UTC if offset else None
    earliest = _EARLIEST + datetime.resolution if end else _EARLIEST
    latest = _LATEST if end else _LATEST - datetime.resolution
    if wall.year not in YEARS:
        return earliest if wall.year < YEARS.start else latest
    if minutes is None:
        moment = _day(wall.date(), zone, end=end)
    elif given is None:
        moment = _on_clock(wall, zone, later=end)
    else:
        moment = wall.replace(tzinfo=given).astimezone(UTC)
    return min(max(moment, earliest), latest)


def _ago(match: re.Match[str], now: datetime, zone: tzinfo, *, end: bool) -> datetime:
    """Go back by an ISO 8601 duration: days and more on the wall's calendar, the rest exactly."""
    import isodate  # noqa: PLC0415 - start-up does without it

    days, rest = match.groups()
    moment = now
    if days:
        local = now.astimezone(zone).replace(tzinfo=None)
        wall: datetime = local - isodate.parse_duration(f"P{days}")
        moment = _on_clock(wall, zone, later=end)
    if rest:
        back: timedelta = isodate.parse_duration(f"PT{rest}")
        moment -= back
    return moment


def _iso_duration(text: str) -> timedelta | None:
    """Read an ISO 8601 duration, None where it is no fixed length (months) or none at all."""
    import isodate  # noqa: PLC0415 - start-up does without it

    try:
        duration: object = isodate.parse_duration(text)
    except (isodate.ISO8601Error, OverflowError):
        return None
    return duration if isinstance(duration, timedelta) else None


def _day(day: date, zone: tzinfo, *, end: bool) -> datetime:
    """Find where a local day begins, or (`end`) where the last of it is over."""
    if not end:
        return _on_clock(datetime.combine(day, time()), zone, later=False)
    midnight = datetime.combine(day + timedelta(days=1), time())
    later = _on_clock(midnight, zone, later=True)
    # Clocks set back over midnight bring the old day back: it is over at the second midnight.
    if (later - datetime.resolution).astimezone(zone).date() == day:
        return later
    return _on_clock(midnight, zone, later=False)


def _on_clock(wall: datetime, zone: tzinfo, *, later: bool) -> datetime:
    """Find when the clocks of `zone` show `wall`; when they skip it, the moment of the skip."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early <= late:
        return late if later else early
    # In a gap the two readings stand around the skip, the "late" one before it.
    base = late.replace(microsecond=0)

    def reached(seconds: int) -> bool:
        shown = (base + timedelta(seconds=seconds)).astimezone(zone)
        return shown.replace(tzinfo=None) >= wall

    span = range(int((early - base).total_seconds()) + 2)
    return base + timedelta(seconds=bisect_left(span, x=True, key=reached))


def _offset(match: re.Match[str]) -> timezone:
    at = time.fromisoformat(f"{match[2]}:{match[3]}")  # ValueError from 24:00 and 12:60 on
    shift = timedelta(hours=at.hour, minutes=at.minute) * (-1 if match[1] == "-" else 1)
    return timezone(shift) if shift else UTC


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def _nearest_zones(text: str) -> list[str]:
    """Find up to three names like `text`, whatever its case, by the whole or the city alone."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - start-up does without it

    names: dict[str, str] = {}
    for name in sorted(available_timezones()):
        names.setdefault(name.rpartition("/")[2].lower(), name)
        names[name.lower()] = name
    near = nearest_names(text, names, most=5, cutoff=0.7)
    return list(dict.fromkeys(names[match] for match in near))[:3]
