"""How fetching audio went."""

from dataclasses import asdict, dataclass, field

from recli.errors import RecliError

FAILURES_KEPT = 100
"""How many failures of one profile are listed; all are in the catalog."""


@dataclass(frozen=True, slots=True)
class AudioFailure:
    """A recording whose audio was not to be had in this run, or is odd."""

    id: str
    problem: str


@dataclass(slots=True)
class ProfileAudio:
    """One profile's audio in one run.

    `stored`, `bytes`, `failed` and `gone` are of this run; `not_ready` waits for the provider;
    `given_up` failed in as many runs as are allowed, in earlier runs too; `left` was not tried, for
    the reason `error`; `unfinished` are recordings that are still going on; `odd` were stored with
    a wrong header. `present`: whole in a plain folder before the run.
    """

    profile: str
    planned: int = 0
    stored: int = 0
    present: int = 0
    bytes: int = 0
    failed: int = 0
    gone: int = 0
    not_ready: int = 0
    given_up: int = 0
    left: int = 0
    unfinished: int = 0
    failures: list[AudioFailure] = field(default_factory=list)
    odd: list[AudioFailure] = field(default_factory=list)
    error: RecliError | None = None

    @property
    def is_complete(self) -> bool:
        """Return whether no audio is missing that the provider may still have."""
        return not (self.failed or self.gone or self.given_up or self.left or self.error)

    def add_failure(self, failure: AudioFailure) -> None:
        """Keep a failure, as long as there are few."""
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(failure)

    def add_stored(self, recording_id: str, size_bytes: int, note: str | None) -> None:
        """Count a stored file, and keep the note on it, as long as there are few."""
        self.stored += 1
        self.bytes += size_bytes
        if note is not None and len(self.odd) < FAILURES_KEPT:
            self.odd.append(AudioFailure(recording_id, note))


@dataclass(slots=True)
class AudioResult:
    """All profiles' audio in one run, by the profile's name."""

    profiles: dict[str, ProfileAudio] = field(default_factory=dict)

    @property
    def planned(self) -> int:
        """Return how many files were to be fetched."""
        return sum(profile.planned for profile in self.profiles.values())

    @property
    def stored(self) -> int:
        """Return how many files were stored."""
        return sum(profile.stored for profile in self.profiles.values())

    @property
    def bytes(self) -> int:
        """Return how many bytes were stored."""
        return sum(profile.bytes for profile in self.profiles.values())

    @property
    def is_complete(self) -> bool:
        """Return whether no audio is missing that the providers may still have."""
        return all(profile.is_complete for profile in self.profiles.values())

    def as_dict(self) -> dict[str, object]:
        """Return the counts and first failures by profile, as JSON can hold them."""
        names = (
            "planned",
            "stored",
            "present",
            "bytes",
            "failed",
            "gone",
            "not_ready",
            "given_up",
            "left",
        )
        return {
            profile: {
                **{name: getattr(audio, name) for name in names},
                "failures": [asdict(failure) for failure in audio.failures],
                "odd": [asdict(stored) for stored in audio.odd],
            }
            for profile, audio in self.profiles.items()
        }
