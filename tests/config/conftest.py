import os
from collections.abc import Callable
from pathlib import Path

import pytest

PLIVO = '[profiles.main]\nprovider = "plivo"\nauth_id = "MA1"\nauth_token = "hush-hush"\n'


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a configuration file that only its owner can read, unless a test says otherwise."""

    def written(text: str | bytes, *, name: str = "config.toml", mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    return written


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
