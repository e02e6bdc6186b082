"""Start-up is quick because little is imported; what is counted here is modules, not time."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "requests",
    "urllib3",
    "rich",
    "sqlite3",
    "asyncio",
    "http.server",
    "http.client",
    "pyarrow",
    "keyring",
    "importlib.metadata",
    "zoneinfo",
    "tomlkit",
    "recli.sandbox.server",
    "recli.engine.listing",
)
PROBE = """
import sys
from recli.__main__ import run
sys.argv = ["recli", *sys.argv[1:]]
try:
    run()
finally:
    print("\\nLOADED", *sorted(sys.modules), file=sys.stderr)
"""


def loaded(*argv: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *argv],
        capture_output=True,
        text=True,
        check=False,
    )
    return done, set(done.stderr.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ((), 0),
        (("--help",), 0),
        (("list", "--help"), 0),
        (("nonsense",), 2),
        (("list", "--limit", "-1"), 2),
        (("__complete", "list", "--dir"), 0),
    ],
)
def test_help_versions_and_usage_errors_import_nothing_heavy(argv, code):
    done, modules = loaded(*argv)

    assert done.returncode == code
    assert "recli.cli.main" in modules
    assert not modules & set(HEAVY)


def test_the_version_alone_does_without_typer():
    done, modules = loaded("--version")

    assert done.stdout.startswith("recli ")
    assert "typer" not in modules


def test_python_dash_m_is_the_same_command(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "recli", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("recli ")
