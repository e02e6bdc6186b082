"""The mark of refused credentials, which keeps later runs from sending them again.

Some providers block an address after a few refused logins, so a run each night would keep it
blocked. A mark is a file beside the tokens with the time and a keyed hash of the secrets, slow to
compute: it tells nothing of them, and no longer matches when one of them is changed.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import pbkdf2_hmac, sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from recli.errors import RefusedBefore
from recli.files import PRIVATE_FOLDER, make_private_folder, replace_private
from recli.providers.base import account_of, secrets_of

if TYPE_CHECKING:
    from pathlib import Path

    from recli.providers.base import Provider

_ROUNDS = 20_000
_SALT_BYTES = 16
_MAX_BYTES = 1 << 12


class RefusalMark:
    """The mark of one account's credentials in a folder; without a folder there is none."""

    def __init__(self, folder: Path | None, provider: Provider) -> None:
        self._provider = provider
        name = sha256(account_of(provider).encode()).hexdigest()[:32]
        self._path = folder / f"{name}.refused" if folder is not None else None

    def error(self) -> RefusedBefore | None:
        """Return the error of a profile whose credentials are marked, else None."""
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as stream:
                content: object = json.loads(stream.read(_MAX_BYTES))
            match content:
                case {
                    "salt": str(salt),
                    "proof": str(proof),
                    "refused_at_s": int() | float() as at_s,
                }:
                    moment = datetime.fromtimestamp(at_s, UTC)
                    if not compare_digest(self._proof(bytes.fromhex(salt)), proof):
                        return None
                case _:
                    return None
        except (OSError, ValueError, TypeError, OverflowError, RecursionError):
            return None  # there is none, or none that can be read
        problem = f"refused on {moment:%Y-%m-%d}, not asked again"
        return RefusedBefore(self._provider.name, problem)

    def write(self, now_s: float) -> None:
        """Mark the credentials as refused at a time, in seconds after 1970."""
        if self._path is None:
            return
        salt = os.urandom(_SALT_BYTES)
        mark = {"salt": salt.hex(), "proof": self._proof(salt), "refused_at_s": now_s}
        with suppress(OSError):  # without a place for it, the next run asks again
            make_private_folder(self._path.parent)
            self._path.parent.chmod(PRIVATE_FOLDER)
            replace_private(self._path, json.dumps(mark).encode())

    def remove(self) -> None:
        """Let the credentials be sent again."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _proof(self, salt: bytes) -> str:
        secrets = json.dumps([each.reveal() for each in secrets_of(self._provider)]).encode()
        return pbkdf2_hmac("sha256", secrets, salt, _ROUNDS).hex()
