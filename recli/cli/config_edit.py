"""`recli config edit`: the configuration in an editor, checked before it takes the file's place."""

import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Annotated

import typer

from recli.cli.command import takes
from recli.cli.context import CommandContext
from recli.errors import ConfigError, UsageError
from recli.files import os_reason

_EDITORS = ("VISUAL", "EDITOR")
"""Variables that name an editor, as a command with its arguments; the first that is set counts."""
_USUAL = "vi"
"""The editor of POSIX: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/vi.html."""
_PASSED_BY = ("SIGINT", "SIGQUIT")
"""Keys of the terminal that are the editor's while it runs."""


@takes
def edit_command(
    context: CommandContext,
    *,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Another file than the usual one."),
    ] = None,
) -> None:
    """Open the configuration file in $VISUAL or $EDITOR, on a copy that is checked.

    The copy replaces the file if it is a valid configuration; otherwise the file stays as it was.
    """
    from recli.cli.prompts import Prompter, can_prompt
    from recli.config.edit import read_config_text
    from recli.config.load import config_path, write_config
    from recli.config.private_file import read_text, write_private

    environ = context.environment.environ
    path = config_path(config, environ)
    editor = _editor(environ)
    try:
        text = read_text(path).text
    except FileNotFoundError:
        hint = "recli config init"
        raise ConfigError(f"{path}: there is no such file", hint=hint) from None
    with _copy_of(path, text) as copy:
        while True:
            _run_editor(editor, copy, environ)
            edited, problem = _checked(copy, path)
            if problem is None:
                break
            context.console.error(problem)
            if not (can_prompt(context) and Prompter(context).confirm("Edit it again?")):
                raise ConfigError(f"{path} stays as it was")
    if edited == text:
        context.console.note(f"nothing was changed: {path} stays as it was")
    elif read_config_text(path) != text:
        kept = path.with_name(f"{path.name}.edited")
        write_private(kept, edited)
        raise ConfigError(f"{path} was changed meanwhile and stays so: your text is in {kept}")
    else:
        write_config(path, edited)


def _editor(environ: Mapping[str, str]) -> list[str]:
    """Return the command of the editor, without the file."""
    name = next((name for name in _EDITORS if environ.get(name, "").strip()), None)
    if name is None:
        return [_USUAL]
    try:
        return shlex.split(environ[name])
    except ValueError as error:
        raise UsageError(f"{name} is no command: {error}") from error


@contextmanager
def _copy_of(path: Path, text: str) -> Iterator[Path]:
    """Yield a private copy, in a folder of its own that is removed with all that editors leave."""
    from tempfile import mkdtemp

    from recli.config.private_file import write_private

    try:
        folder = Path(mkdtemp(prefix=".recli-", dir=path.parent))
    except OSError as error:
        raise ConfigError(f"{path.parent}: can't be written: {os_reason(error)}") from error
    try:
        write_private(folder / path.name, text)
        yield folder / path.name
    finally:
        rmtree(folder, ignore_errors=True)


def _run_editor(command: Sequence[str], path: Path, environ: Mapping[str, str]) -> None:
    """Run the editor until it ends; UsageError if it can't be run or ends with a failure."""
    named = shlex.join(command)
    hint = "set VISUAL or EDITOR to another one"
    try:
        process = subprocess.Popen(  # noqa: S603  # the user's own editor
            [*command, str(path)], env={**environ}
        )
    except OSError as error:
        problem = f"the editor {named} can't be run: {os_reason(error).lower()}"
        raise UsageError(problem, hint=hint) from error
    try:
        with _ignored_signals():
            code = process.wait()
    except BaseException:
        process.terminate()
        raise
    if code != 0:
        raise UsageError(f"the editor {named} ended with {code}: nothing was changed", hint=hint)


@contextmanager
def _ignored_signals() -> Iterator[None]:
    """Leave the keys of the terminal to the editor."""
    numbers = [getattr(signal, name) for name in _PASSED_BY if hasattr(signal, name)]
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _checked(copy: Path, path: Path) -> tuple[str, ConfigError | None]:
    """Return the edited text, and what is wrong with it as the configuration at `path`."""
    from recli.config.load import from_toml, parse
    from recli.config.private_file import read_text

    try:
        text = read_text(copy).text
    except FileNotFoundError:
        raise ConfigError(f"the editor removed its file: {path} stays as it was") from None
    try:
        from_toml(parse(text, str(path)), path)
    except ConfigError as error:
        return text, error
    return text, None
