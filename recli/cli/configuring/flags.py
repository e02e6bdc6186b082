"""A profile out of the flags of `recli config init`, for scripts: nobody is asked anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recli.cli.configuring.draft import Book, Draft
from recli.cli.configuring.keeping import Kept
from recli.cli.configuring.questions import secret_line
from recli.cli.session import Session
from recli.config.edit import written
from recli.config.keys import Kind, keys_of, kind_of
from recli.config.read import check_profile_name, unknown_key
from recli.config.spot import Spot, nearest, shown
from recli.config.tables import Reference, Source
from recli.errors import ConfigError, UsageError
from recli.providers import ALIASES, canonical, names
from recli.providers.base import Key


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says of a profile to be; None and empty where it doesn't."""

    provider: str | None = None
    name: str | None = None
    values: Sequence[str] = ()
    stdin: Sequence[str] = ()
    overwrite: bool = False
    default: bool = False


def draft_of(flags: Flags, book: Book, session: Session) -> Draft:
    """Return the profile that flags describe; UsageError names what is missing or wrong."""
    if flags.provider is None:
        raise UsageError("--provider is missing", hint=f"one of {', '.join(names())}")
    provider = known_provider(flags.provider)
    name = free_name(flags.name or provider, book, overwrite=flags.overwrite)
    kept = given(flags, provider, book.spot(name), session)
    for key in keys_of(provider).values():
        if key.name in kept or not key.required:
            continue
        if not key.env or not book.environ.get(key.env):
            raise _missing(key, provider)
        kept[key.name] = Kept(Reference(Source.ENV, key.env))
    return Draft(name, provider, kept, flags.overwrite, flags.default)


def known_provider(name: str) -> str:
    """Return a provider's own name; UsageError with the nearest or all that there are."""
    found = canonical(name)
    if found is not None:
        return found
    near = nearest(name, (*names(), *ALIASES))
    problem = f"there is no provider {shown(name)}"
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?", hint=f"--provider {near}")
    raise UsageError(problem, hint=f"known: {', '.join(names())}")


def free_name(name: str, book: Book, *, overwrite: bool) -> str:
    """Return a name that a new profile may have; ConfigError if it is taken or unfit."""
    check_profile_name(name, Spot(str(book.path)))
    holder = book.holder(name)
    if holder is not None and not overwrite:
        problem = "is there already"
        raise book.spot(holder).error(problem, hint="--overwrite, or another --name")
    return holder or name


def given(flags: Flags, provider: str, spot: Spot, session: Session) -> dict[str, Kept]:
    """Return the values that `--set` and `--secret-stdin` give, checked."""
    known = keys_of(provider)
    kept: dict[str, Kept] = {}
    for text in flags.values:
        name, equals, value = text.partition("=")
        if not equals:
            # What was written may be a secret, so it is not shown.
            raise UsageError("--set wants KEY=VALUE", hint=f"--set {_first(known)}=…")
        key = _key(name, known, spot)
        kept[key.name] = Kept(_value(key, value, spot.at(key.name)))
    for name in flags.stdin:
        key = _key(name, known, spot)
        if key.name in kept and not _storable(kept[key.name]):
            problem = f"--secret-stdin {name}: --set {name} says already where it is"
            raise UsageError(problem, hint=f"leave one of them out; or --set {name}=file:PATH")
        secret = secret_line(session, name)
        said = written(key, secret, spot.at(name))
        kept[key.name] = Kept(
            kept[key.name].value if key.name in kept else said, secret, store=True
        )
    return kept


def _storable(kept: Kept) -> bool:
    """Say whether a secret can be put where a reference leads."""
    value = kept.value
    return isinstance(value, Reference) and value.source in {Source.FILE, Source.KEYRING}


def _key(name: str, known: Mapping[str, Key], spot: Spot) -> Key:
    if name not in known:
        raise unknown_key(spot, name, known)
    return known[name]


def _value(key: Key, text: str, spot: Spot) -> "Reference | str | int | float | bool":
    try:
        value = written(key, text, spot)
    except ConfigError as error:
        if kind_of(key) is Kind.SECRET:
            ways = ", ".join(f"{key.name}={each}" for each in ("env:NAME", "file:PATH"))
            hint = f"--secret-stdin {key.name}; or --set {ways}, keyring:NAME or command:LINE"
            raise UsageError(error.message, hint=hint) from error
        raise
    if isinstance(value, Reference | str | int | float | bool):
        return value
    raise AssertionError("a secret's own text is never taken from the command line")


def _missing(key: Key, provider: str) -> UsageError:
    if key.secret:
        variable = key.env or f"{provider}_{key.name}".upper()
        hint = f"--set {key.name}=env:{variable}, or --secret-stdin {key.name}"
    else:
        hint = f"--set {key.name}={key.example or '…'}"
    return UsageError(f"{provider} needs {key.name}: {key.about}", hint=hint)


def _first(known: Mapping[str, Key]) -> str:
    return next(iter(known))
