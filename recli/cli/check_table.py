"""What `recli providers --check` found, as a table and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.text import Text

from recli.cli.console import Colour
from recli.cli.context import CommandContext
from recli.cli.text_table import Row, text_table
from recli.config.profile import profile_label
from recli.errors import RecliError
from recli.redact import Redactor
from recli.text import escape_control, rfc3339

_PROFILE = "  profile"
_RIGHT_CLOCK_S = 1.5
"""The header that tells the time has whole seconds."""
MAX_SKEW_S = 120
"""From here on a clock's error is shown in minutes, and warned of where all providers see it."""


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


def check_table(results: Sequence[CheckResult], context: CommandContext, zone: tzinfo) -> str:
    """Return the table of the results, as wide as the terminal."""
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
            (marks[is_usable], "color(28)" if is_usable else "red"), " ", escape_control(label)
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
    return f"{skew_s:+.0f} s" if abs(skew_s) < MAX_SKEW_S else f"{skew_s / 60:+.0f} min"


def check_document(result: CheckResult, redact: Redactor) -> dict[str, object]:
    """Return a result as JSON can hold it."""
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
