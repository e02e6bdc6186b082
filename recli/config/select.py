"""Which profiles a run uses: by name, by provider, all, or the default.

The environment makes a profile of a provider whose needed keys all have variables of the
provider's own tools (`PLIVO_AUTH_ID`, …) where the configuration has none that fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.config.names import expand_name, is_pattern, split_names
from recli.config.profile import (
    ConfigLocation,
    Configuration,
    ProfileTable,
    SecretRef,
    SecretSource,
)
from recli.errors import ConfigError, UsageError
from recli.providers import ALIASES, canonical, names, provider_class
from recli.text import nearest, quote_name, some_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recli.providers.base import Key

ENVIRONMENT = "environment"
"""Stands for the file in errors about a profile that the environment made."""
_INIT = "recli config init"


@dataclass(frozen=True, slots=True)
class _ProfileIndex:
    """The configured profiles, and the variables that could make more."""

    tables: Mapping[str, ProfileTable]
    groups: Mapping[str, Sequence[str]]
    environ: Mapping[str, str]
    origin: str

    @property
    def hint(self) -> str:
        """Say which profiles there are, or how to make one."""
        return f"there are {some_of(list(self.tables), 10)}" if self.tables else _INIT

    def from_environment(self) -> list[ProfileTable]:
        """Return the profiles that the environment makes; they count only if none is written."""
        return [table for name in names() if (table := environment_profile(name, self.environ))]


def select_profiles(
    configuration: Configuration,
    *,
    profiles: Sequence[str],
    providers: Sequence[str],
    all_profiles: bool,
    environ: Mapping[str, str],
) -> list[ProfileTable]:
    """Return the profiles that the command line selects, in its order, each once.

    `profiles` are names of profiles and of groups, and patterns; commas separate several of them.
    UsageError for an unknown name, with the nearest known one, and where the choice is left open.
    """
    origin = str(configuration.path or "the configuration")
    index = _ProfileIndex(configuration.profiles, configuration.groups, environ, origin)
    selected: list[ProfileTable] = []
    for name in split_names(profiles, "--profile"):
        selected += _select_by_name(index, name)
    for name in split_names(providers, "--provider"):
        selected += _select_by_provider(index, name)
    if all_profiles:
        selected += index.tables.values() or index.from_environment()
        if not selected:
            raise _no_profiles(index)
    if not (profiles or providers or all_profiles):
        selected = [_default_selection(index, configuration.default_profile)]
    return list({table.name: table for table in selected}.values())


def environment_profile(provider: str, environ: Mapping[str, str]) -> ProfileTable | None:
    """Return the profile that variables of a provider's own tools make, named like it, or None."""
    variables = _variables(provider)
    if not variables or not all(environ.get(variable) for variable in variables.values()):
        return None
    values = {key: SecretRef(SecretSource.ENV, variable) for key, variable in variables.items()}
    return ProfileTable(provider, provider, values, ENVIRONMENT)


def resolve_provider(name: str) -> str:
    """Return a provider's canonical name; UsageError with the nearest name, or with all."""
    provider = canonical(name)
    if provider is not None:
        return provider
    known = (*names(), *ALIASES)
    problem = f"there is no provider {quote_name(name)}"
    near = nearest(name, known)
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?")
    raise UsageError(problem, hint=f"known: {', '.join(known)}")


def _select_by_name(index: _ProfileIndex, name: str) -> list[ProfileTable]:
    """Return what a profile's name, a group's or a pattern selects."""
    found = expand_name(name, index.tables, index.groups)
    if name in index.groups:
        _check_members(index, name)
    if found:
        return [index.tables[each] for each in found]
    if is_pattern(name):
        problem = f"{index.origin} has no profile that matches {quote_name(name)}"
        raise UsageError(problem, hint=index.hint)
    return [_select_from_environment(index, name)]


def _check_members(index: _ProfileIndex, group: str) -> None:
    """Raise ConfigError for a member of a group that means no profile."""
    location = ConfigLocation(index.origin, key=f"groups.{group}")
    for member in index.groups[group]:
        if expand_name(member, index.tables, {}):
            continue
        if is_pattern(member):
            raise location.error(f"no profile matches {quote_name(member)}", hint=index.hint)
        raise location.unknown("profile", member, index.tables)


def _select_from_environment(index: _ProfileIndex, name: str) -> ProfileTable:
    """Return the profile that a provider's variables make; UsageError where they don't."""
    provider = canonical(name)
    made = environment_profile(provider, index.environ) if provider else None
    if made is not None and made.name not in index.tables:
        return made
    problem = f"{index.origin} has no profile {quote_name(name)}"
    near = nearest(name, (*index.tables, *index.groups))
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?")
    if provider is not None and any(table.provider == provider for table in index.tables.values()):
        raise UsageError(problem, hint=f"{name} is a provider: use --provider {name}")
    raise UsageError(problem, hint=index.hint)


def _select_by_provider(index: _ProfileIndex, name: str) -> list[ProfileTable]:
    provider = resolve_provider(name)
    written = [table for table in index.tables.values() if table.provider == provider]
    if written:
        return written
    made = environment_profile(provider, index.environ)
    if made is not None:
        return [made]
    unset = [name for name in _variables(provider).values() if not index.environ.get(name)]
    hint = f"{_INIT}; or set {' and '.join(unset)}" if unset else _INIT
    raise ConfigError(f"{index.origin} has no profile of the provider {provider}", hint=hint)


def _default_selection(index: _ProfileIndex, default: str | None) -> ProfileTable:
    """Return the profile that is meant when none is named."""
    if default is not None:
        if default in index.tables:
            return index.tables[default]
        try:
            return _select_from_environment(index, default)
        except UsageError:
            location = ConfigLocation(index.origin, key="default_profile")
            raise location.unknown("profile", default, index.tables) from None
    tables = list(index.tables.values()) or index.from_environment()
    if not tables:
        raise _no_profiles(index)
    if len(tables) == 1:
        return tables[0]
    listed = [f"{table.name} ({table.provider})" for table in tables]
    raise UsageError(
        f"which profile? there are {some_of(listed, 10)}",
        hint="use --profile NAME, --all, or recli config set default_profile NAME",
    )


def _no_profiles(index: _ProfileIndex) -> ConfigError:
    ways = [" and ".join(found.values()) for name in names() if (found := _variables(name))]
    hint = f"{_INIT}; or set {' or '.join(ways)}; or try --sandbox"
    return ConfigError(f"{index.origin} has no profiles", hint=hint)


def _variables(provider: str) -> dict[str, str]:
    """Return the variables behind a provider's needed keys; none unless each key has one."""
    keys: tuple[Key, ...] = provider_class(provider).keys()
    needed = [key for key in keys if key.required]
    variables = {key.name: key.env for key in needed if key.env}
    return variables if len(variables) == len(needed) else {}
