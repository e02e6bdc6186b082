"""Where completion scripts are put, and what is said of it."""

import pytest

from recli.cli import completion
from recli.cli.completion import Shell, completion_script, detect_shell, install_script
from recli.errors import OutputError, UsageError


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        (Shell.BASH, ".local/share/bash-completion/completions/recli"),
        (Shell.ZSH, ".zfunc/_recli"),
        (Shell.FISH, ".config/fish/completions/recli.fish"),
    ],
)
def test_a_script_is_put_where_its_shell_looks(tmp_path, shell, place):
    said = install_script(shell, {"HOME": str(tmp_path)})

    assert (tmp_path / place).read_text() == completion_script(shell)
    assert str(tmp_path / place) in said


def test_folders_named_in_the_environment_are_used(tmp_path):
    environ = {"HOME": "/nonexistent", "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": "nowhere"}

    install_script(Shell.BASH, environ)

    assert (tmp_path / "bash-completion/completions/recli").exists()


def test_zsh_is_told_once_where_to_look_and_keeps_its_start_file(tmp_path):
    start_file = tmp_path / ".zshrc"
    start_file.write_text("setopt autocd\n")

    for _ in range(2):
        install_script(Shell.ZSH, {"HOME": str(tmp_path)})

    assert start_file.read_text().startswith("setopt autocd\n")
    assert start_file.read_text().count("fpath=") == 1


def test_bash_without_its_completion_package_is_told_what_to_add(tmp_path, monkeypatch):
    monkeypatch.setattr(completion, "_LOADERS", ())

    said = install_script(Shell.BASH, {"HOME": str(tmp_path)})

    assert "add `source " in said


def test_a_folder_that_takes_no_file_is_named(tmp_path):
    (tmp_path / ".zfunc").touch()

    with pytest.raises(OutputError, match="zfunc"):
        install_script(Shell.ZSH, {"HOME": str(tmp_path)})


def test_another_shell_is_refused_with_those_that_work(monkeypatch):
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("tcsh", "/bin/tcsh"))

    with pytest.raises(UsageError, match="tcsh") as caught:
        detect_shell()

    assert "bash, zsh and fish" in caught.value.hint
