"""A home folder with a configuration, and the three shells, each with what it needs to complete."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell.typing import Typist

CONFIG = """\
[profiles.main]
provider = "plivo"
auth_id = "MAXXXXXXXXXXXXXXXXXX"
auth_token = { env = "NEVER_SET" }

[profiles.pbx]
provider = "enswitch"
username = "u"
password = { env = "NEVER_SET" }
customer = 1
"""
LOADER = Path("/usr/share/bash-completion/bash_completion")
INTERACTIVE = {
    "bash": ["bash", "--noprofile", "-i"],
    "zsh": ["zsh", "-i"],
    "fish": ["fish", "-i"],
}


def needs(program: str) -> str:
    """Return a program's path; skip the test where it is missing, but fail it in CI."""
    found = shutil.which(program, path="/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin")
    if found is not None:
        return found
    missing = f"{program} is not installed here"
    if os.environ.get("RECLI_CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("person")
    config = folder / ".config" / "recli" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    (folder / "calls of May.csv").touch()
    (folder / "archive").mkdir()
    return folder


@pytest.fixture(scope="module")
def environ(home: Path) -> dict[str, str]:
    programs = Path(sys.executable).parent
    return {
        "HOME": str(home),
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        "PS1": "$ ",
    }


@pytest.fixture(scope="module")
def typist(request, home, environ):
    """A shell into which recli has installed its completion."""
    shell = request.param
    program = needs(shell)
    if shell == "bash":
        if not LOADER.exists():
            needs("bash-completion")
        (home / ".bashrc").write_text(f"PS1='$ '\n. {LOADER}\n")
    subprocess.run(
        [program, "-c", "recli --install-completion; true"],
        env=environ,
        check=True,
        capture_output=True,
    )
    typist = Typist([program, *INTERACTIVE[shell][1:]], environ, home)
    yield typist
    typist.close()
