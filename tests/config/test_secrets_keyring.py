import sys

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from recli.config.profile import SecretSource

from .test_secrets import got, problem


class FakeKeyring(KeyringBackend):
    priority = 1

    def __init__(self, *, locked=False):
        self.locked = locked

    def get_password(self, service, username):
        if self.locked:
            raise KeyringLocked("the ring is locked")
        return {("recli", "plivo"): "hush-hush"}.get((service, username))

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture
def ring():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_the_keyring_gives_what_is_kept_for_recli(ring):
    ring(FakeKeyring())

    assert got(SecretSource.KEYRING, "plivo") == "hush-hush"


def test_a_keyring_without_the_entry_says_how_to_fill_it(ring):
    ring(FakeKeyring())

    expected = ("the keyring has no 'other' under 'recli'", "keyring set recli other")
    assert problem(SecretSource.KEYRING, "other") == expected


def test_a_locked_keyring_is_an_error_with_its_words(ring):
    ring(FakeKeyring(locked=True))

    text, _ = problem(SecretSource.KEYRING, "plivo")

    assert text == "the keyring did not give 'plivo': the ring is locked"


def test_a_system_without_a_keyring_is_told_of_other_ways(ring):
    ring(NoKeyring())

    text, hint = problem(SecretSource.KEYRING, "plivo")

    assert text == "this system has no keyring that can be used"
    assert "{ file = … }" in (hint or "")


def test_without_the_extra_the_install_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)

    text, hint = problem(SecretSource.KEYRING, "plivo")

    assert text == "the keyring needs a package that is missing"
    assert hint == "pip install 'recli[keyring]'"
