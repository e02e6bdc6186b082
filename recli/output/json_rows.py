"""JSON Lines, and one JSON array, from the same rows.

This is the hot path of a large export: cells are written by column, and what a batch has in common
goes into its template.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import TextIO

from recli.model import Recording
from recli.output.base import TextWriter
from recli.output.columns import Columns
from recli.output.formatting import (
    JSON,
    NULL,
    encode_text,
    format_cells,
    formatters_in_zone,
    json_text,
)
from recli.output.streams import write_text


class _JsonWriter(TextWriter):
    def __init__(
        self,
        stream: TextIO,
        columns: Columns,
        *,
        autoflush: bool = False,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__(stream, columns, autoflush=autoflush)
        self._keys = [_escaped(encode_text(name)) + ":" for name in columns.names]
        formatters = formatters_in_zone(JSON, zone)
        self._formatters = [formatters[column.kind] for column in columns.items]

    def _objects(self, rows: list[Recording]) -> list[str]:
        """Return each row as an object on one line, with the selected columns as keys."""
        members: list[str] = []
        varying: list[Sequence[str]] = []
        columns = self._columns.transpose(rows)
        for key, formatter, cells in zip(self._keys, self._formatters, columns, strict=True):
            # Mostly a column that is empty, or the same provider on the whole page. Objects out of
            # `raw` are not compared: 1 and true are equal there and are written differently.
            if formatter is not json_text and cells.count(cells[0]) == len(cells):
                members.append(key + _escaped(format_cells(formatter, cells[:1], NULL)[0]))
            else:
                members.append(key + "%s")
                varying.append(format_cells(formatter, cells, NULL))
        template = "{" + ",".join(members) + "}"
        if not varying:
            return [template % ()] * len(rows)
        return list(map(template.__mod__, zip(*varying, strict=True)))


class JsonLinesWriter(_JsonWriter):
    """Write one JSON object per line; no rows are no lines."""

    def _text(self, rows: list[Recording]) -> str:
        return "\n".join((*self._objects(rows), ""))


class JsonArrayWriter(_JsonWriter):
    """Write one array of objects, a row on each line; no rows are `[]`."""

    def close(self) -> None:
        """End the array."""
        write_text(self._stream, "]\n" if self.written else "[]\n")
        super().close()

    def _text(self, rows: list[Recording]) -> str:
        return (",\n" if self.written else "[") + ",\n".join(self._objects(rows))


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
