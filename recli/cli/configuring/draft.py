"""A profile that is being made: how it is tried, and how it gets into the configuration file.

Where its values come from, questions or flags, is decided elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recli.cli.checking.trial import Finding, Outside, attempt
from recli.cli.configuring.keeping import Kept, store
from recli.cli.running.watching import watching
from recli.cli.session import Session
from recli.config.edit import add_profile, current, replace_profile, set_key, taken
from recli.config.private import write_private
from recli.config.read import parse
from recli.config.resolve import resolve, warnings
from recli.config.spot import Spot
from recli.config.tables import Profile, ProfileTable, Reference, Source
from recli.errors import ConfigError, Transient, UsageError

_ADDRESS = "is the network there? --set base_url=URL gives another address"
_HEAD = """\
# The configuration of recli. `recli providers NAME` tells what a provider's keys mean,
# `recli config set KEY VALUE` changes one, `recli config show` hides what is secret.
"""


@dataclass(frozen=True, slots=True)
class Book:
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

    def spot(self, name: str) -> Spot:
        """Where a profile stands, for errors."""
        return Spot(str(self.path), name)

    def data(self) -> dict[str, object]:
        """Return what the file says now; ConfigError if it is no TOML."""
        return parse(current(self.path), str(self.path))

    def holder(self, name: str) -> str | None:
        """Return the profile that has this name, in whatever case, or None."""
        return taken(self.data(), name)


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile to be: its keys' values; `replace` puts it in the place of one of its name."""

    name: str
    provider: str
    kept: Mapping[str, Kept] = field(repr=False)
    replace: bool = False
    default: bool = False

    def unset(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return the environment variables that it needs and `environ` does not hold.

        Those whose value was given to try it with count as held, but for an empty `environ`.
        """
        return tuple(
            str(each.value.target)
            for each in self.kept.values()
            if isinstance(each.value, Reference)
            and each.value.source is Source.ENV
            and (each.secret is None or not environ)
            and not environ.get(str(each.value.target))
        )

    def table(self, book: Book) -> ProfileTable:
        """Return the profile as it would be read, with secrets that are not kept yet in it."""
        values = {name: each.usable for name, each in self.kept.items()}
        return ProfileTable(self.name, self.provider, values, str(book.path), book.folder)


def ready(draft: Draft, book: Book, session: Session) -> Profile:
    """Return the profile with its secrets, ready to be tried; ConfigError says what is missing."""
    profile = resolve(draft.table(book), environ=book.environ)
    for warning in warnings(profile):
        session.teller.warn(warning)
    return profile


def tried(profile: Profile, session: Session) -> Finding:
    """Ask the provider once with the profile; a token is fetched anew, to see that it can be."""
    world = session.world
    outside = Outside(world.now(), world.monotonic_s, session.teller.redact, token_folder=None)
    found = attempt(profile, watching(profile.name, session.teller), outside)
    if found.error is not None and isinstance(found.error.__cause__, Transient):
        found.error.hint = found.error.__cause__.hint or _ADDRESS
    return found


def save(draft: Draft, book: Book) -> None:
    """Write the profile into the file, its secrets before it where they are kept elsewhere."""
    text = _with(current(book.path), draft, book)
    for key, each in draft.kept.items():
        store(each, book.spot(draft.name).at(key), book.environ, book.folder)
    write_private(book.path, text)


def _with(text: str, draft: Draft, book: Book) -> str:
    origin = str(book.path)
    data = parse(text, origin)
    alone = not data.get("profiles")
    values = {name: each.value for name, each in draft.kept.items()}
    holder = taken(data, draft.name)
    try:
        if draft.replace and holder is not None:
            text = replace_profile(text, holder, draft.provider, values, origin=origin)
        else:
            text = text or _HEAD
            text = add_profile(text, draft.name, draft.provider, values, origin=origin)
    except UsageError as error:
        if holder is not None and not draft.replace:
            raise ConfigError(error.message, hint="--overwrite, or another --name") from error
        raise
    if draft.default or (alone and "default_profile" not in data):
        text = set_key(text, "default_profile", holder or draft.name, origin=origin)
    return text
