"""Enswitch's view of a recording: the row of its database table, strings for nearly everything.

It makes rows and does not answer requests. https://www.integrics.com/enswitch/guides/
"""

from datetime import datetime, timedelta

from recli.sandbox.account import Call, Direction, State
from recli.sandbox.sound import sound_type

RETENTION = timedelta(days=365)
LONG_RETENTION = timedelta(days=3_650)  # of what would have expired already

# Source and destination types, from which a direction can be told; a queue tells none.
TYPES = {
    Direction.INBOUND: ("external", "phone"),
    Direction.OUTBOUND: ("phone", "external"),
    Direction.INTERNAL: ("phone", "phone"),
    Direction.UNKNOWN: ("external", "queue"),
}
OPTIONAL = ("name", "status", "snumber_display", "dnumber_display", "callid")
NUMERIC = ("start", "end", "totaltime", "talktime", "size", "recordid")


def is_complete(call: Call) -> bool:
    """Tell whether the call is over and its sound stored."""
    return call.state not in {State.RECORDING, State.SAVING}


def row(call: Call, customer: int, now: datetime) -> dict[str, object]:
    """Make the row of one recording; some rows lack optional fields, some hold integers."""
    group, unique_id, record_id = call.id.split("/")
    source_type, target_type = TYPES[call.direction]
    over = is_complete(call)
    start_s = int(call.start.timestamp())
    kept = RETENTION if now - call.start < RETENTION * 0.8 else LONG_RETENTION
    seconds = str(round(call.duration_s)) if over else "0"
    made: dict[str, object] = {
        "uniqueid": unique_id,
        "recordid": record_id,
        "recordgroup": group,
        "callid": call.call_id,
        "start": str(start_s),
        "end": str(int(call.end.timestamp())) if over else "0",
        "expires": str(int((call.start + kept).timestamp())),
        "totaltime": seconds,
        "talktime": seconds,
        "size": str(call.size_bytes) if over else "0",
        "snumber": call.from_number,
        "snumber_display": call.from_name or call.from_number,
        "stype": source_type,
        "scustomer": str(customer) if source_type == "phone" else "",
        "spresent": int(call.from_number != "anonymous"),
        "cnumber": call.to_number,
        "dnumber": call.to_number,
        "dnumber_display": call.to_name or call.to_number,
        "dtype": target_type,
        "dcustomer": str(customer) if target_type == "phone" else "",
        "complete": int(over),
        "machine": 0,
        "status": "answered",
        "name": "",
        "path": f"/var/lib/enswitch/recordings/{group}/{unique_id}.{call.form}",
        "mimetype": sound_type(call.form),
    }
    if call.number % 41 == 7:
        for key in OPTIONAL:
            del made[key]
    if call.number % 37 == 5:
        made.update({key: int(str(made[key])) for key in NUMERIC})
    return call.patched(made)
