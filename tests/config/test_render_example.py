import re
import shutil
from pathlib import Path

import certifi
import keyring
import pytest

from recli.config.load import load
from recli.config.profile import SecretRef, SecretSource
from recli.config.render import example
from recli.config.secrets import CommandResult, resolve
from recli.providers import BUILTIN
from recli.providers.base import secrets_of

COMMITTED = Path(__file__).parents[2] / "config.example.toml"
ENVIRON = dict.fromkeys(("PLIVO_AUTH_TOKEN", "BANDWIDTH_API_TOKEN"), "hush-hush") | {
    "BANDWIDTH_API_SECRET": "hush-hush"
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    secrets = tmp_path / ".secrets"
    secrets.mkdir()
    (secrets / "yeastar").write_text("hush-hush\n")
    (secrets / "yeastar").chmod(0o600)
    monkeypatch.setattr(keyring, "get_password", lambda service, name: "hush-hush")
    return {**ENVIRON, "HOME": str(tmp_path)}


def run(command, environ, timeout_s):
    return CommandResult(0, b"hush-hush\n", b"")


def test_the_committed_example_is_the_generated_one():
    assert COMMITTED.read_text(encoding="utf-8") == example()


def test_every_profile_of_the_example_passes_all_checks(home):
    profiles = load(COMMITTED, explicit=True).profiles

    resolved = [resolve(table, environ=home, run=run) for table in profiles.values()]

    assert [profile.provider.name for profile in resolved] == list(BUILTIN)
    assert all(
        secret.reveal() == "hush-hush"
        for profile in resolved
        for secret in secrets_of(profile.provider)
    )


def test_every_commented_key_of_a_profile_is_right_when_its_mark_is_taken_off(write, home):
    # A record group stands instead of a customer, so it stays a comment.
    text = re.sub(r"(?m)^# (?!recordgroup)(\w+ = )", r"\1", example())
    assert text != example()

    profiles = load(write(text), explicit=True).profiles

    for table in profiles.values():
        assert resolve(table, environ=home, run=run).settings


def test_every_common_key_of_the_example_is_right(write, tmp_path, home):
    lines = re.findall(r"(?m)^#   (\w+ = .*?)  ", example())
    shutil.copy(certifi.where(), tmp_path / "ca.pem")
    profile = '[profiles.x]\nprovider = "plivo"\nauth_id = "MA1"\nauth_token = "hush-hush"\n'

    table = load(write(profile + "\n".join(lines)), explicit=True).profiles["x"]

    assert len(lines) == 7
    assert resolve(table, environ=home, run=run).settings.jobs == 4


def test_the_example_shows_every_place_for_secrets(home):
    profiles = load(COMMITTED, explicit=True).profiles.values()

    used = {
        value.source
        for table in profiles
        for value in table.values.values()
        if isinstance(value, SecretRef)
    }
    assert used == set(SecretSource)
