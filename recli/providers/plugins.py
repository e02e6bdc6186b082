"""Loading a provider that another package brings, and saying what is wrong with one that is unfit.

Whoever writes a provider reads these errors; nobody else meets them.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from recli.errors import ConfigError
from recli.providers.base import Provider
from recli.text import shorten

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_FACTS = ("name", "title", "docs_url", "rate", "filters")


def load_plugins(entry: EntryPoint) -> type[Provider]:
    """Return the class that an entry point names; ConfigError says why it can't be used."""
    try:
        found: object = entry.load()
    except Exception as error:  # whatever a stranger's module does at import
        said = f"{type(error).__name__}: {shorten(str(error))}"
        raise _unfit(entry, f"can't be loaded: {said}") from error
    if not (isinstance(found, type) and issubclass(found, Provider)):
        raise _unfit(entry, "is no provider: it must derive from recli.providers.base.Provider")
    problem = _problem(found, entry.name.lower())
    if problem is not None:
        raise _unfit(entry, problem)
    return found


def _problem(found: type[Provider], name: str) -> str | None:
    missing = [fact for fact in _FACTS if not hasattr(found, fact)]
    missing += sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        return f"lacks {', '.join(missing)}"
    if found.name != name:
        return f"calls itself {found.name!r}: name and entry point must be the same"
    if not is_dataclass(found) or "__dataclass_params__" not in vars(found):
        return "must be a @dataclass(frozen=True, kw_only=True)"
    bare = [each.name for each in fields(found) if each.name != "profile" and not each.metadata]
    if bare:
        return f"has fields that are not declared with key(): {', '.join(bare)}"
    return None


def _unfit(entry: EntryPoint, problem: str) -> ConfigError:
    package = entry.dist.name if entry.dist is not None else None
    hint = f"upgrade or remove the package that brings it: pip uninstall {package}"
    return ConfigError(
        f"the provider {entry.name} ({entry.value}) {problem}", hint=hint if package else None
    )
