"""A profile's keys, declared as the fields of a provider's dataclass and shown to people.

Nothing here reads a configuration: it says what one may hold.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field
from typing import Any


def key(
    about: str, *, default: object = MISSING, env: str | None = None, example: str = ""
) -> Any:  # a dataclass field stands where a value of the field's type is declared
    """Declare a provider's field as a profile's key: what it is, its default, its environment name.

    `env` is the variable that the provider's own tools read; `example` stands in ready profiles.
    """
    facts = {"about": about, "env": env, "example": example}
    if default is MISSING:
        return field(metadata=facts)
    return field(default=default, metadata=facts)


@dataclass(frozen=True, slots=True)
class Key:
    """A profile's key as people see it: name, meaning, whether it is secret, must be there."""

    name: str
    about: str
    secret: bool
    required: bool
    default: object
    env: str | None
    example: str
    type: str

    @staticmethod
    def of(declared: Field[object]) -> Key:
        """Read a dataclass field that `key` declared."""
        return Key(
            name=declared.name,
            about=declared.metadata["about"],
            secret="Secret" in str(declared.type),
            required=declared.default is MISSING,
            default=None if declared.default is MISSING else declared.default,
            env=declared.metadata["env"],
            example=declared.metadata["example"],
            type=str(declared.type),
        )
