from recli.config.profile import ConfigLocation
from recli.redact import Redactor
from recli.text import nearest, quote_name


def test_a_place_is_named_as_config_set_takes_it():
    location = ConfigLocation("r.toml", "main")

    assert str(ConfigLocation("r.toml").error("x")) == "r.toml: x"
    assert str(ConfigLocation("r.toml", key="timezone").error("x")) == "r.toml: timezone: x"
    assert str(location.error("x")) == "r.toml: profiles.main: x"
    assert str(location.at("jobs").error("x")) == "r.toml: profiles.main.jobs: x"


def test_the_redaction_of_all_output_leaves_the_reason_in_errors_about_secret_keys():
    for key in ("auth_token", "password", "api_secret"):
        text = str(ConfigLocation("r.toml", "main", key).error("is missing"))

        assert Redactor()(text) == text


def test_the_nearest_name_is_found_whatever_case_and_dashes():
    names = ["auth_id", "auth_token", "base_url"]

    assert nearest("AUTH-TOKN", names) == "auth_token"
    assert nearest("Base Url", names) == "base_url"
    assert nearest("wibble", names) is None
    assert nearest("x", []) is None


def test_a_long_or_odd_name_is_shown_short_and_on_one_line():
    assert quote_name("a\nb\x1b") == "'a\\nb\\x1b'"
    assert len(quote_name("x" * 999)) == 62
