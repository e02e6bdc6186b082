"""The house's own rules: layers, top level, size, start-up."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "recli").rglob("*.py"))
TOP_LEVEL = {
    "CHANGELOG.md",
    "README.md",
    "completions",
    "config.example.toml",
    "pyproject.toml",
    "recli",
    "tests",
}


def test_nothing_else_stands_at_the_top_level():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {name.partition("/")[0] for name in listed.stdout.splitlines()}

    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_the_layers_import_only_what_stands_below_them():
    linter = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert found.returncode == 0, found.stdout


def test_modules_are_small_and_say_what_they_are_for():
    assert [(path, problem) for path in MODULES for problem in problems(path)] == []


def problems(path):
    text = path.read_text()
    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield "has no docstring"
    if text.count("\n") > 500:
        yield "is too long"
    for node in ast.walk(tree):
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if function and node.end_lineno - node.lineno > 50:
            yield f"{node.name} is too long"
