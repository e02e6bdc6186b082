"""Stand in for Plivo's recording API and its audio host.

`GET /v1/Account/{auth_id}/Recording/`, HTTP Basic; `limit` up to 20 and `offset`; newest stored
first; `add_time` in UTC without offset. The audio host is open, or asks for the same login.
https://www.plivo.com/docs/voice/api/recording
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from urllib.parse import unquote

from recli.sandbox.account import Account, Call
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.limits import Limit
from recli.sandbox.message import Answer, Seen, basic_login, json_answer, sound_answer
from recli.sandbox.plivo_filters import EQUAL, LIMIT_MAX, RefusalError, age_holds, span, whole
from recli.sandbox.plivo_rows import age_days, hidden, row
from recli.sandbox.sound import sound_type

AUTH_ID = "MASANDBOX0123456789A"
AUTH_TOKEN = "sandbox-plivo-token"  # noqa: S105 - opens nothing but this stand-in
ROOT = f"/v1/Account/{AUTH_ID}/Recording/"
REQUESTS, PER_S = 300, 5.0  # over all recording APIs of an account


class Plivo:
    """Answer in the place of Plivo, for one account."""

    def __init__(
        self, account: Account, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        self._account = account
        self._behaviour = behaviour
        self._now = now
        self._url = url
        self._limit = Limit(REQUESTS, PER_S)
        self._serial = count(1)

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "plivo",
            "auth_id": AUTH_ID,
            "auth_token": AUTH_TOKEN,
            "base_url": f"{self._url}/plivo",
            "media_url": f"{self._url}/plivo-media",
        }

    def refuse(self, status: int) -> Answer:
        """Give Plivo's error body."""
        return self._error(status, "an error has occurred, please try again")

    def errcode(self, code: int, seen: Seen) -> Answer:  # noqa: ARG002 - the same for every request
        """Give that status: Plivo has no codes of its own."""
        return self.refuse(code if 400 <= code < 600 else 500)

    def answer(self, seen: Seen) -> Answer:
        """Answer for the API or, under its own prefix, for the audio host."""
        if seen.provider == "plivo-media":
            return self._media(seen)
        return self._refused(seen) or self._get(seen)

    def _refused(self, seen: Seen) -> Answer | None:
        login = basic_login(seen)
        if login is None:
            return json_answer({"error": "authentication credentials were not provided"}, 401)
        if login != (AUTH_ID, AUTH_TOKEN):
            text = b"Could not verify your access level for that URL.\n"
            return Answer(401, text, "text/plain; charset=utf-8")
        if not seen.path.startswith(ROOT):  # also without the slash at its end
            return self._error(404, "not found")
        if seen.method != "GET":
            return self._error(405, "method not allowed")
        if self._behaviour.limits and self._limit.wait_s(self._behaviour.wall_clock()):
            return self._error(429, "too many requests, please slow down")
        return None

    def _get(self, seen: Seen) -> Answer:
        if seen.path != ROOT:
            call = self._account.get(unquote(seen.path.removeprefix(ROOT)).removesuffix("/"))
            if call is None:
                return self._error(404, "not found")
            return json_answer({"api_id": self._api_id(), **self._row(call)})
        if "callback_url" in seen.query:  # the rows go there, not here
            return json_answer({"api_id": self._api_id(), "message": "async api spawned"}, 202)
        try:
            return self._page(seen.query)
        except RefusalError as error:
            return self._error(400, str(error))

    def _page(self, query: Mapping[str, str]) -> Answer:
        limit = whole(query, "limit", LIMIT_MAX, least=1)
        offset = whole(query, "offset", 0, least=0)
        if limit > LIMIT_MAX:
            raise RefusalError(f"limit should be at most {LIMIT_MAX}")
        found = self._found(query)
        more = offset + limit < len(found)
        meta = {
            "limit": limit,
            "next": _link(limit, offset + limit) if more else None,
            "offset": offset,
            "previous": _link(limit, max(0, offset - limit)) if offset else None,
            "total_count": len(found),
        }
        objects = [self._row(call) for call in found[offset : offset + limit]]
        return json_answer({"api_id": self._api_id(), "meta": meta, "objects": objects})

    def _found(self, query: Mapping[str, str]) -> list[Call]:
        """List what matches, newest stored first."""
        now = self._now()
        within = span(query, now)
        wanted = tuple((key, query[key]) for key in EQUAL if query.get(key))
        age = tuple(item for item in query.items() if item[0].startswith("recording_storage"))

        def matches(call: Call) -> bool:
            return (
                within.holds(call.added)
                and (not age or age_holds(query, age_days(call, now)))
                and (not wanted or self._equals(call, wanted))
            )

        stored = self._account.memo("newest", lambda: _newest(self._account.calls()))
        return self._account.memo(
            (within, wanted, age, age and now), lambda: [c for c in stored if matches(c)]
        )

    def _equals(self, call: Call, wanted: tuple[tuple[str, str], ...]) -> bool:
        shown = self._row(call)
        known = {**shown, **hidden(call, shown)}
        return all(known.get(key) == value for key, value in wanted)

    def _media(self, seen: Seen) -> Answer:
        if self._behaviour.plivo_media_auth and basic_login(seen) != (AUTH_ID, AUTH_TOKEN):
            return Answer(401, b"Unauthorized\n", "text/plain")
        own_id, _, form = seen.path.removeprefix(ROOT).rpartition(".")
        call = self._account.get(own_id)
        if call is None or call.form != form or seen.method != "GET":
            text = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
            return Answer(404, text, "application/xml")
        return sound_answer(call.sound(), sound_type(form), seen)

    def _row(self, call: Call) -> dict[str, object]:
        media_url = f"{self._url}/plivo-media{ROOT}{call.id}.{call.form}"
        return row(call, f"{ROOT}{call.id}/", media_url, self._now())

    def _error(self, status: int, text: str) -> Answer:
        return json_answer({"api_id": self._api_id(), "error": text}, status)

    def _api_id(self) -> str:
        return str(uuid.UUID(int=next(self._serial), version=1))


def _newest(calls: list[Call]) -> list[Call]:
    return sorted(calls, key=lambda call: (call.added, call.number), reverse=True)


def _link(limit: int, offset: int) -> str:
    """Write a link as the samples have it: without the host, without the filters."""
    return f"{ROOT}?limit={limit}&offset={offset}"
