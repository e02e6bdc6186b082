"""What holds for every test: no socket beyond loopback, no configuration of the machine's."""

import socket

import pytest

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


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "RECLI_CONFIG", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PLIVO_AUTH_ID", "PLIVO_AUTH_TOKEN", "BANDWIDTH_USER_ID"):
        monkeypatch.delenv(name, raising=False)
