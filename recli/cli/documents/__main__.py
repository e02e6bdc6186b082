"""`python -m recli.cli.documents [--check | --picture] [FOLDER]`: write what is written by itself.

Run it in a checkout after options or providers have changed; `--check` changes nothing and fails
where something would change.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from recli.cli.documents.files import documents


def run(arguments: Sequence[str]) -> int:
    """Write or compare all documents; return the exit code."""
    options = {each for each in arguments if each.startswith("-")}
    root = Path(next((each for each in arguments if each not in options), "."))
    if options - {"--check", "--picture"}:
        sys.stderr.write(f"{__doc__}")
        return 2
    if "--picture" in options:
        from recli.cli.documents.picture import record

        record(root)
        return 0
    old = [path for path, text in documents(root).items() if _current(path) != text]
    for path in old:
        if "--check" not in options:
            path.write_text(documents(root)[path], encoding="utf-8")
        sys.stdout.write(f"{path}\n")
    return 1 if old and "--check" in options else 0


def _current(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
