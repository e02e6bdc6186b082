"""`recli verify`: the proof that an archive is whole, or the names of what is not."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recli.cli.command import takes
from recli.cli.console import is_terminal
from recli.cli.context import CommandContext
from recli.errors import ExitCode

if TYPE_CHECKING:
    from recli.archive.verify import Finding, Verification


class VerifyFormat(StrEnum):
    """How findings are shown."""

    TABLE = "table"
    JSON = "json"


_Folder = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="The archive's folder.")]
_Quick = Annotated[bool, typer.Option("--quick", help="Compare lengths only, not contents.")]
_Jobs = Annotated[
    int, typer.Option("--jobs", metavar="N", min=1, max=256, help="Files read at a time.")
]
_Format = Annotated[
    VerifyFormat,
    typer.Option("--format", "-f", metavar="FORMAT", help="table or json.", case_sensitive=False),
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no closing line.")]


@takes
def verify_command(
    context: CommandContext,
    *,
    folder: _Folder,
    quick: _Quick = False,
    jobs: _Jobs = 4,
    form: _Format = VerifyFormat.TABLE,
    quiet: _Quiet = False,
) -> ExitCode:
    """Prove an archive whole, or name what is not.

    Every file is compared with the manifest and the catalog. Exit code 0: the archive is whole;
    3: something is missing, changed, too much or without its audio.
    """
    from recli.archive.verify import Verification
    from recli.cli.progress import ProgressLine
    from recli.text import plural, size_text

    context.console.quiet = quiet
    out = context.out
    verification = Verification(folder, quick=quick, jobs=jobs)
    counts = verification.counts

    def progress_text(_: float) -> str:
        files = f"{counts.files:,} of {counts.listed:,} files"
        return f"{files}, {size_text(counts.bytes)}, {counts.findings:,} findings"

    with ProgressLine(context) as line:
        line.show(progress_text)
        if form is VerifyFormat.JSON:
            out.write(_document(verification, folder))
        else:
            for finding in verification.findings():
                line.hide()
                out.write(f"{_finding_text(finding)}\n")
        out.flush()
    if counts.findings or is_terminal(context.environment.stderr):
        context.console.verdict(_closing_line(verification), is_well=not counts.findings)
    if counts.system_file is not None:
        others = counts.system_files - 1
        more = f" and {plural(others, 'other')}" if others else ""
        context.console.note(
            f"{counts.system_file}{more}: left by a file manager or the file system; they are"
            " no part of the archive and may be deleted"
        )
    return ExitCode.PARTIAL if counts.findings else ExitCode.OK


def _finding_text(finding: "Finding") -> str:
    from recli.text import escape_control

    line = f" line {finding.line}" if finding.line else ""
    owner = f"{finding.profile} {finding.id}" if finding.id else None
    subject = finding.path or owner or "manifest.jsonl"
    return escape_control(f"{finding.kind:<9} {subject}{line}: {finding.detail}")


def _document(verification: "Verification", folder: Path) -> str:
    from dataclasses import asdict

    findings = [asdict(finding) for finding in verification.findings()]
    counts = verification.counts
    document = {
        "archive": str(folder),
        "whole": not findings,
        "rows": counts.rows,
        "files": counts.files,
        "bytes": counts.bytes,
        "system_files": counts.system_files,
        "findings": findings,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _closing_line(verification: "Verification") -> str:
    from recli.text import plural, size_text

    counts = verification.counts
    state = plural(counts.findings, "finding") if counts.findings else "whole"
    files = f"{plural(counts.files, 'file')} ({size_text(counts.bytes)})"
    return f"{state}: {files}, {plural(counts.rows)}"
