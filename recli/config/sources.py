"""Fetching a value from where it is kept: environment, command, file, or the system's keyring.

Errors name the place and the reason, never what was fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from recli.config.private import read_text
from recli.config.read import quoted
from recli.config.spot import Spot
from recli.config.tables import Reference, Source
from recli.config.where import expand
from recli.errors import ConfigError
from recli.providers.base import shorten
from recli.redact import Redactor

SERVICE = "recli"
"""The keyring's service: `keyring set recli NAME` keeps a secret for `{ keyring = "NAME" }`."""
COMMAND_TIMEOUT_S = 60.0
"""Long enough for a person to unlock a password store."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit status and what it wrote."""

    status: int
    out: bytes
    err: bytes

    def __repr__(self) -> str:
        return f"Ran(status={self.status}, ***)"


Run = Callable[[str | tuple[str, ...], Mapping[str, str], float], Ran]
"""Run a command line or a program with arguments, with an environment, for so many seconds.

OSError where it can't be started, TimeoutError where it does not end in time.
"""


def run_command(
    command: str | tuple[str, ...], environ: Mapping[str, str], timeout_s: float
) -> Ran:
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
    return Ran(process.returncode, out, err)


def fetch(
    reference: Reference, spot: Spot, *, environ: Mapping[str, str], run: Run, folder: Path | None
) -> str:
    """Return the text that a reference leads to, without the newline at its end.

    Of a command the first line is taken, as password stores print it. ConfigError where there is
    nothing.
    """
    target = reference.target
    match reference.source:
        case Source.COMMAND:
            return _first_line(target, spot, run, environ)
        case Source.ENV:
            return _variable(str(target), spot, environ)
        case Source.FILE:
            return _file(expand(str(target), environ, folder), spot)
        case Source.KEYRING:
            return _keyring(str(target), spot)
        case _:
            assert_never(reference.source)


def _variable(name: str, spot: Spot, environ: Mapping[str, str]) -> str:
    text = environ.get(name)
    if text is None:
        raise spot.error(f"the environment variable {name} is not set", hint=_exporting(name))
    text = text.rstrip("\r\n")
    if not text:
        raise spot.error(f"the environment variable {name} is empty", hint=_exporting(name))
    return text


def _exporting(name: str) -> str:
    return f"read -rs {name} && export {name}"


def _first_line(
    command: str | tuple[str, ...], spot: Spot, run: Run, environ: Mapping[str, str]
) -> str:
    what = f"the command {_program(command)!r}"
    try:
        ran = run(command, environ, COMMAND_TIMEOUT_S)
    except TimeoutError:
        raise spot.error(f"{what} did not end in {COMMAND_TIMEOUT_S:g} seconds") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise spot.error(f"{what} can't be run: {reason}") from error
    if ran.status != 0:
        said = Redactor()(shorten(ran.err.decode("utf-8", "replace")))
        problem = f"{what} failed with status {ran.status}{f': {said}' if said else ''}"
        hint = f"run it in a shell to see why: it stands in {spot.origin}"
        raise spot.error(problem, hint=hint)
    text = _decoded(ran.out, spot, what).partition("\n")[0].rstrip("\r")
    if not text:
        raise spot.error(f"{what} printed nothing in its first line")
    return text


def _program(command: str | tuple[str, ...]) -> str:
    """Return a command's program alone: what stands around it may be a secret of its own."""
    words = command.split() if isinstance(command, str) else command
    return shorten(next((word for word in words if "=" not in word), "…"))


def _file(path: Path, spot: Spot) -> str:
    try:
        source = read_text(path)
    except FileNotFoundError:
        hint = f"write the secret into it, and: chmod 600 {quoted(path)}"
        raise spot.error(f"the file {path} is not there", hint=hint) from None
    except ConfigError as error:
        raise spot.error(error.message) from error
    if source.open_to_others:
        hint = f"chmod 600 {quoted(path)}"
        raise spot.error(f"the file {path} can be read by others", hint=hint)
    text = source.text.rstrip("\r\n")
    if not text:
        raise spot.error(f"the file {path} is empty")
    return text


def _keyring(name: str, spot: Spot) -> str:
    try:
        import keyring  # noqa: PLC0415  # an extra, and slow
        from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415
    except ImportError:
        hint = "pip install 'recli[keyring]'"
        raise spot.error("the keyring needs a package that is missing", hint=hint) from None
    try:
        text = keyring.get_password(SERVICE, name)
    except NoKeyringError:
        hint = "use { env = … }, { file = … } or { command = … } instead"
        raise spot.error("this system has no keyring that can be used", hint=hint) from None
    except KeyringError as error:
        raise spot.error(f"the keyring did not give {name!r}: {shorten(str(error))}") from error
    if not text:
        hint = f"keyring set {SERVICE} {name}"
        raise spot.error(f"the keyring has no {name!r} under {SERVICE!r}", hint=hint)
    return text


def _decoded(output: bytes, spot: Spot, what: str) -> str:
    try:
        return output.decode()
    except UnicodeDecodeError:
        raise spot.error(f"{what} printed something that is not UTF-8 text") from None
