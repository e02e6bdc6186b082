"""A PBX's view of a recording: its own zone, its own time format, telling file names.

It makes rows and does not answer requests.
https://help.yeastar.com/en/p-series-appliance-edition/developer-guide/query-recording-list.html
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from recli.sandbox.account import ABSENT, Call
from recli.sandbox.behaviour import Behaviour

NEWER = ("call_from_number", "call_from_name", "call_to_number", "call_to_name")
NEWEST = ("archive_status", "archive_path", "archive_type", "file_path")

PATCHES: tuple[Mapping[str, object], ...] = (
    {"id_as_string": True},
    {"call_from_name": None, "archive_status": None},
    dict.fromkeys(NEWEST, ABSENT),
    dict.fromkeys((*NEWER, *NEWEST), ABSENT),
)

# As the settings page writes them; `hh` is said with 24 hours too.
DATE_WORDS = {"%m": "MM", "%d": "DD", "%Y": "YYYY"}


def row(call: Call, behaviour: Behaviour) -> dict[str, object]:
    """Make the object of one recording."""
    name = file_name(call, behaviour)
    local = call.start.astimezone(behaviour.yeastar_timezone)
    archived = call.number % 4 == 0
    folder = f"{local:%Y%m%d}"
    made: dict[str, object] = {
        "id": int(call.id) if call.id.isdecimal() else call.id,
        "time": local.strftime(behaviour.yeastar_time_format),
        "uid": call.call_id,
        "call_from": _party(call.from_name, call.from_number),
        "call_to": _party(call.to_name, call.to_number),
        "duration": round(call.duration_s),
        "size": call.size_bytes,
        "call_type": call.direction.capitalize(),
        "file": name,
        "call_from_number": call.from_number,
        "call_from_name": call.from_name,
        "call_to_number": call.to_number,
        "call_to_name": call.to_name,
        "archive_status": "success" if archived else "",
        "archive_path": f"/PBX/RecordingFiles/{folder}/{name}" if archived else "",
        "archive_type": "sharepoint" if archived else "",
        "file_path": f"/tmp/media/networkdisk1/recording/{folder}/{name}" if archived else "",  # noqa: S108 - only told
    }
    shown = call.patched(made)
    if shown.pop("id_as_string", False):
        shown["id"] = str(call.id)
    return shown


def file_name(call: Call, behaviour: Behaviour) -> str:
    """Name the file: local stamp of the answer, second of the call, parties, kind."""
    local = call.start.astimezone(behaviour.yeastar_timezone)
    source, target = (
        "".join(char for char in number if char.isalnum()) or "unknown"
        for number in (call.from_number, call.to_number)
    )
    kind = call.direction.capitalize()
    if not behaviour.yeastar_file_epoch:
        return f"recording-{call.number}-{source}-{target}-{kind}.{call.form}"
    epoch = f"{int(call.start.timestamp())}.{call.number}"
    answered = local + timedelta(seconds=call.number % 8)
    return f"{answered:%Y%m%d%H%M%S}-{epoch}-{source}-{target}-{kind}.{call.form}"


def information(behaviour: Behaviour, now: datetime) -> dict[str, object]:
    """Tell of the PBX itself; its time and the timestamp are the same moment."""
    date_format, _, _ = behaviour.yeastar_time_format.partition(" ")
    for sign, word in DATE_WORDS.items():
        date_format = date_format.replace(sign, word)
    local = now.astimezone(behaviour.yeastar_timezone)
    return {
        "device_name": "Sandbox PBX",
        "model_name": "P-Series Software Edition",
        "sn": "3631A2124000",
        "firmware_version": "83.18.0.59",
        "system_time": local.strftime(behaviour.yeastar_time_format),
        "up_time": 24852,
        "system_date_format": date_format,
        "system_time_format": "hh:mm:ss",
        "timestamp": int(now.timestamp()),
    }


def _party(name: str, number: str) -> str:
    return f"{name}<{number}>" if name else number
