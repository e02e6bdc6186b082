"""Made-up recordings: a few hundred believable calls, the same for everyone on a given day.

They reach from 2023 to now, more of them recent, with the edge cases that real accounts have. How a
provider shows them is in its own module; only the ids are made here.
"""

import math
import random
import string
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from recli.sandbox.account import CallDirection, CallState, FakeCall

FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
EDGE_CASES_FROM_ROWS = 40
ENSWITCH_GROUP = "4711"

# Decimals of a second that each stores of a duration; none: whole seconds for starts too.
DIGITS = {"plivo": 3, "bandwidth": 3, "yeastar": 0, "enswitch": 0, "imagicle": 2}


@dataclass(frozen=True, slots=True)
class CallParty:
    """Hold one side of a call."""

    number: str
    name: str
    login: str = ""


OUTSIDE = (
    CallParty("+14155550101", "Dana Whitfield"),
    CallParty("+14155550142", "Northwind Dental, Inc."),
    CallParty("+12025550117", ""),
    CallParty("+442079460018", "Priya Shah"),
    CallParty("+442079460777", "The Crown & Anchor"),
    CallParty("+493023125042", "Müller GmbH"),
    CallParty("+390655501234", "Studio Bianchi"),
    CallParty("+390299981200", "Giulia D'Amico"),
    CallParty("+861055501188", "李雷"),
    CallParty("+33199000042", "Chloé Lefèvre"),
)
INSIDE = (
    CallParty("1001", "Anna Rossi", "anna.rossi"),
    CallParty("1002", "Leo Ball", "lball"),
    CallParty("1003", "Evelyn Harris", "evelyn"),
    CallParty("1004", "Jörg Weiß", "jweiss"),
    CallParty("1005", "", "reception"),
    CallParty("1012", "Sales 2", "sales_2"),
)
LINES = (
    CallParty("+14155550199", "Main"),
    CallParty("+14155550180", ""),
    CallParty("+442079460100", "UK"),
)

# What real accounts hold somewhere, spread evenly from the newest to the oldest.
EDGE_CASES: tuple[Mapping[str, object], ...] = (
    {"state": CallState.RECORDING},
    {"state": CallState.SAVING},
    {"state": CallState.ERROR},
    {"from_name": 'Vogel, Hans "Hansi" & Söhne'},
    {"to_name": "王小明"},
    {"from_name": '=HYPERLINK("http://example.invalid/?"&A1,"Invoice")'},
    {"to_name": "🎧 Support"},
    {"duration_s": 0.0},
    {"from_name": "", "to_name": ""},
    {"duration_s": 0.12},
    {"duration_s": 16_649.87},
    {"state": CallState.ERROR},
    {"from_name": "@reception"},
    {"to_name": "Rechnung \u202egnp.exe\tB"},
    {"from_number": "anonymous", "from_name": ""},
    {"duration_s": 1.0},
    {"from_name": "-2+3"},
    {"from_number": "sip:anna@phone.plivo.com"},
    {"state": CallState.SAVING},
    {"to_name": "مرحبا"},
)


def generate_calls(
    provider: str, rows: int, now: datetime, patches: Sequence[Mapping[str, object]] = ()
) -> list[FakeCall]:
    """Make the account that a provider has at `now`: exactly `rows` recordings.

    The recordings of the whole day are made, and those that are not over yet left out; as the day
    goes on they replace the oldest. `patches` are applied to the provider's rows of some.
    """
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rng = random.Random(f"{provider} {midnight:%Y-%m-%d}")  # noqa: S311 - made-up data, no secret
    past = sorted(_past_start(rng, midnight) for _ in range(rows))
    slots = max(12, rows // 25) if rows else 0
    today = [midnight + timedelta(days=(i + rng.random()) / slots) for i in range(slots)]
    calls = [
        make_call(provider, number, _truncate(provider, start), _duration_s(provider, rng), rng)
        for number, start in enumerate([*past, *today], start=1)
    ]
    for i in range(1, len(calls)):
        if provider != "imagicle" and rng.random() < 0.06:
            calls[i] = replace(calls[i], call_id=calls[i - 1].call_id)
    if rows >= EDGE_CASES_FROM_ROWS:
        _add_edge_cases(provider, calls, rows, patches)
    over = [call for call in calls if call.added <= now]
    return over[len(over) - rows :]


def make_call(
    provider: str, number: int, start: datetime, duration_s: float, rng: random.Random | None = None
) -> FakeCall:
    """Make up one recording with an id as the provider gives them."""
    rng = rng or random.Random(f"{provider} added {number}")  # noqa: S311 - made-up data
    direction = rng.choices(
        (CallDirection.INBOUND, CallDirection.OUTBOUND, CallDirection.INTERNAL), (48, 38, 14)
    )[0]
    if provider == "imagicle" and direction is CallDirection.INTERNAL:
        direction = CallDirection.UNKNOWN
    ours = rng.choice(LINES if provider == "plivo" else INSIDE)
    other = rng.choice(OUTSIDE)
    if direction is CallDirection.INTERNAL and provider != "plivo":
        other = rng.choice([party for party in INSIDE if party is not ours])
    source, target = (ours, other) if direction is CallDirection.OUTBOUND else (other, ours)
    own_id, call_id = _identify(provider, rng, number, start)
    return FakeCall(
        id=own_id,
        number=number,
        start=start,
        duration_s=duration_s,
        added=start + timedelta(seconds=duration_s + rng.uniform(1, 900)),
        call_id=call_id,
        direction=direction,
        from_number=source.number,
        from_name=source.name,
        to_number=target.number,
        to_name=target.name,
        owner=ours.login,
        format=_format(provider, rng),
    )


def _past_start(rng: random.Random, midnight: datetime) -> datetime:
    """Choose a start before today: a quarter within two weeks, a third within half a year."""
    oldest = max((midnight - FIRST_DAY).days, 365)
    reach = rng.choices((14, 180, oldest), (25, 33, 42))[0]
    day = midnight - timedelta(days=rng.randint(1, min(reach, oldest)))
    # Ends so early that the day's longest ordinary call is stored before midnight.
    return day + timedelta(hours=rng.triangular(6, 21.5, 11))


def _duration_s(provider: str, rng: random.Random) -> float:
    return round(min(math.exp(rng.gauss(4.6, 1.1)), 5_400.0), DIGITS[provider])


def _truncate(provider: str, time: datetime) -> datetime:
    """Truncate a time to the seconds or milliseconds that the provider stores."""
    fraction = 0 if DIGITS[provider] == 0 else time.microsecond // 1000 * 1000
    return time.replace(microsecond=fraction)


def _format(provider: str, rng: random.Random) -> str:
    match provider:
        case "imagicle":
            return "mp3"
        case "plivo":
            return rng.choice(("mp3", "mp3", "mp3", "wav"))
        case _:
            return "wav"


def _identify(provider: str, rng: random.Random, number: int, start: datetime) -> tuple[str, str]:
    """Make the ids of a recording and of its call, as the provider makes them."""
    unique = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    letters = "".join(rng.choices(string.ascii_lowercase + string.digits, k=23))
    local = start + timedelta(hours=8)
    match provider:
        case "plivo":
            return unique, str(uuid.UUID(int=rng.getrandbits(128), version=4))
        case "bandwidth":
            return f"rec-{letters}", f"c-{letters[::-1]}"
        case "yeastar":
            return str(600 + number), f"{local:%Y%m%d%H%M%S}{letters[:5].upper()}"
        case "enswitch":
            key = f"{ENSWITCH_GROUP}/{int(start.timestamp())}.{100_000 + number}/{9_000 + number}"
            return key, f"{letters[:12]}@pbx.example.invalid"
        case _:
            mixed = unique.upper() if number % 3 else unique[:18].upper() + unique[18:]
            return mixed, ""


def _add_edge_cases(
    provider: str, calls: list[FakeCall], rows: int, patches: Sequence[Mapping[str, object]]
) -> None:
    """Apply the edge cases to the recordings of the past, newest first, in even steps."""
    for i, change in enumerate(EDGE_CASES, start=1):
        at = rows - i * rows // (len(EDGE_CASES) + 1)
        calls[at] = _changed(provider, calls[at], change)
    for i, patch in enumerate(patches, start=1):
        at = rows - 1 - i * rows // (len(patches) + 1)
        calls[at] = replace(calls[at], patch=patch)


def _changed(provider: str, call: FakeCall, change: Mapping[str, object]) -> FakeCall:
    call = replace(call, **change)  # type: ignore[arg-type]  # EDGE_CASES holds fields of Call only
    if provider not in {"bandwidth", "enswitch"}:  # the others list finished recordings only
        call = replace(call, state=CallState.COMPLETE)
    call = replace(call, duration_s=round(call.duration_s, DIGITS[provider]))
    delay = timedelta(seconds=30) if call.duration_s < 7_200 else timedelta(hours=3)
    return replace(call, added=call.end + delay)
