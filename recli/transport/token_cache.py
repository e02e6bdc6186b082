"""A token pair on disk, for nobody else to read, and the lock under which it is fetched.

Where there is no folder, or none that can be written to, nothing is kept: it is never an error.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from filelock import FileLock

from recli.files import PRIVATE_FILE, PRIVATE_FOLDER, make_private_folder, replace_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token pair and when its halves die, in seconds after 1970."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_dies_s: float
    refresh_dies_s: float
    proof: str = field(default="", repr=False)


class TokenCache:
    """The file of one account in a folder; without a folder it holds nothing."""

    def __init__(self, folder: Path | None, account: str) -> None:
        name = sha256(account.encode()).hexdigest()[:32]
        self._path = folder / f"{name}.json" if folder is not None else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the account's lock against other processes while a pair is fetched."""
        lock = None
        if self._path is not None:
            lock = FileLock(self._path.with_suffix(".lock"), mode=PRIVATE_FILE)
            try:
                _make_private(self._path.parent)
                lock.acquire()
            except OSError:
                # Without a place to keep tokens each run logs in: it works, and is all there is.
                self._path = lock = None
        try:
            yield
        finally:
            if lock is not None:
                lock.release()

    def load(self) -> StoredToken | None:
        """Return the pair, None where there is none that can be read."""
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as stream:
                told: object = json.loads(stream.read(_LARGEST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        access, refresh = told.get("access"), told.get("refresh")
        dies = [told.get("access_dies_s"), told.get("refresh_dies_s")]
        numbers = [each for each in dies if isinstance(each, int | float)]
        if not isinstance(access, str) or not isinstance(refresh, str) or len(numbers) < len(dies):
            return None
        if not access:
            return None
        return StoredToken(access, refresh, numbers[0], numbers[1], str(told.get("proof", "")))

    def store(self, token: StoredToken) -> None:
        """Replace the stored pair, whole or not at all."""
        if self._path is None:
            return
        try:
            replace_private(self._path, json.dumps(asdict(token)).encode())
        except OSError:
            # What is there now is the pair before this one: better none than one that is dead.
            self._path = None


def _make_private(folder: Path) -> None:
    make_private_folder(folder)
    with suppress(OSError):
        folder.chmod(PRIVATE_FOLDER)  # it may be older, and open to others
