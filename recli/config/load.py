"""Reading the configuration: TOML to profile tables whose names, keys and types are checked.

Nothing is fetched here: a profile that is not used needs no secrets. A key that is missing is an
error when its profile is used, so that one unfinished profile doesn't stop the others.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from recli.config.keys import PROVIDER, find_key, keys_of, read_country, read_value
from recli.config.names import folded, is_profile_name
from recli.config.private_file import read_text, write_private
from recli.config.profile import ConfigLocation, Configuration, ProfileTable, Value
from recli.errors import ConfigError, UsageError
from recli.providers import ALIASES, canonical, names
from recli.text import quote_name
from recli.wire import Secret

TOP_TEXTS = ("default_profile", "timezone", "country")
TOP_KEYS = (*TOP_TEXTS, "groups", "profiles")
_VARIABLE = "RECLI_CONFIG"
_UNIX_FOLDERS = {"config": ".config", "state": ".local/state"}


def config_path(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration file's path: `--config`, `RECLI_CONFIG`, else the usual place.

    The usual place is `$XDG_CONFIG_HOME/recli/config.toml`, or the platform's own.
    """
    if option is not None:
        return expand_path(str(option), environ)
    named = environ.get(_VARIABLE)
    if named:
        return expand_path(named, environ)
    return user_folder("config", environ) / "config.toml"


def is_explicit(option: Path | None, environ: Mapping[str, str]) -> bool:
    """Say whether a person named the file, so that it has to be there."""
    return option is not None or bool(environ.get(_VARIABLE))


def home_folder(environ: Mapping[str, str]) -> Path:
    """Return the user's home folder; `UsageError` if there is none, as in many containers."""
    home = environ.get("HOME")
    if home:
        return Path(home)
    try:
        return Path.home()
    except RuntimeError as error:
        raise UsageError(
            "HOME is not set, and the system knows no home folder of this user",
            hint="set HOME, or name the configuration by --config FILE",
        ) from error


def expand_path(text: str, environ: Mapping[str, str], folder: Path | None = None) -> Path:
    """Return a path as it is meant: `~` is the home folder, relative ones begin at `folder`."""
    if text == "~" or text.startswith("~/"):
        return Path(str(home_folder(environ)) + text[1:])
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:  # no such user: the name is taken as it stands
            return path
    return path if folder is None else folder / path


def user_folder(kind: Literal["config", "state"], environ: Mapping[str, str]) -> Path:
    """Return recli's folder for its configuration or state: `$XDG_…_HOME/recli`, or the system's.

    https://specifications.freedesktop.org/basedir-spec: a relative `XDG_…_HOME` is ignored.
    `UsageError` if the user has no home folder.
    """
    base = environ.get(f"XDG_{kind.upper()}_HOME")
    if base and Path(base).is_absolute():
        return Path(base) / "recli"
    home = home_folder(environ)
    if sys.platform not in {"win32", "darwin"}:
        return home / _UNIX_FOLDERS[kind] / "recli"
    import platformdirs  # noqa: PLC0415  # seldom needed

    find = platformdirs.user_config_path if kind == "config" else platformdirs.user_state_path
    return find("recli", appauthor=False)


def load(path: Path, *, explicit: bool) -> Configuration:
    """Read a configuration file; one that is missing is empty unless it was named (`explicit`).

    ConfigError names file, profile and key. A file with secrets in it that others can read is
    refused.
    """
    try:
        source = read_text(path)
    except FileNotFoundError:
        if not explicit:
            return Configuration()
        hint = f"recli config init --config {quoted(path)}; or correct --config or RECLI_CONFIG"
        raise ConfigError(f"{path}: there is no such file", hint=hint) from None
    configuration = from_toml(parse(source.text, str(path)), path)
    if source.open_to_others and literal_secrets(configuration):
        _, key = literal_secrets(configuration)[0]
        raise ConfigLocation(str(path)).error(
            f"holds secrets ({key}) and can be read by others", hint=f"chmod 600 {quoted(path)}"
        )
    return configuration


def write_config(path: Path, text: str) -> None:
    """Replace a configuration file, whole or not at all, by one that its owner may read (0600).

    Where the file system keeps no modes, one with secrets in it is refused.
    """
    try:
        secret = bool(literal_secrets(from_toml(parse(text, str(path)), path)))
    except ConfigError:  # what is in it can't be told
        secret = True
    write_private(path, text, secret=secret)


def from_tables(
    tables: Mapping[str, Mapping[str, object]], origin: str = "sandbox"
) -> Configuration:
    """Make a configuration of ready profile tables; `origin` stands for the file in errors."""
    return Configuration(profiles=_profiles(tables, ConfigLocation(origin), None))


def from_toml(data: Mapping[str, object], path: Path) -> Configuration:
    """Make a configuration of decoded TOML, checking all that can be checked without secrets."""
    top = ConfigLocation(str(path))
    for name in data:
        if name not in TOP_KEYS:
            error = top.unknown("top-level key", name, TOP_KEYS)
            table = data[name]
            if isinstance(table, Mapping) and PROVIDER in table:
                error.hint = f"write [profiles.{name}]"
            raise error
    texts = {name: read_top(name, data[name], top) for name in TOP_TEXTS if name in data}
    profiles = _profiles(data.get("profiles", {}), top, path.absolute().parent)
    return Configuration(
        path=path,
        default_profile=texts.get("default_profile"),
        timezone=texts.get("timezone"),
        country=texts.get("country"),
        profiles=profiles,
        groups=read_groups(data.get("groups", {}), profiles, top),
    )


def parse(text: str, origin: str) -> dict[str, object]:
    """Decode TOML; ConfigError names the line where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: is not TOML: {error}") from error
    except (ValueError, RecursionError):  # digits without end, brackets without end
        raise ConfigError(f"{origin}: is not TOML that a configuration needs") from None


def read_top(name: str, raw: object, top: ConfigLocation) -> str:
    """Return a top-level key's text, checked."""
    location = top.at(name)
    if not isinstance(raw, str):
        raise location.error("must be text in quotes")
    if name == "timezone":
        from recli.times import parse_zone  # noqa: PLC0415

        try:
            parse_zone(raw)
        except UsageError as error:
            raise location.error(error.message) from error
    elif name == "country":
        return read_country(raw, location)
    elif not raw:
        raise location.error("is empty")
    return raw


def read_groups(
    raw: object, profiles: Iterable[str], top: ConfigLocation
) -> dict[str, tuple[str, ...]]:
    """Return the groups of profiles, checked; their members are looked for when they are used."""
    if not isinstance(raw, Mapping):
        raise top.at("groups").error("must be a table: [groups]")
    groups: dict[str, tuple[str, ...]] = {}
    for name, members in raw.items():
        check_profile_name(name, top, "groups")
        location = top.at(f"groups.{name}")
        if name in profiles:
            raise location.error("a profile has this name")
        texts = (
            [member for member in members if isinstance(member, str) and member.strip()]
            if (isinstance(members, list))
            else []
        )
        if not texts or len(texts) != len(members):
            raise location.error('must be a list of profiles, such as ["acme-*", "main"]')
        groups[name] = tuple(texts)
    return groups


def provider_name(raw: object, location: ConfigLocation) -> str:
    """Return the own name of the provider that a profile names, which may be an alias."""
    location = location.at(PROVIDER)
    if raw is None:
        raise location.error("is missing", hint=f"one of {', '.join(names())}")
    if not isinstance(raw, str):
        raise location.error("must be text in quotes")
    provider = canonical(raw)
    if provider is None:
        raise location.unknown("provider", raw, (*names(), *ALIASES))
    return provider


def check_profile_name(name: str, top: ConfigLocation, table: str = "profiles") -> None:
    """Raise ConfigError for a name that is unfit for a folder of an archive.

    Groups, whose `table` is `groups`, have names of the same form.
    """
    if not is_profile_name(name):
        raise top.error(
            f"{table}: {quote_name(name)} can't be a {table.removesuffix('s')}'s name",
            hint="use letters and digits of any script, - _ and . within; at most 64; it names"
            " folders as well",
        )


def literal_secrets(configuration: Configuration) -> list[tuple[Secret, str]]:
    """Return the secrets that stand in the file itself, each with its place."""
    return [
        (value, table.location.at(key).dotted)
        for table in configuration.profiles.values()
        for key, value in table.values.items()
        if isinstance(value, Secret)
    ]


def quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    from shlex import quote  # noqa: PLC0415  # only an error needs it

    return quote(str(path))


def _profiles(raw: object, top: ConfigLocation, folder: Path | None) -> dict[str, ProfileTable]:
    if not isinstance(raw, Mapping):
        raise top.at("profiles").error("must be tables: [profiles.NAME]")
    profiles: dict[str, ProfileTable] = {}
    spellings: dict[str, str] = {}
    for name, table in raw.items():
        check_profile_name(name, top)
        twin = spellings.setdefault(folded(name), name)
        if twin != name:
            raise top.error(f"profiles.{twin} and profiles.{name} differ in case only")
        profiles[name] = _profile(name, table, top, folder)
    return profiles


def _profile(name: str, raw: object, top: ConfigLocation, folder: Path | None) -> ProfileTable:
    location = ConfigLocation(top.origin, name)
    if not isinstance(raw, Mapping):
        raise location.error(f"must be a table: [profiles.{name}]")
    provider = provider_name(raw.get(PROVIDER), location)
    known = keys_of(provider)
    values: dict[str, Value] = {}
    for key, value in raw.items():
        if key == PROVIDER:
            continue
        values[key] = read_value(find_key(key, known, location), value, location.at(key))
    return ProfileTable(name, provider, values, top.origin, folder)
