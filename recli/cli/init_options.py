"""The options of `recli config init`."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from recli.cli import completion
from recli.cli.options import flag, option

_PANEL = {"rich_help_panel": "Instead of questions"}


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The options of `recli config init`, as given."""

    section: ClassVar = "Options"

    provider: str | None = option(
        "--provider -P NAME", "Whose recordings.", complete=completion.providers, **_PANEL
    )
    name: str | None = option(
        "--name NAME", "Name of the profile.  [default: its provider's]", **_PANEL
    )
    values: list[str] | None = option(
        "--set KEY=VALUE",
        "A key; repeatable. Of a secret, where it is kept: env:NAME, file:PATH, keyring:NAME or"
        " command:LINE.",
        complete=completion.settings,
        **_PANEL,
    )
    secret_stdin: list[str] | None = option(
        "--secret-stdin KEY",
        "A secret that is the next line of standard input; repeatable. With --set KEY=file:PATH or"
        " keyring:NAME it is put there, else into the configuration.",
        complete=completion.secrets,
        **_PANEL,
    )
    non_interactive: bool = flag(
        "--non-interactive",
        "Ask nothing: what is needed and not given is an error, but for what the provider's own"
        " environment variables hold.",
        **_PANEL,
    )
    no_check: bool = flag("--no-check", "Write it without trying it.")
    overwrite: bool = flag("--overwrite", "Replace a profile that has this name.")
    default: bool = flag(
        "--default", "Use it where no profile is named, as the first one is anyway."
    )
    config: Path | None = option("--config FILE", "Another file than the usual one.")
