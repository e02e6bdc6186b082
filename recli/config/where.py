"""Where the configuration file is, and where the paths written in it lead; opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "RECLI_CONFIG"
FILE = "config.toml"


def locate(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration file's path: `--config`, `RECLI_CONFIG`, else the usual place.

    The usual place is `$XDG_CONFIG_HOME/recli/config.toml`, or the platform's own.
    """
    if option is not None:
        return expand(str(option), environ)
    named = environ.get(VARIABLE)
    if named:
        return expand(named, environ)
    return _folder(environ) / FILE


def explicit(option: Path | None, environ: Mapping[str, str]) -> bool:
    """Say whether a person named the file, so that it has to be there."""
    return option is not None or bool(environ.get(VARIABLE))


def expand(text: str, environ: Mapping[str, str], folder: Path | None = None) -> Path:
    """Return a path as it is meant: `~` is the home folder, relative ones begin at `folder`."""
    home = environ.get("HOME")
    if home and (text == "~" or text.startswith("~/")):
        return Path(home + text[1:])
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:  # no such user: the name is taken as it stands
            return path
    return path if folder is None else folder / path


def _folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CONFIG_HOME")
    # A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec
    if base and Path(base).is_absolute():
        return Path(base) / "recli"
    import sys  # noqa: PLC0415  # beside its only use

    home = environ.get("HOME")
    if home and sys.platform not in {"win32", "darwin"}:
        return Path(home) / ".config" / "recli"
    from platformdirs import user_config_path  # noqa: PLC0415  # seldom needed

    return user_config_path("recli", appauthor=False)
