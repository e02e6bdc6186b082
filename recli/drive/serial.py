"""One request at a time, depth first: each page's followers come before the next root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from recli.errors import ProviderError
from recli.wire import Page, Request

Fetch = Callable[[Request], Page]
Step = tuple[Request, Page]


def serial(roots: Iterable[Request], fetch: Fetch, *, provider: str = "") -> Iterator[Step]:
    """Yield each request with its page in row order; ProviderError if links run in a circle."""
    for root in roots:
        trail = Trail(provider)
        ahead = [root]
        while ahead:
            request = ahead.pop()
            page = fetch(request)
            trail.check(page)
            yield request, page
            ahead.extend(reversed(page.follow))


class Trail:
    """Where a walk has been, so that it goes nowhere twice."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._been: set[int] = set()

    def check(self, page: Page) -> None:
        """Remember a page's followers; ProviderError if one was followed before."""
        for request in page.follow:
            mark = hash(_place(request))
            if mark in self._been:
                raise ProviderError(
                    self._provider, "leads in a circle: its next page is one that was read before"
                )
            self._been.add(mark)


def _place(request: Request) -> tuple[object, ...]:
    form = tuple(request.form.items()) if request.form else None
    learned = request.memo is not None
    return request.path, tuple(request.params.items()), form, learned, request.careful
