"""The providers of the sandbox with switches for other behaviour that is documented or seen."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from recli.sandbox import bandwidth, enswitch, yeastar
from recli.sandbox.http_server import FakeResponse, ReceivedRequest
from recli.sandbox.imagicle import FakeImagicle
from recli.sandbox.plivo import AUTH_ID, AUTH_TOKEN, MEDIA_PREFIX, FakePlivo
from recli.sandbox.provider import RefusedError, basic_credentials, html_response, json_response


@dataclass(slots=True)
class Behaviour:
    """The switches of a sandbox; all may be changed while it runs.

    `fault` returns a Fault or None; `on_request` takes the sandbox too, comes first, and may add
    or delete recordings. They are called one at a time.
    """

    latency_s: float = 0.0
    limits: bool = False
    fault: Callable[[ReceivedRequest], Any] | None = None
    on_request: Callable[[Any, ReceivedRequest], None] | None = None
    wall_clock: Callable[[], float] | None = None
    """Seconds since the epoch: limits and the life of tokens; the sandbox's clock by default."""

    plivo_media_auth: bool = False
    bandwidth_links: str = "cursor"
    """`absolute`, `relative`, `cursor` (opaque; absolute and relative in turn), or `none`."""
    bandwidth_newest_first: bool = False
    bandwidth_reset_header: bool = True
    yeastar_timezone: tzinfo = yeastar.FakeYeastar.timezone
    yeastar_time_format: str = yeastar.FakeYeastar.time_format
    yeastar_file_epoch: bool = True
    """Whether file names have the second of the call since the epoch."""
    yeastar_search: bool = True
    yeastar_page_size_max: int = yeastar.FakeYeastar.max_rows_per_page
    yeastar_token_uses: int | None = None
    """After so many uses an access token is invalid, while its refresh token is valid."""
    enswitch_max_rows: int = enswitch.FakeEnswitch.max_rows
    enswitch_needs_window: bool = False
    """Whether a list without start and end times out (504)."""
    enswitch_code_as: str = "string"
    """How codes come: `string`, `int`, or `object` (one object in the place of the array)."""
    enswitch_role: bool = True
    """Whether the user has the role privilege `record`."""
    imagicle_page_size_max: int | None = None
    imagicle_remote_name: str = FakeImagicle.remote_name

    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)


class Switched:
    """What all switched providers have in common."""

    behaviour: Behaviour

    def wait_s(self, limit):
        return super().wait_s(limit) if self.behaviour.limits else 0.0

    def failed(self, status):
        """Return the provider's own error body for an HTTP status."""
        return html_response(status, f"{status} Error")

    def failed_with_code(self, code):
        """Return HTTP 200 with a code inside, where the provider does so."""
        return self.failed(code if 400 <= code < 600 else 500)


def switch(name: str) -> Any:
    """Read an attribute of a provider from its behaviour."""
    return property(lambda provider: getattr(provider.behaviour, name))


class SwitchedPlivo(Switched, FakePlivo):
    def handle(self, request):
        media = request.provider == MEDIA_PREFIX and self.behaviour.plivo_media_auth
        if media and basic_credentials(request) != (AUTH_ID, AUTH_TOKEN):
            return FakeResponse(401, b"Unauthorized\n", "text/plain")
        return super().handle(request)

    def failed(self, status):
        return self.error(status, "an error has occurred, please try again")


class SwitchedBandwidth(Switched, bandwidth.FakeBandwidth):
    def _keyed_calls(self):
        if not self.behaviour.bandwidth_newest_first:
            return super()._keyed_calls()
        return sorted((f"{c.start:%Y%m%d%H%M%S%f}{c.id}", c) for c in self.account.calls())

    def _link_header(self, links, size, *, relative):
        style = self.behaviour.bandwidth_links
        if style == "none":
            return ()
        if style != "cursor":
            page = int(links["previous"]["page"]) + 2 if "previous" in links else 1
            links = {**links, **({"next": {"page": str(page)}} if "next" in links else {})}
            relative = style == "relative"
        return super()._link_header(links, size, relative=relative)

    def too_many_requests(self, wait_s):
        response = super().too_many_requests(wait_s)
        return response if self.behaviour.bandwidth_reset_header else replace(response, headers=())

    def failed(self, status):
        if status == 429:
            return self.too_many_requests(bandwidth.PER_S)
        return bandwidth.error_response(status, "Something went wrong")


class SwitchedYeastar(Switched, yeastar.FakeYeastar):
    timezone = switch("yeastar_timezone")
    time_format = switch("yeastar_time_format")
    max_rows_per_page = switch("yeastar_page_size_max")

    def __init__(self, *args):
        super().__init__(*args)
        self.uses = {}
        self.dead = set()

    def _check_token(self, request):
        super()._check_token(request)
        token, uses_max = request.query["access_token"], self.behaviour.yeastar_token_uses
        with self.behaviour.lock:
            self.uses[token] = self.uses.get(token, 0) + 1
            if token in self.dead or (uses_max is not None and self.uses[token] > uses_max):
                raise RefusedError(yeastar.error_response(yeastar.TOKEN_INVALID))

    def _serve(self, endpoint, query):
        if endpoint == "GET recording/search" and not self.behaviour.yeastar_search:
            return yeastar.error_response(yeastar.NO_INTERFACE)
        return super()._serve(endpoint, query)

    def _file_name(self, call):
        name = super()._file_name(call)
        if self.behaviour.yeastar_file_epoch:
            return name
        return f"recording-{call.number}-{name.split('-', 2)[2]}"

    def failed_with_code(self, code):
        return yeastar.error_response(code)


class SwitchedEnswitch(Switched, enswitch.FakeEnswitch):
    max_rows = switch("enswitch_max_rows")

    def respond(self, request):
        response = super().respond(request)
        style = self.behaviour.enswitch_code_as
        if style == "string" or "json" not in response.content_type:
            return response
        body = json.loads(response.body)
        (inner,) = body["responses"]
        shown = [{**inner, "code": int(inner["code"])}] if style == "int" else inner
        return json_response({**body, "responses": shown})

    def _list(self, params):
        if not self.behaviour.enswitch_role:
            return enswitch.code_response(402)
        if self.behaviour.enswitch_needs_window and not {"start", "end"} <= params.keys():
            return html_response(504, "504 Gateway Time-out")
        return super()._list(params)

    def _get(self, params):
        return super()._get(params) if self.behaviour.enswitch_role else enswitch.code_response(402)

    def failed_with_code(self, code):
        return enswitch.code_response(code)


class SwitchedImagicle(Switched, FakeImagicle):
    remote_name = switch("imagicle_remote_name")

    def _list(self, query):
        size, size_max = query.get("pagesize", ""), self.behaviour.imagicle_page_size_max
        if size_max and size.isdecimal():
            query = {**query, "pagesize": str(min(int(size), size_max))}
        return super()._list(query)

    def failed_with_code(self, code):
        status = code if 400 <= code < 600 else 500
        return json_response({"message": "An unexpected error occurred"}, status)
