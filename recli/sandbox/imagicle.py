"""Stand in for Imagicle Call Recording.

`GET /fw/Apps/Recorder/WebAPI/Recordings`, HTTP Basic, `page` from 0 and `pageSize`, both left out
for all; colon filters; times with seven fraction digits and mixed offsets, ISO 8601 durations.
https://kbp.imagicle.com/kb/get-recordings-list-628.html
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import unquote

from recli.sandbox.account import Account, Call
from recli.sandbox.behaviour import Behaviour
from recli.sandbox.imagicle_filters import BAD_PAGING, RefusalError, passes, tests
from recli.sandbox.imagicle_rows import row
from recli.sandbox.message import (
    Answer,
    Seen,
    basic_login,
    html_answer,
    json_answer,
    sound_answer,
)

USERNAME = "sandbox"
PASSWORD = "sandbox-imagicle-password"  # noqa: S105 - opens nothing but this stand-in
ROOT = "/fw/Apps/Recorder/WebAPI/Recordings"


class Imagicle:
    """Answer in the place of one server with one user."""

    def __init__(
        self, account: Account, behaviour: Behaviour, now: Callable[[], datetime], url: str
    ) -> None:
        del now  # nothing here depends on the present
        self._account = account
        self._behaviour = behaviour
        self._url = url
        self._lock = threading.Lock()
        self.audits: list[str] = []
        """The ids of the downloads so far: each is an event in the server's audit log."""

    def profile(self) -> dict[str, str | int | bool]:
        """Give the configuration that reaches this stand-in."""
        return {
            "provider": "imagicle",
            "base_url": f"{self._url}/imagicle",
            "username": USERNAME,
            "password": PASSWORD,
        }

    def refuse(self, status: int) -> Answer:
        """Give the page of the web server."""
        return html_answer(status, f"{status} Error")

    def errcode(self, code: int, seen: Seen) -> Answer:  # noqa: ARG002 - the same for every request
        """Give that status: there are no codes of its own."""
        status = code if 400 <= code < 600 else 500
        return json_answer({"message": "An unexpected error occurred"}, status)

    def answer(self, seen: Seen) -> Answer:
        """Answer for the list, one recording, and its audio."""
        if basic_login(seen) != (USERNAME, PASSWORD):
            page = html_answer(401, "401 - Unauthorized")
            challenge = (("WWW-Authenticate", 'Basic realm="Imagicle"'),)
            return Answer(401, page.body, page.content_type, challenge)
        if not seen.path.lower().startswith(ROOT.lower()) or seen.method != "GET":
            return html_answer(404, "404 - File or directory not found.")
        rest = unquote(seen.path[len(ROOT) :]).strip("/")
        if not rest:
            return self._list({key.lower(): value for key, value in seen.query.items()})
        own_id, _, media = rest.partition("/")
        call = self._by_id().get(own_id.lower())
        if call is None or media.lower() not in {"", "media"}:
            return json_answer({"message": "The recording was not found"}, 404)
        if not media:
            return json_answer(self._row(call))
        with self._lock:
            self.audits.append(call.id)
        return sound_answer(call.sound(), "audio/mpeg")

    def _list(self, query: Mapping[str, str]) -> Answer:
        """Give a page, newest first, or everything; `query` has its names in lower case."""
        try:
            size = _whole(query, "pagesize", 1, needed="page" in query)
            page = _whole(query, "page", 0)
            found = self._found(query)
        except RefusalError as error:
            return json_answer({"reason": error.reason, "message": str(error)}, 400)
        shown = found
        if size is not None:
            size = min(size, self._behaviour.imagicle_page_size_max or size)
            first = (page or 0) * size
            shown = found[first : first + size]
        rows = [self._row(call) for call in shown]
        return json_answer({"totalCount": len(found), "recordings": rows})

    def _found(self, query: Mapping[str, str]) -> list[Call]:
        remote_name = self._behaviour.imagicle_remote_name
        wanted = tests(query, remote_name)
        return self._account.memo(
            (remote_name, tuple(sorted(wanted.items()))),
            lambda: [
                call for call in reversed(self._account.calls()) if passes(wanted, call, self._row)
            ],
        )

    def _by_id(self) -> dict[str, Call]:
        return self._account.memo(
            "by id", lambda: {call.id.lower(): call for call in self._account.calls()}
        )

    def _row(self, call: Call) -> dict[str, object]:
        return row(call, self._behaviour.imagicle_remote_name)


def _whole(query: Mapping[str, str], name: str, least: int, *, needed: bool = False) -> int | None:
    text = query.get(name)
    if text is None and not needed:
        return None
    text = text or ""
    if not text.isdecimal() or int(text) < least:
        raise RefusalError(BAD_PAGING, f"{name} is not valid: {text}")
    return int(text)
