"""The options of `recli export` that are about an archive: each field is an option and its help."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from recli.errors import UsageError

ARCHIVE = "Archive"


@dataclass(frozen=True, slots=True)
class Archiving:
    """Whether and how recordings are kept in an archive."""

    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive",
            metavar="DIR",
            help="Keep recordings in this archive: what it lacks is added. -o then gets the rows"
            " that are new in this run.",
            rich_help_panel=ARCHIVE,
        ),
    ] = None
    audio: Annotated[
        bool, typer.Option("--audio", help="Also fetch the sound.", rich_help_panel=ARCHIVE)
    ] = False
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="List everything again, not only what may be new, and try audio again that was"
            " given up or is no longer there.",
            rich_help_panel=ARCHIVE,
        ),
    ] = False
    overlap: Annotated[
        str,
        typer.Option(
            "--overlap",
            metavar="LENGTH",
            help="How far behind the last complete listing a new one starts.",
            rich_help_panel=ARCHIVE,
            show_default=True,
        ),
    ] = "48h"
    audio_retries: Annotated[
        int,
        typer.Option(
            "--audio-retries",
            metavar="N",
            min=1,
            max=1000,
            help="Runs in which a recording's audio may fail before it is given up.",
            rich_help_panel=ARCHIVE,
            show_default=True,
        ),
    ] = 5
    name_template: Annotated[
        str | None,
        typer.Option(
            "--name-template",
            metavar="TEXT",
            help="Where audio lies, over the row's fields.  [default:"
            " {profile}/{started_at:%Y/%m/%d}/{started_at:%H%M%S}-{from_number}-{to_number}-{id}"
            ".{ext}]",
            rich_help_panel=ARCHIVE,
        ),
    ] = None
    wait_lock: Annotated[
        str,
        typer.Option(
            "--wait-lock",
            metavar="LENGTH",
            help="How long to wait for another run that writes to the archive.",
            rich_help_panel=ARCHIVE,
            show_default=True,
        ),
    ] = "0s"
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only say what a run would add, and the room on the disk.",
            rich_help_panel=ARCHIVE,
        ),
    ] = False

    def check_alone(self) -> None:
        """Raise UsageError if anything is said of an archive and none is named."""
        if self != Archiving():
            raise UsageError("this needs an archive: name it with --archive DIR")
