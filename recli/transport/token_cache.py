"""A token pair on disk, readable by its owner only, and the lock under which it is fetched.

Where there is no folder, or none that can be written to, nothing is stored: that is no error.
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

_MAX_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token pair and when each half expires, in seconds after 1970."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_expires_s: float
    refresh_expires_s: float
    proof: str = field(default="", repr=False)


class TokenCache:
    """The file of one account in a folder; without a folder it stores nothing."""

    def __init__(self, folder: Path | None, account: str) -> None:
        name = sha256(account.encode()).hexdigest()[:32]
        self._path = folder / f"{name}.json" if folder is not None else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the account against other processes while a pair is fetched."""
        lock = None
        if self._path is not None:
            lock = FileLock(
                self._path.with_suffix(".lock"), mode=PRIVATE_FILE, fallback_to_soft=False
            )
            try:
                make_private_folder(self._path.parent)
                with suppress(OSError):
                    self._path.parent.chmod(PRIVATE_FOLDER)  # it may be older, and open to others
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
        """Return the stored pair, None if there is none that can be read."""
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as stream:
                content: object = json.loads(stream.read(_MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        match content:
            case {
                "access": str(access),
                "refresh": str(refresh),
                "access_expires_s": int() | float() as access_expires_s,
                "refresh_expires_s": int() | float() as refresh_expires_s,
                "proof": str(proof),
            } if access:
                return StoredToken(access, refresh, access_expires_s, refresh_expires_s, proof)
        return None

    def store(self, token: StoredToken) -> None:
        """Replace the stored pair, whole or not at all."""
        if self._path is None:
            return
        try:
            replace_private(self._path, json.dumps(asdict(token)).encode())
        except OSError:
            # The file holds the pair before this one: better none than one that has expired.
            self._path = None
