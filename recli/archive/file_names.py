"""Where a recording's audio lies below the archive: a template over the row's fields.

No two recordings share a name: the id is part of it, with a hash where the id can't be in a file
name unchanged. Times are UTC. pathvalidate, which makes names that every system takes,
keeps invisible characters, leading dots and dashes, and does not normalize Unicode; checking the
rest again would take as many lines as these rules.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from string import Formatter

from recli.archive.layout import AUDIO
from recli.errors import UsageError
from recli.model import COLUMNS, TIME_COLUMNS, Recording
from recli.output.formatting import seconds_text
from recli.text import nearest_clause

DEFAULT = "{profile}/{started_at:%Y/%m/%d}/{started_at:%H%M%S}-{from_number}-{to_number}-{id}.{ext}"
FIELDS = (*COLUMNS, "ext")
_FIELDS_HINT = f"fields: {', '.join(FIELDS)}"
LONGEST_BYTES = 120
"""A component's length in UTF-8; file systems allow 255."""
LONGEST_PATH = 240
"""The length in bytes of a path below the archive: Windows allows 260 characters in all."""
_LONGEST_FIELD = 64
_HASH_LETTERS = 10
_SAMPLE = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
_EXTENSION = re.compile(r"[a-z0-9]{1,8}\Z")
_FORBIDDEN = frozenset('<>:"/\\|?*')
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]"
    r"|lpt[0-9\u00b9\u00b2\u00b3])\Z",
    re.IGNORECASE,
)


def safe_file_name(text: str, longest_bytes: int = LONGEST_BYTES) -> str:
    """Return a component made of `text` that every system takes; `text` itself if it is one."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        "_"
        if character in _FORBIDDEN or unicodedata.category(character) in _INVISIBLE_CATEGORIES
        else " "
        if character.isspace()
        else character
        for character in text
    )
    text = unicodedata.normalize("NFC", text)
    text = truncate_utf8(text, longest_bytes).strip(" ").rstrip(". ")
    if text[:1] in {".", "-", "~"}:  # a hidden file, an option, a home folder
        text = "_" + text[1:]
    if _RESERVED.match(text.partition(".")[0].rstrip(" ")):
        text = truncate_utf8("_" + text, longest_bytes).rstrip(". ")
    return text or "_"


def truncate_utf8(text: str, longest_bytes: int) -> str:
    """Return as much of the beginning of `text` as fits, with whole characters."""
    return text.encode()[:longest_bytes].decode("utf-8", "ignore")


def alternative_path(path: str, profile: str, identity: str, number: int) -> str:
    """Return another path for a recording if `path` is taken; `number` counts from 1."""
    folder, slash, file = path.rpartition("/")
    stem, _, extension = file.rpartition(".")
    mark = _hash(profile, identity) + (f"-{number}" if number > 1 else "")
    if not stem.endswith(mark):
        room = LONGEST_BYTES - len(extension) - len(mark) - 2
        stem = f"{safe_file_name(truncate_utf8(stem, room))}-{mark}"
    return f"{folder}{slash}{stem}.{extension}"


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A checked template: `parse` makes it."""

    parts: tuple[tuple[str, str | None, str], ...]
    """Literal text, the field that follows it (None at the end), and the field's format."""
    folder: str = f"{AUDIO}/"
    """What all paths begin with."""

    @classmethod
    def parse(cls, text: str = DEFAULT, *, folder: str = f"{AUDIO}/") -> "NameTemplate":
        """Read a template such as `{profile}/{started_at:%Y-%m}/{id}.{ext}`, else `UsageError`.

        `{id}` and `{ext}` are added where they are missing: without them names aren't unique. All
        paths are below `folder`, whether the template begins with it or not.
        """
        parts: list[tuple[str, str | None, str]] = []
        try:
            text.encode()
            for literal, field, spec, conversion in Formatter().parse(text.removeprefix(folder)):
                if field is not None:
                    _check_field(text, field, spec or "", conversion)
                parts.append((literal, field, spec or ""))
        except ValueError as error:
            raise UsageError(f"--name-template {text!r}: {error}", hint=_FIELDS_HINT) from error
        fields = {field for _, field, _ in parts}
        if "ext" not in fields:
            parts.append((".", "ext", ""))
        if "id" not in fields:
            _insert_id(parts)
        return cls(tuple(parts), folder)

    def path(self, row: Recording, identity: str, extension: str) -> str:
        """Return the path of a recording's file, relative to the archive or a plain folder.

        `identity` is the form of its id in which two are the same recording.
        """
        extension = extension if _EXTENSION.match(extension) else "bin"
        name = safe_file_name(identity.replace("/", "_"), _LONGEST_FIELD)
        is_unique = name == identity == name.casefold()
        text = "".join(self._texts(row, name, extension))
        *folders, file = [part for part in text.split("/") if part not in {"", "."}] or [name]
        digest = _hash(row.profile, identity)
        file = _file_name(
            file.removesuffix(f".{extension}"), name, extension, digest, with_hash=not is_unique
        )
        path = self.folder + "/".join([*map(safe_file_name, folders), file])
        if len(path.encode()) > LONGEST_PATH:
            profile = safe_file_name(row.profile, _LONGEST_FIELD)
            path = f"{self.folder}{profile}/{digest}.{extension}"
        return path

    def _texts(self, row: Recording, name: str, extension: str) -> Iterator[str]:
        for literal, field, spec in self.parts:
            yield literal.replace("\\", "_")
            if field == "ext":
                yield extension
            elif field == "id":
                yield name
            elif field is not None:
                yield _field_text(getattr(row, field), spec, is_time=field in TIME_COLUMNS)


def _check_field(template: str, field: str, spec: str, conversion: str | None) -> None:
    where = f"--name-template {template!r}"
    if field not in FIELDS:
        raise UsageError(
            f"{where} has an unknown field {field!r}{nearest_clause(field, FIELDS)}",
            hint=_FIELDS_HINT,
        )
    if conversion or (spec and field not in TIME_COLUMNS):
        raise UsageError(
            f"{where}: only times take a format, such as {{started_at:%Y-%m-%d}}; not {field}"
        )
    try:
        _SAMPLE.strftime(spec)
    except (ValueError, UnicodeError) as error:
        raise UsageError(f"{where}: {spec!r} is no format for times") from error


def _insert_id(parts: list[tuple[str, str | None, str]]) -> None:
    """Put `-{id}` before the extension."""
    at = next(index for index, (_, field, _) in enumerate(parts) if field == "ext")
    before = parts[at][0].removesuffix(".")
    dash = "-" if before.rpartition("/")[2] or (not before and at) else ""
    parts[at : at + 1] = [(f"{before}{dash}", "id", ""), (".", "ext", "")]


def _field_text(value: object, spec: str, *, is_time: bool) -> str:
    if value is None:
        return "undated" if is_time else "unknown"
    if isinstance(value, datetime):  # a slash in the format separates folders
        texts = value.strftime(spec or "%Y%m%dT%H%M%S").split("/")
        return "/".join(safe_file_name(text) for text in texts)
    text = seconds_text(value) if isinstance(value, float) else str(value)
    return safe_file_name(text.replace("/", "_"), _LONGEST_FIELD)


def _file_name(stem: str, name: str, extension: str, digest: str, *, with_hash: bool) -> str:
    """Return a file's name with the whole id in it, else with the hash."""
    hash_room = LONGEST_BYTES - len(extension) - len(digest) - 2
    room = hash_room if with_hash else LONGEST_BYTES - len(extension) - 1
    file = safe_file_name(stem)
    if len(stem.encode()) > room or name not in file:
        with_hash = True
        file = safe_file_name(truncate_utf8(stem, hash_room))
    return f"{file}-{digest}.{extension}" if with_hash else f"{file}.{extension}"


def _hash(profile: str, identity: str) -> str:
    digest = sha256(f"{profile}\0{identity}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:_HASH_LETTERS]
