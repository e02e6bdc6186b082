"""One writer at a time: a lock of the operating system, which dies with its process."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from recli.archive.layout import PRIVATE_FILE, Layout, open_private
from recli.errors import UsageError


@contextmanager
def held(
    layout: Layout, wait_s: float = 0.0, now_s: Callable[[], float] = time.time
) -> Iterator[None]:
    """Hold an archive's lock; wait up to `wait_s` for another run to end, else `UsageError`.

    The lock of a dead process is free: what is left of it is only a file.
    """
    lock = FileLock(layout.lock, timeout=max(wait_s, 0.0), mode=PRIVATE_FILE)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"another recli{_holder(layout)} is writing to {layout.folder}",
            hint="wait for it to end, or give --wait-lock 10m",
        ) from error
    except OSError as error:
        raise UsageError(
            f"can't write to the archive {layout.folder}: {error.strerror or error}"
        ) from error
    try:
        _sign(layout, now_s())
        yield
    finally:
        with suppress(OSError):
            layout.holder.unlink(missing_ok=True)
        lock.release()


def _sign(layout: Layout, now_s: float) -> None:
    """Leave who holds the lock in a file beside it: the lock's own can't be read everywhere."""
    since = datetime.fromtimestamp(now_s, UTC).isoformat(" ", "seconds").removesuffix("+00:00")
    signed = json.dumps({"pid": os.getpid(), "since": f"{since}Z"})
    with suppress(OSError):  # a full disk: it only makes a message poorer
        descriptor = open_private(layout.holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(signed)


def _holder(layout: Layout) -> str:
    try:
        signed = json.loads(layout.holder.read_bytes())
        return f" (pid {signed['pid']}, since {signed['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
