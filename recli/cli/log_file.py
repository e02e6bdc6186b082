"""The log file: every message with its time, one line each; only ever appended to."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock

from recli.errors import UsageError
from recli.files import os_reason
from recli.text import rfc3339


class LogFormat(StrEnum):
    """The format of a log file's lines."""

    TEXT = "text"
    JSON = "json"


class LogFile:
    """Append lines to a file that others may rotate or write to as well.

    `lost` counts the lines that could not be written, `reason` says why.
    """

    def __init__(self, path: Path, form: LogFormat, now: Callable[[], datetime]) -> None:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._descriptor = os.open(path, flags, 0o666)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"--log-file {path}: {reason}") from error
        self.path = path
        self.lost = 0
        self.reason = ""
        self._form = form
        self._now = now
        self._lock = Lock()

    def write(self, level: str, text: str) -> None:
        """Append one line in one piece; a full disk loses the line, which is counted."""
        time = rfc3339(self._now())
        line = f"{time} {level}: {text}"
        if self._form is LogFormat.JSON:
            line = json.dumps({"time": time, "level": level, "message": text}, ensure_ascii=False)
        data = f"{line}\n".encode("utf-8", "backslashreplace")
        with self._lock:
            try:
                if os.write(self._descriptor, data) < len(data):
                    os.write(self._descriptor, b"\n")  # on a disk that is full now, this fails
                    self._lose("it was cut off")
            except OSError as error:
                self._lose(os_reason(error))

    def close(self) -> None:
        """Close the file."""
        try:
            os.close(self._descriptor)
        except OSError as error:  # some network file systems write only now
            self._lose(os_reason(error))

    def _lose(self, reason: str) -> None:
        self.lost += 1
        self.reason = reason
