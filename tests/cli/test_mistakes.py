"""Mistakes are told in one or two lines that name what and where, before anything is sent."""

import pytest

from recli import __version__
from recli.cli.app import app
from tests.cli.conftest import write_config


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--since", "01/02/2024"), "--since: ambiguous time: '01/02/2024'; write 2024-01-01, "),
        (("--until", "soon"), "--until: not a time: 'soon'; write "),
        (("--since", "2d", "--until", "3d"), "--since 2d (2024-06-28T12:00:00Z) is not before "),
        (("--tz", "Europe/Rom"), "--tz: no such time zone: 'Europe/Rom' (did you mean Europe/Rome"),
        (("--min-duration", "long"), "--min-duration: not a length of time: 'long'; write "),
        (("--min-duration", "9", "--max-duration", "8"), "--min-duration 9 is more than "),
        (("--from", " "), "--from is empty"),
        (("--owner", "Jos\udce9"), "--owner: 'Jos\\udce9' is not UTF-8"),
        (("--param", "caller"), "--param 'caller' is not KEY=VALUE"),
        (("--param", "=5"), "--param '=5' is not KEY=VALUE"),
        (("--param", "caller="), "--param caller is empty"),
        (("--param", "a=1", "--param", "a=2"), "--param 'a' is given twice"),
        (("--param", "caller=5"), "--param is for profiles of one provider; these are of bandwi"),
        (("--limit", "-1"), "invalid value for '--limit' / '-n': "),
        (("--limit", "0"), "invalid value for '--limit' / '-n': "),
        (("--direction", "up"), "invalid value for '--direction': 'up' is not one of 'inbound', "),
        (("--columns", "form_number"), "unknown column 'form_number'; nearest: from_number"),
        (("--format", "xml"), "invalid value for '--format' / '-f': 'xml' is not one of 'table', "),
        (("--format", "parquet"), "Parquet is for files"),
        (("--summary", "--format", "jsonl"), "--summary can't be written as jsonl"),
        (("--timeout", "0"), "--timeout 0 leaves no time for an answer"),
        (("--max-wait", "-1"), "--max-wait: not a length of time: '-1'"),
        (("--profile", "imagicel"), "has no profile 'imagicel'; did you mean imagicle?"),
        (("--provider", "plivvo"), "there is no provider 'plivvo'; did you mean plivo?"),
        (("--report", "/nowhere/report.json"), "/nowhere/report.json: there is no folder /nowhere"),
        (("--log-file", "/nowhere/log"), "--log-file /nowhere/log: No such file or directory"),
        (("--nonsense",), "no such option: --nonsense"),
        (("superfluous",), "got unexpected extra argument(s) (superfluous)"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_sent(recli, account, config, arguments, told):
    result = recli("list", "--config", str(config), "--all", *arguments)

    assert result.code == 2
    assert result.out == ""
    first, *rest = result.err.splitlines()
    assert first.startswith("error: ")
    assert told in first
    assert [line[:8] for line in rest] in ([], ["  hint: "])
    assert account.requests == []


@pytest.mark.parametrize(
    ("provider", "param", "told"),
    [
        ("plivo", "limit=5", "--param limit: recli sets this itself at plivo"),
        ("plivo", "add_time__gte=x", "--param add_time__gte: recli sets this itself at plivo"),
        ("plivo", "callback_url=x", "--param callback_url: recli sets this itself at plivo"),
        ("plivo", "form_number=5", "has no such parameter; did you mean from_number?"),
        ("yeastar", "start_time=5", "--param start_time: recli sets this itself at yeastar"),
        ("enswitch", "auth_password=x", "--param auth_password: recli sets this itself"),
        ("imagicle", "pageSize=5", "--param pageSize: recli sets this itself at imagicle"),
        ("bandwidth", "state=5", "bandwidth has no such parameter: its server filters nothing"),
    ],
)
def test_a_parameter_that_cannot_be_sent_is_named_first(recli, config, provider, param, told):
    result = recli("list", "--config", str(config), "-P", provider, "--param", param)

    assert result.code == 2
    assert result.out == ""
    assert told in result.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("profiles = [", "is not TOML"),
        ('[profiles.a]\nprovider = "plvo"', "profiles.a.provider: there is no provider 'plvo'"),
        ('[profiles.a]\nprovider = "plivo"\nauth = "x"', "profiles.a.auth: there is no such key"),
        ('[profiles.a]\nprovider = "plivo"', "profiles.a.auth_id: is missing"),
        (
            '[profiles.a]\nprovider = "plivo"\nauth_id = "MA1"\nauth_token = { env = "GONE" }',
            "profiles.a.auth_token: ",
        ),
        ('timezone = "Mars"', "timezone: no such time zone: 'Mars'"),
        ("", "has no profiles"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named_with_its_place(recli, tmp_path, text, told):
    path = write_config(tmp_path / "c.toml", text)
    result = recli("list", environ={"RECLI_CONFIG": str(path)})

    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(f"error: {path}")
    assert told in result.err
    assert len(result.err.splitlines()) <= 2


def test_a_configuration_with_secrets_that_others_can_read_is_refused(recli, config):
    config.chmod(0o644)
    result = recli("list", "--config", str(config), "--all")

    assert result.code == 2
    assert f"  hint: chmod 600 {config}\n" in result.err


def test_a_configuration_that_was_named_must_be_there(recli, tmp_path):
    result = recli("list", "--config", str(tmp_path / "none.toml"))

    assert result.code == 2
    assert "none.toml: there is no such file" in result.err


def test_without_a_configuration_the_way_to_one_is_told(recli):
    result = recli("list")

    assert result.code == 2
    assert "recli config init" in result.err
    assert "--sandbox" in result.err


def test_several_profiles_and_no_choice_is_an_error_that_lists_them(recli, config):
    result = recli("list", "--config", str(config))

    assert result.code == 2
    assert "plivo" in result.err
    assert "--all" in result.err


def test_what_comes_from_outside_is_shown_with_visible_marks(recli):
    result = recli("list", "--since", "\x1b[31m\u202e")

    assert result.code == 2
    assert "\x1b" not in result.err
    assert "\u202e" not in result.err


def test_a_secret_in_a_mistake_is_not_repeated(recli):
    result = recli("list", "--nonsense=x", "--tz", "https://user:hunter2@example.com")

    assert result.code == 2
    assert "hunter2" not in result.err


def test_recli_alone_says_what_it_is_for_and_what_to_try(recli):
    result = recli()

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("recli lists and exports call recordings from Plivo")
    assert "recli list --sandbox" in result.out


@pytest.mark.parametrize("argv", [("--version",), ("--version", "list")])
def test_the_version_is_told(recli, argv):
    result = recli(*argv)

    assert (result.code, result.out) == (0, f"recli {__version__}\n")


COMMANDS = [(each.name,) for each in app().registered_commands]


@pytest.mark.parametrize("command", [(), *COMMANDS, ("config",), ("config", "path")])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_everywhere(recli, command, option):
    result = recli(*command, option)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Usage: recli")


def test_a_fault_of_recli_is_one_line_that_says_how_to_report_it(recli, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr("recli.config.load.load", broken)
    result = recli("config", "show")

    assert result.code == 1
    assert result.out == ""
    first, hint = result.err.splitlines()
    assert first.startswith("error: unexpected ZeroDivisionError at ")
    assert "RECLI_DEBUG=1" in hint


def test_the_traceback_of_a_fault_is_for_those_who_ask_for_it(recli, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh no")

    monkeypatch.setattr("recli.config.load.load", broken)
    result = recli("config", "show", environ={"RECLI_DEBUG": "1"})

    assert "Traceback (most recent call last):" in result.err
