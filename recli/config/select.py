"""Which profiles a run uses: by name, by provider, all, or the one that goes without saying.

The environment makes a profile of a provider whose needed keys all have variables of the
provider's own tools (`PLIVO_AUTH_ID`, …) where the configuration has none that fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.config.profile import (
    ConfigLocation,
    Configuration,
    ProfileTable,
    SecretRef,
    SecretSource,
)
from recli.errors import ConfigError, UsageError
from recli.providers import ALIASES, canonical, names, provider_class
from recli.text import nearest, quote_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from recli.providers.base import Key

ENVIRONMENT = "environment"
"""What stands for the file in errors about a profile that the environment made."""
_INIT = "recli config init"


@dataclass(frozen=True, slots=True)
class _ProfileIndex:
    """The profiles that there are, and the variables that could make more."""

    configuration: Configuration
    environ: Mapping[str, str]

    @property
    def tables(self) -> Mapping[str, ProfileTable]:
        return self.configuration.profiles

    @property
    def place(self) -> str:
        path = self.configuration.path
        return str(path) if path else "the configuration"

    def made(self) -> list[ProfileTable]:
        """Return the profiles that the environment makes; they count only if none is written."""
        return [table for name in names() if (table := environment_profiles(name, self.environ))]


def select_profiles(
    configuration: Configuration,
    *,
    profiles: Sequence[str],
    providers: Sequence[str],
    all_profiles: bool,
    environ: Mapping[str, str],
) -> list[ProfileTable]:
    """Return the profiles that the command line means, in its order, each once.

    Names that are nobody's are UsageErrors with the nearest that is somebody's; so is a choice that
    is left open.
    """
    shelf = _ProfileIndex(configuration, environ)
    found = [_select_by_name(shelf, name) for name in profiles]
    for name in providers:
        found += _select_by_provider(shelf, name)
    if all_profiles:
        found += shelf.tables.values() or shelf.made()
        if not found:
            raise _none_at_all(shelf)
    if not (profiles or providers or all_profiles):
        found = [_default_selection(shelf)]
    return list({table.name: table for table in found}.values())


def environment_profiles(provider: str, environ: Mapping[str, str]) -> ProfileTable | None:
    """Return the profile that variables of a provider's own tools make, named like it, or None."""
    variables = _variables(provider)
    if not variables or not all(environ.get(variable) for variable in variables.values()):
        return None
    values = {key: SecretRef(SecretSource.ENV, variable) for key, variable in variables.items()}
    return ProfileTable(provider, provider, values, ENVIRONMENT)


def _select_by_name(shelf: _ProfileIndex, name: str) -> ProfileTable:
    if name in shelf.tables:
        return shelf.tables[name]
    provider = canonical(name)
    made = environment_profiles(provider, shelf.environ) if provider else None
    if made is not None and made.name not in shelf.tables:
        return made
    written = list(shelf.tables)
    problem = f"{shelf.place} has no profile {quote_name(name)}"
    near = nearest(name, written)
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?")
    if provider is not None and any(each.provider == provider for each in shelf.tables.values()):
        raise UsageError(problem, hint=f"{name} is a provider: use --provider {name}")
    raise UsageError(problem, hint=_profiles_hint(written))


def _select_by_provider(shelf: _ProfileIndex, name: str) -> list[ProfileTable]:
    provider = canonical(name)
    if provider is None:
        known = (*names(), *ALIASES)
        near = nearest(name, known)
        problem = f"there is no provider {quote_name(name)}"
        if near is not None:
            raise UsageError(f"{problem}; did you mean {near}?")
        raise UsageError(problem, hint=f"known: {', '.join(known)}")
    written = [table for table in shelf.tables.values() if table.provider == provider]
    if written:
        return written
    made = environment_profiles(provider, shelf.environ)
    if made is not None:
        return [made]
    unset = [each for each in _variables(provider).values() if not shelf.environ.get(each)]
    hint = f"{_INIT}; or set {' and '.join(unset)}" if unset else _INIT
    raise ConfigError(f"{shelf.place} has no profile of the provider {provider}", hint=hint)


def _default_selection(shelf: _ProfileIndex) -> ProfileTable:
    """Return the profile that is meant when none is named."""
    default = shelf.configuration.default_profile
    if default is not None:
        return _default(shelf, default)
    tables = list(shelf.tables.values()) or shelf.made()
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise _none_at_all(shelf)
    listed = ", ".join(f"{table.name} ({table.provider})" for table in tables)
    raise UsageError(
        f"which profile? there are {listed}",
        hint="use --profile NAME, --all, or recli config set default_profile NAME",
    )


def _default(shelf: _ProfileIndex, default: str) -> ProfileTable:
    try:
        return _select_by_name(shelf, default)
    except UsageError:
        location = ConfigLocation(shelf.place, key="default_profile")
        raise location.unknown("profile", default, shelf.tables) from None


def _none_at_all(shelf: _ProfileIndex) -> ConfigError:
    ways = " or ".join(" and ".join(each) for each in _environment_ways())
    return ConfigError(
        f"{shelf.place} has no profiles", hint=f"{_INIT}; or set {ways}; or try --sandbox"
    )


def _environment_ways() -> Iterable[list[str]]:
    return (found for name in names() if (found := list(_variables(name).values())))


def _variables(provider: str) -> dict[str, str]:
    """Return the variables behind a provider's needed keys; none unless each key has one."""
    declared: tuple[Key, ...] = provider_class(provider).keys()
    needed = [key for key in declared if key.required]
    found = {key.name: key.env for key in needed if key.env}
    return found if len(found) == len(needed) else {}


def _profiles_hint(written: Sequence[str]) -> str:
    return f"there are {', '.join(written)}" if written else _INIT
