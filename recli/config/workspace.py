"""The configuration that a run works with, and the profiles that it selects.

Messages, the command line and the network are not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recli.config.load import config_path, is_explicit, literal_secrets, load, user_folder
from recli.config.profile import Configuration, Profile, ProfileTable
from recli.config.secrets import resolve
from recli.config.select import select_profiles
from recli.errors import ConfigError
from recli.redact import Redactor


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
    return Workspace(configuration, environ, user_folder("state", environ) / "tokens", redact)


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
