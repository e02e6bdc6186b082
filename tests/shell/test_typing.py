"""What a person sees after TAB in each real shell, with completion installed by recli itself."""

import pytest

pytestmark = pytest.mark.slow

SHELLS = ["bash", "zsh", "fish"]
TYPED = [
    ("recli exp", "recli export"),
    ("recli list --summ", "recli list --summary"),
    ("recli list -p ma", "recli list -p main"),
    ("recli list --profile=pb", "recli list --profile=pbx"),
    ("recli list --sandbox -p ensw", "recli list --sandbox -p enswitch"),
    ("recli list -P yea", "recli list -P yeastar"),
    ("recli list --format tab", "recli list --format table"),
    ("recli export -f parq", "recli export -f parquet"),
    ("recli list -c start", "recli list -c started_at"),
    ("recli list -c id,start", "recli list -c id,started_at"),
    ("recli list -P imagicle -c id,raw.owner", "recli list -P imagicle -c id,raw.ownerUsername"),
    ("recli list --direction inb", "recli list --direction inbound"),
    ("recli list --state sav", "recli list --state saving"),
    ("recli list --since yest", "recli list --since yesterday"),
    ("recli list --tz Europe/Rom", "recli list --tz Europe/Rome"),
    ("recli export -o call", "recli export -o calls of May.csv"),
    ("recli providers band", "recli providers bandwidth"),
    ("recli config sho", "recli config show"),
    ("recli config set profiles.main.time", "recli config set profiles.main.timeout_s"),
]


@pytest.mark.shell
@pytest.mark.parametrize("typist", SHELLS, indirect=True, scope="module")
@pytest.mark.parametrize(("typed", "made"), TYPED, ids=[typed for typed, _ in TYPED])
def test_a_tab_completes(typist, typed, made):
    assert typist.completed(typed) == made


@pytest.mark.shell
@pytest.mark.parametrize("typist", SHELLS, indirect=True, scope="module")
def test_a_broken_configuration_completes_nothing_and_says_nothing(typist, home):
    config = home / ".config" / "recli" / "config.toml"
    whole = config.read_text()
    config.write_text("[profiles.main\nprovider = ")
    before = len(typist.seen)
    try:
        assert typist.completed("recli list -p ma") == "recli list -p ma"
    finally:
        config.write_text(whole)

    said = typist.seen[before:]
    assert "recli:" not in said
    assert "Traceback" not in said
    assert typist.completed("recli list -f tab") == "recli list -f table"
