import pytest

from recli.config.edit import set_key
from recli.config.load import load
from recli.config.profile import SecretRef, SecretSource
from recli.errors import ConfigError
from recli.wire import Secret

TEXT = """\
# recli of the head office

default_profile = "main"  # the one for the cron job

# Plivo, until 2027
[profiles.main]
provider = "plivo"   # the vendor
auth_id = "MA1"
auth_token = { env = "PLIVO_AUTH_TOKEN" }  # see the wiki
# timeout_s = 30

# The old one
[profiles."b.c"]
provider = "bandwidth"
user_id = 'u-1'
"""


def changed(key, value, text=TEXT):
    return set_key(text, key, value, origin="r.toml")


def problem(key, value, text=TEXT):
    with pytest.raises(ConfigError) as caught:
        changed(key, value, text)
    said = str(caught.value)
    assert said.startswith("r.toml: ")
    assert "\n" not in said
    assert "hush" not in said + (caught.value.hint or "")
    return said.removeprefix("r.toml: "), caught.value.hint


@pytest.mark.parametrize(
    ("key", "value", "old", "new"),
    [
        (
            "default_profile",
            "b.c",
            'default_profile = "main"  # the one',
            'default_profile = "b.c"  # the one',
        ),
        (
            "profiles.main.provider",
            "PLIVO",
            'provider = "plivo"   # the vendor',
            'provider = "plivo"   # the vendor',
        ),
        ("profiles.main.auth_id", "MA2", 'auth_id = "MA1"', 'auth_id = "MA2"'),
        (
            "profiles.main.auth_token",
            "file:~/t",
            '{ env = "PLIVO_AUTH_TOKEN" }  # see',
            '{ file = "~/t" }  # see',
        ),
        (
            "profiles.main.auth_token",
            Secret('hush"\\hush'),
            '{ env = "PLIVO_AUTH_TOKEN" }  # see',
            '"hush\\"\\\\hush"  # see',
        ),
        ("profiles.b.c.user_id", "u-2", "user_id = 'u-1'", 'user_id = "u-2"'),
        ('profiles."b.c".user_id', "u-2", "user_id = 'u-1'", 'user_id = "u-2"'),
    ],
)
def test_a_value_is_changed_and_every_comment_stays(key, value, old, new):
    assert old in TEXT

    assert changed(key, value) == TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("profiles.main.timeout_s", "60", "timeout_s = 60"),
        ("profiles.main.timeout_s", "2.5", "timeout_s = 2.5"),
        ("profiles.main.jobs", "4", "jobs = 4"),
        ("profiles.main.verify_tls", "false", "verify_tls = false"),
        ("profiles.main.ca_file", "/x y/ca.pem", 'ca_file = "/x y/ca.pem"'),
        ("profiles.main.base_url", "https://x.example/", 'base_url = "https://x.example"'),
        ("profiles.main.base_url", "env:URL", 'base_url = { env = "URL" }'),
    ],
)
def test_a_new_key_is_put_below_the_last_of_its_table(key, value, line):
    above = 'auth_token = { env = "PLIVO_AUTH_TOKEN" }  # see the wiki\n'

    text = changed(key, value)

    assert text == TEXT.replace(above, f"{above}{line}\n")


def test_a_new_top_level_key_is_put_below_the_others():
    above = 'default_profile = "main"  # the one for the cron job\n'

    assert changed("timezone", "UTC") == TEXT.replace(above, f'{above}timezone = "UTC"\n')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 'timezone = "UTC"\n'),
        ("# one\n", '# one\n\ntimezone = "UTC"\n'),
        (
            "# one\n\n[profiles.x]\nprovider = 'plivo'\n",
            "# one\n\ntimezone = \"UTC\"\n\n[profiles.x]\nprovider = 'plivo'\n",
        ),
        (
            "# about x\n[profiles.x]\nprovider = 'plivo'\n",
            "timezone = \"UTC\"\n\n# about x\n[profiles.x]\nprovider = 'plivo'\n",
        ),
    ],
)
def test_a_first_top_level_key_stands_above_all_tables(text, expected):
    assert changed("timezone", "UTC", text) == expected


def test_setting_the_provider_makes_a_profile_at_the_end():
    text = changed("profiles.new.provider", "catapult")
    full = set_key(text, "profiles.new.user_id", "u", origin="r.toml")

    assert text == TEXT + '\n[profiles.new]\nprovider = "bandwidth"\n'
    assert full == text + 'user_id = "u"\n'
    assert changed("profiles.a.b.provider", "plivo", "") == (
        '[profiles."a.b"]\nprovider = "plivo"\n'
    )


def test_line_ends_of_windows_stay():
    text = changed("profiles.main.jobs", "4", TEXT.replace("\n", "\r\n"))

    assert text.count("\r\n") == text.count("\n") == TEXT.count("\n") + 1


def test_a_last_line_without_an_end_gets_one():
    text = changed("profiles.x.jobs", "4", "[profiles.x]\nprovider = 'plivo'")

    assert text == "[profiles.x]\nprovider = 'plivo'\njobs = 4\n"


@pytest.mark.parametrize(
    "text",
    [
        'profiles = { x = { provider = "plivo" } }\n',
        'profiles.x.provider = "plivo"\n',
        '[profiles]\nx.provider = "plivo"\n',
        '[profiles]\nx = { provider = "plivo" }\n',
        '[profiles.x.auth_token]\nenv = "T"\n[profiles.x]\nprovider = "plivo"\n',
        '[profiles.x]\nprovider = "plivo"\n[profiles.x.auth_token]\nenv = "T"\n',
    ],
)
def test_other_forms_of_toml_are_changed_rightly_or_not_at_all(text, write):
    for key, value, expected in [
        ("jobs", "4", 4),
        ("auth_token", "env:U", SecretRef(SecretSource.ENV, "U")),
    ]:
        try:
            result = changed(f"profiles.x.{key}", value, text)
        except ConfigError as error:
            assert str(error).endswith("can't be set in a file of this form")  # noqa: PT017
            continue

        table = load(write(result), explicit=True).profiles["x"]
        assert table.provider == "plivo"
        assert table.values[key] == expected


def test_a_wrong_value_can_be_mended_though_the_file_could_not_be_used():
    text = TEXT + "jobs = 0\nwibble = 1\n"

    assert "jobs = 2\n" in changed("profiles.b.c.jobs", "2", text)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("timezon", "UTC", "there is no key 'timezon'; did you mean timezone?"),
        ("timezone", "Mars", "timezone: no such time zone: 'Mars'"),
        (
            "default_profile",
            "mian",
            "default_profile: there is no profile 'mian'; did you mean main?",
        ),
        ("profiles.main", "x", "profiles.main: names no key"),
        ("profiles", "x", "profiles: names no key"),
        ("profiles.mian.jobs", "2", "there is no profile 'mian'; did you mean main?"),
        ("profiles.xyz.jobs", "2", "there is no profile 'xyz'"),
        ("profiles.a/b.provider", "plivo", "profiles: 'a/b' can't be a profile's name"),
        (
            "profiles.new.provider",
            "plvio",
            "profiles.new.provider: there is no provider 'plvio'; did you mean plivo?",
        ),
        (
            "profiles.main.provider",
            "yeastar",
            "profiles.main.provider: the profile has keys that yeastar doesn't know:"
            " auth_id, auth_token",
        ),
        (
            "profiles.main.timout_s",
            "2",
            "profiles.main.timout_s: there is no such key; did you mean timeout_s?",
        ),
        ("profiles.main.timeout_s", "hush", "profiles.main.timeout_s: must be a number"),
        ("profiles.main.jobs", "0", "profiles.main.jobs: must be 1 to 256"),
        ("profiles.main.verify_tls", "hush", "profiles.main.verify_tls: must be true or false"),
        (
            "profiles.main.base_url",
            "hush",
            "profiles.main.base_url: must begin with https:// (or http://)",
        ),
        ("profiles.main.auth_id", "", "profiles.main.auth_id: is empty"),
        (
            "profiles.main.auth_token",
            "env:",
            "profiles.main.auth_token: env must be text that is not empty",
        ),
        ("profiles.main.auth_token", Secret(""), "profiles.main.auth_token: is empty"),
    ],
)
def test_what_load_would_refuse_is_not_set(key, value, expected):
    assert problem(key, value)[0].startswith(expected)


def test_a_secret_on_the_command_line_is_refused_with_the_other_ways():
    text, hint = problem("profiles.main.auth_token", "hush-hush")

    assert text == (
        "profiles.main.auth_token: a secret on the command line shows in the process list"
    )
    assert hint == (
        "--stdin in its place asks for it unseen; or say where it is kept:"
        " env:NAME, command:LINE, file:PATH or keyring:NAME"
    )


def test_a_missing_profile_says_how_to_make_it():
    hint = problem("profiles.xyz.jobs", "2", "")[1]

    assert hint == "recli config set profiles.xyz.provider NAME makes it"


@pytest.mark.parametrize("text", ["a = \n", "profiles = 3\n"])
def test_a_broken_file_is_not_changed(text):
    assert "line 1" in problem("timezone", "UTC", text)[0] or "profiles" in text
