"""The registry of providers: recli's own, and plugins from other packages.

A new provider is a module and a line in `BUILTIN`. Another package adds one by an entry point in
the group `recli.providers` that names a subclass of `recli.providers.base.Provider`. A module is
imported when its provider is used.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from recli.errors import ConfigError
from recli.text import shorten

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
_REQUIRED = ("name", "title", "docs_url", "rate", "filters")


def names() -> tuple[str, ...]:
    """Return the names of all providers, recli's own first."""
    return (*BUILTIN, *(name for name in _entry_points() if name not in BUILTIN))


def canonical(name: str) -> str | None:
    """Return the name of a provider, given its name or an alias in any case, or None."""
    lower = name.lower()
    if lower in BUILTIN:
        return lower
    if lower in ALIASES:
        return ALIASES[lower]
    plugins = _entry_points()
    if lower in plugins:
        return lower
    return next((plugin for plugin in plugins if lower in _plugin_aliases(plugin)), None)


def provider_class(name: str) -> type[Provider]:
    """Return the class of a provider, given its own name; KeyError if there is none.

    ConfigError if it is a plugin that can't be used.
    """
    if name not in BUILTIN:
        return _load_plugin(_entry_points()[name])
    module, _, attribute = BUILTIN[name].partition(":")
    provider: type[Provider] = getattr(import_module(module), attribute)
    return provider


def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415  # slow, and seldom needed

    return {entry.name.lower(): entry for entry in entry_points(group=GROUP)}


def _plugin_aliases(name: str) -> tuple[str, ...]:
    try:
        return provider_class(name).aliases
    except ConfigError:  # a plugin that can't be used has no aliases
        return ()


def _load_plugin(entry: EntryPoint) -> type[Provider]:
    from recli.providers.base import Provider  # noqa: PLC0415  # only when a provider is used

    try:
        loaded: object = entry.load()
    except Exception as error:  # whatever another package's module raises at import
        message = f"{type(error).__name__}: {shorten(str(error))}"
        raise _plugin_error(entry, f"can't be loaded: {message}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Provider)):
        raise _plugin_error(
            entry, "is no provider: it must derive from recli.providers.base.Provider"
        )
    problem = _plugin_problem(loaded, entry.name.lower())
    if problem is not None:
        raise _plugin_error(entry, problem)
    return loaded


def _plugin_problem(plugin: type[Provider], name: str) -> str | None:
    missing = [attribute for attribute in _REQUIRED if not hasattr(plugin, attribute)]
    missing += sorted(getattr(plugin, "__abstractmethods__", ()))
    if missing:
        return f"lacks {', '.join(missing)}"
    if plugin.name != name:
        return f"calls itself {plugin.name!r}: name and entry point must be the same"
    if not is_dataclass(plugin) or "__dataclass_params__" not in vars(plugin):
        return "must be a @dataclass(frozen=True, kw_only=True)"
    undeclared = [
        field.name for field in fields(plugin) if field.name != "profile" and not field.metadata
    ]
    if undeclared:
        return f"has fields that are not declared with key(): {', '.join(undeclared)}"
    return None


def _plugin_error(entry: EntryPoint, problem: str) -> ConfigError:
    package = entry.dist.name if entry.dist is not None else None
    hint = f"upgrade or remove the package that brings it: pip uninstall {package}"
    return ConfigError(
        f"the provider {entry.name} ({entry.value}) {problem}", hint=hint if package else None
    )
