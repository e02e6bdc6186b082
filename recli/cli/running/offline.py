"""`recli list --archive`: rows out of an archive's catalog, without a network."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

from recli.archive.contents import Contents
from recli.cli.options.asking import query_of, zone_of
from recli.cli.options.choosing import Which, Whose
from recli.cli.running.ending import counted, took
from recli.cli.running.rows import Shape, output
from recli.cli.session import Session
from recli.config.read import load
from recli.config.spot import nearest, shown
from recli.config.where import explicit, locate
from recli.engine.match import matcher
from recli.engine.report import Story
from recli.errors import ConfigError, ExitCode, UsageError
from recli.model import Query, Recording
from recli.output.writer import Writer
from recli.providers import canonical


def from_archive(
    session: Session, folder: Path, shape: Shape, *, whose: Whose, which: Which, story: Story
) -> ExitCode:
    """List an archive's recordings to standard output and return the exit code."""
    if whose.sandbox:
        raise UsageError("--archive lists what is kept, --sandbox what is made up: choose one")
    begun_s = session.world.monotonic_s()
    zone = _zone(whose, which, session)
    query = story.query = query_of(which, now=story.started_at, zone=zone)
    with output(session) as stream, Contents.open(folder) as contents:
        known = contents.profiles()
        profiles = [_profile(name, known, folder) for name in whose.profile or ()]
        providers = [_provider(name, known, folder) for name in whose.provider or ()]
        writer = shape.writer(stream, zone, tuple(known))
        rows = contents.rows(query, _names(profiles, providers, known))
        _write(rows, query, writer)
        shape.end(writer, stream)
        stream.flush()
    story.exit_code = ExitCode.OK
    passed_s = session.world.monotonic_s() - begun_s
    line = f"{counted(writer.written)} from {folder} in {took(passed_s)}"
    if session.teller.verbose or session.world.obeys(session.world.stderr):
        session.teller.note(line)
    return ExitCode.OK


def _write(batches: Iterator[list[Recording]], query: Query, writer: Writer) -> None:
    match = matcher(query) if query.active else None
    left = query.limit
    for batch in batches:
        rows = batch if match is None else [row for row in batch if match(row)]
        if left is not None:
            rows = rows[:left]
            left -= len(rows)
        if rows:
            writer.write(rows)
        if left == 0:
            return


def _names(profiles: list[str], providers: list[str], known: dict[str, str]) -> list[str] | None:
    """Return whose rows are wanted; None means everybody's."""
    if not (profiles or providers):
        return None
    of_providers = [name for name, provider in known.items() if provider in providers]
    return [*profiles, *of_providers]


def _profile(name: str, known: dict[str, str], folder: Path) -> str:
    if name in known:
        return name
    near = nearest(name, known)
    problem = f"{folder} has no recordings of a profile {shown(name)}"
    if near is not None:
        raise UsageError(f"{problem}; did you mean {near}?")
    raise UsageError(problem, hint=f"it has {', '.join(known) or 'none at all'}")


def _provider(name: str, known: dict[str, str], folder: Path) -> str:
    found = canonical(name)
    if found is None or found not in known.values():
        there = ", ".join(sorted(set(known.values()))) or "none at all"
        problem = f"{folder} has no recordings of a provider {shown(name)}"
        raise UsageError(problem, hint=f"it has {there}")
    return found


def _zone(whose: Whose, which: Which, session: Session) -> tzinfo:
    """Return the reader's zone; a configuration is only asked if it can be read."""
    environ = session.world.environ
    configured = None
    if which.tz is None:
        named = explicit(whose.config, environ)
        try:
            configured = load(locate(whose.config, environ), explicit=named).timezone
        except ConfigError:
            if whose.config is not None:
                raise
    return zone_of(which.tz, configured, environ)
