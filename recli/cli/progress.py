"""A line on the terminal that says how far a run is, and is gone when the run is done.

Only for people: a terminal that understands it, and nobody who asked for quiet. What else is told
meanwhile goes above the line.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from recli.cli.context import CommandContext
from recli.engine.result import ProfileResult
from recli.text import plural

if TYPE_CHECKING:
    from rich.live import Live

_PATIENCE_S = 0.4
"""Runs that are over sooner show no line at all."""
Hide = Callable[[], None]


@contextmanager
def progress(context: CommandContext, say: Callable[[float], str]) -> Iterator[Hide]:
    """Show a line for as long as the block lasts, or until what is yielded is called.

    `say` returns the line's text after so many seconds.
    """
    environment, console = context.environment, context.console
    stream = environment.stderr
    if console.quiet or stream is None or not environment.supports_ansi(stream):
        yield _nothing
        return
    live = _live(context, stream, say)
    plain = console.show

    def above(lines: str) -> None:
        live.console.out(lines, end="", highlight=False)

    def hide() -> None:
        if console.show is not plain:
            console.show = plain
            live.stop()

    live.start()
    console.show = above
    try:
        yield hide
    finally:
        hide()


def _live(context: CommandContext, stream: TextIO, say: Callable[[float], str]) -> "Live":
    """Return the line, which draws itself anew by what `say` returns."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    environment = context.environment
    colour = None if not environment.environ.get("NO_COLOR") else True
    console = Console(file=stream, force_terminal=True, no_color=colour, soft_wrap=True)
    told = getattr(stream, "encoding", None) or ""
    spinner = Spinner("dots" if "utf" in told.lower() else "line")
    begun_s = environment.monotonic_s()

    def line() -> Spinner | Text:
        passed_s = environment.monotonic_s() - begun_s
        if passed_s < _PATIENCE_S:
            return Text("")
        spinner.update(text=Text(say(passed_s), no_wrap=True, overflow="ellipsis"))
        return spinner

    return Live(
        get_renderable=line,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        refresh_per_second=8,
    )


def progress_text(outcomes: Sequence[ProfileResult], passed_s: float) -> str:
    """Say in one line how far listings are after `passed_s` seconds."""
    received = sum(outcome.received for outcome in outcomes)
    rows = sum(outcome.rows for outcome in outcomes)
    claims = [outcome.claimed for outcome in outcomes if outcome.claimed is not None]
    total = sum(claims) if len(claims) == len(outcomes) else 0
    parts = [f"{received:,} of {total:,} recordings" if total > received else plural(received)]
    if rows < received and rows:
        parts.append(f"{rows:,} match")
    rate = received / passed_s if passed_s > 0 else 0.0
    if received:
        parts.append(f"{rate:,.0f}/s")
    if total > received and rate > 0:
        parts.append(f"{_clock((total - received) / rate)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _nothing() -> None:
    """Hide what was never shown."""
