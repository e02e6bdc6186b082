"""One line on the terminal that says how far a run is; removed when the run is done."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self, TextIO

from recli.cli.context import CommandContext
from recli.text import plural, size_text, some_of

if TYPE_CHECKING:
    from rich.live import Live

    from recli.archive.audio_result import AudioResult
    from recli.engine.result import ProfileResult

_BAR_CELLS = 10
_DELAY_S = 0.4
"""Runs that end sooner show no line."""
_NAMED = 3
"""Profiles that are named where more are waited for."""


class ProgressLine:
    """A line on standard error, shown if that is a capable terminal and `--quiet` isn't given.

    Messages appear above it.
    """

    def __init__(self, context: CommandContext) -> None:
        self._environment = context.environment
        self._console = context.console
        self._write = context.console.write
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def show(self, text: Callable[[float], str]) -> None:
        """Show `text` of the seconds since now, again and again until the line is hidden."""
        stream = self._environment.stderr
        if self._console.quiet or stream is None or not self._environment.supports_ansi(stream):
            return
        self.hide()
        live = self._live = self._started(stream, text)
        self._console.write = lambda lines: live.console.out(lines, end="", highlight=False)

    @property
    def is_shown(self) -> bool:
        """Whether the line is on the terminal."""
        return self._live is not None

    def hide(self) -> None:
        """Remove the line, if it is shown."""
        if self._live is not None:
            self._console.write = self._write
            self._live.stop()
            self._live = None

    def _started(self, stream: TextIO, text: Callable[[float], str]) -> "Live":
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner
        from rich.text import Text

        no_color = None if not self._environment.environ.get("NO_COLOR") else True
        encoding = getattr(stream, "encoding", None) or ""
        spinner = Spinner("dots" if "utf" in encoding.lower() else "line")
        begun_s = self._environment.monotonic_s()

        def line() -> Spinner | Text:
            passed_s = self._environment.monotonic_s() - begun_s
            if passed_s < _DELAY_S:
                return Text("")
            spinner.update(text=Text(text(passed_s), no_wrap=True, overflow="ellipsis"))
            return spinner

        live = Live(
            get_renderable=line,
            console=Console(file=stream, force_terminal=True, no_color=no_color, soft_wrap=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            refresh_per_second=8,
        )
        live.start()
        return live


def listing_progress_text(results: "Sequence[ProfileResult]", passed_s: float) -> str:
    """Say how many recordings came in `passed_s` seconds, and how many are left."""
    received = sum(result.received for result in results)
    rows = sum(result.rows for result in results)
    claims = [result.claimed for result in results if result.claimed is not None]
    total = sum(claims) if len(claims) == len(results) else 0
    parts = [f"{received:,} of {total:,} recordings" if total > received else plural(received)]
    if 0 < rows < received:
        parts.append(f"{rows:,} match")
    rate = received / passed_s if passed_s > 0 else 0.0
    if received:
        parts.append(f"{rate:,.0f}/s")
    if total > received and rate > 0:
        parts.append(f"{clock_text((total - received) / rate)} left")
    parts += _waited_for(results)
    return ", ".join(parts)


def _waited_for(results: "Sequence[ProfileResult]") -> list[str]:
    """Say which profiles have not answered for some seconds, and which try they are at."""
    waiting = [result for result in results if result.is_waited_for and not result.is_finished]
    if not waiting:
        return []
    names = [
        f"{result.profile} (try {result.current_try})" if result.current_try > 1 else result.profile
        for result in waiting
    ]
    return [f"waiting for {some_of(names, _NAMED)}"]


def audio_progress_text(audio: "AudioResult", passed_s: float) -> str:
    """Say how many audio files are stored, and how fast they come."""
    rate = audio.bytes / passed_s if passed_s > 0 else 0.0
    files = f"{audio.stored:,} of {audio.planned:,} audio files"
    return f"{files}, {size_text(rate)}/s"


def bar_text(done: int, total: int) -> str:
    """Return a bar of which as much is filled as is done."""
    filled = _BAR_CELLS * done // total if total else 0
    return f"[{'#' * filled}{'.' * (_BAR_CELLS - filled)}]"


def clock_text(duration_s: float) -> str:
    """Return a duration as minutes and seconds, or hours, minutes and seconds."""
    minutes, seconds = divmod(int(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
