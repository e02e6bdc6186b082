"""What holds for every provider, whichever it is."""

import ast
import dataclasses
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import recli
from recli.model import COLUMNS, Direction, Filter, Query, Recording, State
from recli.providers import ALIASES, BUILTIN, canonical, names, provider_class
from recli.providers.base import Key, Provider, secrets_of
from recli.providers.plivo import Plivo
from recli.wire import (
    AudioInfo,
    Basic,
    FormFields,
    Order,
    QueryToken,
    Rate,
    Request,
    Response,
    Secret,
)
from tests.providers.reading import (
    DAY,
    HIDDEN_TEXT,
    NOW,
    PROVIDERS,
    SAMPLES,
    first,
    keys_of,
    parsed,
    said,
    sample,
)

each_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS.keys())

ASKED = {
    Filter.SINCE: {"since": NOW - 3 * DAY},
    Filter.UNTIL: {"until": NOW - 40 * DAY},
    Filter.FROM: {"from_number": "+14155550001"},
    Filter.TO: {"to_number": "+14155550001"},
    Filter.NUMBER: {"number": "+14155550001"},
    Filter.DIRECTION: {"direction": Direction.INBOUND},
    Filter.MIN_DURATION: {"min_duration_s": 5.0},
    Filter.MAX_DURATION: {"max_duration_s": 50.0},
    Filter.OWNER: {"owner": "john"},
    Filter.CALL_ID: {"call_id": "c-1"},
    Filter.STATE: {"state": State.COMPLETE},
    Filter.ID: {"ids": ("1",)},
}
BARE = {
    "plivo": lambda row: {"objects": [row]},
    "bandwidth": lambda row: [row],
    "yeastar": lambda row: {"errcode": 0, "data": [row]},
    "enswitch": lambda row: {"responses": [{"code": 200}], "data": [row]},
    "imagicle": lambda row: {"recordings": [row]},
}
IDS = {
    "plivo": "recording_id",
    "bandwidth": "id",
    "yeastar": "id",
    "enswitch": "uniqueid",
    "imagicle": "id",
}


def planned(provider, **asked):
    return list(provider.plan(Query(**{"now": NOW, **asked})))


# Facts


def test_all_five_are_listed_in_the_contracts_order():
    assert list(BUILTIN) == list(PROVIDERS)
    assert names()[:5] == ("plivo", "bandwidth", "yeastar", "enswitch", "imagicle")


@each_provider
def test_a_provider_is_found_by_its_name_and_aliases_in_any_case(provider):
    assert provider_class(provider.name) is type(provider)
    for name in (provider.name, provider.name.upper(), *provider.aliases):
        assert canonical(name) == provider.name
    assert set(provider.aliases) == {a for a, name in ALIASES.items() if name == provider.name}
    assert canonical("nobody") is None


@each_provider
def test_its_facts_are_told(provider):
    assert re.fullmatch(r"[a-z0-9]+", provider.name)
    assert provider.title[0].isupper()
    assert provider.docs_url.startswith("https://")
    assert isinstance(provider.rate, Rate)
    assert provider.rate.parallel >= 1
    assert provider.rate.per_s > 0
    assert provider.notes
    for note in provider.notes:
        assert re.fullmatch(r"[A-Z0-9].*[a-z0-9\".)]\.", note), note
    assert isinstance(provider.listing_order, Order)
    assert provider.filters.isdisjoint(provider.unreported_fields)
    assert provider.states
    assert provider.problem() is None


@each_provider
def test_its_keys_say_what_they_are(provider):
    keys = keys_of(type(provider))

    assert all(isinstance(each, Key) for each in keys)
    for each in keys:
        assert each.about.endswith("."), each.name
        assert each.about[0].isupper() or each.about[0] in "\"'", each.name
        assert each.required is (each.default is None), each.name
        assert not (each.secret and each.example), each.name
    assert [each.required for each in keys] == sorted((k.required for k in keys), reverse=True)
    assert {"base_url"} <= {each.name for each in keys}
    assert "profile" not in {each.name for each in keys}


def test_keys_and_defaults_are_those_of_the_contract():
    told = {
        name: {each.name: each.default for each in keys_of(provider_class(name))}
        for name in PROVIDERS
    }

    assert told == {
        "plivo": {
            "auth_id": None,
            "auth_token": None,
            "base_url": "https://api.plivo.com",
            "max_call_hours": 24,
            "media_url": "",
        },
        "bandwidth": {
            "user_id": None,
            "api_token": None,
            "api_secret": None,
            "base_url": "https://api.catapult.inetwork.com",
            "order": "unknown",
        },
        "yeastar": {
            "base_url": None,
            "client_id": None,
            "client_secret": None,
            "api_path": "openapi/v1.0",
            "timezone": "",
            "time_format": "",
        },
        "enswitch": {
            "username": None,
            "password": None,
            "customer": "",
            "recordgroup": "",
            "base_url": "https://www.015pbx.net/local",
        },
        "imagicle": {"base_url": None, "username": None, "password": None},
    }


@each_provider
def test_it_is_a_frozen_value_that_shows_no_secret(provider):
    assert dataclasses.is_dataclass(provider)
    with pytest.raises(dataclasses.FrozenInstanceError):
        provider.profile = "other"
    secrets = [each.name for each in keys_of(type(provider)) if each.secret]
    assert secrets
    assert len(list(secrets_of(provider))) == len(secrets)
    for name in secrets:
        assert isinstance(getattr(provider, name), Secret)
    shown = repr(provider) + repr(provider.auth) + repr(first(provider)) + repr(vars(provider))
    assert HIDDEN_TEXT not in shown


@each_provider
def test_its_credentials_are_data(provider):
    assert isinstance(provider.auth, (Basic, FormFields, QueryToken))
    request = first(provider)
    assert HIDDEN_TEXT not in f"{request.path}{dict(request.params)}{request.form}"


@each_provider
def test_its_requests_can_be_sent_to_another_process_but_its_secrets_can_not(provider):
    requests = planned(provider)

    assert pickle.loads(pickle.dumps(requests)) == requests
    with pytest.raises(TypeError, match="Secret can't be pickled"):
        pickle.dumps(provider)


# Asking


@each_provider
@pytest.mark.parametrize("each", list(Filter))
def test_the_filters_that_it_declares_are_exactly_those_that_change_its_requests(provider, each):
    changed = planned(provider, **ASKED[each]) != planned(provider)

    assert changed is (each in provider.filters)


@each_provider
def test_its_own_parameters_are_sent_as_they_stand_and_with_every_window(provider):
    names = [name for param in provider.params for name in param.names]
    for name in names:
        for request in planned(provider, params=((name, "a b:c"),)):
            sent = {**request.params, **(request.form or {})}

            assert sent[name] == "a b:c"


@each_provider
def test_what_a_request_sends_is_declared_or_reserved_and_never_both(provider):
    declared = {name for param in provider.params for name in param.names}
    everything = {name: value for each in Filter for name, value in ASKED[each].items()}
    plans = [planned(provider), planned(provider, **everything)]
    sent = {name for plan in plans for it in plan for name in {**it.params, **(it.form or {})}}

    assert not declared & provider.reserved_params
    if provider.filters:
        assert sent <= declared | provider.reserved_params


@each_provider
def test_planning_is_lazy(provider):
    plan = provider.plan(Query(now=NOW))

    assert isinstance(plan, Iterator)
    assert not isinstance(plan, (list, tuple))
    assert isinstance(next(plan), Request)


@each_provider
def test_planning_depends_on_nothing_but_the_query(provider):
    assert planned(provider) == planned(provider)
    if provider.filters:
        assert planned(provider, now=NOW + DAY) != planned(provider)


@each_provider
def test_windows_are_newest_first_adjoin_and_hold_the_query(provider):
    since, until = NOW - 100 * DAY, NOW - DAY
    windows = [each.window for each in planned(provider, since=since, until=until)]
    if not provider.filters:
        assert windows == [None]
        return

    assert windows[0].until >= until
    assert windows[-1].since <= since or planned(provider, since=since)[-1].oldest <= since
    assert all(a.since == b.until for a, b in pairwise(windows))
    assert all(each.until <= NOW for each in windows)


@each_provider
@pytest.mark.parametrize(
    ("since", "until"),
    [(NOW, None), (NOW + DAY, None), (NOW - DAY, NOW - DAY), (NOW, NOW - timedelta(days=999))],
)
def test_an_empty_range_asks_for_nothing(provider, since, until):
    assert planned(provider, since=since, until=until) == []


@each_provider
def test_a_request_goes_below_the_base_url(provider):
    for request in planned(provider)[:3]:
        assert request.path.startswith("/")
        assert not request.path.startswith("//")
        assert request.resource == "list"
        assert request.accept == "application/json"


@each_provider
def test_only_filters_that_a_query_uses_are_unsatisfiable(provider):
    assert provider.unsatisfiable(Query(now=NOW)) == frozenset()
    for each in provider.unreported_fields:
        assert each in provider.unsatisfiable(Query(now=NOW, **ASKED[each]))
    for each in provider.filters:
        assert each not in provider.unsatisfiable(Query(now=NOW, **ASKED[each]))
    for state in State:
        query = Query(now=NOW, state=state)
        assert (Filter.STATE in provider.unsatisfiable(query)) is (state not in provider.states)


# Rows


@each_provider
def test_only_the_id_is_needed(provider):
    raw = {IDS[provider.name]: "1"}
    page = provider.parse(first(provider), said(BARE[provider.name](raw)))

    (row,) = page.rows
    assert isinstance(row, Recording)
    assert (row.provider, row.profile) == (provider.name, provider.profile)
    assert "1" in row.id
    assert row.raw == raw
    known = {"provider", "profile", "id", "state"}
    assert all(getattr(row, name) is None for name in COLUMNS if name not in known)
    assert page.warnings == page.defects == ()


@each_provider
def test_silent_fields_are_silent_in_every_sample(provider):
    fields = {
        Filter.FROM: ("from_number", "from_name"),
        Filter.TO: ("to_number", "to_name"),
        Filter.NUMBER: ("local_number", "remote_number"),
        Filter.DIRECTION: ("direction",),
        Filter.OWNER: ("owner",),
        Filter.CALL_ID: ("call_id",),
    }
    told = {
        name for row in all_rows(provider) for name in COLUMNS if getattr(row, name) is not None
    }

    for each, columns in fields.items():
        assert not (each in provider.unreported_fields and told & set(columns)), each
        if each not in provider.unreported_fields and each is not Filter.NUMBER:
            assert told & set(columns), each
    assert {row.state for row in all_rows(provider)} - {None} <= provider.states
    assert {row.direction for row in all_rows(provider)} - {None} <= provider.directions


def all_rows(provider):
    kinds = ("seed", "two_pages_1", "two_pages_2", "missing", "odd")
    return [row for kind in kinds for row in parsed(provider, kind).rows]


@each_provider
def test_the_samples_are_there_and_are_read(provider):
    folder = SAMPLES / provider.name

    assert {each.stem for each in folder.iterdir()} >= {
        "seed",
        "two_pages_1",
        "two_pages_2",
        "empty",
        "missing",
        "odd",
        "bad_json",
        "errors",
    }
    assert parsed(provider, "seed").rows
    assert parsed(provider, "seed").warnings == ()
    assert not parsed(provider, "empty").rows
    assert parsed(provider, "empty").next_requests == () or provider.name == "enswitch"
    assert parsed(provider, "odd").warnings
    first_page = {row.id for row in parsed(provider, "two_pages_1").rows}
    second_page = {row.id for row in parsed(provider, "two_pages_2").rows}
    assert first_page
    assert second_page
    assert first_page.isdisjoint(second_page)


@each_provider
def test_the_id_stays_what_it_is_and_its_identity_is_stable(provider):
    for row in all_rows(provider):
        assert provider.identity(provider.identity(row.id)) == provider.identity(row.id)


@each_provider
def test_parsing_changes_neither_request_nor_provider(provider):
    request = first(provider)
    before = repr(request), repr(provider)

    provider.parse(request, sample(provider.name, "seed"))
    assert (repr(request), repr(provider)) == before


@each_provider
def test_following_is_always_a_tuple_of_requests_to_the_same_provider(provider):
    for careful in (False, True):
        request = replace(first(provider), stable_paging=careful)
        page = provider.parse(request, sample(provider.name, "two_pages_1"))
        assert isinstance(page.next_requests, tuple)
        assert all(isinstance(each, Request) for each in page.next_requests)
        assert all(each.resource == "list" for each in page.next_requests)


# Audio


@each_provider
def test_audio_is_asked_for_under_its_own_limit(provider):
    rows = [row for row in all_rows(provider) if row.state is State.COMPLETE and row.file_name]
    rows = rows or all_rows(provider)
    request = provider.audio_request(rows[0])

    assert request.resource == "media"
    if not request.audio_in_json and request.accept != "application/json":
        assert isinstance(
            provider.parse_audio(request, Response(200, {}, b"", streamed=True)), AudioInfo
        )


@each_provider
def test_no_foreign_host_is_trusted(provider):
    for url in ("https://evil.example/", "http://127.0.0.1/", "https://", "", "x", "https://[x"):
        assert not provider.trusts(url)


# The code itself

PACKAGE = Path(recli.__file__).parent
PURE = [
    *(PACKAGE / "providers").glob("*.py"),
    *(PACKAGE / f"{name}.py" for name in ("paging", "wire", "model", "errors", "redact")),
]
FORBIDDEN = {"requests", "urllib3", "socket", "ssl", "http", "time", "asyncio", "subprocess", "os"}


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_pure_modules_import_no_network_and_no_clock(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
            if node.module == "urllib":
                imported |= {alias.name for alias in node.names}

    assert imported.isdisjoint(FORBIDDEN)
    assert "urllib.request" not in path.read_text()
    assert not re.search(r"\.now\(|\.utcnow\(|\.today\(", path.read_text())


def test_naming_the_providers_imports_none_of_them():
    code = (
        "import sys, recli.providers as p; p.canonical('plivo');"
        "print([m for m in sys.modules if m.startswith('recli.providers.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"


@each_provider
def test_a_provider_documents_itself(provider):
    module = sys.modules[type(provider).__module__]

    assert "https://" in module.__doc__
    assert type(provider).__doc__
    assert issubclass(type(provider), Provider)


def test_a_byte_that_is_no_utf_8_costs_no_page():
    plivo = Plivo(profile="p", auth_id="MA1", auth_token=Secret("token"))
    item = b'{"recording_id": "r", "from_number": "M\xfcll"}'
    body = b'{"meta": {"total_count": 1}, "objects": [' + item + b"]}"
    request = Request("/", {"offset": "0", "limit": "20"})

    (row,) = plivo.parse(request, Response(200, {}, body)).rows

    assert row.from_number == "M\ufffdll"
