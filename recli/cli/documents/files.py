"""Which files are written from the program, and where they stand in a checkout."""

from collections.abc import Callable, Mapping
from pathlib import Path

from recli.cli.documents.bash import bash
from recli.cli.documents.commands import Command, command_line
from recli.cli.documents.fish import fish
from recli.cli.documents.man import man
from recli.cli.documents.readme import readme
from recli.cli.documents.zsh import zsh

_WHOLE: Mapping[str, Callable[[Command], str]] = {
    "completions/recli.bash": bash,
    "completions/_recli": zsh,
    "completions/recli.fish": fish,
    "recli/cli/documents/recli.1": man,
}


def documents(root: Path) -> dict[Path, str]:
    """Return the text that each file below `root` ought to hold."""
    from recli.config.render import example

    top = command_line()
    found = {root / name: write(top) for name, write in _WHOLE.items()}
    found[root / "config.example.toml"] = example()
    page = root / "README.md"
    if page.exists():
        found[page] = readme(page.read_text(encoding="utf-8"), top, root)
    return found
