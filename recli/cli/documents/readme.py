"""The parts of the README that are written from the program, each between its two marks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from recli.cli.documents.commands import Command
from recli.cli.documents.fields import FIELDS
from recli.cli.documents.meanings import EXIT_CODES, VARIABLES
from recli.providers.base import Key

_PART = re.compile(r"(<!-- part: ([\w-]+) -->\n).*?(<!-- end: \2 -->)", re.DOTALL)
TOY = "tests/toy_provider.py"


def readme(text: str, top: Command, root: Path) -> str:
    """Return the README with its parts written anew; KeyError for one that nobody writes."""
    parts = {
        "providers": _providers(),
        "keys": _keys(),
        "options": _options(top),
        "fields": _fields(),
        "exit-codes": _table(("code", "meaning"), [(int(c), m) for c, m in EXIT_CODES.items()]),
        "variables": _table(
            ("variable", "meaning"),
            [(f"`{name.replace(', ', '`, `')}`", about) for name, about in VARIABLES.items()],
        ),
        "report": _report(),
        "toy-provider": _toy(root),
    }
    return _PART.sub(lambda found: f"{found[1]}{parts[found[2]]}{found[3]}", text)


def _providers() -> str:
    from recli.cli.providers import info_row
    from recli.providers import BUILTIN, provider_class

    rows = []
    for name in BUILTIN:
        names, _, filters, limit, audio, proof = info_row(name)
        cls = provider_class(name)
        silent = ", ".join(sorted(each.value for each in cls.unreported_fields)) or "nothing"
        title = f"[{cls.title}]({cls.docs_url})"
        rows.append(
            (title, f"`{names.replace(' or ', '`, `')}`", filters, silent, limit, audio, proof)
        )
    heads = (
        "provider",
        "name",
        "its server filters",
        "it never tells",
        "limit",
        "audio",
        "complete",
    )
    return _table(heads, rows)


def _keys() -> str:
    from recli.config.keys import common_keys
    from recli.providers import BUILTIN, provider_class

    declared = [(name, key) for name in BUILTIN for key in provider_class(name).keys()]  # noqa: SIM118  # a method, no dict's
    declared += [("all", key) for key in common_keys()]
    rows = [(owner, *_key(key), key.about) for owner, key in declared]
    return _table(("provider", "key", "default", "meaning"), rows)


def _key(key: Key) -> tuple[str, str]:
    """Return a key's name, and what holds where it is not given."""
    default = str(key.default).lower() if isinstance(key.default, bool) else key.default
    said = "needed" if key.required else f"`{default}`" if default not in {None, ""} else ""
    return f"`{key.name}`{' (secret)' if key.secret else ''}", said


def _options(top: Command) -> str:
    parts = []
    for command in top.all():
        parts += [
            f"<details><summary><code>{command.name}</code>: {command.brief}</summary>",
            "",
            "```text",
            command.text,
            "```",
            "",
            "</details>",
            "",
        ]
    return "\n".join(parts)


def _fields() -> str:
    from recli.model import COLUMNS, Recording

    rows = [
        (f"`{name}`", _type(str(Recording.__annotations__[name])), FIELDS[name]) for name in COLUMNS
    ]
    rows.append(
        ("`raw`", "any", "the provider's own object, unchanged; only with `--raw` or `-c raw`")
    )
    return _table(("field", "type", "meaning"), rows)


def _type(annotation: str) -> str:
    """Return a field's type as JSON has it."""
    name = re.sub(r"ForwardRef\('([^']*)'.*\)", r"\1", annotation)
    kind, _, rest = name.partition(" | ")
    said = {"datetime": "time", "float": "number", "int": "integer"}.get(kind, "text")
    return f"{said} or null" if rest else said


def _report() -> str:
    from recli.engine.report import SCHEMA

    return _table(("member", "type", "meaning"), list(_members(SCHEMA, "")))


def _members(schema: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str, str]]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return
    for name, member in properties.items():
        about = str(member.get("description", ""))
        yield f"`{prefix}{name}`", _kind(member), about
        items = member.get("items")
        yield from _members(items if isinstance(items, Mapping) else {}, f"{prefix}{name}[].")
        yield from _members(member, f"{prefix}{name}.")


def _kind(member: Mapping[str, object]) -> str:
    closed, kind = member.get("enum"), member.get("type", "")
    if isinstance(closed, Sequence):
        return ", ".join(f"`{each}`" for each in closed)
    kinds = [kind] if isinstance(kind, str) else [str(each) for each in kind if each]  # type: ignore[attr-defined]  # JSON Schema: a name or a list
    return " or ".join(kinds)


def _toy(root: Path) -> str:
    path = root / TOY
    return f"```python\n{path.read_text(encoding='utf-8')}```\n" if path.exists() else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(_cell(each) for each in line)} |\n" for line in lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
