"""An archive that is only read: its rows offline, and what a run would add to it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recli.archive import coverage, search, states
from recli.archive.catalog import Catalog
from recli.archive.coverage import OVERLAP_S, Account
from recli.archive.layout import Layout
from recli.archive.rows import text_of
from recli.model import Query, Recording, State
from recli.providers.base import Provider

_AT_ONCE = 400
_FINAL = {None, State.COMPLETE}


@dataclass(slots=True)
class Estimate:
    """What a run would bring: `bytes` as far as providers tell, `unsized` files without a size."""

    rows: int = 0
    files: int = 0
    bytes: int = 0
    unsized: int = 0

    def count(self, size_bytes: int | None) -> None:
        """Count one more file."""
        self.files += 1
        self.bytes += size_bytes or 0
        self.unsized += not size_bytes


class Contents:
    """An archive's contents, for one thread; changes nothing, needs no lock."""

    def __init__(self, catalog: Catalog | None) -> None:
        self._catalog = catalog

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Self]:
        """Open an archive to read from; `UsageError` if the folder is none."""
        with Catalog.reading(Layout(folder)) as catalog:
            yield cls(catalog)

    @classmethod
    @contextmanager
    def foreseen(cls, folder: Path) -> Iterator[Self]:
        """Open an archive that may not be there yet, to tell what a run would bring."""
        if not Layout(folder).catalog.exists():
            yield cls(None)
            return
        with cls.open(folder) as contents:
            yield contents

    def rows(
        self,
        query: Query,
        profiles: Sequence[str] | None = None,
        providers: Sequence[str] | None = None,
    ) -> Iterator[list[Recording]]:
        """Yield the rows that may match a query, newest first; apply the whole query to them."""
        if self._catalog is None:
            return iter(())
        return search.found(self._catalog, query, profiles, providers)

    def profiles(self) -> dict[str, str]:
        """Return the profiles whose recordings are here, with their providers."""
        if self._catalog is None:
            return {}
        found = self._catalog.all("SELECT profile, provider FROM profiles ORDER BY profile")
        return {str(profile): str(provider) for profile, provider in found}

    def narrowed(
        self, provider: Provider, query: Query, *, full: bool = False, overlap_s: float = OVERLAP_S
    ) -> Query:
        """Return what a run would list of a profile."""
        if self._catalog is None:
            return query
        account = Account.of(provider)
        coverage.check_account(self._catalog, account, full=full)
        return coverage.narrowed(self._catalog, account, query, full=full, overlap_s=overlap_s)

    def waiting(self, profile: str, retries: int) -> Estimate:
        """Return what a run would fetch of recordings that are known already."""
        if self._catalog is None:
            return Estimate()
        known = states.standing(self._catalog, profile, retries)
        return Estimate(0, known.wanted, known.known_bytes, known.unknown_size)

    def foresee(
        self, estimate: Estimate, provider: Provider, rows: Sequence[Recording], *, audio: bool
    ) -> None:
        """Count those of a batch of rows that the archive does not have, and their files."""
        given = {text_of(provider.identity(row.id)): row for row in rows}
        names = list(given)
        for at in range(0, len(names), _AT_ONCE):
            some = names[at : at + _AT_ONCE]
            for identity in set(some) - self._known(provider.profile, some):
                estimate.rows += 1
                if audio and given[identity].state in _FINAL:
                    estimate.count(given[identity].size_bytes)

    def _known(self, profile: str, identities: Sequence[str]) -> set[str]:
        if self._catalog is None:
            return set()
        marks = ", ".join("?" * len(identities))
        found = self._catalog.all(
            f"SELECT identity FROM recordings WHERE profile = ? AND identity IN ({marks})",
            (profile, *identities),
        )
        return {str(row[0]) for row in found}


def room_bytes(folder: Path) -> int:
    """Return the room on the disk that an archive is, or would be, on."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
