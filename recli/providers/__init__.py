"""The providers by name: five of recli's own, and those that other packages bring.

A package brings one by an entry point in the group `recli.providers` that names a subclass of
`recli.providers.base.Provider`. Modules are imported when their provider is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

    from recli.providers.base import Provider

GROUP = "recli.providers"
BUILTIN: Mapping[str, str] = {
    "plivo": "recli.providers.plivo:Plivo",
    "bandwidth": "recli.providers.bandwidth:Bandwidth",
    "yeastar": "recli.providers.yeastar:Yeastar",
    "enswitch": "recli.providers.enswitch:Enswitch",
    "imagicle": "recli.providers.imagicle:Imagicle",
}
ALIASES: Mapping[str, str] = {"catapult": "bandwidth", "015pbx": "enswitch"}


def names() -> tuple[str, ...]:
    """Return the names of all providers, recli's own first."""
    return (*BUILTIN, *(name for name in _brought() if name not in BUILTIN))


def canonical(name: str) -> str | None:
    """Return a provider's own name for a name or alias of any case, or None if there is none."""
    lower = name.lower()
    if lower in BUILTIN:
        return lower
    if lower in ALIASES:
        return ALIASES[lower]
    if lower in _brought():
        return lower
    return next((each for each in _brought() if lower in _aliases(each)), None)


def provider_class(name: str) -> type[Provider]:
    """Return the class behind a provider's own name; KeyError if there is none.

    ConfigError if another package brings it and it can't be used.
    """
    from importlib import import_module  # noqa: PLC0415  # a registry that imports nothing early

    if name in BUILTIN:
        module, _, attribute = BUILTIN[name].partition(":")
        found: type[Provider] = getattr(import_module(module), attribute)
        return found
    from recli.providers.plugins import load_plugins  # noqa: PLC0415

    return load_plugins(_brought()[name])


def _aliases(name: str) -> tuple[str, ...]:
    from recli.errors import ConfigError  # noqa: PLC0415

    try:
        return provider_class(name).aliases
    except ConfigError:  # one that can't be used is called nothing
        return ()


def _brought() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415  # slow, and seldom needed

    return {each.name.lower(): each for each in entry_points(group=GROUP)}
