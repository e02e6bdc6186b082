"""JSON Lines, and one JSON array, from the same rows.

This is the hot path of a large export: cells are written by column, what a batch has in common goes
into its template, and the stream gets one string per batch.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO, assert_never

from recli.model import Recording
from recli.output.columns import ColumnKind, Columns
from recli.output.formatting import NULL, encode_text, json_text, seconds_text
from recli.output.streams import write_text
from recli.output.writers import batches
from recli.text import rfc3339


class JsonLinesWriter:
    """Write one JSON object per line; no rows are no lines."""

    def __init__(self, stream: TextIO, columns: Columns, *, prompt: bool = False) -> None:
        self.written = 0
        self._stream = stream
        self._rows = JsonRows(columns)
        self._prompt = prompt

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows as lines; with `prompt` the reader has them on return."""
        for batch in batches(rows):
            write_text(self._stream, "\n".join((*self._rows.texts(batch), "")))
            self.written += len(batch)
        if self._prompt:
            self._stream.flush()

    def close(self) -> None:
        """Hand over what is still buffered."""
        self._stream.flush()


class JsonArrayWriter:
    """Write one array of objects, a row on each line; no rows are `[]`."""

    def __init__(self, stream: TextIO, columns: Columns, *, prompt: bool = False) -> None:
        self.written = 0
        self._stream = stream
        self._rows = JsonRows(columns)
        self._prompt = prompt

    def write(self, rows: Iterable[Recording]) -> None:
        """Write rows as elements; with `prompt` the reader has them on return."""
        for batch in batches(rows):
            write_text(self._stream, ",\n" if self.written else "[")
            write_text(self._stream, ",\n".join(self._rows.texts(batch)))
            self.written += len(batch)
        if self._prompt:
            self._stream.flush()

    def close(self) -> None:
        """End the array."""
        write_text(self._stream, "]\n" if self.written else "[]\n")
        self._stream.flush()


class JsonRows:
    """Turn rows into JSON objects with the selected columns as keys."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._keys = [_escaped(encode_text(name)) + ":" for name in columns.names]
        self._spell = [_speller(column.kind) for column in columns.items]

    def texts(self, rows: Sequence[Recording]) -> list[str]:
        """Write each of at least one row as one line of JSON."""
        members: list[str] = []
        varying: list[Sequence[str]] = []
        for key, spell, cells in zip(
            self._keys, self._spell, self._columns.transpose(rows), strict=True
        ):
            # Mostly a column that is empty, or the same provider on the whole page. Objects out of
            # `raw` are not compared: 1 and true are equal there and are written differently.
            if spell is not json_text and cells.count(cells[0]) == len(cells):
                members.append(key + _escaped(_spelled(spell, cells[:1])[0]))
            else:
                members.append(key + "%s")
                varying.append(_spelled(spell, cells))
        template = "{" + ",".join(members) + "}"
        if not varying:
            return [template % ()] * len(rows)
        return list(map(template.__mod__, zip(*varying, strict=True)))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _spelled(spell: Callable[[Any], str], cells: Sequence[object]) -> list[str]:
    if None in cells:
        return [NULL if cell is None else spell(cell) for cell in cells]
    return list(map(spell, cells))


def _speller(kind: ColumnKind) -> Callable[[Any], str]:  # the kind says what the argument is
    match kind:
        case ColumnKind.TEXT:
            return encode_text
        case ColumnKind.TIME:
            return _quoted_time
        case ColumnKind.DURATION:
            return seconds_text
        case ColumnKind.SIZE:
            return str
        case ColumnKind.RAW:
            return json_text
        case _:
            assert_never(kind)


def _quoted_time(value: Any) -> str:
    return f'"{rfc3339(value)}"'
