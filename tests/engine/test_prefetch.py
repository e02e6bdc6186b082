from threading import Event

import pytest

from recli.engine.prefetch import prefetch
from recli.errors import ProviderError
from recli.wire import Page, Request


def tree(spec: dict[str, list[str]]):
    """A fetch over a tree of pages: path -> followers."""

    def fetch(request: Request) -> Page:
        return Page(next_requests=tuple(Request(path) for path in spec.get(request.path, [])))

    return fetch


SPEC = {"a": ["a1", "a2"], "a1": ["a11", "a12"], "b": [], "c": ["c1"], "c1": ["c2"], "c2": ["c3"]}
ROOTS = [Request("a"), Request("b"), Request("c")]
ORDER = ["a", "a1", "a11", "a12", "a2", "b", "c", "c1", "c2", "c3"]


def paths(steps) -> list[str]:
    return [request.path for request, _ in steps]


@pytest.mark.parametrize("parallel", [1, 2, 7])
@pytest.mark.parametrize("depth", [1, 2, 5, 50])
def test_pages_come_in_row_order_whatever_the_depth_and_the_number_of_requests(parallel, depth):
    fetch = tree(SPEC)

    assert paths(prefetch(ROOTS, fetch)) == ORDER
    assert paths(prefetch(ROOTS, fetch, parallel=parallel, depth=lambda: depth)) == ORDER


def test_an_error_is_raised_when_it_is_its_requests_turn():
    def fetch(request: Request) -> Page:
        if request.path == "b":
            raise ProviderError("p", "broken")
        return tree(SPEC)(request)

    steps = prefetch(ROOTS, fetch, parallel=4, depth=lambda: 20)
    assert [next(steps)[0].path for _ in range(5)] == ORDER[:5]
    with pytest.raises(ProviderError, match="broken"):
        next(steps)


def test_no_more_pages_are_asked_for_than_the_depth_allows():
    asked = []

    def fetch(request: Request) -> Page:
        asked.append(request.path)
        return Page()

    roots = (Request(str(number)) for number in range(1000))
    steps = prefetch(roots, fetch, parallel=4, depth=lambda: 6)
    next(steps)
    steps.close()

    assert len(asked) <= 7


def test_closing_the_generator_asks_for_nothing_more():
    gate = Event()
    asked = []

    def fetch(request: Request) -> Page:
        asked.append(request.path)
        if request.path != "0":
            gate.wait(5)
        return Page()

    steps = prefetch((Request(str(n)) for n in range(50)), fetch, parallel=2, depth=lambda: 40)
    next(steps)
    steps.close()
    before = len(asked)
    gate.set()

    assert before <= 3
    assert len(asked) <= 3


@pytest.mark.parametrize(
    "drive", [prefetch, lambda r, f: prefetch(r, f, parallel=3, depth=lambda: 9)]
)
def test_a_link_that_was_followed_before_is_an_error_and_not_a_loop(drive):
    fetch = tree({"a": ["x"], "x": ["y"], "y": ["x"]})

    with pytest.raises(ProviderError, match="circle"):
        paths(drive([Request("a")], fetch))


def test_many_requests_are_under_way_at_once():
    both = [Event(), Event()]

    def fetch(request: Request) -> Page:
        index = int(request.path)
        both[index].set()
        assert both[1 - index].wait(5)
        return Page()

    roots = [Request("0"), Request("1")]

    assert paths(prefetch(roots, fetch, parallel=2, depth=lambda: 2)) == ["0", "1"]
