"""The configuration that a run works with, and the profiles that it uses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from recli.config.load import config_path, is_explicit, literal_secrets, load, user_folder
from recli.config.profile import Configuration, Profile, ProfileTable, profile_label
from recli.config.secrets import resolve
from recli.config.select import select_profiles
from recli.errors import ConfigError, UsageError
from recli.model import Query
from recli.redact import Redactor
from recli.transport.refusals import RefusalMark


@dataclass(frozen=True, slots=True)
class Workspace:
    """A configuration, and the environment that secrets and profiles may come from.

    `token_folder` None keeps access tokens in memory.
    """

    configuration: Configuration
    environ: Mapping[str, str] = field(default_factory=dict)
    token_folder: Path | None = None
    redact: Redactor = field(default_factory=Redactor)


def open_workspace(
    config: Path | None, environ: Mapping[str, str], redact: Redactor | None = None
) -> Workspace:
    """Read the configuration file: `config`, else the usual one."""
    redact = redact or Redactor()
    path = config_path(config, environ)
    configuration = load(path, explicit=is_explicit(config, environ))
    for secret, _ in literal_secrets(configuration):
        redact.add(secret.reveal())
    return Workspace(configuration, environ, token_folder(environ), redact)


def token_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where tokens are stored between runs, and refused credentials marked.

    None without a home folder: then nothing is kept.
    """
    with suppress(UsageError):
        return user_folder("state", environ) / "tokens"
    return None


def resolve_profiles(
    workspace: Workspace,
    *,
    profiles: Sequence[str] = (),
    providers: Sequence[str] = (),
    all_profiles: bool = False,
) -> tuple[list[Profile], list[tuple[ProfileTable, ConfigError]]]:
    """Return the selected profiles with their secrets, and those that can't be used, with why."""
    found: list[Profile] = []
    failed: list[tuple[ProfileTable, ConfigError]] = []
    for table in select_profiles(
        workspace.configuration,
        profiles=profiles,
        providers=providers,
        all_profiles=all_profiles,
        environ=workspace.environ,
    ):
        try:
            found.append(resolve(table, environ=workspace.environ))
        except ConfigError as error:
            failed.append((table, error))
    return found, failed


def forget_refusals(folder: Path | None, profiles: Iterable[Profile]) -> None:
    """Let credentials be sent again that were refused in an earlier run; `folder` has tokens."""
    for profile in profiles:
        RefusalMark(folder, profile.provider).remove()


def drop_unsatisfiable(
    profiles: Sequence[Profile],
    query: Query,
    *,
    named: Sequence[str],
    warn: Callable[[str], None],
) -> list[Profile]:
    """Leave out profiles none of whose recordings can match the query, with a warning.

    UsageError if one of them is among `named`, or if no other is left.
    """
    left: list[Profile] = []
    for profile in profiles:
        impossible = sorted(profile.provider.unsatisfiable(query))
        if not impossible:
            left.append(profile)
            continue
        filters = " and ".join(f"--{name}{_filter_value(name, query)}" for name in impossible)
        label = profile_label(profile.name, profile.provider.name)
        problem = f"{label}: no recording can match {filters}"
        if profile.name in named or len(profiles) == 1:
            raise UsageError(problem, hint=f"recli providers {profile.provider.name}")
        warn(f"{problem}: left out")
    if not left:
        raise UsageError(
            "no profile is left: none of their providers can match these filters",
            hint="recli providers",
        )
    return left


def _filter_value(name: str, query: Query) -> str:
    value = {"direction": query.direction, "state": query.state}.get(name)
    return f" {value}" if value else ""
