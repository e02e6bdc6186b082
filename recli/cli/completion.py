"""Completion: the scripts of three shells, and the candidates that `recli __complete` prints.

The scripts under `completions/` call `recli __complete WORD...` with the words after `recli`, the
last one incomplete. Options name the functions at the end as their `autocompletion`. These never
fail: a configuration that can't be read has no profiles.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from recli.errors import OutputError, RecliError, UsageError

if TYPE_CHECKING:
    from typer._click import Command

    from recli.config.profile import Configuration
    from recli.providers.base import Key

Candidates = Iterable[tuple[str, str]]
"""Values, each with its description or ""."""

_SCRIPTS = {"bash": "recli.bash", "zsh": "_recli", "fish": "recli.fish"}
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
        hint = "recli completes in bash, zsh and fish: start it from one of them"
        raise UsageError(f"can't complete in this shell ({name or 'unknown'})", hint=hint) from None


def completion_script(shell: Shell) -> str:
    """Return a shell's script: from the wheel, or from the checkout of an editable install."""
    packaged = Path(__file__).with_name("completions")
    folder = packaged if packaged.is_dir() else Path(__file__).parents[2] / "completions"
    return (folder / _SCRIPTS[shell]).read_text(encoding="utf-8")


def install_script(shell: Shell, environ: Mapping[str, str]) -> str:
    """Write a shell's script to where it is found, and return a message; OutputError on failure."""
    from recli.config.load import home_folder

    home = home_folder(environ)
    data = _folder(environ.get("XDG_DATA_HOME"), home / ".local" / "share")
    config = _folder(environ.get("XDG_CONFIG_HOME"), home / ".config")
    path = {
        Shell.BASH: data / "bash-completion" / "completions" / "recli",
        Shell.ZSH: home / ".zfunc" / "_recli",
        Shell.FISH: config / "fish" / "completions" / "recli.fish",
    }[shell]
    start_file = Path(environ.get("ZDOTDIR") or home) / ".zshrc"
    note = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(completion_script(shell), encoding="utf-8")
        if shell is Shell.ZSH and _add_folder(start_file):
            note = f", and {start_file} looks there"
    except OSError as error:
        raise OutputError(f"{error.filename}: {error.strerror}") from error
    if shell is Shell.BASH and not any(map(os.path.exists, _LOADERS)):
        note = f" (bash-completion is not installed: add `source {path}` to ~/.bashrc)"
    return f"completion for {shell} is in {path}{note}; shells have it from their next start\n"


def _folder(named: str | None, usual: Path) -> Path:
    return Path(named) if named and Path(named).is_absolute() else usual


def _add_folder(start_file: Path) -> bool:
    if start_file.exists() and _MARK in start_file.read_text():
        return False
    with start_file.open("a") as file:
        file.write(_ZSHRC)
    return True


def complete(command: "Command", words: Sequence[str]) -> str:
    """Return a line `VALUE<TAB>DESCRIPTION` for each candidate, or `:files` or `:folders`."""
    from typer._click.shell_completion import _resolve_context, _resolve_incomplete

    *before, incomplete = words or [""]
    context = _resolve_context(command, {}, "recli", before)
    target, incomplete = _resolve_incomplete(context, before, incomplete)
    if getattr(getattr(target, "type", None), "name", "") == "path":
        return ":folders\n" if getattr(target, "metavar", "") in {"DIR", "ARCHIVE"} else ":files\n"
    subcommands = getattr(target, "commands", {})
    lines = []
    for item in target.shell_complete(context, incomplete):
        text = subcommands[item.value].help if item.value in subcommands else item.help
        sentence = re.split(r"[.;:] |  \[", " ".join((text or "").split()))[0]
        lines.append(f"{item.value}\t{sentence.rstrip('.')}\n")
    return "".join(lines)


def profiles(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return lists of profiles and groups that `incomplete` may become."""
    from recli.providers import BUILTIN

    if ctx.params.get("sandbox"):
        return _lists([(name, "made up") for name in BUILTIN], incomplete)
    configuration = _configuration(ctx)
    names = [(table.name, table.provider) for table in configuration.profiles.values()]
    names += [(name, f"group of {', '.join(it)}") for name, it in configuration.groups.items()]
    return _lists(names, incomplete)


def provider_lists(incomplete: str) -> Candidates:
    """Return lists of providers that `incomplete` may become."""
    return _lists(providers(), incomplete)


def providers() -> Candidates:
    """Yield the providers' names, and their other names."""
    from recli.providers import ALIASES, BUILTIN, names, provider_class

    for name in names():
        try:
            yield name, "" if name in BUILTIN else provider_class(name).title
        except Exception:  # noqa: BLE001, S112  # one that can't be imported can't be used
            continue
    yield from ((alias, f"another name of {name}") for alias, name in ALIASES.items())


def columns(ctx: typer.Context, incomplete: str) -> Candidates:
    """Return lists of fields that `incomplete` may become."""
    from recli.model import COLUMNS

    names = [(name, "") for name in COLUMNS]
    names += [("raw", "the provider's own object"), ("raw.", "a key of it")]
    if incomplete.rpartition(",")[2].startswith("raw."):
        names += _raw_fields(ctx)
    return _lists(names, incomplete)


def _lists(names: Candidates, incomplete: str) -> Candidates:
    """Yield `a,b,NAME` for each name that `incomplete`, `a,b,…`, doesn't have yet."""
    before, comma, _ = incomplete.rpartition(",")
    used = set(before.split(","))
    for name, description in names:
        if name not in used:
            yield f"{before}{comma}{name}", description


def params(ctx: typer.Context) -> Candidates:
    """Return what the servers of the line's providers filter by, as `KEY=`."""
    from recli.providers import provider_class
    from recli.providers.params import names_of

    found: dict[str, str] = {}
    for provider in _line_providers(ctx):
        for name, about in names_of(provider_class(provider).params).items():
            found.setdefault(f"{name}=", about)
    return sorted(found.items())


def zones() -> Candidates:
    """Return the IANA names of zones."""
    from zoneinfo import available_timezones

    return [(zone, "") for zone in sorted(available_timezones())]


def times() -> Sequence[str]:
    """Return some of the times that --since and --until take."""
    return ("today", "yesterday", "now", "24h", "7d", "2w", "P1M")


def formats(ctx: typer.Context) -> Sequence[str]:
    """Return the formats of the command: a table is no file, and Parquet is nothing else."""
    from recli.output.writers import Format

    other = Format.PARQUET if ctx.info_name == "list" else Format.TABLE
    return [form.value for form in Format if form is not other]


def single_profiles(ctx: typer.Context) -> Candidates:
    """Return the profiles of the configuration, with their providers."""
    return [(table.name, table.provider) for table in _configuration(ctx).profiles.values()]


def keys(ctx: typer.Context, incomplete: str) -> Candidates:
    """Yield the configuration's keys by segments: `profiles.`, `profiles.NAME.`, its keys."""
    from recli.config.keys import keys_of

    configuration = _configuration(ctx)
    if not incomplete.startswith(("profiles.", "groups.")):
        yield "default_profile", "the profile that is used when none is named"
        yield "timezone", "the zone of times without an offset"
        yield "country", "where numbers without a country code are"
        if configuration.groups:
            yield "groups.", "names for several profiles"
        if configuration.profiles:
            yield "profiles.", "a profile's keys"
    for name, members in configuration.groups.items():
        if incomplete.startswith("groups."):
            yield f"groups.{name}", ", ".join(members)
    for name, table in configuration.profiles.items():
        if incomplete.startswith(f"profiles.{name}."):
            yield f"profiles.{name}.provider", "the provider's name"
            for key in keys_of(table.provider).values():
                yield f"profiles.{name}.{key.name}", key.about
        elif incomplete.startswith("profiles."):
            yield f"profiles.{name}.", table.provider


def settings(ctx: typer.Context) -> Candidates:
    """Return the keys that a new profile may be given, as `KEY=`."""
    return [(f"{key.name}=", key.about) for key in _profile_keys(ctx)]


def secrets(ctx: typer.Context) -> Candidates:
    """Return the secret keys that a new profile may be given."""
    return [(key.name, key.about) for key in _profile_keys(ctx) if key.secret]


def _profile_keys(ctx: typer.Context) -> list["Key"]:
    """Return the keys of the provider that the line names; of all, where it names none."""
    from recli.config.keys import keys_of
    from recli.providers import BUILTIN, canonical

    named = canonical(ctx.params.get("provider") or "")
    chosen = [named] if named else list(BUILTIN)
    return list({key.name: key for name in chosen for key in keys_of(name).values()}.values())


def _raw_fields(ctx: typer.Context) -> Candidates:
    """Return the documented fields of the line's providers, or of all where it names none."""
    from recli.providers import provider_class

    owners: dict[str, list[str]] = {}
    for provider in _line_providers(ctx):
        for field in provider_class(provider).raw_fields:
            owners.setdefault(f"raw.{field}", []).append(provider)
    return [(field, ", ".join(owners[field])) for field in sorted(owners)]


def _line_providers(ctx: typer.Context) -> list[str]:
    """Return the providers that the line names, itself or by profiles; all if it names none."""
    from recli.providers import BUILTIN, canonical

    tables = _configuration(ctx).profiles
    named = {canonical(name) for name in ctx.params.get("providers") or ()}
    for name in ctx.params.get("profiles") or ():
        named.add(tables[name].provider if name in tables else name)
    return [name for name in BUILTIN if name in named] or list(BUILTIN)


def _configuration(ctx: typer.Context) -> "Configuration":
    """Return the configuration; an empty one if it can't be read."""
    from recli.config.load import config_path, load
    from recli.config.profile import Configuration

    try:
        return load(config_path(ctx.params.get("config"), os.environ), explicit=False)
    except (RecliError, OSError, ValueError):
        return Configuration()
