"""Edit TOML as text, keeping comments, order and line ends.

Each edit is one of several ways to the same change: `verified` takes the first whose text decodes
to the old content with the change and nothing else.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, MutableMapping, Sequence
from functools import partial
from itertools import takewhile

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from recli.config.profile import Value
from recli.config.render import quote_key, to_toml
from recli.errors import ConfigError

_COMMENTED_KEY = re.compile(r"\s*# ?[A-Za-z_]+ = ")
_HEADER = re.compile(r"\s*\[")
TomlValue = Value | tuple[str, ...]
"""What a key of the file may hold; texts for a group."""


def with_key(
    text: str,
    data: dict[str, object],
    path: tuple[str, ...],
    value: TomlValue,
    refusal: ConfigError,
) -> str:
    """Return `text`, decoded `data`, with a key of a table that is there set."""
    toml = to_toml(value)
    expected = copy.deepcopy(data)
    table = subtable(expected, path[:-1])
    edits = [partial(_assigned, text, path, toml)]
    if path[-1] not in table:
        # Left to itself, tomlkit puts a new key below the comments of the next table.
        edits.insert(0, partial(_inserted, text, path, toml))
    table[path[-1]] = tomllib.loads(f"value = {toml}")["value"]
    return verified(edits, expected, refusal)


def expected_profile(data: dict[str, object], table: str) -> dict[str, object]:
    """Return decoded TOML with a profile that stands in the text of its table."""
    expected = {"profiles": {}} | copy.deepcopy(data)
    subtable(expected, ("profiles",)).update(tomllib.loads(table)["profiles"])
    return expected


def verified(
    edits: Sequence[Callable[[], str]], expected: dict[str, object], refusal: ConfigError
) -> str:
    """Return the first edited text that decodes to `expected`; raise `refusal` if none does.

    An empty table is as good as none.
    """
    for edit in edits:
        try:
            result = edit()
            if _without_empty(tomllib.loads(result)) == _without_empty(expected):
                return result
        except (TOMLKitError, LookupError, ValueError, TypeError, AttributeError, RecursionError):
            continue  # a form of file that this edit can't handle
    raise refusal


def _without_empty(data: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in data.items() if value != {}}


def appended(text: str, table: str) -> str:
    """Add a table at the end."""
    end = line_end(text)
    body = text if not text or text.endswith("\n") else text + end
    gap = end if body and not body.endswith(end + end) else ""
    return body + gap + table.replace("\n", end)


def _assigned(text: str, path: tuple[str, ...], toml: str) -> str:
    document = tomlkit.parse(text)
    subtable(document, path[:-1])[path[-1]] = tomlkit.value(toml)
    return tomlkit.dumps(document)


def _inserted(text: str, path: tuple[str, ...], toml: str) -> str:
    """Add a line below the table's last key."""
    document = tomlkit.parse(text)
    table = subtable(document, path[:-1])
    end = line_end(text)
    line = f"{quote_key(path[-1])} = {toml}{end}"
    values = [item for item in table.values() if not isinstance(item, Table | AoT)]
    above = values[-1] if values else table
    if not isinstance(above, Item):
        return _inserted_on_top(text, line, end)
    trivia = above.trivia
    trivia.trail = f"{trivia.trail or end}{trivia.indent if values else ''}{line}"
    return tomlkit.dumps(document)


def _inserted_on_top(text: str, new_line: str, end: str) -> str:
    """Put a line above all tables, below a first block of comments that stands by itself."""
    lines = text.splitlines(keepends=True)
    comments = list(takewhile(lambda line: line.startswith("#"), lines))
    below = "".join(lines[len(comments) :])
    if below.partition(end)[0].strip():  # the comments belong to what follows them
        comments, below = [], text
    above = "".join([*comments, end]) if comments else ""
    gap = end if below.strip() and not below.startswith(end) else ""
    return above + new_line + gap + below


def replaced(text: str, table: str, name: str) -> str:
    """Put a profile's new table in the place of its old one."""
    document = tomlkit.parse(text)
    profiles = subtable(document, ("profiles",))
    old = profiles[name]
    new = subtable(tomlkit.parse(table.replace("\n", line_end(text))), ("profiles",))[name]
    if not isinstance(old, Table) or not isinstance(new, Table):
        raise TypeError(name)
    below = takewhile(lambda entry: entry[0] is None, reversed(old.value.body))
    for _, item in reversed(list(below)):
        if not _COMMENTED_KEY.match(item.as_string()):
            new.append(None, item)
    profiles[name] = new
    return tomlkit.dumps(document)


def subtable(
    document: MutableMapping[str, object], path: tuple[str, ...]
) -> MutableMapping[str, object]:
    """Return the table at a path of names; LookupError or TypeError if there is none."""
    table = document
    for name in path:
        inner = table[name]
        if not isinstance(inner, MutableMapping):
            raise TypeError(name)
        table = inner
    return table


def line_end(text: str) -> str:
    """Return how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def without_key(
    text: str, data: dict[str, object], path: tuple[str, ...], refusal: ConfigError
) -> str:
    """Return `text`, decoded `data`, without a key that is there."""
    expected = copy.deepcopy(data)
    del subtable(expected, path[:-1])[path[-1]]
    return verified([partial(_deleted, text, path)], expected, refusal)


def without_profile(text: str, data: dict[str, object], name: str, refusal: ConfigError) -> str:
    """Return `text`, decoded `data`, without a profile and the comments right above it."""
    expected = copy.deepcopy(data)
    del subtable(expected, ("profiles",))[name]
    edits = [partial(_cut, text, name), partial(_deleted, text, ("profiles", name))]
    return verified(edits, expected, refusal)


def with_new_name(
    text: str, data: dict[str, object], old: str, new: str, refusal: ConfigError
) -> str:
    """Return `text`, decoded `data`, with a profile called otherwise."""
    expected = copy.deepcopy(data)
    profiles = subtable(expected, ("profiles",))
    profiles[new] = profiles.pop(old)
    return verified([partial(_renamed, text, old, new)], expected, refusal)


def _deleted(text: str, path: tuple[str, ...]) -> str:
    document = tomlkit.parse(text)
    del subtable(document, path[:-1])[path[-1]]
    return tomlkit.dumps(document)


def _cut(text: str, name: str) -> str:
    """Cut the tables of a profile out, each up to the next header and what belongs to that."""
    kept: list[str] = []
    is_inside = False
    for block in _blocks(text):
        header = next((line for line in block if _HEADER.match(line)), "")
        is_inside = _header_path(header)[:2] == ["profiles", name] if header else False
        if not is_inside:
            kept += block
    rest = "".join(kept)
    return rest.rstrip("\r\n") + line_end(text) if is_inside and rest else rest


def _blocks(text: str) -> list[list[str]]:
    """Return a file's lines by table; comments right above a header belong to it."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            above = blocks[-1]
            count = len(list(takewhile(lambda it: it.startswith("#"), reversed(above))))
            blocks.append([*above[len(above) - count :], line])
            del above[len(above) - count :]
        else:
            blocks[-1].append(line)
    return blocks


def _renamed(text: str, old: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        path = _header_path(line) if _HEADER.match(line) else []
        if path[:2] == ["profiles", old]:
            header = ".".join(map(quote_key, ["profiles", new, *path[2:]]))
            begin, end = line.index("["), line.index("]")
            lines[number] = f"{line[: begin + 1]}{header}{line[end:]}"
    return "".join(lines)


def _header_path(line: str) -> list[str]:
    """Return the names of a table's header, `[profiles.main]`; none where it is no header."""
    try:
        table: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return []
    path = []
    while isinstance(table, dict) and table:
        [(name, table)] = table.items()
        path.append(name)
    return path
