"""Which keys a profile may hold, and what may stand behind each: types, ranges, references.

Errors never show a text that stood behind a key: it may be a secret that got into the wrong line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import assert_never

from recli.config.profile import ConfigLocation, SecretRef, SecretSource, Value
from recli.errors import UsageError
from recli.phone import parse_country
from recli.providers import provider_class
from recli.providers.base import Key
from recli.text import nearest, quote_name
from recli.transport.settings import Settings
from recli.urls import url_problem
from recli.wire import Secret

PROVIDER = "provider"
_COMMON: Mapping[str, tuple[str, str]] = {
    "timeout_s": ("Longest silence of the server, in seconds.", ""),
    "jobs": ("Requests at a time; the provider's own limit holds as well.", "4"),
    "ca_file": ("Certificates (PEM) to trust instead of the usual ones.", "ca.pem"),
    "verify_tls": ("Whether the server's certificate is checked; leave it so.", ""),
    "allow_http": ("Whether credentials may go over plain http beyond this machine.", ""),
    "country": ("Where numbers without a country code are: two letters, ISO 3166.", "IT"),
    "max_response_mb": ("Largest answer that is read, in megabytes; audio is not counted.", ""),
}
_COUNTRY = "country"
_RANGES: Mapping[str, tuple[float, float]] = {
    "timeout_s": (0.1, 86400),
    "jobs": (1, 256),
    "max_response_mb": (0.1, 65536),
}


class ValueKind(StrEnum):
    """What a key takes."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105  # a kind of key, no secret
    NUMBER = "number"
    COUNT = "count"
    SWITCH = "switch"


_WORDS: Mapping[ValueKind, str] = {
    ValueKind.TEXT: "text in quotes",
    ValueKind.SECRET: "text in quotes",
    ValueKind.NUMBER: "a number",
    ValueKind.COUNT: "a whole number",
    ValueKind.SWITCH: "true or false",
}


def shared_keys() -> tuple[Key, ...]:
    """Return the keys that every profile may hold, whatever its provider."""
    settings = {each.name: each for each in fields(Settings)}
    return tuple(
        Key(
            name=name,
            about=about,
            secret=False,
            required=False,
            default=settings[name].default if name in settings else None,
            env=None,
            example=example,
            type=str(settings[name].type) if name in settings else "str",
        )
        for name, (about, example) in _COMMON.items()
    )


def keys_of(provider: str) -> dict[str, Key]:
    """Return all keys of a provider's profiles by name: its own first, then the common ones."""
    own = provider_class(provider).keys()
    return {key.name: key for key in (*own, *shared_keys())}


def find_key(name: str, known: Mapping[str, Key], location: ConfigLocation) -> Key:
    """Return a profile's key by its name; ConfigError with the nearest name, or with all."""
    if name in known:
        return known[name]
    names = (PROVIDER, *known)
    place = location.at(name if name.isidentifier() and len(name) <= 60 else quote_name(name))
    near = nearest(name, names)
    if near is not None:
        raise place.error(f"there is no such key; did you mean {near}?")
    raise place.error("there is no such key", hint=f"known: {', '.join(names)}")


def secret_variable(key: Key, provider: str) -> str:
    """Return the environment variable that is proposed for a secret."""
    return key.env or f"{provider}_{key.name}".upper()


def kind_of(key: Key) -> ValueKind:
    """Return what a key takes, from the type that its field declares."""
    if key.secret:
        return ValueKind.SECRET
    # A provider's module may keep its annotations as types or as text.
    declared = key.type.removeprefix("<class '").removesuffix("'>").partition("|")[0].strip()
    kinds = {"float": ValueKind.NUMBER, "int": ValueKind.COUNT, "bool": ValueKind.SWITCH}
    return kinds.get(declared, ValueKind.TEXT)


def read_value(key: Key, raw: object, location: ConfigLocation) -> Value:
    """Return what stands behind a key in a file, checked; ConfigError names the place."""
    if isinstance(raw, SecretRef):
        return raw
    if isinstance(raw, Mapping) and key.name != _COUNTRY:
        return _reference(raw, location)
    return _literal(key, raw.reveal() if isinstance(raw, Secret) else raw, location)


def parse_value(key: Key, text: str, location: ConfigLocation) -> Value:
    """Return a text from outside the file as what the key takes, checked."""
    kind = kind_of(key)
    try:
        match kind:
            case ValueKind.NUMBER:
                number = float(text)
                whole = number.is_integer()
                return _literal(key, int(number) if whole else number, location)
            case ValueKind.COUNT:
                return _literal(key, int(text), location)
            case ValueKind.SWITCH:
                return {"true": True, "false": False}[text.lower()]
            case ValueKind.TEXT | ValueKind.SECRET:
                return _literal(key, text, location)
            case _:
                assert_never(kind)
    except (ValueError, KeyError):
        raise location.error(f"must be {_WORDS[kind]}") from None


def _literal(key: Key, raw: object, location: ConfigLocation) -> Value:
    kind = kind_of(key)
    match kind:
        case ValueKind.SWITCH if isinstance(raw, bool):
            return raw
        case ValueKind.COUNT if isinstance(raw, int) and not isinstance(raw, bool):
            return _within(key, raw, location)
        case ValueKind.NUMBER if isinstance(raw, int | float) and not isinstance(raw, bool):
            return _within(key, raw, location)
        case ValueKind.TEXT if isinstance(raw, int) and not isinstance(raw, bool):
            return str(raw)  # customer = 123: an id of digits only
        case ValueKind.TEXT if isinstance(raw, str):
            return _text(key, raw, location)
        case ValueKind.SECRET if isinstance(raw, str):
            return Secret(_text(key, raw, location))
        case ValueKind.SECRET:
            elsewhere = f'a table such as {{ env = "{key.env or key.name.upper()}" }}'
            raise location.error(f"must be {_WORDS[kind]} or {elsewhere}, not {_named(raw)}")
        case _:
            raise location.error(f"must be {_WORDS[kind]}, not {_named(raw)}")


def _text(key: Key, text: str, location: ConfigLocation) -> str:
    if any(ord(each) < 32 or ord(each) == 127 for each in text):
        raise location.error("must be one line without control characters")
    if not text.isascii() and text.encode(errors="replace").decode() != text:
        raise location.error("must be text that UTF-8 can hold")
    if not text.strip() and (key.required or text):
        raise location.error("is empty")
    if key.name.endswith("_url") and text:
        problem = url_problem(text)
        if problem is not None:
            raise location.error(problem)
        return text.rstrip("/")
    return read_country(text, location) if key.name == _COUNTRY else text


def read_country(text: str, location: ConfigLocation) -> str:
    """Return a country in capital letters; ConfigError if it is none."""
    try:
        return parse_country(text)
    except UsageError as error:
        raise location.error(error.message, hint=error.hint) from error


def _within(key: Key, number: float, location: ConfigLocation) -> int | float:
    if not math.isfinite(number):
        raise location.error("must be a number that has an end")
    low, high = _RANGES.get(key.name, (-math.inf, math.inf))
    if not low <= number <= high:
        raise location.error(f"must be {low:g} to {high:g}")
    return number


def _reference(raw: Mapping[str, object], location: ConfigLocation) -> SecretRef:
    known = [source.value for source in SecretSource]
    for name in raw:
        if name not in known:
            raise location.unknown("source", name, known)
    if len(raw) != 1:
        raise location.error(f"must name one source: {', '.join(known)}")
    [(name, target)] = raw.items()
    source = SecretSource(name)
    if source is SecretSource.COMMAND and isinstance(target, list):
        words = [word for word in target if isinstance(word, str) and "\0" not in word]
        if words and words[0] and len(words) == len(target):
            return SecretRef(source, tuple(words))
    elif isinstance(target, str) and target.strip() and "\0" not in target:
        return SecretRef(source, target)
    form = "text or a list of texts" if source is SecretSource.COMMAND else "text"
    raise location.error(f"{name} must be {form} that is not empty")


def _named(raw: object) -> str:
    match raw:
        case bool():
            return "true" if raw else "false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "a date or time"
