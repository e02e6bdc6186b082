"""Every message of the README's table is one that recli really says."""

import re
from pathlib import Path

import pytest

from recli.archive.layout import Layout, archive_lock
from recli.transport import http_errors
from tests.readme import table
from tests.sandbox_faults import FaultySandbox

SAID = [row[0].partition(" (a warning)")[0].strip("`") for row in table("messages")]
PLIVO = '[profiles.main]\nprovider = "plivo"\nauth_id = "MAXXXXXXXXXXXXXXXXXX"\n'
WRONG_TOKEN = PLIVO + 'auth_token = "wrong"\n'


@pytest.fixture
def told(recli, tmp_path, monkeypatch):
    """Run recli once for each trouble, and return what it said of each."""
    monkeypatch.chdir(tmp_path)
    config = tmp_path / ".config" / "recli" / "config.toml"
    config.parent.mkdir(parents=True)

    def tell(text: str, *argv: str, mode: int = 0o600) -> str:
        config.write_text(text)
        config.chmod(mode)
        return recli(*argv).err

    (tmp_path / "there.csv").touch()
    (tmp_path / "folder").mkdir()
    quick = ("list", "--since", "1d", "--retries", "0")
    with FaultySandbox(rows=10) as sandbox:
        wrong = f'{WRONG_TOKEN}base_url = "{sandbox.url}/plivo"\n'
        refused = [tell(wrong, *quick) for _ in range(2)]
        port = sandbox.port
    with archive_lock(Layout(tmp_path / "folder"), 0.0, lambda: 0.0):
        busy = tell("", "export", "--sandbox", "-P", "plivo", "--archive", "folder")
    (tmp_path / "empty").mkdir()
    return "\n".join(
        [
            busy,
            *refused,
            tell("", "list"),
            tell("", "list", "--config", "nowhere.toml"),
            tell(f"{PLIVO}{PLIVO.replace('main', 'other')}", "list"),
            tell("", "list", "-p", "nobody"),
            tell(WRONG_TOKEN, "list", mode=0o644),
            tell(PLIVO.replace("auth_id", "auth_ids"), "list"),
            tell(PLIVO, "list"),
            tell(f'{PLIVO}auth_token = {{ env = "NEVER_SET" }}\n', "list"),
            tell("[profiles.main", "list"),
            tell(f'{WRONG_TOKEN}base_url = "http://example.com"\n', "list"),
            tell("", "list", "--sandbox", "--since", "01/02/2024"),
            tell("", "list", "--sandbox", "-c", "strated_at"),
            tell("", "list", "--sandbox", "-P", "bandwidth", "--direction", "inbound"),
            tell("", "export", "--sandbox", "-o", "there.csv"),
            tell(f'{WRONG_TOKEN}base_url = "http://127.0.0.1:{port}"\n', *quick),
            tell("", "list", "--archive", "empty"),
            tell("", "list", "--sandbox", "-P", "bandwidth"),
        ]
    )


def test_each_message_is_said(told):
    # Names and certificates need another machine: transport's own tests meet them.
    elsewhere = {"does not resolve", "its certificate is not valid"}
    assert all(each in Path(http_errors.__file__).read_text() for each in elsewhere)
    patterns = {each: ".*".join(map(re.escape, each.split("…"))) for each in SAID}

    assert len(SAID) > 15
    assert [
        each
        for each, pattern in patterns.items()
        if each not in elsewhere and not re.search(pattern, told)
    ] == []
