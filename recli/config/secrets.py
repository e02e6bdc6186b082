"""Making a profile ready for use: fetch what is kept elsewhere, build provider and settings.

Everything that can be checked without a secret is checked before the first secret is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from shlex import quote
from typing import TYPE_CHECKING, assert_never

from recli.config.certificates import ca_file, environment_ca_file
from recli.config.keys import keys_of, parse_value, secret_variable, shared_keys
from recli.config.load import expand_path, quoted
from recli.config.private_file import read_text
from recli.config.profile import (
    ConfigLocation,
    Profile,
    ProfileTable,
    SecretRef,
    SecretSource,
    Value,
)
from recli.errors import ConfigError
from recli.providers import provider_class
from recli.providers.base import Key
from recli.redact import Redactor
from recli.text import shorten
from recli.transport.settings import Settings
from recli.urls import cleartext_host
from recli.wire import Secret

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

SERVICE = "recli"
"""The keyring's service: `keyring set recli NAME` keeps a secret for `{ keyring = "NAME" }`."""
COMMAND_TIMEOUT_S = 60.0
"""Long enough for a person to unlock a password store."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended: its exit status and what it wrote."""

    status: int
    out: bytes
    err: bytes

    def __repr__(self) -> str:
        return f"CommandResult(status={self.status}, ***)"


Run = Callable[[str | tuple[str, ...], Mapping[str, str], float], CommandResult]
"""Run a command line or a program with arguments, with an environment, for so many seconds.

OSError where it can't be started, TimeoutError where it does not end in time.
"""


def run_command(
    command: str | tuple[str, ...], environ: Mapping[str, str], timeout_s: float
) -> CommandResult:
    """Run a command with nothing to read: a line by the shell, words without one."""
    import subprocess  # noqa: PLC0415  # few profiles need it

    # The configuration's owner wrote the command, as a line that works in their own shell.
    process = subprocess.Popen(  # noqa: S603
        command,
        shell=isinstance(command, str),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environ),
    )
    with process.stdout, process.stderr:  # type: ignore[union-attr]  # both were asked for
        try:
            out, err = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            # Only the pipes are closed after it: a child of the shell may hold them open for long.
            raise TimeoutError from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return CommandResult(process.returncode, out, err)


def export_command(variable: str) -> str:
    """Return the commands that set a variable without showing the secret; bash and zsh."""
    name = quote(variable)
    return f"read -rs {name} && export {name}"


def fetch_secret(
    reference: SecretRef,
    location: ConfigLocation,
    *,
    environ: Mapping[str, str],
    run: Run,
    folder: Path | None,
) -> str:
    """Return the text that a reference leads to, without the newline at its end.

    Of a command the first line is taken, as password stores print it. ConfigError where there is
    nothing.
    """
    target = reference.target
    match reference.source:
        case SecretSource.COMMAND:
            return _first_line(target, location, run, environ)
        case SecretSource.ENV:
            return _variable(str(target), location, environ)
        case SecretSource.FILE:
            return _file(expand_path(str(target), environ, folder), location)
        case SecretSource.KEYRING:
            return _from_keyring(str(target), location)
        case _:
            assert_never(reference.source)


def _variable(name: str, location: ConfigLocation, environ: Mapping[str, str]) -> str:
    text = environ.get(name)
    if text is None:
        raise location.error(
            f"the environment variable {name} is not set", hint=export_command(name)
        )
    text = text.rstrip("\r\n")
    if not text:
        raise location.error(f"the environment variable {name} is empty", hint=export_command(name))
    return text


def _first_line(
    command: str | tuple[str, ...], location: ConfigLocation, run: Run, environ: Mapping[str, str]
) -> str:
    what = f"the command {_program(command)!r}"
    try:
        result = run(command, environ, COMMAND_TIMEOUT_S)
    except TimeoutError:
        raise location.error(f"{what} did not end in {COMMAND_TIMEOUT_S:g} seconds") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise location.error(f"{what} can't be run: {reason}") from error
    if result.status != 0:
        message = Redactor()(shorten(result.err.decode("utf-8", "replace")))
        problem = f"{what} failed with status {result.status}{f': {message}' if message else ''}"
        hint = f"run it in a shell to see why: it stands in {location.origin}"
        raise location.error(problem, hint=hint)
    text = _decoded(result.out, location, what).partition("\n")[0].rstrip("\r")
    if not text:
        raise location.error(f"{what} printed nothing in its first line")
    return text


def _program(command: str | tuple[str, ...]) -> str:
    """Return a command's program alone: what stands around it may be a secret of its own."""
    words = command.split() if isinstance(command, str) else command
    return shorten(next((word for word in words if "=" not in word), "…"))


def _file(path: Path, location: ConfigLocation) -> str:
    try:
        source = read_text(path)
    except FileNotFoundError:
        hint = f"write the secret into it, and: chmod 600 {quoted(path)}"
        raise location.error(f"the file {path} is not there", hint=hint) from None
    except ConfigError as error:
        raise location.error(error.message) from error
    if source.open_to_others:
        hint = f"chmod 600 {quoted(path)}"
        raise location.error(f"the file {path} can be read by others", hint=hint)
    text = source.text.rstrip("\r\n")
    if not text:
        raise location.error(f"the file {path} is empty")
    return text


def store_in_keyring(name: str, secret: Secret, location: ConfigLocation) -> None:
    """Put a secret into the system's keyring; ConfigError if it can't be used."""
    with _open_keyring(location, f"did not take {name!r}") as keyring:
        keyring.set_password(SERVICE, name, secret.reveal())


def _from_keyring(name: str, location: ConfigLocation) -> str:
    with _open_keyring(location, f"did not give {name!r}") as keyring:
        text = keyring.get_password(SERVICE, name)
    if not text:
        hint = f"keyring set {SERVICE} {name}"
        raise location.error(f"the keyring has no {name!r} under {SERVICE!r}", hint=hint)
    return str(text)


@contextmanager
def _open_keyring(location: ConfigLocation, problem: str) -> Iterator[ModuleType]:
    """Import the keyring, an extra, and explain why it is missing or fails."""
    try:
        import keyring  # noqa: PLC0415  # slow, and few profiles need it
        from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415
    except ImportError:
        hint = "pip install 'recli[keyring]'"
        raise location.error("the keyring needs a package that is missing", hint=hint) from None
    try:
        yield keyring
    except NoKeyringError:
        hint = "use { env = … }, { file = … } or { command = … } instead"
        raise location.error("this system has no keyring that can be used", hint=hint) from None
    except KeyringError as error:
        raise location.error(f"the keyring {problem}: {shorten(str(error))}") from error


def _decoded(output: bytes, location: ConfigLocation, what: str) -> str:
    try:
        return output.decode()
    except UnicodeDecodeError:
        raise location.error(f"{what} printed something that is not UTF-8 text") from None


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
    url = str(values.get("base_url", keys["base_url"].default))
    settings = _settings(table, values, environ, url)
    _check_url(table, url, settings)
    values |= {key.name: _value(table, key, environ, run) for key in written if key.secret}
    shared = {key.name for key in shared_keys()}
    own: dict[str, object] = {name: values[name] for name in values if name not in shared}
    provider = provider_class(table.provider)(profile=table.name, **own)  # type: ignore[arg-type]  # checked by key
    problem = provider.problem()
    if problem is not None:
        raise table.location.error(problem)
    return Profile(table.name, provider, settings)


def warnings(profile: Profile) -> tuple[str, ...]:
    """Return warnings about an unsafe connection of a profile."""
    messages = []
    if not profile.settings.verify_tls:
        messages.append(
            f"profile {profile.name}: verify_tls = false: the server's certificate is not checked,"
            " so whoever is on the way can read the credentials; ca_file is the safe way"
        )
    host = cleartext_host(profile.provider.base_url)
    if host is not None:
        messages.append(
            f"profile {profile.name}: allow_http = true: credentials go to {host} over plain http,"
            " readable on the way"
        )
    return tuple(messages)


def _value(table: ProfileTable, key: Key, environ: Mapping[str, str], run: Run) -> Value:
    value = table.values[key.name]
    if not isinstance(value, SecretRef):
        return value
    location = table.location.at(key.name)
    text = fetch_secret(value, location, environ=environ, run=run, folder=table.folder)
    return parse_value(key, text, location)


def _check_url(table: ProfileTable, url: str, settings: Settings) -> None:
    """Refuse plain http beyond this machine, before a secret is fetched for it."""
    host = cleartext_host(url)
    if host is not None and not settings.allow_http:
        raise table.location.at("base_url").error(
            f"credentials would go to {host} over plain http",
            hint="use https; or set allow_http = true if nobody can listen on the way",
        )


def _settings(
    table: ProfileTable, values: Mapping[str, Value], environ: Mapping[str, str], url: str
) -> Settings:
    names = {each.name for each in fields(Settings)}
    given: dict[str, object] = {name: values[name] for name in values if name in names}
    named = ca_file(table, str(given.pop("ca_file", "")), environ)
    if named is None and given.get("verify_tls", True):
        is_needed = url.lower().startswith("https:")
        named = environment_ca_file(table, environ, is_needed=is_needed)
    if "timeout_s" in given:  # who sets it knows the server
        given["first_timeout_s"] = given["timeout_s"]
    return Settings(**given, ca_file=named)  # type: ignore[arg-type]  # each was checked by its key


def _missing(table: ProfileTable, key: Key) -> ConfigError:
    variable = secret_variable(key, table.provider)
    value = f'{{ env = "{variable}" }}' if key.secret else f'"{key.example or "…"}"'
    hint = f"add {key.name} = {value}: {key.about}"
    return table.location.at(key.name).error("is missing", hint=hint)
