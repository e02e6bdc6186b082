"""A profile that is being made: its settings, how it is tried, and how it is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recli.cli.check import check_profile
from recli.cli.context import CommandContext
from recli.cli.init_options import InitOptions
from recli.cli.prompts import read_secret
from recli.config.edit import parse_setting, read_config_text, set_key
from recli.config.edit_profiles import find_profile, set_profile
from recli.config.keys import find_key, keys_of, secret_variable
from recli.config.load import check_profile_name, expand_path, parse, write_config
from recli.config.private_file import write_private
from recli.config.profile import (
    ConfigLocation,
    Profile,
    ProfileTable,
    SecretRef,
    SecretSource,
    Value,
)
from recli.config.secrets import resolve, store_in_keyring, warnings
from recli.config.select import resolve_provider
from recli.config.workspace import forget_refusals, token_folder
from recli.errors import ConfigError, RecliError, Transient, UsageError
from recli.providers import names
from recli.providers.base import Key
from recli.wire import Secret

_NETWORK_HINT = "is the network there? --set base_url=URL gives another address"
_HEAD = """\
# The configuration of recli. `recli providers NAME` tells what a provider's keys mean,
# `recli config set KEY VALUE` changes one, `recli config show` hides what is secret.
"""
_STORABLE = {SecretSource.FILE, SecretSource.KEYRING}


@dataclass(frozen=True, slots=True)
class NewSetting:
    """A key's value as the file will hold it; `secret` is what belongs behind a reference.

    `secret` is None where the reference leads to it already.
    """

    value: Value
    secret: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The configuration file that a profile is written to."""

    path: Path
    environ: Mapping[str, str] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where relative paths in it begin."""
        return self.path.absolute().parent

    def location(self, name: str) -> ConfigLocation:
        """Return where a profile is, for errors."""
        return ConfigLocation(str(self.path), name)

    def data(self) -> dict[str, object]:
        """Return the decoded file; ConfigError if it is no TOML."""
        return parse(read_config_text(self.path), str(self.path))


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to be written; `overwrite` replaces the one of its name."""

    name: str
    provider: str
    settings: Mapping[str, NewSetting] = field(repr=False)
    overwrite: bool = False
    default: bool = False

    def variables(self) -> Iterator[tuple[str, bool]]:
        """Yield the environment variables that it refers to, and whether their value was given."""
        for setting in self.settings.values():
            value = setting.value
            if isinstance(value, SecretRef) and value.source is SecretSource.ENV:
                yield str(value.target), setting.secret is not None


def resolve_new_profile(profile: NewProfile, file: ConfigFile, context: CommandContext) -> Profile:
    """Return the profile with its secrets, ready to be tried; ConfigError says what is missing."""
    values = {key: setting.secret or setting.value for key, setting in profile.settings.items()}
    table = ProfileTable(profile.name, profile.provider, values, str(file.path), file.folder)
    resolved = resolve(table, environ=file.environ)
    for warning in warnings(resolved):
        context.console.warn(warning)
    return resolved


def check_new_profile(profile: Profile, context: CommandContext) -> RecliError | None:
    """Ask the provider once with the profile, and return why it can't be used, if so."""
    error = check_profile(profile, context, token_folder=None).error
    if error is None:
        forget_refusals(token_folder(context.environment.environ), [profile])
    if error is not None and isinstance(error.__cause__, Transient):
        error.hint = error.__cause__.hint or _NETWORK_HINT
    return error


def save(profile: NewProfile, file: ConfigFile) -> None:
    """Write the profile into the file, after the secrets that are stored outside of it."""
    origin = str(file.path)
    text = read_config_text(file.path)
    data = parse(text, origin)
    values = {key: setting.value for key, setting in profile.settings.items()}
    table = ProfileTable(profile.name, profile.provider, values, origin)
    text = set_profile(text or _HEAD, table, overwrite=profile.overwrite)
    if profile.default or not (data.get("profiles") or "default_profile" in data):
        text = set_key(text, "default_profile", profile.name, origin=origin)
    for key, setting in profile.settings.items():
        _store(setting, file.location(profile.name).at(key), file)
    write_config(file.path, text)


def _store(setting: NewSetting, location: ConfigLocation, file: ConfigFile) -> None:
    """Put a secret where its reference leads: into a file or the keyring."""
    value, secret = setting.value, setting.secret
    if secret is None or not isinstance(value, SecretRef):
        return
    target = str(value.target)
    if value.source is SecretSource.FILE:
        path = expand_path(target, file.environ, file.folder)
        write_private(path, f"{secret.reveal()}\n")
    elif value.source is SecretSource.KEYRING:
        store_in_keyring(target, secret, location)


def available_name(name: str, file: ConfigFile, *, overwrite: bool) -> str:
    """Return the name, spelled like a profile that it replaces; ConfigError if taken or unfit."""
    check_profile_name(name, ConfigLocation(str(file.path)))
    existing = find_profile(file.data(), name)
    if existing is not None and not overwrite:
        location = file.location(existing)
        raise location.error("is there already", hint="--overwrite, or another --name")
    return existing or name


def parse_settings(
    texts: Sequence[str], provider: str, location: ConfigLocation
) -> dict[str, NewSetting]:
    """Return the settings that `--set KEY=VALUE` gives, checked."""
    known = keys_of(provider)
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            # The text may be a secret, so it is not shown.
            raise UsageError("--set wants KEY=VALUE", hint=f"--set {next(iter(known))}=…")
        key = find_key(name, known, location)
        try:
            settings[name] = NewSetting(parse_setting(key, value, location.at(name)))
        except ConfigError as error:
            if key.secret:
                ways = f"{name}=env:NAME, file:PATH, keyring:NAME or command:LINE"
                error.hint = f"--secret-stdin {name}; or --set {ways}"
            raise
    return settings


def profile_from_options(
    options: InitOptions, file: ConfigFile, context: CommandContext
) -> NewProfile:
    """Return the profile that the options describe; UsageError names what is missing or wrong."""
    if options.provider is None:
        raise UsageError("--provider is missing", hint=f"one of {', '.join(names())}")
    provider = resolve_provider(options.provider)
    name = available_name(options.name or provider, file, overwrite=options.overwrite)
    location = file.location(name)
    settings = parse_settings(options.values or (), provider, location)
    known = keys_of(provider)
    for key_name in options.secret_stdin or ():
        key = find_key(key_name, known, location)
        settings[key_name] = _read_setting(key, settings.get(key_name), location, context)
    for key in known.values():
        if key.name in settings or not key.required:
            continue
        if not key.env or not file.environ.get(key.env):
            raise _missing(key, provider)
        settings[key.name] = NewSetting(SecretRef(SecretSource.ENV, key.env))
    return NewProfile(name, provider, settings, options.overwrite, options.default)


def _read_setting(
    key: Key, given: NewSetting | None, location: ConfigLocation, context: CommandContext
) -> NewSetting:
    """Return a secret from standard input, to be stored where `--set` says, if it does."""
    reference = None if given is None else given.value
    if given is not None and not (
        isinstance(reference, SecretRef) and reference.source in _STORABLE
    ):
        problem = f"--secret-stdin {key.name}: --set {key.name} says already where it is"
        raise UsageError(problem, hint=f"leave one of them out; or --set {key.name}=file:PATH")
    secret = read_secret(context, key.name)
    value = parse_setting(key, secret, location.at(key.name))
    return NewSetting(value) if reference is None else NewSetting(reference, secret)


def _missing(key: Key, provider: str) -> UsageError:
    if key.secret:
        variable = secret_variable(key, provider)
        hint = f"--set {key.name}=env:{variable}, or --secret-stdin {key.name}"
    else:
        hint = f"--set {key.name}={key.example or '…'}"
    return UsageError(f"{provider} needs {key.name}: {key.about}", hint=hint)
