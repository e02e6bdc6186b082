"""Values that cross a process boundary, and secrets, which must not."""

import copy
import pickle
from datetime import UTC, datetime

import pytest

from recli import errors
from recli.errors import ProviderError, RecliError, Transient
from recli.model import Direction, Query, Recording, State
from recli.wire import Page, Request, Response, Secret, Window

NOW = datetime(2024, 1, 2, tzinfo=UTC)
ROW = Recording("plivo", "main", "1", NOW, direction=Direction.INBOUND, raw={"id": "1"})
VALUES = [
    Request("/recordings"),
    Request("/recordings", {"page": "1"}, window=Window(NOW, None), json={"a": 1}),
    Response(200, {"content-type": "application/json"}, b"[]"),
    Response(204),
    Page([ROW], (Request("/recordings"),), 1, ("warning",), ("defect",)),
    Query(now=NOW, since=NOW, state=State.COMPLETE),
    ROW,
]
ERRORS = [each for each in vars(errors).values() if isinstance(each, type)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_can_be_sent_to_another_process(value):
    assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("kind", [kind for kind in ERRORS if issubclass(kind, RecliError)])
def test_an_error_arrives_whole_in_another_process(kind):
    provider = ("plivo",) if issubclass(kind, ProviderError) else ()
    facts = {"wait_s": 1.5, "busy": True} if kind is Transient else {}
    error = kind(*provider, "failed", hint="wait", **facts)

    arrived = pickle.loads(pickle.dumps(error))

    assert type(arrived) is kind
    assert (str(arrived), vars(arrived)) == ("failed", vars(error))


@pytest.mark.parametrize("duplicate", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_refuses_to_be_written(duplicate):
    with pytest.raises(TypeError, match="a Secret can't be pickled or copied") as caught:
        duplicate(Secret("s3cr3t"))

    assert "s3cr3t" not in str(caught.value)
