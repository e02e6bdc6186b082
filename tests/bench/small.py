"""Accounts of some hundred rows: Yeastar, Enswitch and Imagicle."""

import json
from datetime import timedelta

from tests.bench.answers import CALL_S, EPOCH, Answering, Asked, Spread, Told


def yeastar(spread: Spread) -> Answering:
    """Answer a login, and everything on one page."""
    token = json.dumps(
        {
            "errcode": 0,
            "errmsg": "SUCCESS",
            "access_token_expire_time": 1800,
            "access_token": "a" * 32,
            "refresh_token_expire_time": 86400,
            "refresh_token": "b" * 32,
        }
    ).encode()
    rows = [_yeastar_row(spread, row) for row in range(spread.rows)]
    listed = {"errcode": 0, "errmsg": "SUCCESS", "total_number": len(rows), "data": rows}
    page = json.dumps(listed).encode()

    def answer(asked: Asked) -> Told | None:
        if not asked.path.startswith("/openapi/v1.0/"):
            return None
        return Told(token if asked.path.endswith("_token") else page)

    return answer


def _yeastar_row(spread: Spread, row: int) -> dict[str, object]:
    start_s = spread.moment_us(row) // 1_000_000
    start = EPOCH + timedelta(seconds=start_s)
    return {
        "id": row + 1,
        "time": start.strftime("%m/%d/%Y %H:%M:%S"),
        "uid": f"{start_s}.{row}",
        "call_from": f"Desk<{1000 + row % 100}>",
        "call_to": "+14155550001",
        "duration": CALL_S,
        "size": 504_044,
        "call_type": "Outbound",
        "file": f"{start:%Y%m%d%H%M%S}-{start_s}.{row}-1000-14155550001-Outbound.wav",
    }


def enswitch(spread: Spread) -> Answering:
    """Answer windows of time, each at once."""

    def answer(asked: Asked) -> Told | None:
        if not asked.path.startswith("/api/json/recording/"):
            return None
        form = dict(pair.split("=", 1) for pair in asked.body.decode().split("&"))
        found = spread.between(int(form["start"]) * 1_000_000, int(form["end"]) * 1_000_000)
        said = {
            "responses": [{"code": "200", "key": "ok", "message": "OK"}],
            "data": [_enswitch_row(spread, row) for row in found],
        }
        return Told(json.dumps(said).encode())

    return answer


def _enswitch_row(spread: Spread, row: int) -> dict[str, object]:
    start_s = spread.moment_us(row) // 1_000_000
    return {
        "uniqueid": f"{start_s}.{row}",
        "recordid": str(row),
        "recordgroup": "7",
        "callid": f"call-{row}",
        "start": str(start_s),
        "end": str(start_s + CALL_S),
        "totaltime": str(CALL_S),
        "size": "504044",
        "snumber": "1001",
        "stype": "phone",
        "cnumber": "+14155550001",
        "dtype": "external",
        "complete": 1,
        "mimetype": "audio/x-wav",
    }


def imagicle(spread: Spread) -> Answering:
    """Answer everything on one page."""
    rows = [_imagicle_row(spread, row) for row in range(spread.rows)]
    page = json.dumps({"totalCount": len(rows), "recordings": rows}).encode()

    def answer(asked: Asked) -> Told | None:
        return Told(page) if asked.path.startswith("/fw/Apps/Recorder/") else None

    return answer


def _imagicle_row(spread: Spread, row: int) -> dict[str, object]:
    start = EPOCH + timedelta(microseconds=spread.moment_us(row))
    return {
        "id": f"{row:08x}-0000-4000-8000-0242ac110002",
        "referenceNumber": f"{row:09}",
        "startTime": f"{start:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "duration": f"PT{CALL_S}S",
        "direction": 1,
        "localPartyNumber": "1001",
        "remotePartyNumber": "+14155550001",
        "ownerUsername": "user",
    }
