"""Many requests under way, the pages in the order of the serial driver.

What is known to follow is fetched before it is its turn, by daemon threads that end with their
driver. At most `depth` pages are under way or waiting to be taken, which bounds the memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Condition, Thread

from recli.errors import ProviderError
from recli.wire import Page, Request

Fetch = Callable[[Request], Page]
FetchedPage = tuple[Request, Page]


def fetch_serially(
    roots: Iterable[Request], fetch: Fetch, *, provider: str = ""
) -> Iterator[FetchedPage]:
    """Yield each request with its page in row order; ProviderError if links run in a circle."""
    for root in roots:
        trail = LoopGuard(provider)
        ahead = [root]
        while ahead:
            request = ahead.pop()
            page = fetch(request)
            trail.check(page)
            yield request, page
            ahead.extend(reversed(page.next_requests))


class LoopGuard:
    """Where a walk has been, so that it goes nowhere twice."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._been: set[int] = set()

    def check(self, page: Page) -> None:
        """Remember a page's followers; ProviderError if one was followed before."""
        for request in page.next_requests:
            mark = hash(_request_key(request))
            if mark in self._been:
                raise ProviderError(
                    self._provider, "leads in a circle: its next page is one that was read before"
                )
            self._been.add(mark)


def _request_key(request: Request) -> tuple[object, ...]:
    form = tuple(request.form.items()) if request.form else None
    learned = request.provider_state is not None
    return request.path, tuple(request.params.items()), form, learned, request.stable_paging


@dataclass(slots=True, eq=False)
class _Slot:
    """A request's place in the line: asked for, answered, its followers put behind it."""

    request: Request
    trail: LoopGuard
    asked: bool = False
    page: Page | None = None
    error: BaseException | None = None
    unfolded: bool = False


@dataclass(slots=True)
class _WorkerPool:
    """Daemon threads that fetch; as many as there was work for at once, up to `most`."""

    fetch: Fetch
    most: int
    answered: Condition = field(default_factory=Condition)
    todo: SimpleQueue[_Slot | None] = field(default_factory=SimpleQueue)
    threads: list[Thread] = field(default_factory=list)
    busy: int = 0

    def ask(self, place: _Slot) -> None:
        place.asked = True
        with self.answered:
            self.busy += 1
            needed = self.busy > len(self.threads) < self.most
        if needed:
            thread = Thread(target=self._work, name="recli-fetch", daemon=True)
            self.threads.append(thread)
            thread.start()
        self.todo.put(place)

    def dismiss(self) -> None:
        while not self.todo.empty():
            self.todo.get_nowait()
        for _ in self.threads:
            self.todo.put(None)

    def _work(self) -> None:
        while (place := self.todo.get()) is not None:
            page = error = None
            try:
                page = self.fetch(place.request)
            except BaseException as problem:  # noqa: BLE001  # raised again where it is taken
                error = problem
            with self.answered:
                place.page, place.error = page, error
                self.busy -= 1
                self.answered.notify_all()


def prefetch(
    roots: Iterable[Request],
    fetch: Fetch,
    *,
    parallel: int,
    depth: Callable[[], int],
    provider: str = "",
) -> Iterator[FetchedPage]:
    """Yield each request with its page in row order, fetching up to `depth()` pages ahead.

    An error is raised when its request's turn comes. Closing the generator sends nothing more.
    """
    crew = _WorkerPool(fetch, max(parallel, 1))
    line: deque[_Slot] = deque()
    waiting_roots = iter(roots)
    try:
        while True:
            _look_ahead(line, waiting_roots, crew, max(depth(), 1), provider)
            if not line:
                return
            place = line[0]
            with crew.answered:
                while place.page is None and place.error is None:
                    crew.answered.wait()
                    if _can_unfold(line, depth()):
                        break
            if place.error is not None:
                raise place.error
            if place.page is None:
                continue
            _unfold(line, 0)
            line.popleft()
            yield place.request, place.page
    finally:
        crew.dismiss()


def _look_ahead(
    line: deque[_Slot], roots: Iterator[Request], crew: _WorkerPool, depth: int, provider: str
) -> None:
    """Ask for the first `depth` places of the line, taking in new roots where it is short."""
    index = 0
    while index < depth:
        if index == len(line):
            root = next(roots, None)
            if root is None:
                return
            line.append(_Slot(root, LoopGuard(provider)))
        place = line[index]
        if not place.asked:
            crew.ask(place)
        _unfold(line, index)
        index += 1


def _can_unfold(line: deque[_Slot], depth: int) -> bool:
    """Say whether a page behind the first has come and tells of more to ask for."""
    for index in range(1, min(depth, len(line))):
        place = line[index]
        if place.page is not None and not place.unfolded and place.page.next_requests:
            return True
    return False


def _unfold(line: deque[_Slot], index: int) -> None:
    """Put an answered place's followers behind it, once."""
    place = line[index]
    if place.page is None or place.unfolded:
        return
    place.unfolded = True
    place.trail.check(place.page)
    for offset, request in enumerate(place.page.next_requests, start=1):
        line.insert(index + offset, _Slot(request, place.trail))
