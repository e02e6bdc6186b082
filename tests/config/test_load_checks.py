import pytest

from recli.config.load import load
from recli.config.render import to_toml

from .test_load import HEAD, problem, said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = \n", "is not TOML: Invalid value (at line 1, column 5)"),
        ("x = " + "[" * 100_000, "is not TOML that a configuration needs"),
        ("x = " + "9" * 5000, "is not TOML that a configuration needs"),
        ("[profile.main]\n", "there is no top-level key 'profile'; did you mean profiles?"),
        ("time_zone = 'UTC'\n", "there is no top-level key 'time_zone'; did you mean timezone?"),
        ("default_profile = 3\n", "default_profile: must be text in quotes"),
        ("default_profile = ''\n", "default_profile: is empty"),
        ("timezone = 3\n", "timezone: must be text in quotes"),
        ("profiles = 3\n", "profiles: must be tables: [profiles.NAME]"),
        ("[[profiles]]\n", "profiles: must be tables: [profiles.NAME]"),
        ("[profiles]\nmain = 3\n", "profiles.main: must be a table: [profiles.main]"),
        ("[profiles.main]\n", "profiles.main.provider: is missing"),
        ("[profiles.main]\nprovider = 3\n", "profiles.main.provider: must be text in quotes"),
        (
            "[profiles.main]\nprovider = 'plvio'\n",
            "profiles.main.provider: there is no provider 'plvio'; did you mean plivo?",
        ),
        (
            HEAD + "auth_tokn = 'hush-hush'\n",
            "profiles.main.auth_tokn: there is no such key; did you mean auth_token?",
        ),
        (
            HEAD + "AUTH-ID = 'x'\n",
            "profiles.main.'AUTH-ID': there is no such key; did you mean auth_id?",
        ),
        (HEAD + "wibble = 1\n", "profiles.main.wibble: there is no such key"),
        (HEAD + "timeout_s = 'hush'\n", "profiles.main.timeout_s: must be a number, not text"),
        (HEAD + "timeout_s = true\n", "profiles.main.timeout_s: must be a number, not true"),
        (HEAD + "timeout_s = 0\n", "profiles.main.timeout_s: must be 0.1 to 86400"),
        (
            HEAD + "timeout_s = inf\n",
            "profiles.main.timeout_s: must be a number that has an end",
        ),
        (
            HEAD + "timeout_s = nan\n",
            "profiles.main.timeout_s: must be a number that has an end",
        ),
        (HEAD + "jobs = 0\n", "profiles.main.jobs: must be 1 to 256"),
        (HEAD + "jobs = 1.5\n", "profiles.main.jobs: must be a whole number, not a number"),
        (HEAD + "jobs = [1]\n", "profiles.main.jobs: must be a whole number, not a list"),
        (HEAD + "verify_tls = 'no'\n", "profiles.main.verify_tls: must be true or false, not text"),
        (
            HEAD + "allow_http = 1\n",
            "profiles.main.allow_http: must be true or false, not a number",
        ),
        (
            HEAD + "ca_file = 2024-01-01\n",
            "profiles.main.ca_file: must be text in quotes, not a date or time",
        ),
        (
            HEAD + "auth_id = false\n",
            "profiles.main.auth_id: must be text in quotes, not false",
        ),
        (HEAD + "auth_id = ''\n", "profiles.main.auth_id: is empty"),
        (HEAD + "auth_token = '  '\n", "profiles.main.auth_token: is empty"),
        (
            HEAD + "auth_token = 123456\n",
            "profiles.main.auth_token: must be text in quotes or a table such as"
            ' { env = "PLIVO_AUTH_TOKEN" }, not a number',
        ),
        (
            HEAD + 'auth_token = "hush\\nhush"\n',
            "profiles.main.auth_token: must be one line without control characters",
        ),
        (
            HEAD + "auth_token = { evn = 'X' }\n",
            "profiles.main.auth_token: there is no source 'evn'; did you mean env?",
        ),
        (
            HEAD + "auth_token = { env = 'X', file = 'y' }\n",
            "profiles.main.auth_token: must name one source: env, command, file, keyring",
        ),
        (
            HEAD + "auth_token = {}\n",
            "profiles.main.auth_token: must name one source: env, command, file, keyring",
        ),
        (
            HEAD + "auth_token = { env = 3 }\n",
            "profiles.main.auth_token: env must be text that is not empty",
        ),
        (
            HEAD + "auth_token = { file = ['x'] }\n",
            "profiles.main.auth_token: file must be text that is not empty",
        ),
        (
            HEAD + "auth_token = { command = ['x', 3] }\n",
            "profiles.main.auth_token: command must be text or a list of texts that is not empty",
        ),
        (
            HEAD + "auth_token = { command = [] }\n",
            "profiles.main.auth_token: command must be text or a list of texts that is not empty",
        ),
        (
            HEAD + "base_url = 'api.plivo.com'\n",
            "profiles.main.base_url: must begin with https:// (or http://)",
        ),
    ],
)
def test_what_is_wrong_is_said_on_one_line_with_file_profile_and_key(write, text, expected):
    assert said(write(text)) == expected


def test_a_wrong_zone_is_named_with_the_nearest(write):
    text = said(write("timezone = 'Europe/Roma'\n"))

    assert text.startswith("timezone: no such time zone: 'Europe/Roma'")
    assert "Europe/Rome" in text


def test_a_profile_at_the_top_level_is_told_its_right_place(write):
    error = problem(write('[main]\nprovider = "plivo"\n'))

    assert error.hint == "write [profiles.main]"


def test_an_unknown_key_without_a_near_one_lists_those_that_there_are(write):
    error = problem(write(HEAD + "wibble = 1\n"))

    assert "auth_id, auth_token" in (error.hint or "")
    assert "timeout_s" in (error.hint or "")


FIT = ("main", "A-1_b.c", "2024", "x" * 64, "_", "büro", "Köln-٣", "नमस्ते", "東京", "u\u0308ber")
UNFIT = (
    *("", "..", ".x", "-x", "a/b", "a\\b", "a:b", "a*", "a b", "a\u00a0b", "x.", "x" * 65),
    *("\U0001d54f" * 63, "\u0301a", "a\x01", "a\x9b", "a\u202e", "a\u200b", "a\u3164"),
)


@pytest.mark.parametrize("name", UNFIT, ids=ascii)
def test_a_profile_name_unfit_for_a_folder_is_refused(write, name):
    text = said(write(f'[profiles.{to_toml(name)}]\nprovider = "plivo"\n'))

    assert text.startswith("profiles: ")
    assert text.endswith("can't be a profile's name")
    assert text.isprintable()


@pytest.mark.parametrize("name", FIT)
def test_letters_digits_and_a_few_marks_make_a_profile_name(write, name):
    path = write(f'[profiles."{name}"]\nprovider = "plivo"\n')

    assert list(load(path, explicit=True).profiles) == [name]


@pytest.mark.parametrize(("one", "other"), [("Main", "main"), ("b\u00fcro", "bu\u0308ro")])
def test_names_that_differ_in_case_only_would_share_a_folder(write, one, other):
    path = write("".join(f'[profiles."{it}"]\nprovider = "plivo"\n' for it in (one, other)))

    assert said(path) == f"profiles.{one} and profiles.{other} differ in case only"
