"""What happens on a profile's line, told to whoever wants to know."""

from recli.cli.tell import Teller
from recli.transport.watch import Silent, Watch


def watching(profile: str, teller: Teller) -> Watch:
    """Return who is told of a profile's requests: warnings only, unless somebody is curious."""
    return _Curious(profile, teller) if teller.curious else _Calm(teller)


class _Calm(Silent):
    """Pass warnings on, and spare the transport the work of describing each request."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def warned(self, text: str) -> None:
        """Pass it on."""
        self._teller.warn(text)


class _Curious:
    """Tell each request and each wait."""

    def __init__(self, profile: str, teller: Teller) -> None:
        self._profile = profile
        self._teller = teller

    def requested(self, method: str, url: str, outcome: str, seconds: float) -> None:
        """Tell a request with what came of it and how long that took."""
        self._teller.detail(f"{self._profile}: {method} {url} {outcome} {seconds:.2f} s")

    def waiting(self, why: str, seconds: float) -> None:
        """Tell a wait and its reason."""
        self._teller.detail(f"{self._profile}: waiting {seconds:.1f} s: {why}")

    def warned(self, text: str) -> None:
        """Pass it on."""
        self._teller.warn(text)
