"""`--install-completion` and `--show-completion`: the running shell's script, put where it looks.

Nothing is added to a shell's start file but for zsh, which looks for scripts nowhere in a home
folder by itself.
"""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from recli.errors import OutputError, UsageError

if TYPE_CHECKING:
    from recli.cli.documents.commands import Command

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


def running() -> Shell:
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


def script(shell: Shell) -> str:
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


def install(shell: Shell, environ: Mapping[str, str]) -> str:
    """Put a shell's script where it looks and return what to tell; OutputError if it can't."""
    home = Path(environ.get("HOME") or Path.home())
    data = _folder(environ.get("XDG_DATA_HOME"), home / ".local" / "share")
    config = _folder(environ.get("XDG_CONFIG_HOME"), home / ".config")
    text = script(shell)
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
