"""Whatever an answer holds: a well-typed page or an error with the provider's name, and quickly."""

import math
import time
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recli.errors import ProviderError
from recli.model import TIME_COLUMNS, Direction, Recording, State
from recli.providers.base import Provider
from recli.wire import Page, Request, Response
from tests.providers.mutations import BODIES, HEADERS, STATUSES, mutated, questions
from tests.providers.reading import PROVIDERS

QUESTIONS = questions()
TEXTS = set(Recording._fields) - TIME_COLUMNS
TEXTS -= {"duration_s", "size_bytes", "direction", "state", "raw"}
SLOW_S = 5.0


def check_row(row: Recording) -> None:
    assert isinstance(row, Recording)
    assert isinstance(row.id, str)
    assert row.id
    for name in TEXTS:
        value = getattr(row, name)
        assert value is None or isinstance(value, str), (name, value)
    for name in TIME_COLUMNS:
        value = getattr(row, name)
        assert value is None or (isinstance(value, datetime) and value.tzinfo is UTC), (name, value)
    for value in (row.duration_s, row.size_bytes):
        assert value is None or (isinstance(value, (int, float)) and value >= 0)
        assert value is None or math.isfinite(value)
        assert not isinstance(value, bool)
    assert row.size_bytes is None or isinstance(row.size_bytes, int)
    assert row.duration_s is None or round(row.duration_s, 3) == row.duration_s
    assert row.direction is None or isinstance(row.direction, Direction)
    assert row.state is None or isinstance(row.state, State)
    assert isinstance(row.raw, dict)


def check_page(page: Page) -> None:
    assert isinstance(page, Page)
    for row in page.rows:
        check_row(row)
    assert isinstance(page.next_requests, tuple)
    assert len(page.next_requests) <= 1000
    for each in page.next_requests:
        assert isinstance(each, Request)
        assert all(isinstance(value, str) for value in each.params.values())
    assert page.total is None or (isinstance(page.total, int) and page.total >= 0)
    for text in (*map(str, page.warnings), *page.defects):
        assert isinstance(text, str)
        assert text.isprintable()
        assert len(text) < 400


def check(name: str, random: Random) -> str:
    """Answer one question with one mutated page, and say what came of it."""
    provider = PROVIDERS[name]
    request = random.choice(QUESTIONS[name])
    body = mutated(random.choice(BODIES[name]), random)
    response = Response(random.choice(STATUSES), random.choice(HEADERS), body)
    started = time.perf_counter()
    outcome, error = "page", None
    try:
        page = provider.parse(request, response)
        check_page(page)
        for row in page.rows:
            outcome = "rows"
            check_media(provider, row)
    except ProviderError as caught:
        outcome, error = type(caught).__name__, caught
    if error is not None:
        check_error(name, error)
    assert time.perf_counter() - started < SLOW_S
    return outcome


def check_media(provider: Provider, row: Recording) -> None:
    try:
        request = provider.audio_request(row)
    except ProviderError as error:
        check_error(provider.name, error)
    else:
        assert isinstance(request, Request)
        assert request.path.startswith(("/", "http://", "https://", "HTTP"))


def check_error(name: str, error: ProviderError) -> None:
    assert error.provider == name
    assert error.message
    assert error.message.isprintable()
    assert len(error.message) < 600


@pytest.mark.parametrize("name", PROVIDERS)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_any_answer_is_a_well_typed_page_or_an_error_that_names_the_provider(name, seed):
    check(name, Random(seed))


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_mutations_reach_rows_as_well_as_errors(name):
    outcomes = {check(name, Random(seed)) for seed in range(300)}

    assert {"rows", "page", "Transient", "ProviderError"} <= outcomes
