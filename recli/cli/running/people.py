"""The profiles of a run: out of the configuration or the sandbox, ready to be asked.

Everything is checked here before anything is asked of anybody.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from recli.cli.options.asking import Patience
from recli.cli.options.choosing import Whose
from recli.cli.session import Session
from recli.cli.tell import who
from recli.config.choose import choose
from recli.config.read import from_tables, literal_secrets, load
from recli.config.resolve import resolve, warnings
from recli.config.tables import Configuration, Profile
from recli.config.where import explicit, locate
from recli.engine.outcome import Outcome
from recli.errors import ConfigError, UsageError
from recli.model import Query

_NO_ENVIRONMENT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Household:
    """A configuration and where what belongs to it is kept.

    `environ` is what profiles may be made of and secrets come from; `token_folder` None keeps
    tokens in memory.
    """

    configuration: Configuration
    environ: Mapping[str, str]
    token_folder: Path | None
    sandbox: bool = False
    config: Path | None = None
    """The file, where the command line named it."""


@contextmanager
def household(whose: Whose, session: Session) -> Iterator[Household]:
    """Read the configuration, or start the sandbox for as long as the block lasts."""
    environ = session.world.environ
    if not whose.sandbox:
        path = locate(whose.config, environ)
        configuration = load(path, explicit=explicit(whose.config, environ))
        for secret, _ in literal_secrets(configuration):
            session.teller.redact.add(secret.reveal())
        folder = _token_folder(environ)
        yield Household(configuration, environ, folder, config=whose.config)
        return
    if whose.config is not None:
        raise UsageError("--sandbox has its own configuration: leave --config out")
    from recli.sandbox.server import Sandbox

    with Sandbox() as sandbox:
        yield Household(from_tables(sandbox.profiles()), _NO_ENVIRONMENT, None, sandbox=True)


def profiles_of(
    whose: Whose, home: Household, session: Session
) -> tuple[list[Profile], list[Outcome]]:
    """Return the profiles that are meant, with their secrets; warn of unsafe connections.

    One whose keys or secrets are not to be had does not take the others down: it is among the
    outcomes, and its ConfigError is raised only if no other is left.
    """
    named, providers = whose.profile or (), whose.provider or ()
    everybody = whose.everybody or (home.sandbox and not (named or providers))
    tables = choose(
        home.configuration,
        profiles=named,
        providers=providers,
        all_profiles=everybody,
        environ=home.environ,
    )
    found: list[Profile] = []
    broken: list[Outcome] = []
    for table in tables:
        try:
            found.append(resolve(table, environ=home.environ))
        except ConfigError as error:
            broken.append(Outcome(table.name, table.provider, error=error))
    if not found:
        for outcome in broken[1:]:
            if outcome.error is not None:
                session.teller.error(outcome.error)
        raise broken[0].error or UsageError("no profile is left")
    for profile in found:
        for warning in warnings(profile):
            session.teller.warn(warning)
    return found, broken


def able(
    profiles: Sequence[Profile], query: Query, named: Sequence[str], session: Session
) -> list[Profile]:
    """Leave out profiles with filters that no row of theirs can match, and warn of them.

    UsageError if the command line named one of them, or if none is left.
    """
    left: list[Profile] = []
    for profile in profiles:
        never = sorted(profile.provider.unsatisfiable(query))
        if not never:
            left.append(profile)
            continue
        options = " and ".join(f"--{each}{_value(each, query)}" for each in never)
        title = profile.provider.name
        problem = f"{who(profile.name, title)}: no recording can match {options}"
        if profile.name in named or len(profiles) == 1:
            raise UsageError(problem, hint=f"recli providers {title}")
        session.teller.warn(f"{problem}: left out")
    if not left:
        raise UsageError(
            "no profile is left: none of their providers can match these filters",
            hint="recli providers",
        )
    return left


def with_settings(profiles: Sequence[Profile], over: Patience) -> list[Profile]:
    """Return the profiles with what the command line says of connections."""
    return [replace(profile, settings=over.over(profile.settings)) for profile in profiles]


def _value(name: str, query: Query) -> str:
    value = {"direction": query.direction, "state": query.state}.get(name)
    return f" {value}" if value else ""


def _token_folder(environ: Mapping[str, str]) -> Path:
    base, home = environ.get("XDG_STATE_HOME"), environ.get("HOME")
    import sys

    if sys.platform not in {"win32", "darwin"}:
        if base and Path(base).is_absolute():
            return Path(base) / "recli" / "tokens"
        if home:
            return Path(home) / ".local" / "state" / "recli" / "tokens"
    from platformdirs import user_state_path

    return user_state_path("recli", appauthor=False) / "tokens"
