"""The README holds: its commands run in order, its tables are the program's, its links lead on.

The commands run in real shells and processes, in a home folder of their own, against the sandbox.
"""

import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from recli.cli.console import Environment
from recli.cli.main import main
from recli.config.load import from_toml
from recli.errors import ExitCode
from recli.model import COLUMNS
from recli.providers import BUILTIN, provider_class
from recli.sandbox.account import CallState
from tests.cli.conftest import Stream
from tests.readme import BLOCKS, ROOT, TEXT, block, table
from tests.sandbox_faults import FaultySandbox
from tests.shell.conftest import needs

SHELL = [each for each in BLOCKS if each.language == "sh" and each.runs]
PLAIN = re.compile(r"recli [^|<>$&]*")
PROGRAMS = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[Path]:
    """A home folder whose configuration `config init` made for the sandbox, as the README says."""
    folder = tmp_path_factory.mktemp("reader")
    with FaultySandbox(rows=40) as sandbox:
        for provider in ("plivo", "yeastar"):
            account = sandbox.accounts[provider]
            for call in account.calls():
                if call.patch or call.state is not CallState.COMPLETE:  # real accounts have these
                    account.delete(call.id)
            _config_init(folder, provider, sandbox.profiles()[provider])
        yield folder


def _config_init(folder: Path, provider: str, keys: Mapping[str, object]) -> None:
    [secret] = [key.name for key in provider_class(provider).keys() if key.secret]  # noqa: SIM118  # a method
    options = [f"--set={key}={keys[key]}" for key in keys if key not in {"provider", secret}]
    command = ["config", "init", "--non-interactive", "-P", provider]
    subprocess.run(
        [_program(), *command, *options, f"--secret-stdin={secret}"],
        env={"HOME": str(folder)},
        input=f"{keys[secret]}\n",
        text=True,
        check=True,
    )


@dataclass
class Done:
    """How the lines of a block went, up to the first that failed."""

    code: int = 0
    out: str = ""
    err: str = ""


@pytest.fixture(scope="module")
def ran(home: Path) -> dict[str, Done]:
    """Run every block that is marked so, in order, line by line; by the block's text.

    Lines that are a command of recli and nothing else run in this process, which is quicker; a
    shell runs the others.
    """
    needs("jq")
    config = tomllib.loads((home / ".config/recli/config.toml").read_text())
    token = config["profiles"]["plivo"]["auth_token"]
    environ = {"HOME": str(home), "PATH": PROGRAMS, "TZ": "UTC"}
    environ |= {"PLIVO_AUTH_TOKEN": token}
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for name in {*os.environ} - {*environ}:
            patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        for each in SHELL:
            done = found[each.text] = Done()
            for line in each.text.splitlines():
                if done.code == 0:
                    (_by_recli if PLAIN.fullmatch(line) else _by_shell)(line, done)
    return found


def _by_recli(line: str, done: Done) -> None:
    out, err = Stream(), Stream()
    environment = Environment(
        stdin=io.StringIO(),
        stdout=out,
        stderr=err,
        environ=os.environ,
        now=lambda: datetime.now(UTC),
        monotonic_s=time.monotonic,
    )
    done.code = main(shlex.split(line, comments=True)[1:], environment)
    done.out += out.text
    done.err += err.text


def _by_shell(line: str, done: Done) -> None:
    shell = ["bash", "-euo", "pipefail", "-c", line]
    ended = subprocess.run(shell, capture_output=True, text=True, check=False)
    done.code, done.out, done.err = (
        ended.returncode,
        done.out + ended.stdout,
        done.err + ended.stderr,
    )


@pytest.mark.parametrize("text", [each.text for each in SHELL], ids=lambda text: text[:40].strip())
def test_the_commands_run_in_order_and_end_well(ran, text):
    done = ran[text]

    assert done.code == ExitCode.OK, done.err
    assert [line for line in done.err.splitlines() if not _awkward(line)] == []


def test_what_the_commands_wrote_is_there(ran, home):
    assert (home / "calls.csv").read_text().startswith(",".join(COLUMNS))
    assert (home / "calls.jsonl.gz").stat().st_size > 1000
    assert len(json.loads((home / "newest.json").read_text())) == 10
    assert json.loads((home / "run.json").read_text())["exit_code"] == 0
    assert sorted(path.name for path in (home / "recordings").iterdir() if path.name[0] != "l") >= [
        "audio",
        "catalog.db",
        "manifest.jsonl",
    ]


def test_the_configuration_is_shown_without_its_secrets(ran, home):
    [shown] = [done.out for text, done in ran.items() if "recli config show" in text]

    assert 'timezone = "Europe/Rome"' in shown
    assert "timeout_s = 60" in shown
    assert "sandbox-plivo-token" not in shown
    assert "sandbox-plivo-token" in (home / ".config/recli/config.toml").read_text()


def test_every_shell_block_runs_or_says_why_not():
    marks = [each.mark for each in BLOCKS if each.language == "sh"]

    assert all(mark == "run" or mark.startswith("not run: ") for mark in marks)
    assert len(SHELL) >= 7


def test_duckdb_answers_the_recipes_about_exports(ran, home):
    [recipe] = [each.text for each in BLOCKS if each.language == "sql" and each.mark == "run"]
    here = Path.cwd()
    os.chdir(home)
    try:
        answers = [duckdb.sql(query).fetchall() for query in recipe.split(";") if query.strip()]
    finally:
        os.chdir(here)

    assert all(answers)


def test_the_recipe_about_the_catalog_finds_the_sound(ran, home):
    # DuckDB fetches its extension for SQLite from the network: the same query by SQLite itself.
    [recipe] = [each.text for each in BLOCKS if each.mark == "run: catalog"]
    attach, query = recipe.split(";\n")[:2]
    assert "ATTACH 'recordings/catalog.db' AS archive" in attach
    with sqlite3.connect(f"file:{home}/recordings/catalog.db?mode=ro", uri=True) as catalog:
        rows = catalog.execute(query.replace("archive.listing", "listing")).fetchall()

    assert {row[0] for row in rows} >= {"plivo", "yeastar"}


def test_pandas_reads_an_export(ran, home, monkeypatch):
    [recipe] = [each.text for each in BLOCKS if each.language == "python"]
    monkeypatch.chdir(home)
    statements, _, expression = recipe.rstrip().rpartition("\n")
    names: dict[str, object] = {}
    exec(statements, names)

    assert len(eval(expression, names)) > 1


def test_the_cron_lines_run_with_nothing_but_a_home_and_say_nothing(ran, home):
    lines = [line.split(None, 5) for line in block("cron").splitlines()[1:]]
    for *_, command in lines:
        done = subprocess.run(
            ["/bin/sh", "-c", command.replace("$HOME/.local/bin/recli", f"{_program()}")],
            env={"HOME": str(home)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == ExitCode.OK, done.stderr
        assert done.stdout == ""
        assert done.stderr == ""


def test_systemd_takes_the_units(tmp_path):
    for name in ("recli.service", "recli.timer", "recli-failed.service"):
        text = block(f"unit: {name}").replace("/opt/recli/bin/recli", str(_program()))
        (tmp_path / name).write_text(text.replace("User=recli\n", ""))
        parsed = ConfigParser(interpolation=None)
        parsed.optionxform = str  # keys have capitals
        parsed.read_string(text)
        assert parsed["Unit"]["Description"]
    if shutil.which("systemd-analyze") is None:
        return
    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_units_run_a_command_that_recli_takes(ran, home):
    service = block("unit: recli.service")
    [line] = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    _, *words = shlex.split(line.replace("/var/lib/recli", str(home)))
    done = subprocess.run(
        [_program(), *words], env={"HOME": str(home)}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_configuration_shown_is_one(tmp_path):
    found = from_toml(tomllib.loads(block("config")), tmp_path / "config.toml")

    assert {name: each.provider for name, each in found.profiles.items()} == {
        "plivo": "plivo",
        "yeastar": "yeastar",
    }


def test_the_tables_of_fields_and_exit_codes_are_complete():
    assert [row[0].strip("`") for row in table("fields")] == [*COLUMNS, "raw"]
    assert [int(row[0]) for row in table("exit-codes")] == [code.value for code in ExitCode]


def test_the_table_of_providers_holds_what_they_declare():
    for name, row in zip(BUILTIN, table("providers"), strict=True):
        provider = provider_class(name)

        assert row[0] == f"[{provider.title}]({provider.docs_url})"
        assert row[1] == ", ".join(f"`{each}`" for each in (name, *provider.aliases))
        assert {*row[2].split(", ")} == (provider.filters or {"none"})
        assert {*row[3].split(", ")} == provider.unreported_fields
        assert f"{provider.rate.parallel} at a time" in row[4]
        assert row[6] == ("yes" if provider.reports_totals else "no")


def test_the_two_set_up_commands_are_there_to_the_letter():
    user = (
        "python3 -m venv .venv && .venv/bin/pip install . &&"
        " .venv/bin/recli list --sandbox --provider plivo --since 2024-01-01"
    )
    developer = "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest"

    assert f"\n{user}\n" in TEXT
    assert f"\n{developer}\n" in TEXT


def test_links_lead_somewhere():
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    places = {"#" + re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
    links = re.findall(r"\]\(([^)]*)\)", TEXT)

    assert len(links) > 15
    for link in links:
        known = link in places or link.startswith("https://") or (ROOT / link).is_file()
        assert known, link


def _awkward(line: str) -> bool:
    """Say whether a line is about the sandbox's impossible times, as real accounts have them."""
    return line.startswith("warning: ") and "can't read" in line


def _program() -> Path:
    return Path(sys.executable).with_name("recli")
