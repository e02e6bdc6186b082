"""Ready providers, and the samples as responses, for the provider tests."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recli.model import Query
from recli.providers.bandwidth import Bandwidth
from recli.providers.base import Key, Provider
from recli.providers.enswitch import Enswitch
from recli.providers.imagicle import Imagicle
from recli.providers.plivo import Plivo
from recli.providers.yeastar import Yeastar
from recli.wire import Page, Request, Response, Secret

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HIDDEN_TEXT = "s3cr3t-w0rd"
SECRET = Secret(HIDDEN_TEXT)

PLIVO = Plivo(profile="p", auth_id="MAXXXXXXXXXXXXXXXXXX", auth_token=SECRET)
BANDWIDTH = Bandwidth(profile="b", user_id="u-abc", api_token=SECRET, api_secret=SECRET)
YEASTAR = Yeastar(
    profile="y", base_url="https://pbx.example:8088", client_id="client", client_secret=SECRET
)
ENSWITCH = Enswitch(profile="e", username="user", password=SECRET, recordgroup="12")
IMAGICLE = Imagicle(
    profile="i", base_url="https://imagicle.example", username="auditor", password=SECRET
)
PROVIDERS: dict[str, Provider] = {
    each.name: each for each in (PLIVO, BANDWIDTH, YEASTAR, ENSWITCH, IMAGICLE)
}


def sample(provider: str, name: str) -> Response:
    return Response(200, {}, (SAMPLES / provider / f"{name}.json").read_bytes())


def said(body: object, status: int = 200, **headers: str) -> Response:
    lowered = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, lowered, json.dumps(body).encode())


def first(provider: Provider, **asked: object) -> Request:
    return next(provider.plan(Query(**{"now": NOW, **asked})))


def parsed(provider: Provider, name: str, **asked: object) -> Page:
    return provider.parse(first(provider, **asked), sample(provider.name, name))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def keys_of(kind: type[Provider]) -> tuple[Key, ...]:
    return kind.keys()
