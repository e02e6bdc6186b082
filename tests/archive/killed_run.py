"""One export in a process of its own, which kills itself at a step: see `test_kills`.

Arguments: the archive, the stand-in's URL, the step and how many times it comes before the kill.
"""

import os
import signal
import sys
from pathlib import Path

from archive.conftest import opened, plivo, row, transport_of

NAMES = [f"r{number}" for number in range(9)]


def rows(url):
    """Return the rows that the provider has."""
    return [row(name, raw={"recording_url": f"{url}/{name}.wav"}) for name in NAMES]


def main(folder: Path, url: str, step: str, times: int) -> None:
    """Run; the last thing that happens at the step's time is SIGKILL."""
    left = times

    def die(at: str) -> None:
        nonlocal left
        if at == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    provider = plivo(url)
    with opened(folder, step=die) as archive:
        archive.add(provider, rows(url))
        die("added")
        archive.fetch_audio({"main": transport_of(provider)})
        die("fetched")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
