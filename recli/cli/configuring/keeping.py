"""Where a secret is kept outside the configuration, and putting it there."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from recli.config.private import write_private
from recli.config.sources import SERVICE
from recli.config.spot import Spot
from recli.config.tables import Reference, Source, Value
from recli.config.where import expand
from recli.errors import ConfigError
from recli.providers.answers import shorten
from recli.wire import Secret

_NO_KEYRING = "keep it in a file, a command or the environment instead"


@dataclass(frozen=True, slots=True)
class Kept:
    """A key's value as the file will say it, and what is known of a secret behind it.

    `secret` is what was given here and now, None if the reference leads to it; `store` says that
    it has to be put where the reference leads.
    """

    value: Value
    secret: Secret | None = field(default=None, repr=False)
    store: bool = False

    @property
    def usable(self) -> Value:
        """What the profile can be tried with."""
        return self.value if self.secret is None else self.secret


def store(kept: Kept, spot: Spot, environ: Mapping[str, str], folder: Path) -> None:
    """Put a secret where its reference leads, if it has to be; ConfigError if that fails."""
    value, secret = kept.value, kept.secret
    if not kept.store or secret is None or not isinstance(value, Reference):
        return
    target = str(value.target)
    match value.source:
        case Source.FILE:
            write_private(expand(target, environ, folder), f"{secret.reveal()}\n")
        case Source.KEYRING:
            _to_keyring(target, secret, spot)
        case Source.ENV | Source.COMMAND:
            raise AssertionError("nothing can be put there")
        case _:
            assert_never(value.source)


def check_keyring(spot: Spot) -> None:
    """Raise ConfigError if this machine has no keyring that can be used."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
    except ImportError:
        problem = "the keyring needs a package that is missing"
        raise spot.error(problem, hint="pip install 'recli[keyring]'") from None
    if isinstance(keyring.get_keyring(), NoKeyring):
        raise spot.error("this system has no keyring that can be used", hint=_NO_KEYRING)


def how_to_set(variable: str) -> str:
    """Return the commands that set a variable without showing the secret; bash and zsh."""
    name = shlex.quote(variable)
    return f"read -rs {name} && export {name}"


def _to_keyring(name: str, secret: Secret, spot: Spot) -> None:
    check_keyring(spot)
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, name, secret.reveal())
    except KeyringError as error:
        problem = f"the keyring did not take {name!r}: {shorten(str(error))}"
        raise ConfigError(spot.error(problem).message, hint=_NO_KEYRING) from error
