"""A profile that is being made: how it is tried, and how it gets into the configuration file.

Where its values come from, questions or flags, is decided elsewhere.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from recli.cli.check import CheckContext, CheckResult, check_profile
from recli.cli.console import observer_for
from recli.cli.context import CommandContext
from recli.cli.prompts import secret_line
from recli.config.edit import (
    find_profile,
    parse_setting,
    read_config_text,
    set_key,
    set_profile,
)
from recli.config.keys import ValueKind, keys_of, kind_of
from recli.config.load import check_profile_name, expand_path, parse, unknown_key
from recli.config.private_file import write_private
from recli.config.profile import (
    ConfigLocation,
    Profile,
    ProfileTable,
    SecretRef,
    SecretSource,
    Value,
)
from recli.config.secrets import SERVICE, resolve, warnings
from recli.errors import ConfigError, Transient, UsageError
from recli.providers import ALIASES, canonical, names
from recli.providers.base import Key
from recli.text import nearest, quote_name, shorten
from recli.wire import Secret

_ADDRESS = "is the network there? --set base_url=URL gives another address"
_HEAD = """\
# The configuration of recli. `recli providers NAME` tells what a provider's keys mean,
# `recli config set KEY VALUE` changes one, `recli config show` hides what is secret.
"""


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A key's value as the file will say it, and what is known of a secret behind it.

    `secret` is what was given here and now, None if the reference leads to it; `store` says that
    it has to be put where the reference leads.
    """

    value: Value
    secret: Secret | None = field(default=None, repr=False)
    store: bool = False

    @property
    def usable(self) -> Value:
        """What the profile can be tried with."""
        return self.value if self.secret is None else self.secret


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The configuration file that is to be changed; `named` if the command line named it."""

    path: Path
    environ: Mapping[str, str] = field(repr=False)
    named: bool = False

    @property
    def folder(self) -> Path:
        """Where relative paths in it begin."""
        return self.path.absolute().parent

    @property
    def option(self) -> Path | None:
        """The file, for commands that have to name it."""
        return self.path if self.named else None

    def location(self, name: str) -> ConfigLocation:
        """Where a profile stands, for errors."""
        return ConfigLocation(str(self.path), name)

    def data(self) -> dict[str, object]:
        """Return what the file says now; ConfigError if it is no TOML."""
        return parse(read_config_text(self.path), str(self.path))

    def holder(self, name: str) -> str | None:
        """Return the profile that has this name, in whatever case, or None."""
        return find_profile(self.data(), name)


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to be: its keys' values; `replace` puts it in the place of one of its name."""

    name: str
    provider: str
    kept: Mapping[str, StoredSecret] = field(repr=False)
    replace: bool = False
    default: bool = False

    def unset(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return the environment variables that it needs and `environ` does not hold.

        Those whose value was given to try it with count as held, but for an empty `environ`.
        """
        return tuple(
            str(each.value.target)
            for each in self.kept.values()
            if isinstance(each.value, SecretRef)
            and each.value.source is SecretSource.ENV
            and (each.secret is None or not environ)
            and not environ.get(str(each.value.target))
        )

    def table(self, book: ConfigFile) -> ProfileTable:
        """Return the profile as it would be read, with secrets that are not kept yet in it."""
        values = {name: each.usable for name, each in self.kept.items()}
        return ProfileTable(self.name, self.provider, values, str(book.path), book.folder)


def resolve_new_profile(draft: NewProfile, book: ConfigFile, context: CommandContext) -> Profile:
    """Return the profile with its secrets, ready to be tried; ConfigError says what is missing."""
    profile = resolve(draft.table(book), environ=book.environ)
    for warning in warnings(profile):
        context.console.warn(warning)
    return profile


def check_new_profile(profile: Profile, context: CommandContext) -> CheckResult:
    """Ask the provider once with the profile; a token is fetched anew, to see that it can be."""
    environment = context.environment
    outside = CheckContext(
        environment.now(), environment.monotonic_s, context.console.redact, token_folder=None
    )
    found = check_profile(profile, observer_for(profile.name, context.console), outside)
    if found.error is not None and isinstance(found.error.__cause__, Transient):
        found.error.hint = found.error.__cause__.hint or _ADDRESS
    return found


def save(draft: NewProfile, book: ConfigFile) -> None:
    """Write the profile into the file, its secrets before it where they are kept elsewhere."""
    text = _with(read_config_text(book.path), draft, book)
    for key, each in draft.kept.items():
        store(each, book.location(draft.name).at(key), book.environ, book.folder)
    write_private(book.path, text)


def _with(text: str, draft: NewProfile, book: ConfigFile) -> str:
    origin = str(book.path)
    data = parse(text, origin)
    alone = not data.get("profiles")
    holder = find_profile(data, draft.name)
    values = {key: setting.value for key, setting in draft.kept.items()}
    name = holder if draft.replace and holder is not None else draft.name
    profile = ProfileTable(name, draft.provider, values, origin)
    try:
        text = set_profile(text or _HEAD, profile, overwrite=draft.replace)
    except UsageError as error:
        if holder is not None and not draft.replace:
            raise ConfigError(error.message, hint="--overwrite, or another --name") from error
        raise
    if draft.default or (alone and "default_profile" not in data):
        text = set_key(text, "default_profile", holder or draft.name, origin=origin)
    return text


_NO_KEYRING = "keep it in a file, a command or the environment instead"


def store(
    kept: StoredSecret, location: ConfigLocation, environ: Mapping[str, str], folder: Path
) -> None:
    """Put a secret where its reference leads, if it has to be; ConfigError if that fails."""
    value, secret = kept.value, kept.secret
    if not kept.store or secret is None or not isinstance(value, SecretRef):
        return
    target = str(value.target)
    match value.source:
        case SecretSource.FILE:
            write_private(expand_path(target, environ, folder), f"{secret.reveal()}\n")
        case SecretSource.KEYRING:
            _to_keyring(target, secret, location)
        case SecretSource.ENV | SecretSource.COMMAND:
            raise AssertionError("nothing can be put there")
        case _:
            assert_never(value.source)


def check_keyring(location: ConfigLocation) -> None:
    """Raise ConfigError if this machine has no keyring that can be used."""
    try:
        import keyring
        from keyring.backends.fail import Keyring as NoKeyring
    except ImportError:
        problem = "the keyring needs a package that is missing"
        raise location.error(problem, hint="pip install 'recli[keyring]'") from None
    if isinstance(keyring.get_keyring(), NoKeyring):
        raise location.error("this system has no keyring that can be used", hint=_NO_KEYRING)


def how_to_set(variable: str) -> str:
    """Return the commands that set a variable without showing the secret; bash and zsh."""
    name = shlex.quote(variable)
    return f"read -rs {name} && export {name}"


def _to_keyring(name: str, secret: Secret, location: ConfigLocation) -> None:
    check_keyring(location)
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, name, secret.reveal())
    except KeyringError as error:
        problem = f"the keyring did not take {name!r}: {shorten(str(error))}"
        raise ConfigError(location.error(problem).message, hint=_NO_KEYRING) from error


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the command line says of a profile to be; None and empty where it doesn't."""

    provider: str | None = None
    name: str | None = None
    values: Sequence[str] = ()
    stdin: Sequence[str] = ()
    overwrite: bool = False
    default: bool = False


def profile_from_options(
    flags: InitOptions, book: ConfigFile, context: CommandContext
) -> NewProfile:
    """Return the profile that flags describe; UsageError names what is missing or wrong."""
    if flags.provider is None:
        raise UsageError("--provider is missing", hint=f"one of {', '.join(names())}")
    provider = known_provider(flags.provider)
    name = free_name(flags.name or provider, book, overwrite=flags.overwrite)
    kept = parse_settings(flags, provider, book.location(name), context)
    for key in keys_of(provider).values():
        if key.name in kept or not key.required:
            continue
        if not key.env or not book.environ.get(key.env):
            raise _missing(key, provider)
        kept[key.name] = StoredSecret(SecretRef(SecretSource.ENV, key.env))
    return NewProfile(name, provider, kept, flags.overwrite, flags.default)


def known_provider(name: str) -> str:
    """Return a provider's own name; UsageError with the nearest or all that there are."""
    found = canonical(name)
    if found is not None:
        return found
    near = nearest(name, (*names(), *ALIASES))
    problem = f"there is no provider {quote_name(name)}"
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?", hint=f"--provider {near}")
    raise UsageError(problem, hint=f"known: {', '.join(names())}")


def free_name(name: str, book: ConfigFile, *, overwrite: bool) -> str:
    """Return a name that a new profile may have; ConfigError if it is taken or unfit."""
    check_profile_name(name, ConfigLocation(str(book.path)))
    holder = book.holder(name)
    if holder is not None and not overwrite:
        problem = "is there already"
        raise book.location(holder).error(problem, hint="--overwrite, or another --name")
    return holder or name


def parse_settings(
    flags: InitOptions, provider: str, location: ConfigLocation, context: CommandContext
) -> dict[str, StoredSecret]:
    """Return the values that `--set` and `--secret-stdin` give, checked."""
    known = keys_of(provider)
    kept: dict[str, StoredSecret] = {}
    for text in flags.values:
        name, equals, value = text.partition("=")
        if not equals:
            # What was written may be a secret, so it is not shown.
            raise UsageError("--set wants KEY=VALUE", hint=f"--set {_first(known)}=…")
        key = _key(name, known, location)
        kept[key.name] = StoredSecret(_value(key, value, location.at(key.name)))
    for name in flags.stdin:
        key = _key(name, known, location)
        if key.name in kept and not _storable(kept[key.name]):
            problem = f"--secret-stdin {name}: --set {name} says already where it is"
            raise UsageError(problem, hint=f"leave one of them out; or --set {name}=file:PATH")
        secret = secret_line(context, name)
        said = parse_setting(key, secret, location.at(name))
        kept[key.name] = StoredSecret(
            kept[key.name].value if key.name in kept else said, secret, store=True
        )
    return kept


def _storable(kept: StoredSecret) -> bool:
    """Say whether a secret can be put where a reference leads."""
    value = kept.value
    return isinstance(value, SecretRef) and value.source in {
        SecretSource.FILE,
        SecretSource.KEYRING,
    }


def _key(name: str, known: Mapping[str, Key], location: ConfigLocation) -> Key:
    if name not in known:
        raise unknown_key(location, name, known)
    return known[name]


def _value(key: Key, text: str, location: ConfigLocation) -> "SecretRef | str | int | float | bool":
    try:
        value = parse_setting(key, text, location)
    except ConfigError as error:
        if kind_of(key) is ValueKind.SECRET:
            ways = ", ".join(f"{key.name}={each}" for each in ("env:NAME", "file:PATH"))
            hint = f"--secret-stdin {key.name}; or --set {ways}, keyring:NAME or command:LINE"
            raise UsageError(error.message, hint=hint) from error
        raise
    if isinstance(value, SecretRef | str | int | float | bool):
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
