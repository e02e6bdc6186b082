"""Answers as no provider should give them: samples with something wrong in them."""

import json
from copy import deepcopy
from dataclasses import replace
from random import Random

from recli.wire import Request, Response
from tests.providers.reading import DAY, NOW, PROVIDERS, SAMPLES, YEASTAR, first, said

KINDS = ("seed", "two_pages_1", "two_pages_2", "empty", "missing", "odd", "bad_json")
BODIES = {
    name: [(SAMPLES / name / f"{kind}.json").read_bytes() for kind in KINDS] * 5
    + [
        json.dumps(each["body"]).encode()
        for each in json.loads((SAMPLES / name / "errors.json").read_text())
    ]
    for name in PROVIDERS
}


class Raw(str):
    """A text that goes into the JSON as it is, though it may be none."""

    __slots__ = ()


VALUES = [
    None,
    True,
    False,
    0,
    -0.0,
    -1,
    1,
    200,
    7.5,
    2**31,
    2**63,
    -(2**63),
    10**15,
    10**18,
    1e300,
    Raw("NaN"),
    Raw("Infinity"),
    Raw("-Infinity"),
    Raw("1e999"),
    Raw("9" * 4300),
    Raw("-" + "9" * 400),
    Raw('"\\ud800"'),
    Raw('"\\udfff\\ud800x"'),
    Raw('"\\u0000\\u001b[2J"'),
    Raw("[" * 500 + "]" * 500),
    Raw("[" * 980 + "]" * 980),
    Raw('{"a":' * 300 + "1" + "}" * 300),
    Raw('{"a": 1, "a": 2}'),
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "nan",
    "inf",
    "1_000",
    "\u0661\u0662",
    "9" * 5000,
    "." * 3000,
    "-" * 3000,
    "a" * 100_000,
    " " * 100_000,
    "<" * 100_000,
    "1" * 100_000,
    "1-" * 50_000,
    "PT" + "1" * 100_000 + "H",
    "P1Y",
    "PT1H30M",
    "PT1,5S",
    "-PT1S",
    "P99999999999999D",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.9999999-14:00",
    "2024-02-30T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T10:00:60Z",
    "2024-01-01T10:00:00+99:99",
    "2024-01-01",
    "01/02/2022 10:00:00",
    "12/31/9999 23:59:59",
    "01/01/0001 00:00:00",
    "253402300799999.00000",
    "253402300800000.00000",
    "99999999999999999999",
    "x-99999999999.1-y.wav",
    "https://[",
    "https://x/" + "%" * 1000,
    "https://u:p@h/?token=abc#x",
    "//x/../..",
    "\u202e\u2028\x00\r\n",
    "60001",
    "10004",
    "204",
    [],
    {},
    [None],
    [[[]]],
    {"a": {"b": {}}},
    [1, "x", None, {}],
    [{}] * 30,
]
STATUSES = [200] * 150 + [0, 100, 201, 202, 204, 206, 301, 304, 400, 401, 403, 404, 410, 418, 429]
STATUSES += [500, 502, 503, 504, 520, 599, 999]
HEADERS = [
    {},
    {},
    {"link": '<?page=1>; rel="next"'},
    {"link": '<https://[x>; rel="next"'},
    {"link": "<" * 3000},
    {"link": '<a>; rel="next"; ' * 500},
    {"link": ""},
    {"link": "<>; rel=next"},
    {"link": "<\\\\evil\x00>; rel=next"},
    {"x-ratelimit-reset": "9" * 5000},
    {"x-ratelimit-reset": "-1"},
    {"retry-after": "x", "content-type": "\x1b[2J" * 99},
]


def written(value: object) -> str:
    """Write JSON with raw texts in it, without recursion limits being met by ordinary values."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def places(value: object) -> list[tuple[object, object]]:
    """Return every container with each of its keys or indexes."""
    found: list[tuple[object, object]] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        inside = each.items() if isinstance(each, dict) else None
        if isinstance(each, list):
            inside = enumerate(each)
        for key, inner in inside or ():
            found.append((each, key))
            waiting.append(inner)
    return found


def mutated(body: bytes, random: Random) -> bytes:
    """Return a body with some values swapped, fields gone, doubled or moved, or its end cut off."""
    try:
        decoded = json.loads(body)
    except ValueError:
        decoded = _value(random)
    for _ in range(random.choice((0, 1, 1, 2, 5, 20))):
        found = places(decoded)
        if not found:
            break
        container, key = random.choice(found)
        match random.randrange(8):
            case 0 if isinstance(container, dict):
                del container[key]
            case 1 if isinstance(container, list):
                container.insert(random.randrange(len(container) + 1), _value(random))
            case 2:
                other, place = random.choice(found)
                container[key] = json.loads(written(other[place])) if _plain(other[place]) else 1
            case _:
                container[key] = _value(random)
    if random.random() < 0.03:
        decoded = _value(random)
    data = written(decoded).encode("utf-8", "surrogatepass")
    if random.random() < 0.02:
        data = data.replace(b":", random.choice((b": " + b"9" * 4301 + b",", b":", b"::")), 1)
    if random.random() < 0.05:
        data = data[: random.randrange(len(data) + 1)]
    if random.random() < 0.03:
        at = random.randrange(len(data) + 1)
        data = data[:at] + random.randbytes(random.randrange(1, 9)) + data[at:]
    if random.random() < 0.02:
        data = random.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"  ", b"\x00")) + data
    return data


def _value(random: Random) -> object:
    return deepcopy(random.choice(VALUES))


def _plain(value: object) -> bool:
    return value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Raw))


def questions() -> dict[str, list[Request]]:
    """Return, for each provider, the kinds of requests whose answers it has to read."""
    asked: dict[str, list[Request]] = {}
    for name, provider in PROVIDERS.items():
        request = first(provider, since=NOW - 3 * DAY)
        asked[name] = [request, first(provider), replace(request, stable_paging=True)]
        page = Response(200, {}, BODIES[name][1])
        asked[name] += provider.parse(asked[name][1], page).next_requests
    times = said({"errcode": 0, "data": [{"id": 1, "time": "01/02/2022 10:00:00"}]})
    asked["yeastar"] += YEASTAR.parse(first(YEASTAR), times).next_requests
    asked["yeastar"] += YEASTAR.parse(first(YEASTAR), said({"errcode": 10001})).next_requests
    return asked
