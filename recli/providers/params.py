"""Parameters of a provider's own listing that `--param KEY=VALUE` sends as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Param:
    """Describe one documented parameter; each of the `suffixes` makes another one of its name."""

    name: str
    about: str
    suffixes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which it can be sent."""
        return (self.name, *(self.name + suffix for suffix in self.suffixes))


def names_of(params: Iterable[Param]) -> dict[str, str]:
    """Return all names under which parameters can be sent, with what they do."""
    return {name: param.about for param in params for name in param.names}
