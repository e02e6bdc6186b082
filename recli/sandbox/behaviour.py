"""How the stand-ins behave: switches, and faults to order.

Tests change a `Behaviour` while the sandbox runs. It holds no state of any provider.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from recli.sandbox.http_server import ReceivedRequest
    from recli.sandbox.server import Sandbox


class FaultKind(StrEnum):
    """Name what goes wrong with one answer."""

    RESET = "reset"
    TRUNCATED = "truncated"
    HTTP = "http"
    ERRCODE = "errcode"
    HTML = "html"
    BAD_JSON = "bad-json"
    EMPTY = "empty"
    HANG = "hang"
    ERROR_AS_AUDIO = "error-as-audio"


@dataclass(frozen=True, slots=True)
class Fault:
    """Order one fault; make it with the class methods.

    `code` is an HTTP status or the provider's own code, `seconds` is how long a hang lasts,
    `retry_after` is the header's text: seconds or an HTTP date.
    """

    kind: FaultKind
    code: int = 0
    seconds: float = 0.0
    retry_after: str | None = None
    content_type: str = "application/json"

    @classmethod
    def reset(cls) -> Self:
        """Cut the connection with a TCP reset, nothing sent."""
        return cls(FaultKind.RESET)

    @classmethod
    def truncated(cls) -> Self:
        """Announce the whole body, send half of it, and close."""
        return cls(FaultKind.TRUNCATED)

    @classmethod
    def http(cls, status: int, *, retry_after: str | None = None) -> Self:
        """Answer with a status (429, 500, 503, 504 …) and the provider's own error body."""
        return cls(FaultKind.HTTP, code=status, retry_after=retry_after)

    @classmethod
    def errcode(cls, code: int) -> Self:
        """Answer HTTP 200 with an error code inside (Yeastar and Enswitch; others: that status)."""
        return cls(FaultKind.ERRCODE, code=code)

    @classmethod
    def token_dead(cls) -> Self:
        """Answer Yeastar's 10004 and let the request's access token be dead from now on."""
        return cls(FaultKind.ERRCODE, code=10004)

    @classmethod
    def html(cls) -> Self:
        """Answer HTTP 200 with a proxy's HTML page."""
        return cls(FaultKind.HTML)

    @classmethod
    def bad_json(cls) -> Self:
        """Answer HTTP 200 with a body cut in the middle, its length being announced truly."""
        return cls(FaultKind.BAD_JSON)

    @classmethod
    def empty(cls) -> Self:
        """Answer HTTP 200 with an empty body."""
        return cls(FaultKind.EMPTY)

    @classmethod
    def hang(cls, seconds: float) -> Self:
        """Stay silent for so long, then answer as if nothing had been."""
        return cls(FaultKind.HANG, seconds=seconds)

    @classmethod
    def error_as_audio(cls, content_type: str = "application/json") -> Self:
        """Answer HTTP 200 with the provider's error as JSON, under this content type."""
        return cls(FaultKind.ERROR_AS_AUDIO, content_type=content_type)


@dataclass(slots=True)
class Behaviour:
    """Hold the switches of a sandbox; all may be changed while it runs.

    `fault` and `on_request` are called one at a time, under `lock`, so what they close over
    needs no lock of its own. `on_request` comes first, and may add or delete recordings.
    """

    latency_s: float = 0.0
    """Waited before every answer."""
    limits: bool = True
    """Whether the documented request limits hold."""
    log: bool = False
    """Whether `Sandbox.requests` is kept."""
    fault: "Callable[[ReceivedRequest], Fault | None] | None" = None
    on_request: "Callable[[Sandbox, ReceivedRequest], None] | None" = None
    wall_clock: Callable[[], float] = time.time
    """Seconds since the epoch: judges limits and the life of tokens."""

    plivo_media_auth: bool = False
    """Whether audio needs the account's credentials too."""
    bandwidth_links: str = "cursor"
    """`absolute`, `relative`, `cursor` (opaque; absolute and relative in turn), or `none`."""
    bandwidth_newest_first: bool = False
    bandwidth_reset_header: bool = True
    """Whether a 429 says when to come again."""
    yeastar_timezone: tzinfo = timezone(timedelta(hours=8))
    yeastar_time_format: str = "%m/%d/%Y %H:%M:%S"
    yeastar_file_epoch: bool = True
    """Whether file names carry the second of the call since the epoch."""
    yeastar_search: bool = True
    """Whether `recording/search` exists."""
    yeastar_page_size_max: int = 10_000
    """Larger pages are cut to this without a word."""
    yeastar_token_uses: int | None = None
    """After so many uses an access token is dead."""
    yeastar_one_download: bool = True
    """Whether a second download at the same time is refused."""
    enswitch_max_rows: int | None = 5_000
    """A window with more rows times out (504)."""
    enswitch_needs_window: bool = False
    """Whether a call without start and end times out (504)."""
    enswitch_code_as: str = "string"
    """How codes come: `string`, `int`, or `object` (one object in the place of the array)."""
    enswitch_role: bool = True
    """Whether the user has the role privilege `record`."""
    imagicle_page_size_max: int | None = None
    imagicle_remote_name: str = "remotePartyNumber"
    """The 2025 schema says `remoteParty`, and ignores a filter by the older name."""

    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
