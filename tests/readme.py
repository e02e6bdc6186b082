"""The README as the tests read it: its blocks, with what stands before each, and its tables."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]*?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` is the comment before it."""

    mark: str
    language: str
    text: str

    @property
    def runs(self) -> bool:
        return self.mark == "run" or self.mark.startswith("run:")


BLOCKS = [
    Block(found["mark"] or "", found["language"], found["text"]) for found in _BLOCK.finditer(TEXT)
]


def block(mark: str) -> str:
    """Return the text of the one block with this mark."""
    [found] = [each.text for each in BLOCKS if each.mark == mark]
    return found


def table(mark: str) -> list[list[str]]:
    """Return the rows of the table after a mark, without its heads."""
    lines = TEXT.partition(f"<!-- {mark} -->\n")[2].splitlines()
    rows = lines[: next(i for i, line in enumerate(lines) if line[:1] != "|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]
