"""An archive that is open for writing: what a run does to it, step by step.

Whoever runs listings narrows each profile's query, hands over rows as they come, says how the
listing ended, and then has the audio fetched. It may be killed anywhere and run again.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from recli.archive import coverage, recovery, search, states
from recli.archive.adding import Adding
from recli.archive.catalog import Catalog
from recli.archive.coverage import OVERLAP_S, Account
from recli.archive.fetching import Fetching
from recli.archive.layout import Layout, make_folder
from recli.archive.lock import held
from recli.archive.names import Template
from recli.archive.outcome import AudioOutcome
from recli.archive.storing import Step, Storing
from recli.errors import UsageError
from recli.model import Filter, Query, Recording
from recli.providers.base import Provider
from recli.transport.transport import Transport

AUDIO_RETRIES = 5
"""Runs in which a recording's audio may fail before it is given up."""
_TIMES = frozenset({Filter.SINCE, Filter.UNTIL})


class Archive:
    """An open archive, for one thread; `open` makes or finds it and holds its lock."""

    def __init__(
        self, catalog: Catalog, warnings: list[str], now_s: Callable[[], float], step: Step
    ) -> None:
        self.warnings = warnings
        """What was found at the start that a run can't mend."""
        self._catalog = catalog
        self._now_s = now_s
        self._step = step
        self._adding: dict[str, Adding] = {}

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        *,
        wait_lock_s: float = 0.0,
        now_s: Callable[[], float] = time.time,
        step: Step = lambda _: None,
    ) -> Iterator[Self]:
        """Open an archive to write to, making it if need be, and put right what a kill left.

        `UsageError` if another run holds it for longer than `wait_lock_s`, or a newer recli wrote
        it; `step` is told of each step of storing.
        """
        layout = Layout(folder)
        try:
            make_folder(folder)
        except OSError as error:
            raise UsageError(
                f"can't make the archive {folder}: {error.strerror or error}"
            ) from error
        with ExitStack() as stack:
            stack.enter_context(held(layout, wait_lock_s, now_s))
            catalog = stack.enter_context(Catalog.writing(layout))
            yield cls(catalog, recovery.recover(catalog, step), now_s, step)

    def narrowed(
        self, provider: Provider, query: Query, *, full: bool = False, overlap_s: float = OVERLAP_S
    ) -> Query:
        """Return what to list of a profile: what may be new since its last complete listing.

        `full` asks for everything. `UsageError` if the profile was another account before.
        """
        account = Account.of(provider)
        coverage.check_account(self._catalog, account, full=full)
        return coverage.narrowed(self._catalog, account, query, full=full, overlap_s=overlap_s)

    def add(
        self, provider: Provider, rows: Sequence[Recording], *, give_out: bool = False
    ) -> list[Recording]:
        """Add a batch of rows, all or none; return those that the archive did not have.

        With `give_out` they wait, with those that have become final, until `given_out`.
        """
        if not rows:
            return []
        self._remember(provider)
        now_ms = int(self._now_s() * 1000)
        return self._added(provider).add(rows, now_ms=now_ms, fresh=give_out)

    def listed(self, provider: Provider, query: Query, *, complete: bool) -> None:
        """Say that the listing of `query`, as `narrowed` gave it, has ended.

        Only a complete one moves the mark from which the next one starts.
        """
        if not complete or query.limit is not None:
            return
        self._remember(provider)
        adding = self._added(provider)
        with self._catalog.changing():
            if not query.active - _TIMES:
                adding.close(query)
            idle = not adding.added and not adding.changed
            coverage.cover(self._catalog, Account.of(provider), query, idle=idle)

    def counts(self, provider: Provider) -> tuple[int, int]:
        """Return how many rows of a profile were new in this run, and how many had changed."""
        adding = self._added(provider)
        return adding.added, adding.changed

    def fetch_audio(  # noqa: PLR0913  # what a run may want different, by name
        self,
        transports: Mapping[str, Transport],
        *,
        template: Template | None = None,
        retries: int = AUDIO_RETRIES,
        again: bool = False,
        redact: Callable[[str], str] = str,
        progress: Callable[[AudioOutcome], None] = lambda _: None,
    ) -> AudioOutcome:
        """Fetch all audio that profiles, by their names, still lack, and store it.

        `again` also asks for what was given up, and for files that are no longer there. `progress`
        is told after each group of files. `OutputError` if the disk refuses; all else is whole,
        and a later run goes on.
        """
        for transport in transports.values():
            name = transport.provider.profile
            self._remember(transport.provider)
            states.want(self._catalog, name)
            if again:
                states.try_again(self._catalog, name)
                states.find_missing(self._catalog, name)
        left = recovery.sweep(self._catalog)
        storing = Storing(self._catalog, template or Template.parse(), self._step)
        fetching = Fetching(
            self._catalog, storing, retries, redact=redact, progress=progress, now_s=self._now_s
        )
        return fetching.run(transports, left)

    def fresh(self) -> Iterator[list[Recording]]:
        """Yield the rows that wait to be given out: this run's, and those of runs that died."""
        return search.fresh(self._catalog)

    def given_out(self) -> None:
        """Say that all rows of `fresh` have been given out and are safe there."""
        if self._catalog.number("SELECT count(*) FROM recordings WHERE fresh"):
            self._catalog.change("UPDATE recordings SET fresh = 0 WHERE fresh")

    def _added(self, provider: Provider) -> Adding:
        name = provider.profile
        if name not in self._adding:
            self._adding[name] = Adding(self._catalog, name, provider.identity)
        return self._adding[name]

    def _remember(self, provider: Provider) -> None:
        coverage.remember(self._catalog, Account.of(provider))
