"""Plivo's view of a recording: names, units and the mixed forms of its times.

It makes rows and does not answer requests. https://www.plivo.com/docs/voice/api/recording
"""

import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from recli.sandbox.account import ABSENT, Call

SUBACCOUNT = "SASANDBOX0123456789A"

CONFERENCES = ("noname", "Weekly sync, EMEA", "团队会议", "", None)
ZONES = (
    UTC,
    UTC,
    timezone(timedelta(hours=5, minutes=30)),
    UTC,
    timezone(timedelta(hours=-7)),
)

PATCHES: tuple[Mapping[str, object], ...] = (
    {"recording_url": ABSENT},
    {"from_number": ABSENT, "to_number": ABSENT},
    {"conference_name": '=1+2,"x"'},
    {"recording_type": "mp3"},
    {"rounded_recording_duration": "60", "recording_storage_rate": "0.0004"},
    {"conference_name": ABSENT, "call_uuid": ABSENT},
    {"recording_start_ms": ABSENT},
    {"from_number": None, "to_number": "sip:jörg@phone.plivo.com"},
)


def row(call: Call, resource: str, media_url: str, now: datetime) -> dict[str, object]:
    """Make the object of one recording. `resource` is its path, `media_url` its audio."""
    conference = call.number % 5 == 0
    name = CONFERENCES[call.number // 5 % len(CONFERENCES)] if conference else "noname"
    made: dict[str, object] = {
        "add_time": _add_time(call),
        "call_uuid": call.call_id,
        "conference_name": name,
        "from_number": call.from_number,
        "monthly_recording_storage_amount": 0,
        "recording_duration_ms": f"{round(call.duration_s * 1000)}.00000",
        "recording_end_ms": f"{_epoch_ms(call.end)}.00000",
        "recording_format": call.form,
        "recording_id": call.id,
        "recording_start_ms": f"{_epoch_ms(call.start)}.00000",
        "recording_storage_duration": age_days(call, now),
        "recording_storage_rate": 0.0004,
        "recording_type": "conference" if conference else ("normal", "call")[call.number % 2],
        "recording_url": media_url,
        "resource_uri": resource,
        "rounded_recording_duration": 60 * math.ceil(call.duration_s / 60),
        "to_number": call.to_number,
    }
    if is_older(call):
        for key in ("recording_start_ms", "recording_end_ms", "from_number", "to_number"):
            del made[key]
    return call.patched(made)


def hidden(call: Call, shown: Mapping[str, object]) -> dict[str, str]:
    """Tell what can be filtered by without being shown."""
    name = shown.get("conference_name")
    return {
        "subaccount": SUBACCOUNT if call.number % 11 == 0 else "",
        "conference_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(name))) if name else "",
    }


def age_days(call: Call, now: datetime) -> int:
    """Count the whole days that a recording has been stored."""
    return max(0, (now - call.added).days)


def is_older(call: Call) -> bool:
    """Tell the recordings that show no start, no end and no numbers, as the oldest samples do."""
    return call.start.year == 2023 and call.number % 7 == 0


def _epoch_ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _add_time(call: Call) -> str:
    """Write the time of storing: a space or T, an offset or none, 6, 3 or no fraction digits."""
    if is_older(call):
        return call.added.replace(tzinfo=None).isoformat(timespec="microseconds")
    precision = ("microseconds", "microseconds", "microseconds", "milliseconds")[call.number % 4]
    zone = ZONES[call.number % len(ZONES)]
    return call.added.astimezone(zone).isoformat(" ", timespec=precision)
