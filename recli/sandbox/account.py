"""One provider's account: its recordings, which tests may add to and delete from as they run.

It knows nothing of how a provider shows a recording, only what is the case.
"""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypedDict, TypeVar, Unpack

from recli.sandbox.audio import sound, sound_size_bytes

T = TypeVar("T")

MEMOS = 256  # bounds what one account remembers between changes


class CallDirection(StrEnum):
    """Say which way a call went, seen from the account."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class CallState(StrEnum):
    """Say how far a recording has come."""

    RECORDING = "recording"
    SAVING = "saving"
    COMPLETE = "complete"
    ERROR = "error"


class MissingField:
    """Stand in a patch for a field that the provider leaves out."""


ABSENT = MissingField()


@dataclass(frozen=True, slots=True)
class FakeCall:
    """Hold one recording as it happened.

    `id` is what recli shows as `id`; `number` counts within the account; `added` is when the
    recording was stored. `patch` overrides fields of the provider's row, by the provider's names:
    `ABSENT` leaves one out.
    """

    id: str
    number: int
    start: datetime
    duration_s: float
    added: datetime
    call_id: str = ""
    direction: CallDirection = CallDirection.INBOUND
    from_number: str = ""
    from_name: str = ""
    to_number: str = ""
    to_name: str = ""
    owner: str = ""
    state: CallState = CallState.COMPLETE
    form: str = "wav"
    patch: Mapping[str, object] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """When the recording ended."""
        return self.start + timedelta(seconds=self.duration_s)

    @property
    def size_bytes(self) -> int:
        """The length of the audio file."""
        return sound_size_bytes(self.form, self.duration_s)

    def sound(self) -> bytes:
        """Make the audio file, the same bytes each time."""
        return sound(self.form, self.duration_s, self.id)

    def patched(self, row: dict[str, object]) -> dict[str, object]:
        """Give the provider's row with the patch laid over it."""
        if not self.patch:
            return row
        return {k: v for k, v in {**row, **self.patch}.items() if v is not ABSENT}


class RecordingPatch(TypedDict, total=False):
    """Name what `Account.add` may be told of a new recording; the rest is made up."""

    id: str
    start: datetime
    duration_s: float
    added: datetime
    call_id: str
    direction: CallDirection
    from_number: str
    from_name: str
    to_number: str
    to_name: str
    owner: str
    state: CallState
    form: str
    patch: Mapping[str, object]


class FakeAccount:
    """Hold the recordings of one provider; safe to change while requests are answered.

    The made-up recordings are only made when something first asks for them.
    """

    def __init__(
        self,
        first: Callable[[], Iterable[FakeCall]],
        make: Callable[[int, datetime, float], FakeCall],
        now: Callable[[], datetime],
    ) -> None:
        self._first = first
        self._make = make
        self._now = now
        self._lock = threading.RLock()
        self._calls: dict[str, FakeCall] | None = None
        self._memos: dict[Hashable, object] = {}
        self._last_number = 0

    def add(self, **changes: Unpack[RecordingPatch]) -> FakeCall:
        """Add a recording; without a `start`, one that has just ended."""
        with self._lock:
            calls = self._loaded()
            duration_s = changes.get("duration_s", 30.0)
            start = changes.get("start", self._now() - timedelta(seconds=duration_s + 2))
            self._last_number += 1
            call = self._make(self._last_number, start.astimezone(UTC), duration_s)
            call = replace(call, added=call.end + timedelta(seconds=1))
            call = replace(call, **changes)
            calls[call.id] = call
            self._memos.clear()
            return call

    def delete(self, call_id: str) -> None:
        """Delete the recording with this id; KeyError when there is none."""
        with self._lock:
            del self._loaded()[call_id]
            self._memos.clear()

    def clear(self) -> None:
        """Delete every recording."""
        with self._lock:
            self._loaded().clear()
            self._memos.clear()

    def ids(self) -> list[str]:
        """List all ids, oldest start first."""
        return [call.id for call in self.calls()]

    def get(self, call_id: str) -> FakeCall | None:
        """Find a recording by its id."""
        with self._lock:
            return self._loaded().get(call_id)

    def calls(self) -> list[FakeCall]:
        """List all recordings, oldest start first, ties by number. Not to be changed."""
        return self.memo(
            "calls", lambda: sorted(self._loaded().values(), key=lambda c: (c.start, c.number))
        )

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        """Build a value from the recordings once, and again only after they have changed."""
        with self._lock:
            if key not in self._memos:
                if len(self._memos) >= MEMOS:
                    self._memos.clear()
                self._memos[key] = build()
            return self._memos[key]  # type: ignore[return-value]  # a key is used with one type

    def _loaded(self) -> dict[str, FakeCall]:
        if self._calls is None:
            self._calls = {call.id: call for call in self._first()}
            self._last_number = max((call.number for call in self._calls.values()), default=0)
        return self._calls
