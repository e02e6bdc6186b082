"""Making a profile ready for use: fetch what is kept elsewhere, build provider and settings.

Everything that can be checked without a secret is checked before the first secret is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from recli.config.keys import common_keys, keys_of, parse_value
from recli.config.sources import Run, fetch, run_command
from recli.config.tables import Profile, ProfileTable, Reference, Value
from recli.config.urls import exposed
from recli.config.where import expand
from recli.errors import ConfigError
from recli.providers import provider_class
from recli.providers.base import Key
from recli.transport.settings import Settings


def resolve(table: ProfileTable, *, environ: Mapping[str, str], run: Run = run_command) -> Profile:
    """Return the profile that a table describes, its secrets fetched and its keys checked.

    ConfigError names file, profile and key, and nothing that was fetched.
    """
    keys = keys_of(table.provider)
    for key in keys.values():
        if key.required and key.name not in table.values:
            raise _missing(table, key)
    written = [key for key in keys.values() if key.name in table.values]
    values = {key.name: _value(table, key, environ, run) for key in written if not key.secret}
    settings = _settings(table, values, environ)
    _check_url(table, str(values.get("base_url", keys["base_url"].default)), settings)
    values |= {key.name: _value(table, key, environ, run) for key in written if key.secret}
    common = {key.name for key in common_keys()}
    own: dict[str, object] = {name: values[name] for name in values if name not in common}
    provider = provider_class(table.provider)(profile=table.name, **own)  # type: ignore[arg-type]  # checked by key
    problem = provider.problem()
    if problem is not None:
        raise table.spot.error(problem)
    return Profile(table.name, provider, settings)


def warnings(profile: Profile) -> tuple[str, ...]:
    """Return what a person should know of a profile's connection before it is used."""
    found = []
    if not profile.settings.verify_tls:
        found.append(
            f"profile {profile.name}: verify_tls = false: the server's certificate is not checked,"
            " so whoever is on the way can read the credentials; ca_file is the safe way"
        )
    host = exposed(profile.provider.base_url)
    if host is not None:
        found.append(
            f"profile {profile.name}: allow_http = true: credentials go to {host} over plain http,"
            " readable on the way"
        )
    return tuple(found)


def _value(table: ProfileTable, key: Key, environ: Mapping[str, str], run: Run) -> Value:
    value = table.values[key.name]
    if not isinstance(value, Reference):
        return value
    spot = table.spot.at(key.name)
    text = fetch(value, spot, environ=environ, run=run, folder=table.folder)
    return parse_value(key, text, spot)


def _check_url(table: ProfileTable, url: str, settings: Settings) -> None:
    """Refuse plain http beyond this machine, before a secret is fetched for it."""
    host = exposed(url)
    if host is not None and not settings.allow_http:
        raise table.spot.at("base_url").error(
            f"credentials would go to {host} over plain http",
            hint="use https; or set allow_http = true if nobody can listen on the way",
        )


def _settings(
    table: ProfileTable, values: Mapping[str, Value], environ: Mapping[str, str]
) -> Settings:
    given: dict[str, object] = {
        key.name: values[key.name] for key in common_keys() if key.name in values
    }
    if "ca_file" in given:
        given["ca_file"] = _ca_file(table, str(given["ca_file"]), environ)
    return Settings(**given)  # type: ignore[arg-type]  # each was checked by its key


def _ca_file(table: ProfileTable, text: str, environ: Mapping[str, str]) -> Path | None:
    if not text:
        return None
    path = expand(text, environ, table.folder)
    try:
        path.stat()
        readable = os.access(path, os.R_OK)
    except (OSError, ValueError):
        raise table.spot.at("ca_file").error(f"there is no file {path}") from None
    if not readable:
        raise table.spot.at("ca_file").error(f"the file {path} can't be read")
    return path


def _missing(table: ProfileTable, key: Key) -> ConfigError:
    variable = key.env or f"{table.provider}_{key.name}".upper()
    value = f'{{ env = "{variable}" }}' if key.secret else f'"{key.example or "…"}"'
    hint = f"add {key.name} = {value}: {key.about}"
    return table.spot.at(key.name).error("is missing", hint=hint)
