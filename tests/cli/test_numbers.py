"""Numbers without a country code: whose country they are in."""

import json

import pytest

from tests.cli.conftest import write_config

WEEKS = ("--since", "2024-06-01")


@pytest.fixture
def national(recli, config):
    """A number of a row of the Imagicle stand-in, with and without its country code."""
    result = recli("list", "--config", str(config), "-p", "imagicle", *WEEKS)
    numbers = [json.loads(line)["remote_number"] for line in result.lines]
    whole = next(number for number in numbers if (number or "").startswith("+1"))
    return whole, f"({whole[2:5]}) {whole[5:8]}-{whole[8:]}"


def found(result):
    assert (result.code, result.err) == (0, "")
    return {json.loads(line)["remote_number"] for line in result.lines}


def test_without_a_country_a_number_lacks_its_code(recli, config, national):
    _, short = national
    result = recli("list", "--config", str(config), "-p", "imagicle", *WEEKS, "--number", short)

    assert found(result) == set()


@pytest.fixture
def listed(recli, config, tmp_path, national):
    """Return the numbers that are found online, after making sure that they are so offline."""

    def run(top, own, option):
        text = config.read_text().replace("[profiles.imagicle]", f"[profiles.imagicle]\n{own}")
        path = str(write_config(tmp_path / "country.toml", f"{top}\n{text}"))
        archive = ("--archive", str(tmp_path / "archive"))
        number = ("--number", national[1], *option)
        assert recli("export", "--config", path, "-p", "imagicle", *WEEKS, *archive).code == 0

        online = recli("list", "--config", path, "-p", "imagicle", *WEEKS, *number)
        assert found(recli("list", "--config", path, *archive, *number)) == found(online)
        return found(online)

    return run


@pytest.mark.parametrize(
    ("countries", "is_found"),
    [
        (('country = "us"', "", ()), True),
        (("", 'country = "US"', ()), True),
        (('country = "IT"', 'country = "US"', ()), True),
        (('country = "US"', 'country = "IT"', ()), False),
        (('country = "IT"', "", ("--country", "US")), True),
        (("", 'country = "US"', ("--country", "it")), False),
    ],
)
def test_the_option_goes_before_the_profile_and_that_before_the_rest(
    listed, national, countries, is_found
):
    assert listed(*countries) == ({national[0]} if is_found else set())


def test_a_country_that_is_none_is_refused(recli, config):
    arguments = ("list", "--config", str(config), "-p", "imagicle")
    option = recli(*arguments, "--country", "UK", "--number", "5")
    config.write_text(f'country = "UK"\n{config.read_text()}')
    written = recli(*arguments)

    assert (option.code, written.code) == (2, 2)
    assert "--country: there is no country 'UK'" in option.err
    assert "recli.toml: country: there is no country 'UK'" in written.err


def test_a_country_can_be_set(recli, config):
    assert recli("config", "set", "--config", str(config), "country", "it").code == 0
    name = "profiles.imagicle.country"
    assert recli("config", "set", "--config", str(config), name, "us").code == 0
    assert recli("config", "set", "--config", str(config), name, "nowhere").code == 2

    shown = recli("config", "show", "--config", str(config)).out
    assert 'country = "IT"' in shown
    assert 'country = "US"' in shown
