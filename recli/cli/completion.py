"""What may follow on a half-written command line: profiles, providers, columns, zones, keys.

The scripts under `completions/` know commands, options and fixed values by themselves, and call
`recli __complete KIND WORD LINE...` for the rest: one candidate on each line, with what it is after
a tab. Nothing here fails, asks anybody or says anything else: a configuration that can't be read
has no names.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from recli.errors import OutputError, UsageError

if TYPE_CHECKING:
    from recli.cli.documents.commands import Command
    from recli.providers.base import Key


_MARK = "# completion of recli"
_ZSHRC = f"""
{_MARK}
fpath=(~/.zfunc $fpath)
autoload -Uz compinit && compinit
"""
_LOADERS = (
    "/usr/share/bash-completion/bash_completion",
    "/usr/local/share/bash-completion/bash_completion",
    "/opt/homebrew/share/bash-completion/bash_completion",
    "/opt/local/share/bash-completion/bash_completion",
    "/etc/bash_completion",
)
"""Where bash-completion, which finds scripts by itself, may be."""


class Shell(StrEnum):
    """The shells that recli completes in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def detect_shell() -> Shell:
    """Return the shell that recli was started from; UsageError if it is none of the three."""
    import shellingham

    try:
        name, _ = shellingham.detect_shell()
    except shellingham.ShellDetectionFailure:
        name = Path(os.environ.get("SHELL", "")).name
    try:
        return Shell(name)
    except ValueError:
        known = "recli completes in bash, zsh and fish: start it from one of them"
        raise UsageError(
            f"can't complete in this shell ({name or 'unknown'})", hint=known
        ) from None


def completion_script(shell: Shell) -> str:
    """Return the text of a shell's completion script."""
    from recli.cli.documents.bash import bash
    from recli.cli.documents.commands import command_line
    from recli.cli.documents.fish import fish
    from recli.cli.documents.zsh import zsh

    writers: Mapping[Shell, Callable[[Command], str]] = {
        Shell.BASH: bash,
        Shell.ZSH: zsh,
        Shell.FISH: fish,
    }
    return writers[shell](command_line())


def install_script(shell: Shell, environ: Mapping[str, str]) -> str:
    """Put a shell's script where it looks and return what to tell; OutputError if it can't."""
    home = Path(environ.get("HOME") or Path.home())
    data = _folder(environ.get("XDG_DATA_HOME"), home / ".local" / "share")
    config = _folder(environ.get("XDG_CONFIG_HOME"), home / ".config")
    text = completion_script(shell)
    match shell:
        case Shell.BASH:
            path = data / "bash-completion" / "completions" / "recli"
            more = "" if any(map(os.path.exists, _LOADERS)) else _sourced(path)
        case Shell.FISH:
            path, more = config / "fish" / "completions" / "recli.fish", ""
        case Shell.ZSH:
            path, more = home / ".zfunc" / "_recli", ""
        case _:
            assert_never(shell)
    _write(path, text)
    if shell is Shell.ZSH:
        more = _found(Path(environ.get("ZDOTDIR") or home) / ".zshrc")
    return f"completion for {shell} is in {path}{more}; shells have it from their next start\n"


def _folder(named: str | None, usual: Path) -> Path:
    return Path(named) if named and Path(named).is_absolute() else usual


def _sourced(path: Path) -> str:
    return f" (bash-completion is not installed: add `source {path}` to ~/.bashrc)"


def _found(start_file: Path) -> str:
    """Let zsh look into ~/.zfunc, once, and tell of it."""
    try:
        before = start_file.read_text() if start_file.exists() else ""
        if _MARK in before:
            return ""
        with start_file.open("a") as file:
            file.write(_ZSHRC)
    except OSError as error:
        raise OutputError(f"{start_file}: {error.strerror}") from error
    return f", and {start_file} looks there"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error


Candidates = Iterable[tuple[str, str]]
"""What may stand there, and what it is."""


def complete(arguments: Iterable[str]) -> str:
    """Return the candidates for `KIND WORD LINE...`, where LINE is all words typed so far."""
    given = list(arguments)
    kind, word = [*given, "", ""][:2]
    asked = ASKED.get(kind)
    if asked is None:
        return ""
    found = [pair for pair in asked(word, given[2:]) if pair[0].startswith(word)]
    return "".join(f"{_plain(name)}\t{_plain(about)}\n" for name, about in found)


# What recli is asked for: options name these, and `ASKED` lists them.


def profiles(incomplete: str, args: list[str]) -> Candidates:  # noqa: ARG001  # as all of them
    """Return the profiles of the configuration that the line names, with their providers."""
    from recli.providers import BUILTIN

    if "--sandbox" in args:
        return [(name, "made up") for name in BUILTIN]
    return _configured(args).items()


def providers(incomplete: str, args: list[str]) -> Candidates:  # noqa: ARG001  # the same
    """Yield the providers' names, and their other names."""
    from recli.providers import ALIASES, BUILTIN, names, provider_class

    for name in names():
        try:
            yield name, "" if name in BUILTIN else provider_class(name).title
        except Exception:  # noqa: BLE001, S112  # one that can't be imported can't be used
            continue
    yield from ((alias, f"another name of {name}") for alias, name in ALIASES.items())


def columns(incomplete: str, args: list[str]) -> Candidates:
    """Yield lists of fields that `incomplete` may become: one more, none of them twice."""
    from recli.model import COLUMNS

    before, comma, last = incomplete.rpartition(",")
    taken = set(before.split(","))
    names = [(name, "") for name in COLUMNS]
    names += [("raw", "the provider's own object"), ("raw.", "a key of it")]
    if last.startswith("raw."):
        names += _raw_keys(args)
    for name, about in names:
        if name not in taken:
            yield f"{before}{comma}{name}", about


def zones(incomplete: str, args: list[str]) -> Candidates:  # noqa: ARG001  # the same
    """Return the IANA names of zones."""
    from zoneinfo import available_timezones

    return [(zone, "") for zone in sorted(available_timezones())]


def keys(incomplete: str, args: list[str]) -> Candidates:  # noqa: ARG001  # the same
    """Yield the configuration's keys, with the profiles that are there."""
    from recli.config.keys import keys_of

    yield "default_profile", "the profile that is used when none is named"
    yield "timezone", "the zone of times without an offset"
    for name, provider in _configured(args).items():
        yield f"profiles.{name}.provider", "the provider's name"
        for key in keys_of(provider).values():
            yield f"profiles.{name}.{key.name}", key.about


def settings(incomplete: str, args: list[str]) -> Candidates:  # noqa: ARG001  # the same
    """Return the keys that a new profile may be given, as `KEY=`."""
    return [(f"{key.name}=", key.about) for key in _own_keys(args)]


def secrets(incomplete: str, args: list[str]) -> Candidates:  # noqa: ARG001  # the same
    """Return the secret keys that a new profile may be given."""
    return [(key.name, key.about) for key in _own_keys(args) if key.secret]


ASKED: Mapping[str, Callable[[str, list[str]], Candidates]] = {
    "profiles": profiles,
    "providers": providers,
    "columns": columns,
    "zones": zones,
    "keys": keys,
    "settings": settings,
    "secrets": secrets,
}


# What the scripts know by themselves.


def since(incomplete: str) -> list[str]:
    """Return some of the times that --since takes."""
    return _starting_with(("today", "yesterday", "24h", "7d", "2w", "P1M"), incomplete)


def until(incomplete: str) -> list[str]:
    """Return some of the times that --until takes."""
    return _starting_with(("now", "today", "yesterday", "24h", "7d"), incomplete)


def formats(incomplete: str) -> list[str]:
    """Return the output formats."""
    from recli.output.writers import Format

    return _starting_with(Format, incomplete)


def directions(incomplete: str) -> list[str]:
    """Return the ways that a call can go."""
    from recli.model import Direction

    return _starting_with(Direction, incomplete)


def states(incomplete: str) -> list[str]:
    """Return the states of recordings."""
    from recli.model import State

    return _starting_with(State, incomplete)


def colours(incomplete: str) -> list[str]:
    """Return when colour can be used."""
    from recli.cli.console import Colour

    return _starting_with(Colour, incomplete)


def _raw_keys(line: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the documented fields of the line's providers, or of all where it names none."""
    from recli.providers import BUILTIN, canonical, provider_class

    configured = _configured(line)
    named = {canonical(configured.get(word, word)) for word in line} & {*BUILTIN}
    owners: dict[str, list[str]] = {}
    for provider in BUILTIN:
        for field in provider_class(provider).raw_fields if provider in (named or BUILTIN) else ():
            owners.setdefault(f"raw.{field}", []).append(provider)
    yield from ((field, ", ".join(owners[field])) for field in sorted(owners))


def _own_keys(line: list[str]) -> list["Key"]:
    """Return the keys of the provider that the line names; of all, where it names none."""
    from recli.config.keys import keys_of
    from recli.providers import BUILTIN, canonical

    named = canonical(_value("--provider", line) or _value("-P", line) or "")
    chosen = [named] if named else list(BUILTIN)
    return list({key.name: key for name in chosen for key in keys_of(name).values()}.values())


def _configured(line: list[str]) -> dict[str, str]:
    """Return the configuration's profiles and their providers; none if it can't be read."""
    from pathlib import Path

    from recli.config.load import config_path, load
    from recli.errors import RecliError

    named = _value("--config", line)
    try:
        found = load(
            config_path(Path(named) if named else None, os.environ), explicit=False
        ).profiles
    except (RecliError, OSError, ValueError):
        return {}
    return {name: table.provider for name, table in found.items()}


def _value(option: str, line: list[str]) -> str | None:
    for word, following in zip(line, [*line, ""][1:], strict=True):
        if word == option:
            return following
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _plain(text: str) -> str:
    return " ".join(text.split())


def _starting_with(names: Iterable[str], incomplete: str) -> list[str]:
    return [str(name) for name in names if name.startswith(incomplete)]
