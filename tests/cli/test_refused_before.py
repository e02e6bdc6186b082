"""Credentials that were refused in an earlier run: not sent again until they or you say so."""

import json
import tomllib

from tests.cli.conftest import refusing, write_config
from tests.sandbox_faults import Fault

TOLD = ", not asked again"


def asked(account, provider):
    return [request for request in account.requests if request.provider == provider]


def test_the_next_run_asks_no_refused_profile_and_says_how_to_go_on(recli, config, account):
    refusing(config, "yeastar")
    first = recli("list", "-p", "yeastar", "--config", str(config))
    later = [recli("list", "-p", "yeastar", "--config", str(config)) for _ in range(6)]

    assert [first.code, *(run.code for run in later)] == [4] * 7
    assert len(asked(account, "yeastar")) == 1
    assert TOLD in later[0].err
    hint = "--check --profile yeastar; or --retry-refused, if the credentials are right now"
    assert hint in later[0].err
    assert later[0].out == ""


def test_other_profiles_are_listed_and_the_run_is_partial(recli, config, account):
    refusing(config, "plivo")
    for _ in range(2):
        done = recli("list", "-p", "plivo", "-p", "imagicle", "-n", "1", "--config", str(config))

    assert (done.code, len(done.lines)) == (3, 1)
    assert TOLD in done.err


def test_a_corrected_secret_is_asked(recli, config, account):
    sound = config.read_text()
    refusing(config, "enswitch")
    recli("list", "-p", "enswitch", "--config", str(config))
    write_config(config, sound)

    assert recli("list", "-p", "enswitch", "-n", "1", "--config", str(config)).code == 0


def test_retry_refused_asks_once_more(recli, config, account):
    refusing(config, "bandwidth")
    listing = ("list", "-p", "bandwidth", "--config", str(config))
    again = [recli(*listing, *more) for more in ((), ("--retry-refused",), ())]

    assert [run.code for run in again] == [4] * 3
    assert [TOLD in run.err for run in again] == [False, False, True]
    assert len(asked(account, "bandwidth")) == 2


def test_an_archive_run_does_not_ask_either(recli, config, account, tmp_path):
    refusing(config, "imagicle")
    archive = str(tmp_path / "archive")
    for _ in range(2):
        done = recli("export", "-p", "imagicle", "--archive", archive, "--config", str(config))

    assert done.code == 4
    assert TOLD in done.err
    assert len(asked(account, "imagicle")) == 1


def test_check_says_so_without_asking_and_shows_no_login(recli, config, account):
    refusing(config, "imagicle")
    check = ("providers", "--check", "-p", "imagicle", "--config", str(config))
    first, second = recli(*check), recli(*check, "--format", "json")
    (found,) = json.loads(second.out)

    assert (first.code, second.code) == (4, 4)
    assert (found["reached"], found["accepted"], found["allowed"]) == (None, False, None)
    assert TOLD in found["error"]["message"]
    hint = (
        "profiles.imagicle.password --stdin; or --retry-refused, if the credentials are right now"
    )
    assert hint in found["error"]["hint"]
    assert len(asked(account, "imagicle")) == 1
    assert TOLD not in recli(*check, "--retry-refused").err
    assert len(asked(account, "imagicle")) == 2


def test_check_shows_no_good_login_where_the_address_is_blocked(recli, config, account):
    check = ("providers", "--check", "-p", "yeastar", "--config", str(config), "-f", "json")
    sound = config.read_text()
    recli(*check)  # a token is kept that was good
    for _ in range(5):
        refusing(write_config(config, sound), "yeastar")
        recli(*check)
    write_config(config, sound)
    for _ in range(2):
        done = recli(*check)
        (found,) = json.loads(done.out)

        assert done.code == 4
        assert (found["reached"], found["accepted"], found["allowed"]) == (True, False, None)
        assert "unblock this machine's address" in found["error"]["hint"]


def test_a_profile_that_config_init_found_good_is_asked_again(recli, config, account):
    """The account was mended, not the secret."""
    table = tomllib.loads(config.read_text())["profiles"]["plivo"]
    environ = {"TOKEN": table["auth_token"]}
    account.behaviour.fault = lambda _: Fault.http(401)
    listing = ("list", "-p", "plivo", "-n", "1", "--config", str(config))
    recli(*listing)
    account.behaviour.fault = None
    before = recli(*listing)
    settings = {**table, "auth_token": "env:TOKEN"}
    del settings["provider"]
    init = recli(
        *("config", "init", "--non-interactive", "--provider", "plivo", "--name", "plivo"),
        *("--overwrite", "--config", str(config)),
        *(word for key, value in settings.items() for word in ("--set", f"{key}={value}")),
        environ=environ,
    )

    assert TOLD in before.err
    assert init.code == 0, init.err
    assert recli(*listing, environ=environ).code == 0
