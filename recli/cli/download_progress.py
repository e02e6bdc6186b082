"""How far a download is: a bar with files, bytes, rate, time left and the slowest profile."""

from recli.archive.audio_result import AudioResult, ProfileAudio
from recli.cli.progress import bar_text, clock_text
from recli.cli.request import ConsoleObserver
from recli.text import size_text


class DownloadObserver(ConsoleObserver):
    """Show how far a download is; it begins while the listing goes on."""

    _is_listed = False

    def audio_progress(self, audio: AudioResult) -> None:
        if self._audio is None and audio.planned:
            self._line.show(self._text)
            self._audio = audio

    def listing_finished(self) -> None:
        self._is_listed = True
        if self._audio is None:
            self._line.hide()

    def run_finished(self) -> None:
        self._line.hide()

    def _text(self, passed_s: float) -> str:
        audio = self._audio or AudioResult()
        return download_progress_text(audio, passed_s, is_listed=self._is_listed)


def download_progress_text(audio: AudioResult, passed_s: float, *, is_listed: bool) -> str:
    """Say how many files are done, of how many that are known so far, and what takes longest."""
    profiles = list(audio.profiles.values())
    done, planned = sum(map(_done, profiles)), audio.planned
    rate = audio.bytes / passed_s if passed_s > 0 else 0.0
    more = "" if is_listed else " or more"
    parts = [
        f"{bar_text(done, planned)} {done:,} of {planned:,}{more}",
        f"{size_text(audio.bytes)} at {size_text(rate)}/s",
    ]
    left_s = {it.profile: _left_s(it, passed_s) for it in profiles if _done(it) < it.planned}
    if left_s:
        slowest = max(left_s, key=lambda name: left_s[name])
        if left_s[slowest] < _UNKNOWN_S:
            parts.append(f"{clock_text(left_s[slowest])} left")
        if len(profiles) > 1:
            result = audio.profiles[slowest]
            parts.append(f"slowest: {slowest} ({_done(result):,} of {result.planned:,})")
    return ", ".join(parts)


_UNKNOWN_S = float("inf")


def _done(result: ProfileAudio) -> int:
    return result.stored + result.present + result.failed + result.gone + result.not_ready


def _left_s(result: ProfileAudio, passed_s: float) -> float:
    """Return how long a profile's other files will take, infinite if it has none yet."""
    fetched = _done(result) - result.present
    return (result.planned - _done(result)) * passed_s / fetched if fetched else _UNKNOWN_S
