"""Where a recording's audio lies below the archive: a template over the row's fields.

Every name is its recording's own: the id is part of it, with a hash where the id can't stand in
a file name as it is. Times are UTC.
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

LONGEST_BYTES = 120
"""A component's length in UTF-8; the file systems take 255."""
_FORBIDDEN = frozenset('<>:"/\\|?*')
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]"
    r"|lpt[0-9\u00b9\u00b2\u00b3])\Z",
    re.IGNORECASE,
)
_FILLER = "_"


def safe_file_name(text: str, longest_bytes: int = LONGEST_BYTES) -> str:
    """Return a component made of `text`; the same text if it is one already."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(
        _FILLER if _is_forbidden(each) else " " if each.isspace() else each for each in text
    )
    text = unicodedata.normalize("NFC", text)
    text = truncate_utf8(text, longest_bytes).strip(" ").rstrip(". ")
    if text[:1] in {".", "-", "~"}:
        # Hidden files, options of other programs, somebody's home.
        text = _FILLER + text[1:]
    if _RESERVED.match(text.partition(".")[0].rstrip(" ")):
        text = truncate_utf8(_FILLER + text, longest_bytes).rstrip(". ")
    return text or _FILLER


def truncate_utf8(text: str, longest_bytes: int) -> str:
    """Return as much of the beginning of `text` as fits, no character cut in two."""
    body = text.encode()
    if len(body) <= longest_bytes:
        return text
    return body[:longest_bytes].decode("utf-8", "ignore")


def _is_forbidden(character: str) -> bool:
    return character in _FORBIDDEN or unicodedata.category(character) in _HIDDEN


DEFAULT = "{profile}/{started_at:%Y/%m/%d}/{started_at:%H%M%S}-{from_number}-{to_number}-{id}.{ext}"
FIELDS = (*COLUMNS, "ext")
LONGEST_PATH = 240
"""The length in bytes of a path below the archive, which leaves Windows some room for the rest."""
UNDATED, UNKNOWN = "undated", "unknown"
_PIECE_BYTES = 64
"""How much of one field's text is used."""
_HASH_LETTERS = 10
_SAMPLE = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
_EXTENSION = re.compile(r"[a-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class TemplateField:
    """A part of a template: literal text, then a field (None at the end) and its format."""

    text: str
    field: str | None
    spec: str


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A checked template: `parse` makes it."""

    pieces: tuple[TemplateField, ...]

    @classmethod
    def parse(cls, text: str = DEFAULT) -> "NameTemplate":
        """Read a template such as `{profile}/{started_at:%Y-%m}/{id}.{ext}`, else `UsageError`.

        `{id}` and `{ext}` are added where they are missing: without them names aren't unique. What
        it makes is below `audio/`, whether it says so or not.
        """
        try:
            text.encode()
            parts = [
                (literal, field, spec or "", conversion)
                for literal, field, spec, conversion in Formatter().parse(
                    text.removeprefix(f"{AUDIO}/")
                )
            ]
        except ValueError as error:
            raise UsageError(f"--name-template {text!r}: {error}", hint=_all_names()) from error
        for _, field, spec, conversion in parts:
            if field is not None:
                _check(text, field, spec, conversion)
        pieces = [TemplateField(literal, field, spec) for literal, field, spec, _ in parts]
        fields = {piece.field for piece in pieces}
        if "ext" not in fields:
            pieces.append(TemplateField(".", "ext", ""))
        if "id" not in fields:
            _add_id(pieces)
        return cls(tuple(pieces))

    def path(self, row: Recording, identity: str, extension: str) -> str:
        """Return the path of a recording's file, relative to the archive.

        `identity` is the form of its id in which two are the same recording.
        """
        extension = extension if _EXTENSION.match(extension) else "bin"
        name, altered = _id_text(identity)
        texts = "".join(self._texts(row, name, extension))
        parts = [part for part in texts.split("/") if part not in {"", "."}]
        folders = [safe_file_name(part) for part in parts[:-1]]
        stem = parts[-1].removesuffix(f".{extension}") if parts else name
        mark = _mark(row.profile, identity)
        file = _file_name(stem, name, "" if not altered else mark, mark, extension)
        path = "/".join([AUDIO, *folders, file])
        if len(path.encode()) > LONGEST_PATH:
            path = "/".join(
                [AUDIO, safe_file_name(row.profile, _PIECE_BYTES), f"{mark}.{extension}"]
            )
        return path

    def _texts(self, row: Recording, name: str, extension: str) -> Iterator[str]:
        for piece in self.pieces:
            yield piece.text.replace("\\", "_")
            match piece.field:
                case None:
                    pass
                case "ext":
                    yield extension
                case "id":
                    yield name
                case field:
                    yield _text(getattr(row, field), piece.spec, timed=field in TIME_COLUMNS)


def _check(text: str, field: str, spec: str, conversion: str | None) -> None:
    where = f"--name-template {text!r}"
    if field not in FIELDS:
        raise UsageError(
            f"{where} has an unknown field {field!r}{nearest_clause(field, FIELDS)}",
            hint=_all_names(),
        )
    if conversion or (spec and field not in TIME_COLUMNS):
        raise UsageError(
            f"{where}: only times take a format, such as {{started_at:%Y-%m-%d}}; not {field}"
        )
    try:
        _SAMPLE.strftime(spec)
    except (ValueError, UnicodeError) as error:
        raise UsageError(f"{where}: {spec!r} is no format for times") from error


def _add_id(pieces: list[TemplateField]) -> None:
    """Put `-{id}` before the extension."""
    at = next(index for index, piece in enumerate(pieces) if piece.field == "ext")
    piece = pieces[at]
    before = piece.text.removesuffix(".")
    joint = "-" if before.rpartition("/")[2] or (not before and at) else ""
    pieces[at : at + 1] = [
        TemplateField(f"{before}{joint}", "id", ""),
        TemplateField(".", "ext", ""),
    ]


def _id_text(identity: str) -> tuple[str, bool]:
    """Return an id as it stands in a file name, and whether that may be another id's too."""
    name = safe_file_name(identity.replace("/", "_"), _PIECE_BYTES)
    return name, name != identity or name != name.casefold()


def _text(value: object, spec: str, *, timed: bool) -> str:
    if value is None:
        return UNDATED if timed else UNKNOWN
    if isinstance(value, datetime):
        # A slash of the format parts folders.
        return "/".join(
            safe_file_name(part) for part in value.strftime(spec or "%Y%m%dT%H%M%S").split("/")
        )
    text = seconds_text(value) if isinstance(value, float) else str(value)
    return safe_file_name(text.replace("/", "_"), _PIECE_BYTES)


def _file_name(stem: str, name: str, suffix: str, mark: str, extension: str) -> str:
    """Return a file's name that holds its id whole, or the hash of it where that doesn't fit."""
    tail = f"-{suffix}" if suffix else ""
    room = LONGEST_BYTES - len(extension) - 1 - len(tail)
    made = safe_file_name(stem, LONGEST_BYTES)
    if len(stem.encode()) > room or name not in made:
        tail = f"-{mark}"
        made = safe_file_name(truncate_utf8(stem, LONGEST_BYTES - len(extension) - 1 - len(tail)))
    return f"{made}{tail}.{extension}"


def _mark(profile: str, identity: str) -> str:
    digest = sha256(f"{profile}\0{identity}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:_HASH_LETTERS]


def marked(path: str, profile: str, identity: str, number: int) -> str:
    """Return another path beside a taken one, for the same recording; `number` from 1."""
    folder, _, file = path.rpartition("/")
    stem, _, extension = file.rpartition(".")
    mark = _mark(profile, identity) + (f"-{number}" if number > 1 else "")
    if not stem.endswith(mark):
        longest = LONGEST_BYTES - len(extension) - len(mark) - 2
        stem = f"{safe_file_name(truncate_utf8(stem, longest))}-{mark}"
    return f"{folder}/{stem}.{extension}"


def _all_names() -> str:
    return f"fields: {', '.join(FIELDS)}"
