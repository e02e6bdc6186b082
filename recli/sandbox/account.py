"""One provider's account: its recordings, without how the provider shows them."""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from recli.sandbox.audio import audio_size_bytes, make_audio

T = TypeVar("T")

CACHE_MAX = 256  # entries of one account

MISSING: Final = object()
"""In a patch: the provider leaves this field out."""


class CallDirection(StrEnum):
    """Which way a call went, as the account sees it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class CallState(StrEnum):
    """The state of a recording."""

    RECORDING = "recording"
    SAVING = "saving"
    COMPLETE = "complete"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class FakeCall:
    """Hold one recording.

    `id` is what recli shows as `id`; `number` counts within the account; `added` is when the
    recording was stored. `patch` overrides fields of the provider's row, by the provider's names.
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
    format: str = "wav"
    patch: Mapping[str, object] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """When the recording ended."""
        return self.start + timedelta(seconds=self.duration_s)

    @property
    def size_bytes(self) -> int:
        """The size of the audio file."""
        return audio_size_bytes(self.format, self.duration_s)

    def audio(self) -> bytes:
        """Make the audio file, the same bytes each time."""
        return make_audio(self.format, self.duration_s, self.id)

    def patched(self, row: dict[str, object]) -> dict[str, object]:
        """Apply the patch to the provider's row."""
        if not self.patch:
            return row
        return {k: v for k, v in {**row, **self.patch}.items() if v is not MISSING}


class FakeAccount:
    """Hold the recordings of one provider, made up by `generate` when they are first needed."""

    def __init__(self, generate: Callable[[], Iterable[FakeCall]]) -> None:
        self._generate = generate
        self._lock = threading.RLock()
        self._cache: dict[Hashable, object] = {}

    def calls(self) -> list[FakeCall]:
        """List all recordings, oldest start first, ties by number; not to be changed."""
        return self.cached(
            "calls", lambda: sorted(self._generate(), key=lambda c: (c.start, c.number))
        )

    def get(self, call_id: str) -> FakeCall | None:
        """Find a recording by its id."""
        return self.cached("by id", lambda: {call.id: call for call in self.calls()}).get(call_id)

    def cached(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` returned when it was first called for this key."""
        with self._lock:
            if key not in self._cache:
                if len(self._cache) >= CACHE_MAX:
                    self._cache.clear()
                self._cache[key] = build()
            return self._cache[key]  # type: ignore[return-value]  # a key is used with one type
