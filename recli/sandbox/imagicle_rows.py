"""Imagicle's view of a recording: local and remote party, mixed offsets, ISO 8601 durations.

It makes rows and does not answer requests. https://kbp.imagicle.com/kb/get-recordings-list-628.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from recli.sandbox.account import Call, Direction

CODES = {
    Direction.UNKNOWN: 0,
    Direction.INBOUND: 1,
    Direction.OUTBOUND: 2,
    Direction.INTERNAL: 0,
}
ZONES = (timezone(timedelta(hours=2)), timezone(timedelta(hours=1)), UTC)

PATCHES: tuple[Mapping[str, object], ...] = (
    {"ownerUsername": 'müller, "hans"'},
    {"remotePartyNumber": ""},
    {"remotePartyNumber": "sip:guest@conference.example.invalid"},
    {"ownerUsername": "=cmd|' /C calc'!A0"},
    {"localPartyNumber": None, "referenceNumber": None},
)


def row(call: Call, remote_name: str) -> dict[str, object]:
    """Make the object of one recording; the remote party's name depends on the version."""
    local, remote = call.to_number, call.from_number
    if call.direction is Direction.OUTBOUND:
        local, remote = remote, local
    made = call.patched(
        {
            "id": call.id,
            "referenceNumber": f"{call.start:%Y}{call.number:09d}",
            "startTime": _time(call.start, call.number),
            "duration": _duration(call.duration_s),
            "direction": CODES[call.direction],
            "localPartyNumber": local,
            "remotePartyNumber": remote,
            "ownerUsername": call.owner,
        }
    )
    return {remote_name if key == "remotePartyNumber" else key: v for key, v in made.items()}


def _time(time: datetime, number: int) -> str:
    """Write a time with seven fraction digits, at one of three offsets or with `Z`."""
    zone = ZONES[number % 4 % len(ZONES)]
    local = time.astimezone(zone)
    offset = "Z" if number % 4 == len(ZONES) else local.isoformat()[-6:]
    if offset == "Z":
        local = time.astimezone(UTC)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06d}0{offset}"


def _duration(duration_s: float) -> str:
    """Write a duration without the parts that are zero, as .NET does: `PT1H`, `PT1M31.87S`."""
    hundredths = round(duration_s * 100)
    hours, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    seconds = f"{rest / 100:.2f}".rstrip("0").rstrip(".")
    text = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{seconds}S" * bool(rest)
    return "PT" + (text or "0S")
