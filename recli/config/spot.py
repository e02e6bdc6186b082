"""Where in a configuration something stands, for errors that name file, profile and key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recli.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a configuration; `key` without `profile` is a key of the top level."""

    origin: str
    profile: str | None = None
    key: str | None = None

    def at(self, key: str) -> Spot:
        """Return the place of a key of this profile."""
        return replace(self, key=key)

    @property
    def dotted(self) -> str:
        """The path of tables and key, as `recli config set` takes it; empty for the whole file."""
        parts = ("profiles", self.profile, self.key) if self.profile else (self.key,)
        return ".".join(part for part in parts if part)

    def error(self, problem: str, *, hint: str | None = None) -> ConfigError:
        """Return the error that says what is wrong here."""
        place = f"{self.origin}: {self.dotted}" if self.dotted else self.origin
        return ConfigError(f"{place}: {problem}", hint=hint)

    def unknown(self, what: str, name: str, known: Iterable[str]) -> ConfigError:
        """Return the error for a name that is not known here, with the nearest or all that are."""
        names = list(known)
        near = nearest(name, names)
        problem = f"there is no {what} {shown(name)}"
        if near is not None:
            return self.error(f"{problem}; did you mean {near}?")
        hint = f"known: {', '.join(names)}" if names else None
        return self.error(problem, hint=hint)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is most like `name`, whatever its case, or None."""
    from difflib import get_close_matches  # noqa: PLC0415  # only an error needs it

    by_plain = {_plain(each): each for each in names}
    near = get_close_matches(_plain(name[:60]), by_plain, n=1)
    return by_plain[near[0]] if near else None


def shown(name: str) -> str:
    """Return a name that a person wrote, quoted, on one line and not too long."""
    return repr(name if len(name) <= 60 else name[:59] + "…")


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")
