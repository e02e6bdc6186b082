"""What holds for every test: no socket beyond loopback, no configuration of the machine's."""

import socket

import pytest
from hypothesis import settings

_FOREIGN = (
    *("XDG_CONFIG_HOME", "XDG_STATE_HOME", "RECLI_CONFIG", "NO_COLOR", "COLUMNS"),
    *("PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN", "BANDWIDTH_USER_ID"),
)
settings.register_profile("quick", max_examples=25, deadline=None)
settings.load_profile("quick")
_connect = socket.socket.connect


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if not host.startswith("127.") and host not in {"::1", "localhost"}:
                raise AssertionError(f"a test tried to reach {host}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session")
def _bare_home(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, _bare_home: str) -> None:
    monkeypatch.setenv("HOME", _bare_home)
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
