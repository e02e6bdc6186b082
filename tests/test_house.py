"""Rules that hold over all modules: layers, names, units, sizes."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
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
VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "stuff"}
QUANTITIES = {
    "age", "delay", "duration", "elapsed", "expiry", "interval", "latency", "length", "life",
    "patience", "period", "rate", "size", "timeout", "ttl", "wait", "width",
}  # fmt: skip
SUFFIXES = {"s", "ms", "us", "kb", "mb", "bps", "hz"}
UNITS = {
    "seconds", "minutes", "hours", "days", "bytes", "bits",
    "cells", "columns", "characters", "lines", "rows", "requests",
}  # fmt: skip


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


@cache
def tree(path):
    return ast.parse(path.read_text())


def nodes(*kinds):
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, kinds):
                yield path, node


def test_modules_are_small_and_say_what_they_are_for():
    assert [(path, problem) for path in MODULES for problem in size_problems(path)] == []


def size_problems(path):
    if not ast.get_docstring(tree(path)):
        yield "has no docstring"
    if path.read_text().count("\n") > 500:
        yield "is too long"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 50:
            yield f"{node.name} is too long"


def test_no_class_name_stands_for_two_things():
    counts = Counter(node.name for _, node in nodes(ast.ClassDef))

    assert [name for name, count in counts.items() if count > 1] == []


def test_no_name_is_vague():
    defined = {node.name for _, node in nodes(ast.ClassDef, ast.FunctionDef)}
    modules = {part for path in MODULES for part in path.with_suffix("").parts}

    assert [name for name in defined | modules if VAGUE & set(words(name))] == []


def words(name):
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())


def test_no_modules_import_each_other_in_a_circle_not_even_for_types_or_late():
    modules = {module_name(path) for path in MODULES}
    graph = {name: set() for name in modules}
    for path, node in nodes(ast.Import, ast.ImportFrom):
        importer = module_name(path)
        graph[importer] |= imported(node) & modules - {importer}

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(node):
    """Return the dotted names that a statement may import; the reader drops what is no module."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    submodules = {f"{node.module}.{alias.name}" for alias in node.names}
    return submodules | {node.module}


def test_every_quantity_names_its_unit_or_its_docstring_does():
    unnamed = [
        f"{module_name(path)}.{owner}.{name}"
        for path, node in nodes(ast.ClassDef, ast.FunctionDef)
        for owner, name, doc in quantities(node)
        if words(name)[-1] not in SUFFIXES | UNITS and not UNITS & set(words(doc))
    ]

    assert unnamed == []


def quantities(node):
    """Yield the public numbers that a class or function declares, each with its docstring."""
    doc = ast.get_docstring(node) or ""
    if isinstance(node, ast.ClassDef):
        for field, after in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                own = after.value.value if is_text(after) else ""
                if is_quantity(field.target.id, field.annotation):
                    yield node.name, field.target.id, f"{doc} {own}"
    elif not node.name.startswith("_"):
        arguments = chain(node.args.posonlyargs, node.args.args, node.args.kwonlyargs)
        named = [(each.arg, each.annotation) for each in arguments]
        for name, annotation in [*named, (node.name, node.returns)]:
            if is_quantity(name, annotation):
                yield node.name, name, doc


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_quantity(name, annotation):
    if annotation is None or name.startswith("_") or not QUANTITIES & set(words(name)):
        return False
    return bool(re.fullmatch(r"(int|float)( \| None)?", ast.unparse(annotation)))
