"""The floor: bare `requests` and `json`, which send the same requests and write the raw objects.

Run as a process of its own, so that both sides pay for starting Python:
`python -m tests.bench.floor --help`. It retries nothing, checks nothing and keeps no limit.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from tests.bench.answers import PLIVO_ID

_PLIVO_PAGE, _BANDWIDTH_PAGE = 20, 1000
_TIMEOUT_S = 60
_CHUNK_BYTES = 1 << 16
_Given = TypeVar("_Given")
_Got = TypeVar("_Got")
_Objects = list[dict[str, Any]]


def plivo(base_url: str, days: float, threads: int) -> Iterator[_Objects]:
    """Yield the pages of one window, in order."""
    session = _session(threads)
    session.auth = (PLIVO_ID, "token")
    now = datetime.now(UTC)
    window = {
        "add_time__gte": f"{now - timedelta(days=days):%Y-%m-%d %H:%M:%S.%f}",
        "add_time__lt": f"{now:%Y-%m-%d %H:%M:%S.%f}",
    }

    def page(offset: int) -> dict[str, Any]:
        answer = session.get(
            f"{base_url}/v1/Account/{PLIVO_ID}/Recording/",
            params={"limit": str(_PLIVO_PAGE), "offset": str(offset), **window},
            timeout=_TIMEOUT_S,
        )
        answer.raise_for_status()
        decoded: dict[str, Any] = answer.json()
        return decoded

    first = page(0)
    yield first["objects"]
    offsets = range(_PLIVO_PAGE, first["meta"]["total_count"], _PLIVO_PAGE)
    for decoded in _all(page, offsets, threads):
        yield decoded["objects"]


def bandwidth(base_url: str) -> Iterator[_Objects]:
    """Yield the pages, following the next links."""
    session = _session(1)
    session.auth = ("token", "secret")
    url = f"{base_url}/v1/users/u-bench/recordings?size={_BANDWIDTH_PAGE}&page=0"
    while url:
        answer = session.get(url, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        yield answer.json()
        url = answer.links.get("next", {}).get("url", "")


def audio(urls: Iterable[str], threads: int, folder: Path) -> None:
    """Write the audio of all URLs to files."""
    session = _session(threads)

    def fetch(numbered: tuple[int, str]) -> None:
        number, url = numbered
        with session.get(url, stream=True, timeout=_TIMEOUT_S) as answer:
            answer.raise_for_status()
            with (folder / f"{number}.mp3").open("wb") as file:
                for chunk in answer.iter_content(_CHUNK_BYTES):
                    file.write(chunk)

    for _ in _all(fetch, enumerate(urls), threads):
        pass


def _session(threads: int) -> requests.Session:
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=threads))
    return session


def _all(work: Callable[[_Given], _Got], items: Iterable[_Given], threads: int) -> Iterator[_Got]:
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, items)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.floor", description=__doc__)
    parser.add_argument("what", choices=("plivo", "bandwidth", "audio"))
    parser.add_argument("base_url")
    parser.add_argument("--days", type=float, default=28, help="length of the window")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where audio goes")
    given = parser.parse_args()
    if given.what == "bandwidth":
        pages = bandwidth(given.base_url)
    else:
        pages = plivo(given.base_url, given.days, given.threads)
    urls = []
    for objects in pages:
        for each in objects:
            sys.stdout.write(json.dumps(each) + "\n")
        if given.what == "audio":
            urls += [each["recording_url"] for each in objects]
    if urls:
        audio(urls, given.threads, given.folder)


if __name__ == "__main__":
    main()
