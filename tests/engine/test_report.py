import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from recli.engine.report import RunReport, report_dict
from recli.engine.result import Completeness, ProfileResult
from recli.errors import ExitCode, Refused, UsageError
from recli.model import Direction, Query
from recli.redact import Redactor
from tests.engine.report_schema import SCHEMA

BEGUN = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def violations(value, schema, at="report"):
    """Say where a value is not as the schema has it: the part of JSON Schema that SCHEMA uses."""
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, _TYPES[kind]) for kind in kinds):
        return [*found, f"{at}: {value!r} is no {' or '.join(kinds)}"]
    if "minimum" in schema and value < schema["minimum"]:
        found.append(f"{at}: {value!r} is less than {schema['minimum']}")
    if schema.get("format") == "date-time" and not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value
    ):
        found.append(f"{at}: {value!r} is no time")
    if isinstance(value, dict):
        found += [f"{at}: no {name}" for name in schema.get("required", []) if name not in value]
        known = schema.get("properties")
        if known is not None:
            found += [f"{at}.{name}: not in the schema" for name in value if name not in known]
            for name in value.keys() & known.keys():
                found += violations(value[name], known[name], f"{at}.{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += violations(item, schema["items"], f"{at}[{index}]")
    return found


def told(story, redact=None):
    made = report_dict(story, ended_at=BEGUN + timedelta(seconds=3), redact=redact or Redactor())
    return json.loads(json.dumps(made))


def outcome(**changes):
    made = ProfileResult("main", "plivo", rows=3, received=5, claimed=5, requests=2)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


STORIES = {
    "nothing was read": RunReport(
        BEGUN, error=UsageError("no", hint="yes"), exit_code=ExitCode.USAGE
    ),
    "all is well": RunReport(
        BEGUN,
        Query(now=BEGUN, since=BEGUN, direction=Direction.INBOUND, limit=3, min_duration_s=1.5),
        [outcome(completeness=Completeness.PROVEN)],
        exit_code=ExitCode.OK,
    ),
    "some are missing": RunReport(
        BEGUN,
        Query(now=BEGUN),
        [
            outcome(completeness=Completeness.SHORT, gaps=["main: a window"], warnings=["odd"]),
            outcome(error=Refused("plivo", "refused", hint="mend it"), claimed=None),
        ],
        exit_code=ExitCode.PARTIAL,
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_report_is_as_the_schema_has_it(name):
    assert violations(told(STORIES[name]), SCHEMA) == []


def test_the_check_against_the_schema_can_fail():
    made = told(STORIES["all is well"])
    made["profiles"][0]["rows"] = -1
    made["profiles"][0]["complete"] = "perhaps"
    made["ended_at"] = "soon"
    del made["version"]

    assert len(violations(made, SCHEMA)) == 4


def test_a_report_tells_query_profiles_and_errors():
    made = told(STORIES["some are missing"])

    assert made["started_at"] == "2024-01-02T03:04:05.678Z"
    assert made["ended_at"] == "2024-01-02T03:04:08.678Z"
    assert made["exit_code"] == 3
    assert made["query"] == {"now": "2024-01-02T03:04:05.678Z"}
    first, second = made["profiles"]
    assert (first["complete"], first["gaps"], first["warnings"]) == (
        "short",
        ["main: a window"],
        ["odd"],
    )
    assert second["error"] == {"message": "refused", "hint": "mend it", "exit_code": 4}
    assert second["claimed"] is None


def test_a_query_is_told_by_the_filters_that_are_in_use():
    assert told(STORIES["all is well"])["query"] == {
        "now": "2024-01-02T03:04:05.678Z",
        "since": "2024-01-02T03:04:05.678Z",
        "direction": "inbound",
        "min_duration_s": 1.5,
        "limit": 3,
    }


def test_no_secret_gets_into_a_report():
    secret = "s3cret-word"
    story = RunReport(
        BEGUN,
        Query(now=BEGUN, owner=secret),
        [outcome(warnings=[secret], gaps=[secret], error=Refused("plivo", secret, hint=secret))],
        UsageError(secret),
    )

    assert secret not in json.dumps(told(story, Redactor([secret])))
