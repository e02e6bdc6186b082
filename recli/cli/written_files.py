"""The files that a command line writes: none may be recli's own, and no two the same."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from recli.errors import UsageError
from recli.text import quote_name


def check_written(
    written: Iterable[tuple[str, Path]], config: Path | None, environ: Mapping[str, str]
) -> None:
    """Raise UsageError for a file that is recli's configuration, or that is written twice.

    `written` are options with the files that they name; `config` is the value of `--config`.
    """
    from recli.config.load import config_path

    own = config_path(config, environ)
    earlier: list[tuple[str, Path]] = []
    for option, path in written:
        if str(path) == "-" or _is_special(path):
            continue
        if _is_same(path, own):
            problem = f"{option} {quote_name(str(path))} is the configuration of recli"
            raise UsageError(problem, hint="name another file")
        for other, known in earlier:
            if _is_same(path, known):
                problem = f"{other} and {option} write to the same file, {quote_name(str(path))}"
                raise UsageError(problem, hint="name two files")
        earlier.append((option, path))


def _is_special(path: Path) -> bool:
    """Say whether a path is there and no plain file: a terminal, a pipe, a folder."""
    try:
        return path.exists() and not path.is_file()
    except (OSError, ValueError):
        return True  # the command says why it can't be written


def _is_same(path: Path, other: Path) -> bool:
    """Say whether two paths lead to one file, by whatever links, also where it isn't there yet."""
    try:
        if path.exists() and other.exists():
            return path.samefile(other)
        return path.resolve() == other.resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links
        return False
