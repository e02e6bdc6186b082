"""Fetch pages ahead, with several requests at a time, and yield them in row order.

Daemon threads fetch them, and end with the generator. At most `depth` pages are under way or wait
to be taken, which bounds the memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Condition, Thread
from typing import NamedTuple

from recli.errors import ProviderError
from recli.wire import Page, Request

Fetch = Callable[[Request], Page]


class FetchedPage(NamedTuple):
    """A page and the request for it."""

    request: Request
    page: Page


class LoopGuard:
    """Detects next links that lead back to a page of the same scan."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._seen: set[int] = set()

    def check(self, page: Page) -> None:
        """Remember a page's next requests; ProviderError if one was there before."""
        for request in page.next_requests:
            key = hash(_request_key(request))
            if key in self._seen:
                raise ProviderError(
                    self._provider, "leads in a circle: its next page is one that was read before"
                )
            self._seen.add(key)


def _request_key(request: Request) -> tuple[object, ...]:
    form = tuple(request.form.items()) if request.form else None
    has_state = request.provider_state is not None
    return request.path, tuple(request.params.items()), form, has_state, request.stable_paging


@dataclass(slots=True, eq=False)
class _Slot:
    """A request in row order: submitted, answered, its next requests put behind it."""

    request: Request
    guard: LoopGuard
    is_submitted: bool = False
    page: Page | None = None
    error: BaseException | None = None
    is_expanded: bool = False

    @property
    def can_expand(self) -> bool:
        return self.page is not None and not self.is_expanded and bool(self.page.next_requests)


@dataclass(slots=True)
class _WorkerPool:
    """Daemon threads that fetch; as many as there was work for at once, up to `most`."""

    fetch: Fetch
    most: int
    answered: Condition = field(default_factory=Condition)
    pending: SimpleQueue[_Slot | None] = field(default_factory=SimpleQueue)
    threads: list[Thread] = field(default_factory=list)
    busy: int = 0

    def submit(self, slot: _Slot) -> None:
        slot.is_submitted = True
        with self.answered:
            self.busy += 1
            is_needed = self.busy > len(self.threads) < self.most
        if is_needed:
            thread = Thread(target=self._work, name="recli-fetch", daemon=True)
            self.threads.append(thread)
            thread.start()
        self.pending.put(slot)

    def shut_down(self) -> None:
        while not self.pending.empty():
            self.pending.get_nowait()
        for _ in self.threads:
            self.pending.put(None)

    def _work(self) -> None:
        while (slot := self.pending.get()) is not None:
            page = error = None
            try:
                page = self.fetch(slot.request)
            except BaseException as problem:  # noqa: BLE001  # raised again where it is taken
                error = problem
            with self.answered:
                slot.page, slot.error = page, error
                self.busy -= 1
                self.answered.notify_all()


def prefetch(
    roots: Iterable[Request],
    fetch: Fetch,
    *,
    parallel: int = 1,
    depth: Callable[[], int] = lambda: 1,
    provider: str = "",
) -> Iterator[FetchedPage]:
    """Yield the pages of `roots` and of their next requests, up to `depth()` pages ahead.

    An error is raised when its page's turn comes. Closing the generator sends nothing more.
    """
    pool = _WorkerPool(fetch, max(parallel, 1))
    slots: deque[_Slot] = deque()
    remaining = iter(roots)
    try:
        while True:
            _submit(slots, remaining, pool, max(depth(), 1), provider)
            if not slots:
                return
            slot = slots[0]
            with pool.answered:
                while slot.page is None and slot.error is None:
                    pool.answered.wait()
                    if any(slots[i].can_expand for i in range(1, min(depth(), len(slots)))):
                        break
            if slot.error is not None:
                raise slot.error
            if slot.page is None:
                continue
            _expand(slots, 0)
            slots.popleft()
            yield FetchedPage(slot.request, slot.page)
    finally:
        pool.shut_down()


def _submit(
    slots: deque[_Slot], roots: Iterator[Request], pool: _WorkerPool, depth: int, provider: str
) -> None:
    """Submit the first `depth` slots, adding new roots where there are fewer."""
    index = 0
    while index < depth:
        if index == len(slots):
            root = next(roots, None)
            if root is None:
                return
            slots.append(_Slot(root, LoopGuard(provider)))
        if not slots[index].is_submitted:
            pool.submit(slots[index])
        _expand(slots, index)
        index += 1


def _expand(slots: deque[_Slot], index: int) -> None:
    """Put the next requests of an answered slot behind it, once."""
    slot = slots[index]
    if slot.page is None or not slot.can_expand:
        return
    slot.is_expanded = True
    slot.guard.check(slot.page)
    for offset, request in enumerate(slot.page.next_requests, start=1):
        slots.insert(index + offset, _Slot(request, slot.guard))
