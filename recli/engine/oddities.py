"""The odd things about the rows of one listing: of each kind one warning, with a count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recli.text import plural, shorten
from recli.wire import RowWarning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIRST = 3
"""How many ids a warning names."""
_MAX_KINDS = 50
"""How many kinds are kept; what is odd about a whole page may be of any number."""


class Oddities:
    """What is odd about rows and pages, by kind, in the order in which the kinds came."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], list[str]] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._dropped: set[str] = set()

    def add(self, warnings: Iterable[RowWarning | str]) -> None:
        """Count the warnings of a page, given with the ids of rows that came for the first time."""
        for warning in warnings:
            row_id, problem, remedy = (
                warning if isinstance(warning, RowWarning) else ("", warning, "")
            )
            kind = problem, remedy
            if kind not in self._kinds and len(self._kinds) >= _MAX_KINDS:
                self._dropped.add(problem)
                continue
            first = self._kinds.setdefault(kind, [])
            if row_id in first:
                continue
            if row_id and len(first) < _FIRST:
                first.append(row_id)
            self._counts[kind] = self._counts.get(kind, 0) + bool(row_id)

    def texts(self) -> Iterator[str]:
        """Yield a sentence for each kind: what is odd, of how many rows, and the first ids."""
        for (problem, remedy), first in self._kinds.items():
            count = self._counts[problem, remedy]
            ids = ", ".join(map(shorten, first))
            rows = f"{count:,} recordings, the first {ids}" if count > 1 else f"recording {ids}"
            text = f"{problem} of {rows}" if first else problem
            yield f"{text}; {remedy}" if remedy else text
        if self._dropped:
            yield f"{plural(len(self._dropped), 'more kind')} of warnings not shown"
