"""A sandbox at a fixed moment, and a plain client that knows no provider."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from tests.sandbox_faults import Behaviour, FaultySandbox

NOW = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, sandbox: FaultySandbox) -> None:
        self.sandbox = sandbox
        self.profiles = sandbox.profiles()

    def ask(self, url, *, query=None, login=None, form=None, data=None, headers=None) -> Reply:
        """Send one request; `url` may begin at the sandbox's root."""
        full = url if url.startswith("http") else self.sandbox.url + url
        if query:
            full += "?" + (query if isinstance(query, str) else urlencode(query))
        body = None
        if form is not None:
            body = form.encode() if isinstance(form, str) else urlencode(form).encode()
        if data is not None:
            body = json.dumps(data).encode()
        request = urllib.request.Request(full, data=body, headers=headers or {})
        if login:
            coded = base64.b64encode(":".join(login).encode()).decode()
            request.add_header("Authorization", f"Basic {coded}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Reply(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())

    def plivo(self, login=None, **query) -> Reply:
        profile = self.profiles["plivo"]
        login = login or (profile["auth_id"], profile["auth_token"])
        path = f"/plivo/v1/Account/{profile['auth_id']}/Recording/"
        return self.ask(path, query=query, login=login)

    def bandwidth(self, rest="/recordings", login=None, user=None, headers=None, **query) -> Reply:
        profile = self.profiles["bandwidth"]
        login = login or (profile["api_token"], profile["api_secret"])
        url = rest
        if not rest.startswith("http"):
            url = f"/bandwidth/v1/users/{user or profile['user_id']}{rest}"
        return self.ask(url, query=query, login=login, headers=headers)

    def yeastar_login(self, secret=None) -> Reply:
        profile = self.profiles["yeastar"]
        sent = {"username": profile["client_id"], "password": secret or profile["client_secret"]}
        return self.ask("/yeastar/openapi/v1.0/get_token", data=sent)

    def yeastar(self, endpoint, token, **query) -> Reply:
        path = f"/yeastar/openapi/v1.0/{endpoint}"
        return self.ask(path, query={**query, "access_token": token})

    def enswitch(self, call="list", **given) -> Reply:
        profile = self.profiles["enswitch"]
        login = {"auth_username": profile["username"], "auth_password": profile["password"]}
        path = f"/enswitch/api/json/recording/recordings/{call}/"
        return self.ask(path, form={**login, **given})

    def imagicle(self, rest="", login=None, **query) -> Reply:
        profile = self.profiles["imagicle"]
        path = f"/imagicle/fw/Apps/Recorder/WebAPI/Recordings{rest}"
        return self.ask(
            path, query=query, login=login or (profile["username"], profile["password"])
        )


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def sandbox(behaviour) -> Iterator[FaultySandbox]:
    with FaultySandbox(clock=lambda: NOW, behaviour=behaviour) as running:
        yield running


@pytest.fixture
def client(sandbox) -> Client:
    return Client(sandbox)
