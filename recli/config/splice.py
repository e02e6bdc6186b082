"""Putting a value into a TOML text with everything else left as it stands: comments, line ends.

No way of doing so is trusted: the new text is read again, and must say what the old one said and
the change. Where none does, there is no new text.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, MutableMapping

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from recli.config.render import toml
from recli.config.tables import Reference, Source

Plain = str | int | float | bool | dict[str, object]
"""A value as decoded TOML holds it; a dict is a reference or a new profile."""
_COMMENTED = re.compile(r"\s*# ?[A-Za-z_]+ = ")
_Way = Callable[[str, tuple[str, ...], Plain], str]


def changed(text: str, data: dict[str, object], path: tuple[str, ...], new: Plain) -> str | None:
    """Return `text`, which says `data`, with `new` under `path`; None where that can't be done."""
    expected = copy.deepcopy(data)
    table: object = expected
    for name in path[:-1]:
        table = table.setdefault(name, {}) if isinstance(table, MutableMapping) else None
    if not isinstance(table, MutableMapping):
        return None
    there = path[-1] in table
    table[path[-1]] = new
    ways: tuple[_Way, ...] = (_assigned,) if there else (_inserted, _assigned)
    if len(path) == 2:
        ways = (_tabled,)
    results = (_tried(way, text, path, new) for way in ways)
    return next((each for each in results if each is not None and _says(each, expected)), None)


def appended(text: str, table: str, data: dict[str, object]) -> str | None:
    """Return `text`, which says `data`, with a profile's table at its end; None if it can't be."""
    end = _line_end(text)
    body = text if not text or text.endswith("\n") else text + end
    gap = end if body and not body.endswith(end + end) else ""
    result = body + gap + table.replace("\n", end)
    expected = copy.deepcopy(data)
    profiles = expected.setdefault("profiles", {})
    if not isinstance(profiles, dict):
        return None
    try:
        added = tomllib.loads(table)["profiles"]
    except (tomllib.TOMLDecodeError, KeyError):
        return None
    profiles |= added
    return result if _says(result, expected) else None


def exchanged(text: str, table: str, data: dict[str, object], name: str) -> str | None:
    """Return `text` with a profile's new table in the place of its old one; None if it can't be.

    Comments above the old one and below its last key are kept, but for keys that stand as comments.
    """
    expected = copy.deepcopy(data)
    try:
        _mapping(expected["profiles"])[name] = tomllib.loads(table)["profiles"][name]
        old = _table(tomlkit.parse(text), ("profiles", name, ""))
    except (TOMLKitError, KeyError, ValueError, TypeError):
        return None
    body = old.as_string() if isinstance(old, Table) else ""
    at = text.find(body)
    head_at = text.rfind("\n", 0, max(at - 1, 0)) + 1
    if not isinstance(old, Table) or text.count(body) != 1 or text[head_at] != "[":
        return None
    below = _tail(old) + text[at + len(body) :]
    result = text[:head_at] + table.replace("\n", _line_end(text)) + below
    return result if _says(result, expected) else None


def _tail(table: Table) -> str:
    """Return what stands below a table's last key, without keys that stand as comments."""
    items: list[str] = []
    for key, item in reversed(table.value.body):
        if key is not None:
            break
        items.insert(0, item.as_string())
    return "".join(each for each in items if not _COMMENTED.match(each))


def _tabled(text: str, path: tuple[str, ...], new: Plain) -> str:
    """Add a new profile's table at the end."""
    name = toml(path[-1]) if "." in path[-1] else path[-1]
    lines = [f"[{path[0]}.{name}]"]
    if isinstance(new, dict):
        lines += [f"{key} = {toml(str(value))}" for key, value in new.items()]
    end = _line_end(text)
    body = text if not text or text.endswith("\n") else text + end
    return body + (end if body else "") + end.join(lines) + end


def _assigned(text: str, path: tuple[str, ...], new: Plain) -> str:
    """Change a value that is there, its comment kept; tomlkit finds the place of a new one."""
    document = tomlkit.parse(text)
    _table(document, path)[path[-1]] = _item(new)
    return tomlkit.dumps(document)


def _inserted(text: str, path: tuple[str, ...], new: Plain) -> str:
    """Add a line after the table's last key, so that comments stay above what they are about."""
    document = tomlkit.parse(text)
    table = _table(document, path)
    line = f"{path[-1]} = {_written(new)}"
    end = _line_end(text)
    items = [each for each in table.values() if not isinstance(each, Table | AoT)]
    above = items[-1] if items else table
    if not isinstance(above, Item):
        return _headed(text, line + end, end)
    trivia = above.trivia
    indent = trivia.indent if items else ""
    trivia.trail = f"{trivia.trail or end}{indent}{line}{end}"
    return tomlkit.dumps(document)


def _headed(text: str, line: str, end: str) -> str:
    """Put a line at the top, below a first block of comments that stands by itself."""
    lines = text.splitlines(keepends=True)
    block = next((at for at, each in enumerate(lines) if not each.startswith("#")), len(lines))
    alone = block == len(lines) or not lines[block].strip()
    above = "".join(lines[:block]) if alone else ""
    gap = end if above else ""
    below = text[len(above) :]
    return above + gap + line + (end if below.strip() and not below.startswith(end) else "") + below


def _tried(way: _Way, text: str, path: tuple[str, ...], new: Plain) -> str | None:
    try:
        return way(text, path, new)
    except (TOMLKitError, KeyError, ValueError, TypeError, AttributeError):
        return None  # a form of file that this way doesn't know


def _says(text: str, expected: dict[str, object]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except (ValueError, RecursionError):
        return False


def _table(
    document: MutableMapping[str, object], path: tuple[str, ...]
) -> MutableMapping[str, object]:
    table = document
    for name in path[:-1]:
        inner = table[name]
        if not isinstance(inner, MutableMapping):
            raise TypeError(name)
        table = inner
    return table


def _mapping(raw: object) -> dict[str, object]:
    if not isinstance(raw, dict):
        raise TypeError("no table")
    return raw


def _item(new: Plain) -> Item:
    return tomlkit.value(_written(new))


def _written(new: Plain) -> str:
    if not isinstance(new, dict):
        return toml(new)
    [(source, target)] = new.items()
    words = tuple(map(str, target)) if isinstance(target, list) else str(target)
    return toml(Reference(Source(source), words))


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
