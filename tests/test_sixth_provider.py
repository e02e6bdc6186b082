"""A provider that another package brings works everywhere, with no change to recli.

The package is made here: the module `toy_provider.py`, and an entry point that names its class.
"""

import json
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.slow

ROWS = 250
NEWEST = datetime(2024, 6, 30, 11, 0, tzinfo=UTC)
MODULE = Path(__file__).with_name("toy_provider.py")
API_KEY = "toy-hush-hush"
ENTRY_POINT = "[recli.providers]\ntoybox = toy_provider:Toybox\n"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


class Toys(BaseHTTPRequestHandler):
    """Toybox's API, as the module's docstring tells of it."""

    def do_GET(self) -> None:
        wanted = b64encode(f"T-1:{API_KEY}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {wanted}":
            self._answer(401, {"error": "no such key"})
            return
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        since = datetime.fromisoformat(asked.get("since", "1970-01-01T00:00:00+00:00"))
        rows = [row for row in map(_row, range(ROWS)) if row["started"] >= since.isoformat()]
        start = (int(asked["page"]) - 1) * 100
        self._answer(200, {"recordings": rows[start : start + 100], "total": len(rows)})

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _row(number: int) -> dict[str, object]:
    return {
        "id": f"toy-{number}",
        "started": (NEWEST - timedelta(hours=number)).isoformat(),
        "length_ms": 1500 + number,
        "way": "in" if number % 2 else "out",
        "caller": "14155550001",
        "called": "14155550002",
    }


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Toys)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as pip leaves it: the module, and what its package says of itself."""
    folder = tmp_path / "site"
    facts = folder / "toybox-1.0.dist-info"
    facts.mkdir(parents=True)
    shutil.copy(MODULE, folder)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: toybox\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINT)
    return folder


@pytest.fixture
def recli(tmp_path: Path, site: Path) -> Run:
    def run(*argv: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TZ": "UTC"}
        return subprocess.run(
            [sys.executable, "-m", "recli", *argv],
            env={**environ, "PYTHONPATH": f"{site}:{MODULE.parents[1]}", "COLUMNS": "100"},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def profile(recli: Run, url: str) -> Run:
    """recli, once `config init` has made a profile."""
    flags = ("--non-interactive", "--provider", "toybox", "--name", "toys", "--set", "account=T-1")
    made = recli(
        *("config", "init", *flags, "--set", f"base_url={url}", "--secret-stdin", "api_key"),
        typed=f"{API_KEY}\n",
    )
    assert made.returncode == 0, made.stderr
    return recli


def test_config_init_makes_a_profile_of_it_with_what_its_keys_mean(
    profile: Run, tmp_path: Path, url: str
):
    text = (tmp_path / ".config" / "recli" / "config.toml").read_text()

    assert 'provider = "toybox"' in text
    assert f'api_key = "{API_KEY}"  # API key, from the account page.' in text
    assert f'base_url = "{url}"  # Where the API is.' in text


def test_config_init_does_not_write_what_its_server_refuses(recli: Run, url: str, tmp_path: Path):
    flags = ("--provider", "tb", "--set", "account=T-1", "--set", f"base_url={url}")
    argv = ("config", "init", "--non-interactive", *flags, "--secret-stdin", "api_key")
    made = recli(*argv, typed="no-key\n")

    assert made.returncode == 4
    assert "refused the credentials (HTTP 401: no such key)" in made.stderr
    assert not (tmp_path / ".config").exists()


def test_list_shows_all_its_recordings_proven_complete(profile: Run):
    listed = profile("list", "--verbose")
    rows = [json.loads(line) for line in listed.stdout.splitlines()]

    assert listed.returncode == 0, listed.stderr
    assert [row["id"] for row in rows] == [f"toy-{number}" for number in range(ROWS)]
    assert rows[1] | {"profile": "toys", "provider": "toybox"} == rows[1]
    assert (rows[1]["duration_s"], rows[1]["direction"]) == (1.501, "inbound")
    assert "complete (proven)" in listed.stderr


def test_filters_hold_whether_its_server_knows_them_or_not(profile: Run):
    listed = profile(
        *("list", "--since", "2024-06-29T11:00Z", "--until", "2024-06-30T10:30Z"),
        *("--direction", "inbound", "--number", "+1 415 555 0001", "-P", "tb"),
        *("-f", "csv", "-c", "id"),
    )

    assert listed.stdout.splitlines() == ["id", *(f"toy-{number}" for number in range(1, 25, 2))]


def test_a_filter_on_what_it_never_tells_is_refused(profile: Run):
    listed = profile("list", "--owner", "anna")

    assert listed.returncode == 2
    assert "--owner" in listed.stderr


def test_export_writes_a_file_of_its_rows(profile: Run, tmp_path: Path):
    exported = profile("export", "--provider", "toybox", "-o", str(tmp_path / "rows.csv"))

    assert exported.returncode == 0, exported.stderr
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == ROWS + 1


def test_providers_tells_of_it_beside_the_five(recli: Run):
    table, detail = recli("providers"), recli("providers", "TB")
    document = json.loads(recli("providers", "-f", "json").stdout)

    assert "toybox or tb" in table.stdout
    assert "Toybox (toybox, also called tb)" in detail.stdout
    assert 'api_key = { env = "TOYBOX_API_KEY" }' in detail.stdout
    assert [each["name"] for each in document][5:] == ["toybox"]


def test_check_tries_its_profiles(profile: Run):
    checked = profile("providers", "--check", "--format", "json")
    [found] = json.loads(checked.stdout)

    assert checked.returncode == 0, checked.stderr
    assert (found["profile"], found["provider"], found["ok"]) == ("toys", "toybox", True)
    assert found["newest_recording_at"] == "2024-06-30T11:00:00.000Z"


def test_its_name_is_completed(recli: Run):
    completed = recli("__complete", "providers", "toy", "recli", "list", "-P", "toy")

    assert completed.stdout == "toybox\tToybox\n"


def test_its_own_variables_are_named_where_a_profile_is_missing(recli: Run):
    listed = recli("list", "-P", "toybox")

    assert listed.returncode == 2
    assert "set TOYBOX_ACCOUNT and TOYBOX_API_KEY" in listed.stderr


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ("toy_provider:Nothing", "has no attribute 'Nothing'"),
        ("no_such_module:Toybox", "No module named 'no_such_module'"),
        ("toy_provider:PAGE", "is no provider"),
    ],
)
def test_one_that_cannot_be_loaded_is_named_and_harms_no_other(
    recli: Run, site: Path, spoiled: str, said: str
):
    (site / "toybox-1.0.dist-info" / "entry_points.txt").write_text(
        f"[recli.providers]\ntoybox = {spoiled}\n"
    )
    asked = recli("providers", "toybox")
    other = recli("list", "--sandbox", "-p", "plivo", "-n", "1")

    assert asked.returncode == 2
    assert said in asked.stderr
    assert "toybox" in asked.stderr
    assert other.returncode == 0, other.stderr
